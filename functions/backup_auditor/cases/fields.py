"""The values of a case that are more than words: times from now, and what may be unknown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import PlainValidator

from backup_auditor.values import parse_duration, parse_size

UNKNOWN = "unknown"
_SHOWN = 60
_LONGEST_WORD = 500
_MOST_TAGS = 50
_YEARS = range(2000, 2200)
_OFFSET = re.compile(r"([+-])([0-9].*)", re.ASCII)
_TIME_HINT = (
    "write a time before now such as -30h, an instant with a zone such as 2026-11-24T03:00:00Z,"
    " or unknown"
)


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        example = "2026-11-24T06:00:00Z"
        raise ValueError(f"{_shown(value)} is not an instant with a zone, such as {example}")
    if instant.year not in _YEARS:
        raise ValueError(f"{_shown(value)}: the year must be from {_YEARS[0]} to {_YEARS[-1]}")
    return instant.astimezone(UTC)


def _when(value: object) -> timedelta | datetime | None:
    if value == UNKNOWN:
        return None
    offset = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    if offset:
        span = parse_duration(offset[2])
        return span if offset[1] == "+" else -span
    if isinstance(value, str) and ":" in value:
        return _instant(value)
    raise ValueError(f"{_shown(value)} is not a time; {_TIME_HINT}")


def _size(value: object) -> int | None:
    return None if value == UNKNOWN else parse_size(value)


def _switch(value: object) -> bool | None:
    if value == UNKNOWN:
        return None
    if isinstance(value, bool):
        return value
    raise ValueError(f"found {_shown(value)}; write true, false or unknown")


def _word(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # an account number, as it stands
    if not isinstance(value, str):
        raise ValueError(f"found {_shown(value)}, which is no text; quote it")  # noqa: TRY004
    if len(value) > _LONGEST_WORD:
        raise ValueError(f"at most {_LONGEST_WORD} characters; this has {len(value)}")
    return value


def _tags(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _MOST_TAGS:
        raise ValueError(f"write at most {_MOST_TAGS} tags, each with its value")
    return {name: _word(tag) for name, tag in value.items()}


def _shown(value: object) -> str:
    """Say a value as it stands in YAML, and not all of it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else _text(value)


def _text(value: object) -> str:
    return "nothing" if value is None else repr(value)[:_SHOWN]


Instant = Annotated[datetime, PlainValidator(_instant)]
"""An instant with a zone."""
When = Annotated[timedelta | datetime | None, PlainValidator(_when)]
"""A time from now (before it is negative), or an instant; None when it is not told."""
MaybeSize = Annotated[int | None, PlainValidator(_size)]
"""Bytes; None when it is not told."""
Switch = Annotated[bool | None, PlainValidator(_switch)]
"""On or off; None when it is not told."""
Word = Annotated[str, PlainValidator(_word)]
"""What a provider may say: any text of at most 500 characters."""
Words = Annotated[dict[str, str], PlainValidator(_tags)]
"""Tag -> its value."""
