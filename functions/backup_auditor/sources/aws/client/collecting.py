"""What most AWS services have in common: resources, their snapshots by owner, and orphans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backup_auditor.model import Backup, History, Orphan, Resource, Restorable, Schedule, Scope
from backup_auditor.sources import Wanted

_LONGEST_TEXT = 300
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?:-|$)", re.ASCII)
_MIB = 1024 * 1024
_MOST_MIB = 1e12  # an exbibyte: no number that says more, or is none, is a size


@dataclass(frozen=True, slots=True)
class Found:
    """One resource of an inventory."""

    resource: Resource
    arn: str = ""
    restorable: Restorable | None = None
    copies: tuple[Backup, ...] | None = None
    """Those in other regions or accounts; None where they are not told."""


def by_owner(backups: Iterable[Backup]) -> dict[str, list[Backup]]:
    """Return backups by the id of their resource."""
    owners: dict[str, list[Backup]] = {}
    for backup in backups:
        owners.setdefault(backup.resource_id, []).append(backup)
    return owners


def histories(
    found: Iterable[Found], owners: Mapping[str, list[Backup]], wanted: Wanted
) -> Iterator[History]:
    """Yield the history of each resource that is wanted."""
    for one in found:
        if wanted(one.resource):
            backups = owners.get(one.resource.id, [])
            yield History.of(one.resource, backups, copies=one.copies, restorable=one.restorable)


def gone(
    scope: Scope, owners: Mapping[str, list[Backup]], known: Callable[[str], bool]
) -> Iterator[Orphan]:
    """Yield an orphan for each owner of backups that is not ``known``."""
    for owner, backups in owners.items():
        if owner and not known(owner):
            times = [one.taken_at for one in backups if one.taken_at]
            newest = max(times, default=None)
            yield Orphan(
                source=scope.source,
                account=scope.account,
                region=scope.region,
                resource_id=owner,
                name=backups[0].resource_name,
                backups=len(backups),
                newest_at=newest,
            )


def text(row: Mapping[str, Any], *names: str) -> str:
    """Return the first of ``names`` that holds a text, bounded; else ""."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value:
            return value.encode(errors="replace").decode()[:_LONGEST_TEXT]
    return ""


def instant(row: Mapping[str, Any], name: str) -> datetime | None:
    """Return an instant in UTC; None where it is missing or no instant."""
    value = row.get(name)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def number(row: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number that is not negative; else None."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def mebibytes(row: Mapping[str, Any], name: str) -> int | None:
    """Return a size in bytes that AWS tells in megabytes, as a number; else None."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value * _MIB) if 0 <= value < _MOST_MIB else None


def daily(window: str) -> Schedule | None:
    """Return when backups are due that begin in a daily window in UTC: ``04:00-04:30``, ``04:00``.

    They may begin at any time in it, so they are due from its start.
    """
    found = _WINDOW.match(window)
    return Schedule(f"{int(found[2])} {int(found[1])} * * *", "UTC") if found else None


def flag(row: Mapping[str, Any], name: str) -> bool | None:
    """Return a truth value; None where it is missing or none."""
    value = row.get(name)
    return value if isinstance(value, bool) else None


def tags(row: Mapping[str, Any], name: str = "TagList") -> dict[str, str]:
    """Return tags as AWS lists them, ``[{Key, Value}]``; what is none is left out."""
    rows = row.get(name)
    pairs = rows if isinstance(rows, list) else []
    return {text(p, "Key", "key"): text(p, "Value", "value") for p in pairs if isinstance(p, dict)}
