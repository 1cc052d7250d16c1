"""How the names of files tell whose backup they are, and of when: a small language of patterns.

A pattern is compiled to a regular expression that looks at each character a bounded number of
times, whatever a name looks like: a part that is open takes as little as it can, and what it took
is never thought over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

LONGEST_KEY = 1024
"""Bytes; https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_LONGEST = 500
_SHORT_FORMS = {"{date}": "{year}{month}{day}", "{time}": "{hour}{minute}{second}"}
_NAME = r"[^/\x00-\x1f\x7f]{1,200}?"
_OPEN = {"*": "[^/]*?", "{resource}": f"(?P<resource>{_NAME})", "{group}": f"(?P<group>{_NAME})"}
_CLOSED = {
    "{year}": "(?P<year>[0-9]{4})",
    **{f"{{{n}}}": f"(?P<{n}>[0-9]{{2}})" for n in ("month", "day", "hour", "minute", "second")},
    "{unix}": "(?P<unix>[0-9]{10})",
}
_KNOWN = (*_OPEN, *_CLOSED, *_SHORT_FORMS)
_TOKEN = re.compile(r"\{[^{}]*\}|[*]|[{}]|[^*{}]+")
_NEEDS = {
    "year": ("month", "day"),
    "month": ("year", "day"),
    "day": ("year", "month"),
    "hour": ("day",),
    "minute": ("hour",),
    "second": ("minute",),
    "group": ("resource",),
}
_YEARS = range(1900, 2201)  # what every time zone and every rule can calculate with


@dataclass(frozen=True, slots=True)
class Named:
    """What a name tells."""

    resource: str
    """Empty where the pattern has none."""
    at: datetime | None
    """In UTC; of a name that tells only the day its first moment. None where it tells no time."""
    ends: datetime | None
    """Where the name tells only the day: the first moment of the next one."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return ``pattern`` as a regular expression for ``match``; raises ValueError."""
    if not 0 < len(pattern) <= _LONGEST or not pattern.isprintable():
        raise ValueError(f"a pattern has 1 to {_LONGEST} printable characters")
    for short, long in _SHORT_FORMS.items():
        pattern = pattern.replace(short, long)
    parts = _TOKEN.findall(pattern)
    for part in parts:
        if part[0] in "{}" and part not in _OPEN and part not in _CLOSED:
            hint = f"{part[:40]!r} is not a part of a pattern; allowed: {', '.join(_KNOWN)}"
            raise ValueError(hint)
    for one, other in pairwise(parts):
        if one in _OPEN and other in _OPEN:
            raise ValueError(f"something must stand between {one} and {other}")
    _complete({part[1:-1] for part in parts})
    return re.compile(_expression(parts))


def _complete(names: set[str]) -> None:
    for name, needed in _NEEDS.items():
        missing = [f"{{{one}}}" for one in needed if one not in names]
        if name in names and missing:
            raise ValueError(f"{{{name}}} stands without {' and '.join(missing)}")
    if "unix" in names and "year" in names:
        raise ValueError("{unix} and {year} cannot stand in one pattern")


def _expression(parts: list[str]) -> str:
    """Put all but the last open part, with what follows it, into an atomic group.

    That what follows is found where it comes first loses no match: nothing of it is open, and the
    same characters may stand in every open part.
    """
    seen: set[str] = set()
    chunks = [""]
    for part in parts:
        if part in _OPEN and part not in seen:
            chunks.append("")
        chunks[-1] += _piece(part, is_again=part in seen)
        if part != "*":
            seen.add(part)
    first, *rest = chunks
    atomic = "".join(f"(?>{chunk})" for chunk in rest[:-1])
    return f"{first}{atomic}{''.join(rest[-1:])}\\Z"


def _piece(part: str, *, is_again: bool) -> str:
    form = _OPEN.get(part) or _CLOSED.get(part)
    if form is None:
        return re.escape(part)
    return f"(?P={part[1:-1]})" if is_again else form


def match(pattern: str, name: str, zone: ZoneInfo) -> Named | None:
    """Return what ``name`` tells; None where it does not match, or tells a time that never was."""
    if len(name) > LONGEST_KEY:
        return None
    found = compiled(pattern).match(name)
    if found is None:
        return None
    given = found.groupdict()
    resource = "/".join(filter(None, (given.get("group"), given.get("resource"))))
    try:
        at, ends = _time(given, zone)
    except ValueError:
        return None
    return Named(resource, at, ends)


def _time(given: dict[str, str], zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    if "unix" in given:
        return _within(datetime.fromtimestamp(int(given["unix"]), UTC)), None
    if "year" not in given:
        return None, None
    fields = [int(given.get(n, "0")) for n in ("hour", "minute", "second")]
    day = datetime(int(given["year"]), int(given["month"]), int(given["day"]), tzinfo=zone)
    # Of an hour that comes twice the first is taken: a backup never looks younger than it is.
    at = _within(day).replace(hour=fields[0], minute=fields[1], second=fields[2])
    ends = None if "hour" in given else (day + timedelta(days=1)).astimezone(UTC)
    return at.astimezone(UTC), ends


def _within(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError
    return at
