"""References to secrets: a policy names where a secret lies, and never holds one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, WithJsonSchema

SCHEMES = ("env", "file", "ssm", "secretsmanager")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PATTERN = re.compile(r"(env|file|ssm|secretsmanager):([^\s].{0,1000})", re.DOTALL)
_LOOPBACK_PATTERN = (
    r"[Hh][Tt][Tt][Pp][Ss]?://([^/?#]*@)?(127\.0\.0\.1|localhost|\[::1\])(:|/|\?|#|$)"
)
REFERENCE_PATTERN = r"^(env|file|ssm):\S|^secretsmanager:[^\s#]"
"""What a reference begins with, for schemas."""
_HINT = (
    "a secret does not belong in a policy; write where it lies: env:NAME, file:PATH, ssm:/name or"
    " secretsmanager:name#json_key"
)


@dataclass(frozen=True, slots=True)
class ParsedReference:
    """The parts of a reference. ``key`` is "" for the whole value."""

    scheme: str
    name: str
    key: str = ""


def parse_reference(text: str) -> ParsedReference | None:
    """Split ``env:NAME``, ``file:PATH``, ``ssm:/n`` or ``secretsmanager:name#key``; else None."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    scheme, name = match.groups()
    if scheme != "secretsmanager":
        return ParsedReference(scheme, name)
    name, _, key = name.partition("#")
    return ParsedReference(scheme, name, key) if name else None


def is_loopback_url(text: str) -> bool:
    """Return whether ``text`` is an http address of this very machine, which needs no secrecy."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK


def _checked(value: object) -> str:
    # The value is never repeated in an error: it may be the secret itself.
    if not isinstance(value, str) or not (parse_reference(value) or is_loopback_url(value)):
        raise ValueError(_HINT)
    return value


Reference = Annotated[
    str,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"{REFERENCE_PATTERN}|^{_LOOPBACK_PATTERN}",
            "errorMessage": _HINT,
        }
    ),
]
"""A field of options that names a secret; ``Outside.resolve`` turns it into one when it is used."""
