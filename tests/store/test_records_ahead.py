"""Many records are fetched a few at a time, and come in order all the same."""

from collections.abc import Iterator
from datetime import date
from threading import Condition

from backup_auditor.errors import StoreError
from backup_auditor.record import Damaged, Record
from backup_auditor.store import Stored
from backup_auditor.store.records import Records

from tests.record.documents import DUE, SET, record
from tests.store.memory import MemoryStore

RANGE = (DUE.date(), date(2027, 1, 1))


def filled(count: int) -> dict[str, bytes]:
    """Return a store of so many records, one a day, as its pieces."""
    store = MemoryStore()
    for day in range(count):
        Records(store, SET).save(record(days=day))
    return store.pieces


class Slow(MemoryStore):
    """A store that answers nobody until two have asked."""

    def __init__(self, pieces: dict[str, bytes]) -> None:
        """Begin with ``pieces``."""
        super().__init__(pieces)
        self.asked = 0
        self.changed = Condition()

    def read(self, key: str) -> Stored | None:
        """Wait for another one, the first time."""
        with self.changed:
            self.asked += 1
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.asked > 1, timeout=30), "nobody else asks"
        return super().read(key)


class BreaksOff(MemoryStore):
    """A store that breaks off its list of keys."""

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Yield three records."""
        found = [key for key in super().keys(prefix, after=after) if "record" in key]
        yield from found[:3]
        raise StoreError("refused")


def test_they_are_fetched_side_by_side_and_come_in_order() -> None:
    records = Records(Slow(filled(12)), SET)
    assert list(records.between(*RANGE)) == [record(days=day) for day in range(12)]
    newest_first = [record(days=day) for day in (11, 10, 9, 8)]
    assert list(records.last(4)) == newest_first


def test_those_before_the_list_breaks_off_are_given() -> None:
    found = list(Records(BreaksOff(filled(9)), SET).between(*RANGE))
    assert found[:3] == [record(days=day) for day in range(3)]
    assert found[3:] == [Damaged(f"audits/{SET}/", "refused")]


def test_who_stops_early_gets_no_more() -> None:
    first = next(Records(MemoryStore(filled(9)), SET).between(*RANGE))
    assert isinstance(first, Record)
    assert first == record()
