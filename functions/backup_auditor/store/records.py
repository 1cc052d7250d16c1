"""The memory of one set of policies: records of its audits, receipts, and which was the latest.

Reading never raises: what is not there is None, what cannot be used is ``Damaged`` - broken data,
and a store that refuses or does not answer. Writing raises StoreError.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta

from backup_auditor.errors import ConflictError, StoreError
from backup_auditor.model import DeliveryOutcome
from backup_auditor.record import Claim, Damaged, Occasion, Pointer, Receipt, Record
from backup_auditor.record.names import (
    claim_key,
    day_prefix,
    pointer_key,
    receipt_key,
    receipts_prefix,
    record_day,
    record_keys,
    set_prefix,
    utc_day,
)
from backup_auditor.record.reading import read_claim, read_pointer, read_receipt, read_record
from backup_auditor.record.writing import (
    digest,
    write_claim,
    write_pointer,
    write_receipt,
    write_record,
)
from backup_auditor.store import Store, Stored, Tag

_ATTEMPTS = 5
_AHEAD = 4
"""So many records are fetched before they are asked for, as they lie in the store."""
_LONGEST_TURN = timedelta(minutes=15)
"""As long as Lambda lets anything run: a claim that says more was not written by us."""
_WINDOWS = (timedelta(days=2), timedelta(days=40))
"""How far back a record is looked for, before all are listed."""


class Records:
    """What ``store`` remembers of the policies that are called ``set_name``."""

    def __init__(self, store: Store, set_name: str) -> None:
        """Keep both; nothing is asked yet."""
        self._store = store
        self._name = set_name

    def save(self, record: Record) -> Record | Damaged:
        """Keep ``record`` unless its run has one, and return the one that is kept.

        The latest is moved to it, if it is of a later audit, and not of a part only.
        """
        key, older = record_keys(self._name, record.occasion)
        data = write_record(record, self._name)
        there = self._begun(older)
        if there is None:
            there = self._created(key, data)
        else:
            key = older
        kept = read_record(there.data, key, self._name) if there else record
        data = there.data if there else data
        if isinstance(kept, Record) and not kept.is_partial:
            run = kept.occasion.run
            self._point(Pointer(run, key, kept.started_at, digest(data)))
        return kept

    def _begun(self, older: str) -> Stored | None:
        """Return the record of this run that an older version wrote, as far as can be seen."""
        try:
            return self._store.read(older)
        except StoreError:  # whatever it is, it must not keep this record from being written
            return None

    def _created(self, key: str, data: bytes) -> Stored | None:
        """Put ``data`` under ``key``; return what is there already, if something is."""
        try:
            self._store.write(key, data, replaces=None)
        except ConflictError:
            there = self._store.read(key)
            if there is None:
                raise
            return there
        return None

    def latest(self) -> Record | Damaged | None:
        """Return the record of the latest whole audit.

        It may be one of the run that asks, where that is repeated: ``before`` leaves that out.
        """
        key = pointer_key(self._name)
        try:
            found = self._store.read(key)
        except StoreError as error:
            return Damaged(key, str(error))
        if found is None:  # nothing yet; or whoever wrote a record was stopped before it pointed
            return self._newest(None)
        pointer = read_pointer(found.data, key)
        if isinstance(pointer, Damaged):
            return pointer
        return self._record(pointer.key, pointer.digest)

    def before(self, instant: datetime) -> Record | Damaged | None:
        """Return the record of the last whole audit that was due before ``instant``.

        Damaged, if a record that could be it is: an older one would not tell the truth.
        """
        return self._newest(instant)

    def between(self, first: date, last: date) -> Iterator[Record | Damaged]:
        """Yield the records of all runs that were due on these days (UTC), one after the other.

        Those of a part are among them. A list that breaks off ends with Damaged.
        """
        yield from self._records(self._keys(first, last))

    def last(self, count: int) -> Iterator[Record | Damaged]:
        """Yield the records of the last so many runs, the newest first.

        Those of a part are among them. Damaged alone where they cannot be listed.
        """
        try:
            keys = list(self._keys(date.min, date.max))
        except StoreError as error:
            yield Damaged(set_prefix(self._name), str(error))
            return
        yield from self._records(reversed(keys[-count:]))

    def receipts(self, occasion: Occasion) -> list[Receipt | Damaged]:
        """Return the receipts of a run."""
        prefix = receipts_prefix(self._name, occasion)
        try:
            keys = list(self._store.keys(prefix))
        except StoreError as error:
            return [Damaged(prefix, str(error))]
        return [self._receipt(key, occasion) for key in keys]

    def save_receipt(self, occasion: Occasion, receipt: Receipt) -> bool:
        """Keep ``receipt`` and return True; return False where the run has one of that channel.

        One that says that the channel failed gives way: a repeated run tries again.
        """
        key = receipt_key(self._name, occasion, receipt.delivery.channel)
        data = write_receipt(receipt)
        for _ in range(_ATTEMPTS):
            there = self._store.read(key)
            known = there and read_receipt(there.data, key, self._name, occasion)
            if isinstance(known, Receipt) and known.delivery.outcome is not DeliveryOutcome.FAILED:
                return False
            try:
                self._store.write(key, data, replaces=there.tag if there else None)
            except ConflictError:
                continue
            return True
        raise ConflictError(f"store {self._store.address}: {key} keeps changing")

    def receipt(self, occasion: Occasion, channel: str) -> Receipt | Damaged | None:
        """Return the receipt of one channel in a run."""
        key = receipt_key(self._name, occasion, channel)
        try:
            found = self._store.read(key)
        except StoreError as error:
            return Damaged(key, str(error))
        return read_receipt(found.data, key, self._name, occasion) if found else None

    def claim(
        self, occasion: Occasion, channel: str, *, now: datetime, until: datetime
    ) -> Tag | None:
        """Take the turn of sending through a channel until then; None where another has it.

        A claim whose time is over, or that cannot be read, is no more. Return what stands for it.
        """
        key = claim_key(self._name, occasion, channel)
        there = self._store.read(key)
        if there is not None:
            known = read_claim(there.data, key)
            if isinstance(known, Claim) and now < known.until <= now + _LONGEST_TURN:
                return None
        try:
            claim = write_claim(Claim(until))
            return self._store.write(key, claim, replaces=there.tag if there else None)
        except ConflictError:
            return None

    def give_up(self, occasion: Occasion, channel: str, claim: Tag, *, now: datetime) -> None:
        """End one's own claim before its time; that of another, who has it by now, stays."""
        key = claim_key(self._name, occasion, channel)
        with suppress(ConflictError):
            self._store.write(key, write_claim(Claim(now)), replaces=claim)

    def _point(self, pointer: Pointer) -> None:
        """Move the latest to ``pointer``, never to an earlier audit than it is at."""
        key = pointer_key(self._name)
        for _ in range(_ATTEMPTS):
            there = self._store.read(key)
            if there and self._has_passed(pointer, there.data, key):
                return
            try:
                self._store.write(
                    key, write_pointer(pointer), replaces=there.tag if there else None
                )
            except ConflictError:
                continue
            return
        raise ConflictError(f"store {self._store.address}: {key} keeps changing")

    def _has_passed(self, pointer: Pointer, data: bytes, key: str) -> bool:
        """Return whether the latest is at ``pointer`` or after it."""
        known = read_pointer(data, key)
        if isinstance(known, Pointer):
            return (known.started_at, known.run) >= (pointer.started_at, pointer.run)
        newest = self._newest(None)  # the pointer no longer tells: what is listed does
        return isinstance(newest, Record) and newest.started_at > pointer.started_at

    def _newest(self, instant: datetime | None) -> Record | Damaged | None:
        last = utc_day(instant) if instant else date.max
        firsts = [last - window for window in _WINDOWS] if instant else []
        seen: set[str] = set()
        try:
            for first in (*firsts, date.min):
                keys = list(self._keys(first, last))
                for key in reversed(keys):
                    record = None if key in seen else self._record(key)
                    seen.add(key)
                    if record is not None and _is_whole_before(record, instant):
                        return record
        except StoreError as error:
            return Damaged(set_prefix(self._name), str(error))
        return None

    def _keys(self, first: date, last: date) -> Iterator[str]:
        """Yield the keys of the records of these days."""
        after = day_prefix(self._name, first).removesuffix("/")
        for key in self._store.keys(set_prefix(self._name), after=after):
            day = record_day(self._name, key)
            if day is not None and day > last:
                return
            if day is not None:
                yield key

    def _records(self, keys: Iterable[str]) -> Iterator[Record | Damaged]:
        """Yield the records under ``keys``, then Damaged where these break off.

        While one is looked at the next few are fetched: a store in a network takes its time.
        """
        coming: deque[tuple[str, Future[Stored | Damaged]]] = deque()
        broken: list[Damaged] = []
        with ThreadPoolExecutor(_AHEAD) as readers:
            try:
                for key in keys:
                    coming.append((key, readers.submit(self._read, key)))
                    if len(coming) > _AHEAD:
                        yield self._told(*coming.popleft())
            except StoreError as error:
                broken = [Damaged(set_prefix(self._name), str(error))]
            while coming:
                yield self._told(*coming.popleft())
        yield from broken

    def _told(self, key: str, coming: Future[Stored | Damaged]) -> Record | Damaged:
        found = coming.result()
        return found if isinstance(found, Damaged) else read_record(found.data, key, self._name)

    def _record(self, key: str, expected: str | None = None) -> Record | Damaged:
        """Return the record under ``key``, of which there must be one."""
        found = self._read(key)
        if isinstance(found, Stored) and expected not in {None, digest(found.data)}:
            return Damaged(key, "it is not what was written: its digest is another")
        return found if isinstance(found, Damaged) else read_record(found.data, key, self._name)

    def _receipt(self, key: str, occasion: Occasion) -> Receipt | Damaged:
        found, name = self._read(key), self._name
        return (
            found if isinstance(found, Damaged) else read_receipt(found.data, key, name, occasion)
        )

    def _read(self, key: str) -> Stored | Damaged:
        """Return what lies under ``key``, where there must be something."""
        try:
            found = self._store.read(key)
        except StoreError as error:
            return Damaged(key, str(error))
        return found or Damaged(key, "it is gone")


def _is_whole_before(record: Record | Damaged, instant: datetime | None) -> bool:
    if isinstance(record, Damaged):
        return True
    early = instant is None or record.scheduled_at < instant
    return early and not record.is_partial
