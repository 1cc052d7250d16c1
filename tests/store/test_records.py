"""Over a folder: what differs between stores is in their own contract."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from backup_auditor.errors import ConflictError, StoreError
from backup_auditor.model import DeliveryOutcome
from backup_auditor.record import Damaged, Occasion, Pointer, Receipt, Record
from backup_auditor.record.names import receipt_key, record_key, record_keys
from backup_auditor.record.reading import read_pointer
from backup_auditor.store import ANY, Replaces, Store, Stored, Tag
from backup_auditor.store.folder import Folder
from backup_auditor.store.records import Records

from tests.fakes import outside
from tests.record.documents import DUE, SET, receipt, record

FORMAT_1 = Path(__file__).parents[1] / "record" / "format-1.json.gz"
LATEST = "latest/default.json"
FAILED, SENT, SKIPPED = (DeliveryOutcome(word) for word in ("failed", "sent", "skipped"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Folder(tmp_path, outside())


@pytest.fixture
def records(store: Store) -> Records:
    """Return what it remembers."""
    return Records(store, SET)


def spoil(store: Store, key: str, data: bytes = b"spoilt") -> None:
    """Overwrite something."""
    store.write(key, data, replaces=ANY)


def key_of(one: Record) -> str:
    """Return where a record lies."""
    return record_key(SET, one.occasion)


def days(found: Iterator[Record | Damaged]) -> list[int]:
    """Return the days of the month of records, none of which is damaged."""
    return [one.scheduled_at.day for one in found if isinstance(one, Record)]


def damaged(found: object) -> Damaged:
    """Return what is damaged."""
    assert isinstance(found, Damaged)
    return found


def test_an_empty_store_remembers_nothing(records: Records) -> None:
    assert records.latest() is None
    assert records.before(DUE) is None
    assert list(records.between(date.min, date.max)) == []
    assert records.receipts(record().occasion) == []


def test_what_is_saved_is_the_latest(records: Records, store: Store) -> None:
    for number in range(3):
        one = record(days=number)
        assert records.save(one) == one
        assert records.latest() == one
    assert list(store.keys()) == [
        "audits/default/2026/11/25/20261125T060700Z-abc/record.json.xz",
        "audits/default/2026/11/26/20261126T060700Z-abc/record.json.xz",
        "audits/default/2026/11/27/20261127T060700Z-abc/record.json.xz",
        "latest/default.json",
    ]


def test_the_latest_never_moves_back_in_time(records: Records) -> None:
    today, yesterday = record(), record(days=-1)
    records.save(today)
    assert records.save(yesterday) == yesterday
    assert records.latest() == today


def test_a_run_is_remembered_once(records: Records) -> None:
    """A repeated invocation gets what the first one has written."""
    first = record()
    repeated = record(started_at="2026-11-25T06:09:00Z")
    records.save(first)
    assert records.save(repeated) == first
    assert records.latest() == first


def test_a_repeated_run_points_where_the_first_was_stopped_before_it_did(
    records: Records, store: Store, tmp_path: Path
) -> None:
    first = record()
    records.save(first)
    (tmp_path / LATEST).unlink()
    assert records.latest() == first
    assert records.save(first) == first
    assert store.read(LATEST) is not None


def test_sets_do_not_see_each_other(records: Records, store: Store) -> None:
    other = Records(store, "default-2")
    records.save(record())
    assert other.latest() is None
    assert other.before(DUE + timedelta(days=1)) is None
    assert list(other.between(date.min, date.max)) == []


def test_an_audit_of_a_part_is_remembered_and_compared_with_nothing(records: Records) -> None:
    """What it did not look at would seem to be new the next time."""
    whole, part = record(), record(days=1, partial=True)
    records.save(part)
    assert records.latest() is None
    records.save(whole)
    assert records.save(part) == part
    assert records.latest() == whole
    assert records.before(DUE + timedelta(days=9)) == whole
    assert list(records.between(date(2026, 11, 25), date(2026, 11, 26))) == [whole, part]


@pytest.mark.parametrize("gap", [1, 2, 3, 30, 39, 41, 400])
def test_the_one_before_is_found_however_long_ago(records: Records, gap: int) -> None:
    older, newer = record(days=-gap), record()
    records.save(record(days=-gap - 50))
    records.save(older)
    records.save(newer)
    assert records.before(DUE) == older
    assert records.before(DUE + timedelta(seconds=1)) == newer
    assert records.before(datetime(2020, 1, 1, tzinfo=UTC)) is None


def test_the_one_before_is_told_from_others_of_its_day(records: Records) -> None:
    hours = [record(DUE + timedelta(hours=hour)) for hour in range(5)]
    for one in hours:
        records.save(one)
    assert records.before(DUE + timedelta(hours=3)) == hours[2]


def test_records_of_some_days_come_in_order(records: Records) -> None:
    for number in (3, 1, 0, 2, 40, -400):
        records.save(record(days=number))
        records.save_receipt(record(days=number).occasion, receipt())
    assert days(records.between(date(2026, 11, 25), date(2026, 11, 27))) == [25, 26, 27]
    assert days(records.between(date(2026, 11, 27), date(2027, 12, 31))) == [27, 28, 4]
    assert days(records.between(date(2026, 11, 27), date(2026, 11, 26))) == []


class TestDamage:
    """It is told, whatever was asked; it is never "nothing was there"."""

    def test_a_spoilt_record(self, records: Records, store: Store) -> None:
        records.save(record(days=-1))
        records.save(record())
        key = key_of(record())
        spoil(store, key)
        assert damaged(records.latest()).key == key
        assert damaged(records.before(DUE + timedelta(days=1))).key == key
        assert records.before(DUE - timedelta(hours=12)) == record(days=-1)
        first, second = records.between(date(2026, 11, 24), date(2026, 11, 25))
        assert first == record(days=-1)
        assert damaged(second).what == "it is neither xz nor gzip, or its checksum is wrong"

    def test_a_record_that_was_exchanged(self, records: Records, store: Store) -> None:
        """A sound record at the right place, but not the one that the pointer saw."""
        records.save(record())
        stranger = Records(Folder(Path(store.address) / "x", outside()), SET)
        stranger.save(record(started_at="2026-11-25T06:09:00Z"))
        exchanged = store.read(f"x/{key_of(record())}")
        assert exchanged
        spoil(store, key_of(record()), exchanged.data)
        found = damaged(records.latest())
        assert found.what == "it is not what was written: its digest is another"

    def test_a_record_that_is_gone(self, records: Records, store: Store, tmp_path: Path) -> None:
        records.save(record())
        (tmp_path / key_of(record())).unlink()
        assert damaged(records.latest()) == Damaged(key_of(record()), "it is gone")

    def test_a_spoilt_pointer(self, records: Records, store: Store) -> None:
        records.save(record())
        spoil(store, LATEST)
        assert damaged(records.latest()) == Damaged(LATEST, "it is not JSON")
        records.save(record(days=-1))
        assert damaged(records.latest()).key == LATEST
        records.save(record(days=1))
        assert records.latest() == record(days=1)

    def test_a_pointer_to_elsewhere(self, records: Records, store: Store) -> None:
        records.save(record())
        there = store.read(LATEST)
        assert there
        for key in ("../../etc/passwd", "latest/default.json", "audits/other/x"):
            spoil(store, LATEST, there.data.replace(key_of(record()).encode(), key.encode()))
            assert damaged(records.latest()).key == key

    def test_a_run_whose_record_is_spoilt_is_not_written_over(
        self, records: Records, store: Store
    ) -> None:
        records.save(record())
        spoil(store, key_of(record()))
        assert damaged(records.save(record())).key == key_of(record())
        found = store.read(key_of(record()))
        assert found
        assert found.data == b"spoilt"

    def test_a_spoilt_receipt(self, records: Records, store: Store) -> None:
        occasion = record().occasion
        records.save_receipt(occasion, receipt(channel="mail"))
        records.save_receipt(occasion, receipt())
        spoil(store, receipt_key(SET, occasion, "slack"))
        mail, slack = records.receipts(occasion)
        assert mail == receipt(channel="mail")
        assert damaged(slack).what == "it is not JSON"
        assert records.save_receipt(occasion, receipt())
        assert records.receipts(occasion) == [receipt(channel="mail"), receipt()]

    def test_a_folder_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "audits").write_bytes(b"")
        (tmp_path / "latest").mkdir()
        (tmp_path / "latest" / "default.json").mkdir()
        records = Records(Folder(tmp_path, outside()), SET)
        assert "latest/default.json" in damaged(records.latest()).what


class Refusing:
    """A store that says no to everything."""

    address = "s3://b/"

    def read(self, key: str) -> Stored | None:
        """Refuse."""
        raise StoreError("refused")

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Refuse."""
        raise StoreError("refused")

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Refuse."""
        raise StoreError("refused")


def test_a_store_that_refuses_is_told_when_read_and_raises_when_written() -> None:
    records = Records(Refusing(), SET)
    occasion = record().occasion
    assert damaged(records.latest()).what == "refused"
    assert damaged(records.before(DUE)).what == "refused"
    assert [damaged(one).what for one in records.between(date.min, date.max)] == ["refused"]
    assert [damaged(one).what for one in records.receipts(occasion)] == ["refused"]
    with pytest.raises(StoreError):
        records.save(record())
    with pytest.raises(StoreError):
        records.save_receipt(occasion, receipt())


class TestReceipts:
    @pytest.mark.parametrize(
        ("first", "second", "kept"),
        [
            (SENT, FAILED, SENT),
            (SENT, SENT, SENT),
            (SKIPPED, SENT, SKIPPED),
            (FAILED, SENT, SENT),
            (FAILED, SKIPPED, SKIPPED),
            (FAILED, FAILED, FAILED),
        ],
    )
    def test_what_was_sent_stays_sent_and_a_failure_may_be_mended(
        self,
        records: Records,
        first: DeliveryOutcome,
        second: DeliveryOutcome,
        kept: DeliveryOutcome,
    ) -> None:
        occasion = record().occasion
        assert records.save_receipt(occasion, receipt(first))
        assert records.save_receipt(occasion, receipt(second)) is (first is FAILED)
        (found,) = records.receipts(occasion)
        assert isinstance(found, Receipt)
        assert found.delivery.outcome is kept

    def test_they_are_of_one_run(self, records: Records) -> None:
        one, other = Occasion("a", DUE), Occasion("a-b", DUE)
        records.save_receipt(one, receipt())
        assert records.receipts(other) == []
        assert records.receipts(one) == [receipt()]


class Contended(Folder):
    """A folder in which somebody else writes in time before each write."""

    def __init__(self, path: Path, others: list[bytes]) -> None:
        super().__init__(path, outside())
        self.others = others

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Let the other go first."""
        if (self.others and not key.startswith("audits/")) or key.endswith("slack.json"):
            super().write(key, self.others.pop(0), replaces=ANY)
        return super().write(key, data, replaces=replaces)


