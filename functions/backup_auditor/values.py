"""Durations, sizes, percentages, instants: how a policy writes them, and how we say them back.

The annotated types are used in the options of rules, sources and channels. A bare number where a
unit is needed is an error, because nobody can tell hours from days by looking at ``26``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SAID = {"d": "d", "h": "h", "m": "min"}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?[wdhms])+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)([wdhms])", re.ASCII)
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,6})?) ?(B|[KMGTP]i?B)?", re.ASCII | re.IGNORECASE)
_PERCENTAGE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?%", re.ASCII)
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_KIBI = 1024
_MICRO = 1_000_000
_THREE_DIGITS = 100
_LONGEST = timedelta(days=36_500)
_DURATION_HINT = "write a number with a unit, such as 26h or 1d12h"
_SIZE_HINT = "write bytes or a unit, such as 10KiB or 1.5GB"
_PERCENTAGE_HINT = "write a number with a sign, such as 50%"


def parse_duration(text: object) -> timedelta:
    """Read ``90m``, ``26h``, ``7d``, ``2w`` or a sum such as ``1d12h``; raises ValueError."""
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration; {_DURATION_HINT}")
    seconds = sum(float(n) * _UNITS[unit] for n, unit in _DURATION_PART.findall(text))
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than 100 years")
    return timedelta(seconds=seconds)


def parse_size(text: object) -> int:
    """Read ``10KiB``, ``1.5GB`` or plain bytes into bytes; raises ValueError."""
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{text!r} is not a size; {_SIZE_HINT}")
    number, unit = match.groups(default="B")
    base = 1024 if "i" in unit.lower() else 1000
    return int(float(number) * base ** "BKMGTP".index(unit[0].upper()))


def parse_percentage(text: object) -> float:
    """Read ``50%`` into a fraction (0.5); raises ValueError."""
    match = _PERCENTAGE.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{text!r} is not a percentage; {_PERCENTAGE_HINT}")
    return float(match[1]) / 100


def say_duration(span: timedelta) -> str:
    """Say a duration with its two largest units: ``3 d 4 h``, ``26 h``, ``45 min``.

    Up to two days hours are kept, because limits are mostly written in hours (``26h``). Parts are
    cut, never rounded up.
    """
    return " ".join(f"{number} {unit}" for number, unit in parts_of_duration(span))


def parts_of_duration(span: timedelta) -> list[tuple[int, str]]:
    """Return a duration in its one or two largest units, ``d``, ``h``, ``min`` or ``s``."""
    seconds = int(abs(span).total_seconds())
    if seconds < _UNITS["m"]:
        return [(seconds, "s")]
    if seconds < _UNITS["h"]:
        return [(seconds // _UNITS["m"], "min")]
    if seconds < 2 * _UNITS["d"]:
        return _two(seconds, "h", "m")
    return _two(seconds, "d", "h")


def _two(seconds: int, large: str, small: str) -> list[tuple[int, str]]:
    whole, rest = divmod(seconds, _UNITS[large])
    part = rest // _UNITS[small]
    return [(whole, _SAID[large]), *([(part, _SAID[small])] if part else [])]


def say_size(size_bytes: float) -> str:
    """Say a size in binary units with three digits: ``18 B``, ``1.5 GiB``."""
    value, unit = float(size_bytes), 0
    while round(value) >= _KIBI and unit < len(_BINARY) - 1:
        value, unit = value / _KIBI, unit + 1
    decimals = 1 if unit and round(value, 1) < _THREE_DIGITS else 0
    return f"{value:.{decimals}f}".removesuffix(".0") + f" {_BINARY[unit]}"


def say_percentage(fraction: float) -> str:
    """Say a fraction as a percentage of at most one decimal: ``50 %``, ``99.5 %``."""
    return f"{fraction * 100:.1f}".removesuffix(".0") + " %"


def write_duration(span: timedelta) -> str:
    """Write a duration as in a policy, so that ``parse_duration`` reads it: ``26h``, ``1d12h``.

    Up to two days in hours, as people write limits; nothing is cut.
    """
    rest = span // timedelta(microseconds=1)
    units = "dhms" if span >= timedelta(days=2) else "hms"
    parts = []
    for unit in units[:-1]:
        count, rest = divmod(rest, _UNITS[unit] * _MICRO)
        parts.append(f"{count}{unit}" if count else "")
    if rest:
        parts.append(_decimal(rest / _MICRO) + "s")
    return "".join(parts) or "0s"


def write_size(size_bytes: int) -> str:
    """Write a size as in a policy, so that ``parse_size`` reads it: ``10MiB``, ``1500MB``, ``7B``.

    The largest unit of which it is a whole number is taken.
    """
    for base, infix in ((_KIBI, "i"), (1000, "")):
        for power, letter in ((5, "P"), (4, "T"), (3, "G"), (2, "M"), (1, "K")):
            if size_bytes and size_bytes % base**power == 0:
                return f"{size_bytes // base**power}{letter}{infix}B"
    return f"{size_bytes}B"


def write_percentage(fraction: float) -> str:
    """Write a fraction as in a policy, so that ``parse_percentage`` reads it: ``50%``."""
    return _decimal(fraction * 100) + "%"


def whole_second(instant: datetime) -> datetime:
    """Return the second in which ``instant`` lies: nothing is said or written more exactly."""
    return instant.replace(microsecond=0)


def write_instant(instant: datetime | None) -> str | None:
    """Write an instant for machines: ``2026-11-24T06:07:00Z``; None stays None."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _decimal(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration, when_used="json-unless-none"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([0-9]{1,9}(\.[0-9]{1,6})?[wdhms])+$",
            "errorMessage": _DURATION_HINT,
        }
    ),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(write_size, when_used="json-unless-none"),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minimum": 0,
            "pattern": r"^[0-9]{1,18}(\.[0-9]{1,6})? ?([Bb]|[KMGTPkmgtp][Ii]?[Bb])?$",
            "errorMessage": _SIZE_HINT,
        }
    ),
]
Percentage = Annotated[
    float,
    BeforeValidator(parse_percentage),
    PlainSerializer(write_percentage, when_used="json-unless-none"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})? ?%$",
            "errorMessage": _PERCENTAGE_HINT,
        }
    ),
]
