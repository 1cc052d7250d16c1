"""What pydantic found wrong, in the words of the person who wrote the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from backup_auditor.model import Place
from backup_auditor.policy.document import MOST_PROBLEMS, Document, Path
from backup_auditor.policy.masking import HIDDEN, repeats
from backup_auditor.policy.mismatch import mismatch, shown
from backup_auditor.policy.nearest import nearest
from backup_auditor.policy.page import is_harmless

_LONGEST_FOUND = 60
_MOST_ALLOWED = 30
_RULE_DEPTH = 4
_SECTIONS = {("sources",), ("channels",), ("heartbeat",)}
"""What stands in them may be a secret."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value was written; parts of a merged mapping may have been written elsewhere."""

    document: Document
    path: Path
    parts: Mapping[str, Spot] = field(default_factory=dict)

    def at(self, *more: str | int) -> Spot:
        """Return the spot of a part of the value."""
        if more and more[0] in self.parts:
            return self.parts[str(more[0])].at(*more[1:])
        return Spot(self.document, (*self.path, *more))

    @property
    def place(self) -> Place:
        """The place of the value."""
        return self.document.place_of(self.path)

    @property
    def key(self) -> Place:
        """The place of the key that the value stands under, else of the value."""
        return self.document.key_of(self.path)

    @property
    def is_public(self) -> bool:
        """Whether it is clear that the value is no secret."""
        return self.path[:1] not in _SECTIONS and self.document.is_public(self.place)

    def report(self, message: str) -> None:
        """Report a problem of the value."""
        self.document.report(self.place, message)

    def report_unknown(self, what: str, found: str, allowed: Iterable[str]) -> None:
        """Report that the key of the value is not known; see ``unknown``."""
        is_shown = self.is_public or is_harmless(found)
        self.document.report(self.key, unknown(what, found, allowed, is_shown=is_shown))


def explain(
    error: ValidationError, model: type[BaseModel], spot: Spot, *, partial: bool = False
) -> None:
    """Report everything in ``error``, found in the value at ``spot``, with its place.

    What is missing is no problem of a ``partial`` value.
    """
    merged: dict[tuple[str, Place], list[str]] = {}
    documents: dict[Place, Document] = {}
    for one in error.errors(include_url=False)[:MOST_PROBLEMS]:
        if partial and (not one["loc"] or one["type"] == "missing"):
            continue
        found, steps = _existing(spot, one["loc"])
        place = found.key if one["type"] in {"extra_forbidden", "missing"} else found.place
        if not one["loc"] and one["type"] == "value_error":
            place = found.key  # what is wrong with the whole is told where it begins
        documents[place] = found.document
        sentences = merged.setdefault((one["type"], place), [])
        sentence = _sentence(one, model, found, one["loc"][: len(one["loc"]) - steps])
        if sentence not in sentences:
            sentences.append(sentence)
    for (_, place), sentences in _joined(merged).items():
        for sentence in sentences:
            documents[place].report(place, sentence)


def _joined(
    merged: Mapping[tuple[str, Place], list[str]],
) -> dict[tuple[str, Place], list[str]]:
    """Join what the branches of a union say of one value: one of them would do."""
    result: dict[tuple[str, Place], list[str]] = {}
    for (kind, place), sentences in merged.items():
        group = kind if kind in {"missing", "extra_forbidden"} else ""
        result.setdefault((group, place), []).extend(sentences)
    return {
        key: sentences if key[0] else ["; or ".join(dict.fromkeys(sentences))]
        for key, sentences in result.items()
    }


def unknown(
    what: str, found: str, allowed: Iterable[str], *, is_shown: bool = True, but: str = ""
) -> str:
    """Say that a name is not known, which are, and which was probably meant, except ``but``."""
    names = allowed if isinstance(allowed, list) else list(allowed)
    near = nearest(found, names, but=but)
    hint = f"did you mean {near!r}? " if near else ""
    more = f" and {len(names) - _MOST_ALLOWED} more" if len(names) > _MOST_ALLOWED else ""
    listed = ", ".join(name for name in names[:_MOST_ALLOWED] if name != but)
    shown = repr(found[:_LONGEST_FOUND]) if is_shown else f"({HIDDEN})"
    return f"unknown {what} {shown}; {hint}allowed: {f'{listed}{more}' or 'none'}"


def _existing(spot: Spot, loc: tuple[str | int, ...]) -> tuple[Spot, int]:
    """Cut what pydantic adds to a path, such as the name of a branch of a union."""
    for cut in range(len(loc) + 1):
        found = spot.at(*loc[: len(loc) - cut])
        if found.path in found.document.places or found.path in found.document.keys:
            return found, cut
    return spot, len(loc)


def _sentence(one: Any, model: type[BaseModel], at: Spot, loc: tuple[str | int, ...]) -> str:
    kind, name, value = one["type"], _name(at), one["input"]
    if kind == "missing":
        return f"the key {str(one['loc'][-1])!r} is missing"
    if kind == "extra_forbidden":
        is_shown = at.is_public or is_harmless(name)
        return unknown("key", name, _fields(_model_at(model, loc[:-1])), is_shown=is_shown)
    if kind == "value_error":
        sentence, masked = str(one["ctx"]["error"]), _described(model, loc)
    else:
        context, said = one.get("ctx", {}), str(one["msg"])
        sentence, masked = (
            f"{name}: {mismatch(kind, found, context, said)}{_hint(at, kind)}"
            for found in (shown(value), f"a value ({HIDDEN})")
        )
    return sentence if at.is_public or not repeats(sentence, value) else masked


def _hint(at: Spot, kind: str) -> str:
    """Say what can stand in the place of options of a rule."""
    is_rule = len(at.path) == _RULE_DEPTH and at.path[0] == "policies" and at.path[2] == "rules"
    if not is_rule or kind not in {"dict_type", "model_type"}:
        return ""
    return ", {} for none, or off, which removes a rule that extends brings"


def _name(at: Spot) -> str:
    """Return what people call a value: its key, or of what list it is an entry."""
    if not at.path:
        return "the file"
    if isinstance(at.path[-1], int) and len(at.path) > 1:
        return f"an entry of {at.path[-2]}"
    return str(at.path[-1])


def _described(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    """Say what is wanted where what was found cannot be shown."""
    field = _fields(_model_at(model, loc[:-1])).get(str(loc[-1])) if loc else None
    wanted = f"; what is meant: {field.description}" if field and field.description else ""
    name = f"{loc[-1]}: " if loc else ""
    return f"{name}this value is not allowed ({HIDDEN}){wanted}"


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of ``model`` by the keys that are written."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _model_at(model: type[BaseModel], loc: Iterable[str | int]) -> type[BaseModel]:
    for part in loc:
        field = _fields(model).get(str(part))
        inner = _model_in(field.annotation) if field else None
        if inner is not None:
            model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
