"""The chain of one set of policies: who wrote it last, what belongs to it, and the next link.

Links are numbered and created, never replaced. So runs that end at the same moment stand one after
the other in it, whatever order they were due in, and a link that is taken away leaves a hole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from backup_auditor.errors import ConflictError, StoreError
from backup_auditor.record import Damaged, Link, Occasion, Record
from backup_auditor.record.names import chain_prefix, link_key, link_number, run_prefix
from backup_auditor.record.reading import read_link
from backup_auditor.record.writing import digest, write_link
from backup_auditor.store import Store

_ATTEMPTS = 8
_SKEW = timedelta(days=1)
"""By how much two clocks may differ, and then some."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of the policies that are called ``set_name``."""

    store: Store
    set_name: str

    def seal(self, record: Record, now: datetime) -> None:
        """Add what the run of ``record`` left, unless its last link says just that.

        Raises StoreError.
        """
        for _ in range(_ATTEMPTS):
            files = self._files(record.occasion)
            numbers = self.numbers()
            known = self._of(record.occasion, numbers)
            if known and known.files == files:
                return
            last = max(numbers, default=0)
            link = _link(record, files, last + 1, self._digest(last), now)
            try:
                self.store.write(
                    link_key(self.set_name, link.number),
                    write_link(link, self.set_name),
                    replaces=None,
                )
            except ConflictError:
                continue
            return
        raise ConflictError(f"store {self.store.address}: {self._prefix} keeps growing")

    def numbers(self) -> list[int]:
        """Return the numbers of all links, in order. Raises StoreError."""
        keys = self.store.keys(self._prefix)
        found = (link_number(self.set_name, key) for key in keys)
        return [number for number in found if number is not None]

    def link(self, number: int) -> tuple[Link | Damaged, bytes]:
        """Return a link, and as it lies in the store. Raises StoreError."""
        key = link_key(self.set_name, number)
        found = self.store.read(key)
        if found is None:
            return Damaged(key, "it is gone"), b""
        return read_link(found.data, key, self.set_name), found.data

    def newest(self, numbers: list[int] | None = None) -> Iterator[Link]:
        """Yield the links that can be read, the newest first. Raises StoreError."""
        for number in reversed(self.numbers() if numbers is None else numbers):
            link, _ = self.link(number)
            if isinstance(link, Link):
                yield link

    def _of(self, occasion: Occasion, numbers: list[int]) -> Link | None:
        """Return the last link of a run: none is older than the instant that the run was due."""
        for link in self.newest(numbers):
            if link.occasion == occasion:
                return link
            if link.written_at < occasion.scheduled_at - _SKEW:
                break
        return None

    def _files(self, occasion: Occasion) -> dict[str, str]:
        prefix = run_prefix(self.set_name, occasion)
        files: dict[str, str] = {}
        for key in self.store.keys(prefix):
            found = self.store.read(key)
            if found is None:
                raise StoreError(f"store {self.store.address}: {key} is gone while it is read")
            files[key.removeprefix(prefix)] = digest(found.data)
        return files

    def _digest(self, number: int) -> str:
        """Return the digest of a link that is there, whatever state it is in; none for 0."""
        return digest(self.link(number)[1]) if number else ""

    @property
    def _prefix(self) -> str:
        return chain_prefix(self.set_name)


def _link(record: Record, files: dict[str, str], number: int, previous: str, now: datetime) -> Link:
    run = record.document["run"]
    return Link(
        number=number,
        previous=previous,
        occasion=record.occasion,
        started_at=record.started_at,
        written_at=now.replace(microsecond=0),
        is_partial=record.is_partial,
        policy_digest=run["policy_digest"],
        version=run["version"],
        files=files,
    )
