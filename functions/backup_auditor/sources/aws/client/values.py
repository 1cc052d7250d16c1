"""Reading what AWS answers: fields may be missing, and of another type than is documented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from backup_auditor.model import Schedule

_LONGEST_TEXT = 300
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?:-\d\d:\d\d)?", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}) ?([KMGT]?)B", re.ASCII)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_MEGABYTE = 1 << 20
_MOST = 10**12


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


def flag(row: Mapping[str, Any], name: str) -> bool | None:
    """Return a truth value; None where it is missing or none."""
    value = row.get(name)
    return value if isinstance(value, bool) else None


def tags(row: Mapping[str, Any], name: str = "TagList") -> dict[str, str]:
    """Return tags as AWS lists them, ``[{Key, Value}]``; what is none is left out."""
    rows = row.get(name)
    pairs = rows if isinstance(rows, list) else []
    return {text(p, "Key", "key"): text(p, "Value", "value") for p in pairs if isinstance(p, dict)}


def daily(window: str) -> Schedule | None:
    """Return the schedule of a daily window such as ``04:00-05:00``, which AWS means in UTC."""
    found = _WINDOW.fullmatch(window)
    return Schedule(f"{int(found[2])} {int(found[1])} * * *", "UTC") if found else None


def size(said: str) -> int | None:
    """Return bytes of a size such as ``12 MB``, as ElastiCache and MemoryDB tell it; else None."""
    found = _SIZE.fullmatch(said)
    return int(found[1]) << _UNITS[found[2]] if found else None


def mebibytes(row: Mapping[str, Any], name: str) -> int | None:
    """Return bytes of a number of megabytes; None where it is missing or negative."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST:
        return None
    return round(value * _MEGABYTE)


def parts(rows: object, time: str, size_of: str) -> tuple[datetime | None, int | None]:
    """Return when the oldest of a backup's parts was taken, and the bytes of all.

    None for each that a part does not tell: without it nothing is known of the whole.
    """
    every = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    times = [instant(row, time) for row in every]
    sizes = [size(text(row, size_of)) for row in every]
    known_times = [one for one in times if one is not None]
    known_sizes = [one for one in sizes if one is not None]
    oldest = min(known_times) if every and len(known_times) == len(every) else None
    return oldest, sum(known_sizes) if every and len(known_sizes) == len(every) else None
