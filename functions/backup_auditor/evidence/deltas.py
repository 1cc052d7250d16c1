"""What is different between two lists of resources in order, and one list made of the other.

Both go through their lists once, side by side: memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from backup_auditor.evidence import Changed, Entry, Key, Listed, entry_key, key_of
from backup_auditor.fields import FieldError
from backup_auditor.model import History, Orphan

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
    known, now = set(before.backups), set(listed.backups)
    return Changed(
        key_of(listed.resource),
        None if listed.resource == before.resource else listed.resource,
        tuple(at for at, backup in enumerate(before.backups) if backup not in now),
        tuple(backup for backup in listed.backups if backup not in known),
    )


def _whole(entry: Changed, before: Listed) -> Listed:
    gone = set(entry.gone)
    if gone and max(gone) >= len(before.backups):
        raise FieldError(f"a backup of {entry.key[3][:60]!a} is not in what it rests on")
    left = [backup for at, backup in enumerate(before.backups) if at not in gone]
    resource = entry.resource or before.resource
    return Listed(resource, History.of(resource, [*entry.added, *left]).backups)