def pointer_at(tmp_path: Path, one: Record) -> bytes:
    """Return the pointer that saving ``one`` makes."""
    store = Folder(tmp_path / "aside", outside())
    Records(store, SET).save(one)
    found = store.read(LATEST)
    assert found
    return found.data


@pytest.mark.parametrize(("days_ahead", "wins"), [(-1, True), (1, False)])
def test_whoever_is_later_in_time_wins_the_pointer(
    tmp_path: Path, days_ahead: int, wins: bool
) -> None:
    other = pointer_at(tmp_path, record(days=days_ahead))
    store = Contended(tmp_path, [other])
    Records(store, SET).save(record())
    there = store.read(LATEST)
    assert there
    assert (there.data != other) is wins
    assert read_pointer(there.data, LATEST) == read_pointer(
        pointer_at(tmp_path / "2", record() if wins else record(days=1)), LATEST
    )


def test_a_pointer_that_keeps_changing_is_given_up(tmp_path: Path) -> None:
    others = [pointer_at(tmp_path / str(n), record(days=-n)) for n in range(9, 1, -1)]
    with pytest.raises(ConflictError, match=r"latest/default\.json keeps changing"):
        Records(Contended(tmp_path, others), SET).save(record())


def test_a_receipt_that_keeps_changing_is_given_up(tmp_path: Path) -> None:
    others = [b"%d" % number for number in range(9)]
    with pytest.raises(ConflictError, match=r"slack\.json keeps changing"):
        Records(Contended(tmp_path, others), SET).save_receipt(record().occasion, receipt())


def test_a_run_that_an_older_version_began_keeps_its_record(store: Store) -> None:
    """Its name is another, and the link of the run may already hold its digest."""
    records = Records(store, "pasts")
    at = datetime(2026, 11, 9, 6, 7, tzinfo=UTC)
    run = Occasion("20261109T060700Z-5e02fae6fb7f", at)
    key, older = record_keys("pasts", run)
    store.write(older, FORMAT_1.read_bytes(), replaces=None)
    known = records.before(at + timedelta(days=1))
    assert isinstance(known, Record)
    assert known.occasion == run
    repeated = replace(known, document={**known.document, "verdict": "pass"})
    assert records.save(repeated) == known
    assert store.read(key) is None
    assert list(records.between(at.date(), at.date())) == [known]
    pointer = read_pointer((store.read("latest/pasts.json") or Stored(b"", Tag(""))).data, "")
    assert isinstance(pointer, Pointer)
    assert pointer.key == older
    assert records.latest() == known
