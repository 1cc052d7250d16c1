"""The values of a policy file that are more than words: names, globs, days, addresses, zones."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, WithJsonSchema

from backup_auditor.policy.mismatch import no_text, shown

_LONGEST_NAME, _LONGEST_TEXT = 100, 1000
_LONGEST_GLOB, _MOST_GLOBS, _MOST_TAGS = 500, 1000, 50
_SHOWN = 60
HEARTBEAT = "heartbeat"
"""What the receipt of the heartbeat is called, and so no channel."""
_CHANNEL_NAME_PATTERN = (
    r"^(?![.-])[^\s\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xa0]{1,40}$"  # no signs but . - _
)
_CHANNEL_NAME = re.compile(_CHANNEL_NAME_PATTERN)
_CHANNEL_NAME_HINT = "write a name such as team-shop: 1 to 40 letters, digits, dots, - and _"
_SET_NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
_SET_NAME = re.compile(_SET_NAME_PATTERN[:-1], re.ASCII)
_SET_NAME_HINT = "write a name such as production: up to 63 small letters, digits, - and _"
_DAY = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}", re.ASCII)


def zone(value: object) -> ZoneInfo:
    """Return the time zone of that name; raises ValueError."""
    if isinstance(value, ZoneInfo):  # the default
        return value
    if isinstance(value, str) and value in _zones():
        return ZoneInfo(value)
    said = shown(value)
    near = get_close_matches(said.strip("'"), sorted(_zones()), n=1)
    hint = f"; did you mean {near[0]}?" if near else "; write a name such as Asia/Shanghai or UTC"
    raise ValueError(f"{said} is not a time zone{hint}")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _url(value: object) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:  # such as a broken IPv6 address
        parts = None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{shown(value)} is not a web address; it must begin with https://")
    return str(value)


def _server(value: object) -> str:
    # Not repeated in the error: what stands before an @ or behind a ? is a secret.
    if isinstance(value, str) and re.search(r"[@?#\s\\]", value):
        raise ValueError("a server is written as https://HOST, without user, query and fragment")
    return _url(value).rstrip("/")


def _name(value: object) -> str:
    return _text(value, _LONGEST_NAME, "a name")


def _channel_name(value: object) -> str:
    name = _name(value)
    if not _CHANNEL_NAME.match(name):
        raise ValueError(_CHANNEL_NAME_HINT)
    if name == HEARTBEAT:
        raise ValueError(f"{HEARTBEAT} is what the receipt of the heartbeat is called")
    return name


def _set_name(value: object) -> str:
    if not isinstance(value, str) or not _SET_NAME.fullmatch(value):
        raise ValueError(_SET_NAME_HINT)
    return value


def _reason(value: object) -> str:
    return _text(value, _LONGEST_TEXT, "a text")


def _text(value: object, longest: int, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(no_text(value))  # noqa: TRY004 - pydantic takes this one
    if not value.strip() or not value.isprintable():
        wanted = f"{what} of 1 to {longest} printable characters"
        raise ValueError(f"{value[:_SHOWN]!r} is not {wanted}")
    if len(value) > longest:
        raise ValueError(f"{what} may have {longest} characters; this one has {len(value)}")
    return value


def _day(value: object) -> date:
    hint = "write a date such as 2026-12-31"
    match = _DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shown(value)} is not a day; {hint}")
    if not match[1].startswith("2"):
        raise ValueError(f"{value!r} is too far away; write a day from 2000 to 2999")
    try:
        return date.fromisoformat(match[0])
    except ValueError:
        raise ValueError(f"{value!r} is not in the calendar; {hint}") from None


def _globs(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not 0 < len(items) <= _MOST_GLOBS:
        raise ValueError(f"write a glob such as prod-*, or a list of 1 to {_MOST_GLOBS} globs")
    return tuple(_glob(item) for item in items)


def _glob(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # an account number, as it stands
    if not isinstance(value, str):
        raise ValueError(no_text(value))  # noqa: TRY004 - pydantic takes this one
    if not 0 < len(value) <= _LONGEST_GLOB:
        raise ValueError(f"a glob has 1 to {_LONGEST_GLOB} characters; this one has {len(value)}")
    if _has_open_bracket(value):
        raise ValueError(
            f"{value[:_SHOWN]!r} is not a glob: [ is never closed; write [[] for the sign itself"
        )
    return value


def _has_open_bracket(glob: str) -> bool:
    """Return whether a ``[`` has no ``]``; the first sign of a set may itself be a ``]``."""
    at = glob.find("[")
    while at >= 0:
        first = at + 2 if glob[at + 1 : at + 2] == "!" else at + 1
        end = glob.find("]", first + 1)
        if end < 0:
            return True
        at = glob.find("[", end + 1)
    return False


def _tags(value: object) -> object:
    if not isinstance(value, dict):
        hint = "write a mapping such as {team: shop}"
        raise ValueError(f"found {shown(value)}; {hint}")  # noqa: TRY004 - pydantic takes this one
    if len(value) > _MOST_TAGS:
        raise ValueError(f"found {len(value)} tags; at most {_MOST_TAGS} are allowed")
    return value


_GLOB_SCHEMA = {
    "type": ["string", "integer"],
    "minLength": 1,
    "maxLength": _LONGEST_GLOB,
    "pattern": r"^([^\[]|\[(![\s\S]|[^!])[^\]]*\])*$",  # each [ is closed
    "errorMessage": "write a glob such as prod-*; quote words such as true",
}
_GLOBS_SCHEMA = {
    **_GLOB_SCHEMA,
    "type": ["string", "integer", "array"],
    "items": _GLOB_SCHEMA,
    "minItems": 1,
    "maxItems": _MOST_GLOBS,
    "errorMessage": "write a glob such as prod-*, or a list of globs; quote words such as true",
}
_PRINTABLE = r"^[^\x00-\x1f\x7f-\xa0]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\xa0]*$"
_NAME_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "maxLength": _LONGEST_NAME,
    "pattern": _PRINTABLE,
    "errorMessage": f"write 1 to {_LONGEST_NAME} printable characters",
}

Globs = Annotated[tuple[str, ...], BeforeValidator(_globs), WithJsonSchema(_GLOBS_SCHEMA)]
"""A glob, or a list of globs."""
Tags = Annotated[
    dict[str, Globs],
    BeforeValidator(_tags),
    WithJsonSchema(
        {"type": "object", "additionalProperties": _GLOBS_SCHEMA, "maxProperties": _MOST_TAGS}
    ),
]
"""Tag -> globs."""
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema(_NAME_SCHEMA)]
"""1 to 100 printable characters."""
ChannelName = Annotated[
    str,
    BeforeValidator(_channel_name),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": _CHANNEL_NAME_PATTERN,
            "not": {"const": HEARTBEAT},
            "errorMessage": _CHANNEL_NAME_HINT,
        }
    ),
]
"""A name that can be typed: in a request, on a command line."""
SetName = Annotated[
    str,
    BeforeValidator(_set_name),
    WithJsonSchema(
        {"type": "string", "pattern": _SET_NAME_PATTERN, "errorMessage": _SET_NAME_HINT}
    ),
]
"""A name that is a part of a key in the store as it is."""
AllowHttp = Annotated[
    bool,
    Field(
        strict=True,
        description="true: the address may begin with http://; anyone on the way can read it.",
        examples=[True],
    ),
]
AllowPrivate = Annotated[
    bool,
    Field(
        strict=True,
        description="true: the address may lead into a private network or to this machine.",
        examples=[True],
    ),
]
Text = Annotated[
    str,
    BeforeValidator(_reason),
    WithJsonSchema(
        {
            **_NAME_SCHEMA,
            "maxLength": _LONGEST_TEXT,
            "errorMessage": f"write 1 to {_LONGEST_TEXT} printable characters",
        }
    ),
]
"""1 to 1,000 printable characters."""
Url = Annotated[
    str,
    BeforeValidator(_url),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#:]",
            "errorMessage": "write a web address; it must begin with https://",
        }
    ),
]
"""An http or https address."""
Server = Annotated[
    str,
    BeforeValidator(_server),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#:@\s\\][^?#@\s\\]*$",
            "errorMessage": "write a server as https://HOST, without user, query and fragment",
        }
    ),
]
"""The address of a server, under which a program finds its own paths; no secret."""
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
            "format": "date",
            "errorMessage": "write a date such as 2026-12-31",
        }
    ),
]
"""A date without a time."""
