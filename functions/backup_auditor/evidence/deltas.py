"""What is different between two lists of resources in order, and one list made of the other.

Both go through their lists once, side by side: memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from backup_auditor.evidence import (
    Changed,
    CopiesChanged,
    Entry,
    Key,
    Listed,
    entry_key,
    key_of,
)
from backup_auditor.fields import FieldError
from backup_auditor.model import Backup, History, Orphan

E = TypeVar("E", Listed, Listed | Changed)


def changes(now: Iterable[Listed], base: Iterable[Listed]) -> Iterator[Listed | Changed]:
    """Yield the resources ``now``, of those that ``base`` has what changed."""
    for listed, before in _beside(now, base):
        readable = before is not None and not (before.unread or listed.unread)
        yield _changed(listed, before) if before and readable else listed


def rebuilt(entries: Iterable[Entry], base: Iterable[Listed]) -> Iterator[Listed | Orphan]:
    """Yield all that ``entries`` stand for; raises FieldError where they do not fit ``base``."""
    orphans: list[Orphan] = []
    for entry, before in _beside(_resources(entries, orphans), base):
        if isinstance(entry, Listed):
            yield entry
        elif before is None:
            raise FieldError(f"the resource {entry.key[3][:60]!a} is not in what it rests on")
        else:
            yield _whole(entry, before)
    yield from orphans


def _resources(entries: Iterable[Entry], orphans: list[Orphan]) -> Iterator[Listed | Changed]:
    for entry in entries:
        if isinstance(entry, Orphan):
            orphans.append(entry)
        else:
            yield entry


def _beside(entries: Iterable[E], base: Iterable[Listed]) -> Iterator[tuple[E, Listed | None]]:
    """Yield each entry with the resource of ``base`` that has the same key."""
    others = iter(base)
    other = next(others, None)
    last: Key | None = None
    for entry in entries:
        key = entry_key(entry)
        if last is not None and key <= last:
            raise FieldError(f"the resource {key[3][:60]!a} is out of order")
        last = key
        while other is not None and key_of(other.resource) < key:
            other = next(others, None)
        yield entry, other if other is not None and key_of(other.resource) == key else None


def _changed(listed: Listed, before: Listed) -> Changed:
    copies = None if listed.copies is None else _change(listed.copies, before.copies or ())
    return Changed(
        key_of(listed.resource),
        None if listed.resource == before.resource else listed.resource,
        *_change(listed.backups, before.backups),
        copies=None if copies is None else CopiesChanged(*copies),
        restorable=listed.restorable,
    )


def _change(
    now: Sequence[Backup], before: Sequence[Backup]
) -> tuple[tuple[int, ...], tuple[Backup, ...]]:
    """Return which of ``before`` are gone, and what was not among them."""
    known, still = set(before), set(now)
    gone = tuple(at for at, backup in enumerate(before) if backup not in still)
    return gone, tuple(backup for backup in now if backup not in known)


def _whole(entry: Changed, before: Listed) -> Listed:
    resource, copies = entry.resource or before.resource, entry.copies
    history = History.of(
        resource,
        [*entry.added, *_left(entry, entry.gone, before.backups)],
        copies=None
        if copies is None
        else [*copies.added, *_left(entry, copies.gone, before.copies or ())],
        restorable=entry.restorable,
    )
    return Listed.of(history)


def _left(entry: Changed, gone: Iterable[int], before: Sequence[Backup]) -> list[Backup]:
    away = set(gone)
    if away and max(away) >= len(before):
        raise FieldError(f"a backup of {entry.key[3][:60]!a} is not in what it rests on")
    return [backup for at, backup in enumerate(before) if at not in away]
