"""The values of an inventory, read strictly; what is wrong says what is allowed instead."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, TypeAdapter, ValidationError, WithJsonSchema

from backup_auditor.model import BackupKind, BackupState
from backup_auditor.policy.fields import zone
from backup_auditor.rules.last_success_age import Schedule
from backup_auditor.speech import Phrase, phrase

LONGEST_NAME, LONGEST_TEXT, MOST_TAGS = 300, 1000, 50
LARGEST = 2**63 - 1
_PRINTABLE = r"^[^\x00-\x1f\x7f-\xa0]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\xa0]*$"
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_YEARS = range(1900, 2201)  # what every time zone and every rule can calculate with
_STATES = (
    *(BackupState.SUCCEEDED, BackupState.RUNNING, BackupState.FAILED),
    BackupState.EXPIRED,
)
_KINDS = (BackupKind.AUTOMATIC, BackupKind.MANUAL)
_CRON: TypeAdapter[str] = TypeAdapter(Schedule)


class Wrong(ValueError):  # noqa: N818 - pydantic takes it; what leaves the reader is a SourceError
    """A value is not what it should be; ``allowed`` says what is."""

    def __init__(self, allowed: Phrase) -> None:
        """Keep what is allowed."""
        self.allowed = allowed
        super().__init__(str(allowed))


def _text(value: object, longest: int) -> str:
    if isinstance(value, str) and len(value) <= longest and value.strip() and value.isprintable():
        return value
    raise Wrong(phrase("a text of 1 to {n} printable characters", n=longest))


def _instant(value: object) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            instant = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            instant = None
        if instant is not None and instant.year in _YEARS:
            return instant
    raise Wrong(
        phrase("an instant with its offset, such as {example}", example="2026-11-24T06:00:00Z")
    )


def _count(value: object) -> int:
    if type(value) is int and 0 <= value <= LARGEST:  # a bool is an int as well
        return value
    raise Wrong(phrase("a whole number from 0"))


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong(phrase("true or false"))


def _version(value: object) -> int:
    if type(value) is int and value == 1:
        return value
    raise Wrong(phrase("the number 1"))


def _word(value: object, words: tuple[Any, ...]) -> Any:
    for word in words:
        if isinstance(value, str) and value == word:
            return word
    raise Wrong(phrase("one of {words}", words=[str(word) for word in words]))


def _cron(value: object) -> str:
    try:
        return _CRON.validate_python(value, strict=True)
    except ValidationError:
        raise Wrong(phrase("five cron fields, such as {example}", example="0 3 * * *")) from None


def _zone(value: object) -> ZoneInfo:
    try:
        return zone(value)
    except ValueError:
        allowed = phrase("a time zone, such as {example}", example="Asia/Shanghai")
        raise Wrong(allowed) from None


def _tags(value: object) -> dict[str, str]:
    if isinstance(value, dict) and len(value) <= MOST_TAGS and all(map(_is_tag, value.items())):
        return value
    raise Wrong(phrase("an object of at most {n} printable texts", n=MOST_TAGS))


def _is_tag(pair: tuple[object, object]) -> bool:
    name, value = pair
    texts = isinstance(name, str) and isinstance(value, str) and 0 < len(name) <= LONGEST_NAME
    return texts and len(str(value)) <= LONGEST_TEXT and f"{name}{value}".isprintable()


def _string(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": _PRINTABLE}


def _words(words: tuple[Any, ...]) -> Any:
    return WithJsonSchema({"enum": [str(word) for word in words]})


Name = Annotated[
    str,
    BeforeValidator(partial(_text, longest=LONGEST_NAME)),
    WithJsonSchema(_string(LONGEST_NAME)),
]
Text = Annotated[
    str,
    BeforeValidator(partial(_text, longest=LONGEST_TEXT)),
    WithJsonSchema(_string(LONGEST_TEXT)),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_INSTANT.pattern}$"}),
]
Count = Annotated[
    int,
    BeforeValidator(_count),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": LARGEST}),
]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
Version = Annotated[int, BeforeValidator(_version), WithJsonSchema({"const": 1})]
State = Annotated[BackupState, BeforeValidator(partial(_word, words=_STATES)), _words(_STATES)]
Kind = Annotated[BackupKind, BeforeValidator(partial(_word, words=_KINDS)), _words(_KINDS)]
Cron = Annotated[str, BeforeValidator(_cron), WithJsonSchema({"type": "string", "minLength": 9})]
Zone = Annotated[Any, BeforeValidator(_zone), WithJsonSchema({"type": "string"})]
Tags = Annotated[
    dict[str, str],
    BeforeValidator(_tags),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MOST_TAGS,
            "propertyNames": {"minLength": 1, "maxLength": LONGEST_NAME},
            "additionalProperties": {"type": "string", "maxLength": LONGEST_TEXT},
        }
    ),
]
