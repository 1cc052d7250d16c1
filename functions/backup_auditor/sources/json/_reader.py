"""Bytes in, an inventory out. They may come from anybody: all is bounded, and nothing is guessed.

What is wrong with one resource is told of that resource alone. What JSON does not have (``NaN``),
leaves open (a key that stands twice) or has without bounds (numbers) is kept as something that is
no value, so that it is told with its place like every other mistake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.sources.json._form import (
    BackupForm,
    CopyForm,
    InventoryForm,
    ResourceForm,
    ScheduleForm,
    WindowForm,
)
from backup_auditor.sources.json._values import Wrong
from backup_auditor.speech import Phrase, phrase, phrases

LONGEST = 8 << 20
"""Bytes of an inventory."""
_LONGEST_NUMBER, _LONGEST_SHOWN, _LONGEST_PLACE, _MOST_PROBLEMS = 20, 60, 120, 3
_PARTS: dict[str, type[BaseModel]] = {
    "backups": BackupForm,
    "copies": CopyForm,
    "schedule": ScheduleForm,
    "restorable": WindowForm,
}

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Odd:
    """What stands where a value should be."""

    said: str


def parsed(data: bytes) -> InventoryForm:
    """Return the inventory, whose resources are still unread; raises SourceError."""
    if len(data) > LONGEST:
        raise _malformed(phrase("longer than {n} bytes", n=LONGEST))
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=Odd, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise _malformed(phrase("not UTF-8, from byte {n} on", n=error.start)) from None
    except json.JSONDecodeError as error:
        where = phrase(
            "not JSON: line {line}, column {column}", line=error.lineno, column=error.colno
        )
        raise _malformed(where) from None
    except RecursionError:
        raise _malformed(phrase("nested too deeply")) from None
    try:
        return InventoryForm.model_validate(value)
    except ValidationError as error:
        raise _malformed(problems(error, InventoryForm, ())) from None


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return Odd(phrase("an object that has the key {key} twice", key=_quoted(twice)))


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else Odd(f"{digits[:_LONGEST_NUMBER]}…")


def resource_of(value: object, number: int) -> ResourceForm:
    """Return one entry of ``resources``; raises SourceError with the places of all mistakes."""
    at = ("resources", number)
    try:
        form = ResourceForm.model_validate(value)
    except ValidationError as error:
        raise _malformed(problems(error, ResourceForm, at)) from None
    seen: set[str] = set()
    for index, backup in enumerate(form.backups or ()):
        if backup.id in seen:
            where = pointer((*at, "backups", index, "id"))
            twice = phrase("{where}: a backup before it has this id too", where=where)
            raise _malformed(twice)
        seen.add(backup.id)
    return form


def _malformed(what: Phrase) -> SourceError:
    return SourceError(GapReason.MALFORMED, phrase("the inventory is wrong: {what}", what=what))


def problems(error: ValidationError, model: type[BaseModel], at: Path) -> Phrase:
    """Say the first of everything in ``error``, each with its place as a JSON pointer."""
    found = error.errors(include_url=False)
    said = [_problem(one, model, at) for one in found[:_MOST_PROBLEMS]]
    left = len(found) - len(said)
    if not left:
        return phrase("{problems}", problems=said)
    return phrases("{problems} and {n} more", "{problems} and {n} more", left, problems=said)


def _problem(one: Any, model: type[BaseModel], at: Path) -> Phrase:
    kind, loc = one["type"], tuple(one["loc"])
    where = pointer((*at, *loc))
    if kind == "missing":
        return phrase("{where}: this key is missing", where=where)
    if kind == "extra_forbidden":
        names = list(_model_at(model, loc[:-1]).model_fields)
        return phrase("{where}: this key is not known; allowed: {names}", where=where, names=names)
    allowed, found = _allowed(one), shown(one["input"])
    return phrase(
        "{where}: found {found}; allowed: {allowed}", where=where, found=found, allowed=allowed
    )


def _allowed(one: Any) -> Phrase:
    cause = one.get("ctx", {}).get("error")
    if isinstance(cause, Wrong):
        return cause.allowed
    if one["type"] == "too_long":
        return phrase("a list of at most {n} entries", n=one["ctx"]["max_length"])
    if one["type"] == "list_type":
        return phrase("a list")
    return phrase("an object, each key once")


def _model_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel]:
    names = [part for part in loc if isinstance(part, str)]
    return _PARTS[names[-1]] if names else model


def pointer(path: Iterable[str | int]) -> str:
    """Return a place as a JSON pointer (RFC 6901), short and printable."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    text = "".join(f"/{part}" for part in parts) or "/"
    return ascii(text)[1:-1] if not text.isprintable() else text[:_LONGEST_PLACE]


def shown(value: object) -> str:
    """Say a value as it stands in JSON, and not all of it."""
    match value:
        case Odd():
            return value.said
        case dict():
            return phrase("an object")
        case list():
            return phrase("a list")
        case str():
            return _quoted(value)
        case _:
            return json.dumps(value)[:_LONGEST_SHOWN]


def _quoted(text: str) -> str:
    quoted = json.dumps(text[:_LONGEST_SHOWN], ensure_ascii=not text.isprintable())
    return quoted if len(text) <= _LONGEST_SHOWN else f"{quoted}…"
