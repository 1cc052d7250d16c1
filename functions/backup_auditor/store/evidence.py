"""The evidence of one set of policies in a store: written once, read with what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain as together
from itertools import islice

from backup_auditor.errors import ConflictError
from backup_auditor.evidence import MOST_BASES, Base, Entry, Head, Listed
from backup_auditor.evidence.deltas import changes, rebuilt
from backup_auditor.evidence.files import read_entries, read_head, write
from backup_auditor.fields import FieldError
from backup_auditor.model import Orphan
from backup_auditor.record import Link, Occasion
from backup_auditor.record.names import EVIDENCE, evidence_key
from backup_auditor.record.writing import digest
from backup_auditor.store import Store
from backup_auditor.store.chain import Chain

_LINKS_TO_TRY = 20


@dataclass(frozen=True, slots=True)
class EvidenceStore:
    """The evidence of the policies that are called ``set_name``."""

    store: Store
    set_name: str

    def save(
        self, head: Head, listed: Callable[[], Iterator[Listed]], orphans: Iterable[Orphan]
    ) -> None:
        """Keep evidence unless its run has some. Raises StoreError.

        ``listed`` gives all resources in the order of their keys, each time that it is asked.
        """
        key = evidence_key(self.set_name, Occasion(head.run, head.scheduled_at))
        if self.store.read(key) is not None:
            return
        try:
            self.store.write(key, self._written(head, listed, list(orphans)), replaces=None)
        except ConflictError:  # a repeated invocation was faster
            return

    def read(self, key: str, expected: str) -> tuple[Head, Iterator[Listed | Orphan]]:
        """Return evidence, made whole of what it rests on.

        ``expected`` is its digest. Raises StoreError and, also while it is read, FieldError.
        """
        data = self._data(key, expected)
        head = read_head(data)
        return head, self._whole(data, head.base)

    def _whole(self, data: bytes, base: Base | None) -> Iterator[Listed | Orphan]:
        if base is None:
            return rebuilt(read_entries(data), ())
        if base.bases >= MOST_BASES:
            raise FieldError("it rests on too many others")
        below = self._data(base.key, base.digest)
        known = read_head(below).base
        if (known.bases + 1 if known else 0) != base.bases:
            raise FieldError(f"it rests on {base.key}, which rests on others than it says")
        return rebuilt(read_entries(data), _resources(self._whole(below, known)))

    def _data(self, key: str, expected: str) -> bytes:
        found = self.store.read(key)
        if found is None:
            raise FieldError(f"{key} is gone")
        if digest(found.data) != expected:
            raise FieldError(f"{key} is not what was written: its digest is another")
        return found.data

    def _written(
        self, head: Head, listed: Callable[[], Iterator[Listed]], orphans: list[Orphan]
    ) -> bytes:
        base = None if head.is_partial else self._base(head)
        if base is not None:
            try:
                _, below = self.read(base.key, base.digest)
                different = changes(listed(), _resources(below))
                return write(replace(head, base=base), _entries(different, orphans))
            except FieldError:  # whatever is wrong with it, this evidence needs it no longer
                pass
        return write(head, _entries(listed(), orphans))

    def _base(self, head: Head) -> Base | None:
        """Return the evidence of the last whole run, unless it rests on enough others."""
        links = islice(Chain(self.store, self.set_name).newest(), _LINKS_TO_TRY)
        link = next((link for link in links if _is_before(link, head)), None)
        if link is None:
            return None
        key = evidence_key(self.set_name, link.occasion)
        try:
            known = read_head(self._data(key, link.files[EVIDENCE])).base
        except FieldError:
            return None
        bases = known.bases + 1 if known else 0
        return Base(key, link.files[EVIDENCE], bases) if bases < MOST_BASES else None


def _is_before(link: Link, head: Head) -> bool:
    return not link.is_partial and link.occasion.run != head.run and EVIDENCE in link.files


def _entries(resources: Iterable[Entry], orphans: Iterable[Orphan]) -> Iterator[Entry]:
    return together(resources, orphans)


def _resources(entries: Iterable[Listed | Orphan]) -> Iterator[Listed]:
    return (entry for entry in entries if isinstance(entry, Listed))
