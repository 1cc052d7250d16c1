"""What is kept of what providers list: all of it, whatever it rests on, and within bounds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from backup_auditor.errors import SourceError, StoreError
from backup_auditor.evidence import MOST_BASES, Changed, CopiesChanged, Head, Listed, key_of
from backup_auditor.evidence.deltas import changes, rebuilt
from backup_auditor.evidence.files import read_entries, read_head, write
from backup_auditor.evidence.rows import COLUMNS, entry_row
from backup_auditor.fields import FieldError
from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    GapReason,
    History,
    Orphan,
    Resource,
    Restorable,
    Schedule,
)
from backup_auditor.record import Link
from backup_auditor.record.names import EVIDENCE, evidence_key
from backup_auditor.sources import Unread
from backup_auditor.store.chain import Chain
from backup_auditor.store.evidence import EvidenceStore
from backup_auditor.witnessing import Witness
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, resource, succeeded
from tests.evidence.past import DAY, POLICY, SET, START, Past, days, fine, history, pieces

HEAD = Head(
    set=SET,
    run="run",
    scheduled_at=START.astimezone(UTC),
    collected_at=START.astimezone(UTC),
    is_partial=False,
    version="0.1.0",
    policy_digest="sha256:abc",
    policies=(("shop.yaml", POLICY),),
)
ORPHAN = Orphan("ucloud.uredis", "org-test", "hk", "gone", "Möbel", 3, None)

instants = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)
backups = st.builds(
    Backup,
    id=st.sampled_from("abcdef"),
    resource_id=st.sampled_from(["r0", "r1", "other"]),
    state=st.sampled_from(BackupState),
    taken_at=instants,
    finished_at=instants,
    state_raw=st.sampled_from(["", "Success", "备份"]),
    kind=st.sampled_from(BackupKind),
    size_bytes=st.none() | st.integers(0, 2**62),
    name=st.text(max_size=3),
    resource_name=st.sampled_from(["", "prod-r0", "x"]),
    account=st.sampled_from(["", "other"]),
    region=st.sampled_from(["", "hk"]),
    encrypted=st.none() | st.booleans(),
    locked_until=instants,
    is_clean=st.none() | st.booleans(),
)
windows = st.none() | st.integers(0, 3).map(lambda n: Restorable(NOW - DAY * n, NOW))


@st.composite
def inventories(draw: st.DrawFn) -> list[Listed]:
    """Return some of four resources, in order."""
    found = []
    for number in sorted(draw(st.sets(st.integers(0, 3)))):
        due = draw(st.sampled_from([None, Schedule("0 3 * * *", "Asia/Shanghai")]))
        one = resource(f"r{number}", state=draw(st.sampled_from(["", "Running"])), schedule=due)
        told = History.of(
            one,
            draw(st.lists(backups, max_size=6)),
            copies=draw(st.none() | st.lists(backups, max_size=3)),
            restorable=draw(windows),
        )
        listed = Listed.of(told)
        unread = Listed(one, unread="a time-out")
        found.append(draw(st.sampled_from([listed, listed, unread])))
    return found


@given(inventories(), inventories())
def test_what_rests_on_something_is_whole_again_when_it_is_read(
    now: list[Listed], base: list[Listed]
) -> None:
    data = write(HEAD, changes(now, base))
    assert read_head(data) == HEAD
    assert list(rebuilt(read_entries(data), base)) == now


@given(inventories())
def test_the_same_evidence_is_the_same_bytes(now: list[Listed]) -> None:
    assert write(HEAD, [*now, ORPHAN]) == write(HEAD, [*now, ORPHAN])
    assert list(read_entries(write(HEAD, [*now, ORPHAN]))) == [*now, ORPHAN]


@pytest.mark.parametrize(
    ("entries", "base", "wrong"),
    [
        ([Changed(("s", "a", "r", "x"), None, (), ())], [], "'x' is not in what it rests on"),
        (
            [Changed(("ucloud.uredis", "org-test", "cn-bj2", "x"), None, (0,), ())],
            [Listed(resource("x"))],
            "a backup of 'x' is not in what it rests on",
        ),
        ([Listed(resource("b")), Listed(resource("a"))], [], "'a' is out of order"),
        ([Listed(resource("a")), Listed(resource("a"))], [], "'a' is out of order"),
    ],
)
def test_what_does_not_fit_is_refused(
    entries: Sequence[Listed | Changed], base: list[Listed], wrong: str
) -> None:
    with pytest.raises(FieldError, match=wrong):
        list(rebuilt(entries, base))


@pytest.mark.parametrize("cut", [1, 5, 40, 200])
def test_what_is_cut_off_is_refused(cut: int) -> None:
    data = write(HEAD, [Listed(resource("a"), (succeeded(),)), ORPHAN])
    with pytest.raises(FieldError):
        list(read_entries(data[:-cut]))


def listed_by(past: Past, number: int) -> dict[str, list[str]]:
    """Return the ids of the backups in the evidence of one link."""
    link, _ = Chain(past.store, SET).link(number)
    assert isinstance(link, Link)
    key = evidence_key(SET, link.occasion)
    _, entries = EvidenceStore(past.store, SET).read(key, link.files[EVIDENCE])
    return {e.resource.id: [b.id for b in e.backups] for e in entries if isinstance(e, Listed)}


def bases(past: Past) -> list[int]:
    """Return on how many others the evidence of each run rests."""
    heads = [read_head(data) for key, data in sorted(pieces(past).items()) if EVIDENCE in key]
    return [head.base.bases + 1 if head.base else 0 for head in heads]


def test_every_backup_of_every_day_can_be_read_again() -> None:
    past = days(10)
    for day in range(10):
        dates = [START + DAY * (day - age) for age in range(5)]
        ids = {name: [f"{name}-{at:%Y%m%d}" for at in dates] for name in "abc"}
        assert listed_by(past, day + 1) == ids


def test_two_weeks_of_audits_rest_on_their_first_one() -> None:
    assert bases(days(16)) == [*range(MOST_BASES + 1), 0, 1]


def test_nothing_rests_on_a_part_nor_a_part_on_anything() -> None:
    past = days(1)
    past.audit(0.5, partial=True)
    past.audit(1)
    assert bases(past) == [0, 0, 1]


def test_evidence_rests_on_nothing_that_is_damaged() -> None:
    past = days(1)
    (key,) = [key for key in pieces(past) if EVIDENCE in key]
    pieces(past)[key] = b"spoilt"
    past.audit(1)
    past.audit(2)
    pieces(past).pop(key)
    assert bases(past) == [0, 1]
    assert set(listed_by(past, 2)) == {"a", "b", "c"}


def test_resources_come_and_go_and_what_is_unread_says_why() -> None:
    past = days(1)
    refused = SourceError(GapReason.REFUSED, "may not")
    past.audit(1, lambda now: [*fine(now, "b", "d"), Unread(resource("a"), refused), ORPHAN])
    past.audit(2)
    assert listed_by(past, 2) | {"d": [], "b": []} == {"a": [], "b": [], "d": []}
    assert [len(ids) for ids in listed_by(past, 3).values()] == [5, 5, 5]


def test_a_repeated_run_leaves_the_evidence_that_is_there() -> None:
    past = days(1)
    before = dict(pieces(past))
    past.audit(0.01, lambda now: fine(now, "x"), due=START)
    assert pieces(past) == before


def test_a_witness_has_what_was_listed_in_order_however_much_it_is() -> None:
    with Witness(START) as witness:
        for name in ("b", "c", "a"):
            many = range(400)
            witness.take(history(name, START, *many))
        found = list(witness.listed())
        assert [listed.resource.id for listed in found] == ["a", "b", "c"]
        assert found[0].backups == history("a", START, *range(400)).backups
        assert found == list(witness.listed())


def test_a_witness_of_an_interrupted_audit_says_so() -> None:
    with Witness(START) as witness:
        witness.take(history("a", START, 0))
    witness.take(history("b", START, 0))
    with pytest.raises(StoreError, match="the audit was interrupted"):
        list(witness.listed())


def test_half_a_character_is_kept_as_a_question_mark() -> None:
    odd = Resource("r", "\ud800", "s", "a", "r")
    (entry,) = read_entries(write(HEAD, [Listed(odd)]))
    assert entry == Listed(replace(odd, name="?"))


def test_parts_of_a_second_are_kept() -> None:
    at = datetime(2026, 11, 1, 6, 0, 0, 120000, tzinfo=UTC) + timedelta(microseconds=3)
    one = replace(succeeded(), taken_at=at, resource_id="uredis-1")
    (entry,) = read_entries(write(HEAD, [Listed(resource(), (one,))]))
    assert entry == Listed(resource(), (one,))


def test_what_is_not_told_is_not_written_so_that_older_evidence_stays_as_it_is() -> None:
    row = entry_row(Listed(resource(), (succeeded(), succeeded("1d"))))
    assert list(row) == ["resource", "backups"]
    assert list(row["backups"]) == list(COLUMNS)
    assert "schedule" not in row["resource"]
    same = Listed(resource(), (succeeded(),))
    (unchanged,) = changes([same], [same])
    assert list(entry_row(unchanged)) == ["of", "gone", "added", "resource"]


def test_what_one_backup_tells_is_a_column_with_nulls_for_the_others() -> None:
    told = (succeeded("1h", encrypted=False), succeeded("2h", id="b"))
    row = entry_row(Listed(resource(), told, copies=(succeeded(region="hk"),)))
    assert list(row["backups"]) == [*COLUMNS, "encrypted"]
    assert row["backups"]["encrypted"] == [False, None]
    assert row["copies"]["region"] == "hk"


def test_copies_that_are_told_no_more_are_not_those_of_the_day_before() -> None:
    before = Listed(resource(), copies=(succeeded(region="hk"),), restorable=Restorable(NOW, NOW))
    for now in (Listed(resource()), Listed(resource(), copies=())):
        (changed,) = changes([now], [before])
        assert list(rebuilt([changed], [before])) == [now]


def test_a_copy_that_is_not_in_the_base_is_refused() -> None:
    base = Listed(resource(), copies=())
    changed = Changed(key_of(resource()), None, (), (), CopiesChanged((0,), ()))
    with pytest.raises(FieldError, match="a backup of 'uredis-1' is not in what it rests on"):
        list(rebuilt([changed], [base]))
