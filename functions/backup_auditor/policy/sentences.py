"""What pydantic found wrong, in the words of the person who wrote the policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from backup_auditor.model import Place
from backup_auditor.policy.document import Document, Path

_LONGEST_FOUND = 60
_MOST_ALLOWED = 30
_MISSING = "is missing"
_SAID = {True: "true", False: "false", None: "nothing"}
_TRAPS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


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

    def report(self, message: str) -> None:
        """Report a problem of the value."""
        self.document.report(self.place, message)


def explain(
    error: ValidationError, model: type[BaseModel], spot: Spot, *, partial: bool = False
) -> None:
    """Report everything in ``error``, found in the value at ``spot``, with its place.

    What is missing is no problem of a ``partial`` value.
    """
    merged: dict[tuple[str, Place], list[str]] = {}
    documents: dict[Place, Document] = {}
    for one in error.errors(include_url=False):
        if partial and (not one["loc"] or one["type"] == "missing"):
            continue
        found, steps = _existing(spot, one["loc"])
        place = found.key if one["type"] in {"extra_forbidden", "missing"} else found.place
        if not one["loc"] and one["type"] == "value_error":
            place = found.key  # what is wrong with the whole is told where it begins
        documents[place] = found.document
        sentences = merged.setdefault((one["type"], place), [])
        sentence = _sentence(one, model, found.path, one["loc"][: len(one["loc"]) - steps])
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


def unknown(what: str, found: str, allowed: Iterable[str]) -> str:
    """Say that a name is not known, which are, and which was probably meant."""
    names = list(allowed)
    near = get_close_matches(found, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    more = f" and {len(names) - _MOST_ALLOWED} more" if len(names) > _MOST_ALLOWED else ""
    listed = f"{', '.join(names[:_MOST_ALLOWED])}{more}" or "none"
    return f"unknown {what} {found[:_LONGEST_FOUND]!r}; {hint}allowed: {listed}"


def _existing(spot: Spot, loc: tuple[str | int, ...]) -> tuple[Spot, int]:
    """Cut what pydantic adds to a path, such as the name of a branch of a union."""
    for cut in range(len(loc) + 1):
        found = spot.at(*loc[: len(loc) - cut])
        if found.path in found.document.places or found.path in found.document.keys:
            return found, cut
    return spot, len(loc)


def _sentence(one: Any, model: type[BaseModel], at: Path, loc: tuple[str | int, ...]) -> str:
    kind, name = one["type"], str(at[-1]) if at else "the file"
    if kind == "extra_forbidden":
        return unknown("key", name, _keys(_model_at(model, loc[:-1])))
    if kind == "missing":
        return f"the key {str(one['loc'][-1])!r} {_MISSING}"
    if kind == "value_error":
        return str(one["ctx"]["error"])
    return f"{name}: {_mismatch(one)}"


def _mismatch(one: Any) -> str:
    kind, value = one["type"], one["input"]
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        # What was found is not repeated: where options should be, a secret may stand.
        return "it must be a mapping of keys and values"
    found = f"found {_shown(value)}"
    if kind == "too_short":
        return f"{found}; at least one entry is needed"
    if kind in {"enum", "literal_error"}:
        return f"{found}; allowed: {one['ctx']['expected']}"
    if kind in {"bool_parsing", "bool_type"}:
        meant = _TRAPS.get(str(value).lower())
        return f"{found}; write {meant or 'true or false'}"
    said = str(one["msg"]).removeprefix("Input should be ").removeprefix("Value should ")
    return f"{found}; it must be {said[:1].lower()}{said[1:]}"


def _shown(value: object) -> str:
    """Say a value as it stands in YAML, and not all of it."""
    if value is None or isinstance(value, bool):
        return _SAID[value]
    return repr(value)[:_LONGEST_FOUND]


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


def _model_at(model: type[BaseModel], loc: Iterable[str | int]) -> type[BaseModel]:
    for part in loc:
        by_key = {info.alias or name: info for name, info in model.model_fields.items()}
        inner = _model_in(by_key[str(part)].annotation) if str(part) in by_key else None
        if inner is not None:
            model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
