"""What pydantic found wrong, in the words of the person who wrote the policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from backup_auditor.policy.document import Document, Path

_LONGEST_FOUND = 60
_MISSING = "is missing"


def explain(error: ValidationError, model: type[BaseModel], document: Document, path: Path) -> None:
    """Report everything in ``error``, found at ``path``, with its place in ``document``."""
    merged: dict[tuple[Path, bool], list[str]] = {}
    for one in error.errors(include_url=False):
        at = _existing(document, (*path, *one["loc"]))
        is_key = one["type"] == "extra_forbidden"
        sentence = _sentence(one, model, at, path)
        sentences = merged.setdefault((at, is_key), [])
        if sentence not in sentences:
            sentences.append(sentence)
    for (at, is_key), sentences in merged.items():
        place = document.keys[at] if is_key else document.place_of(at)
        missing = [s for s in sentences if s.endswith(_MISSING)]
        for sentence in missing:
            document.report(place, sentence)
        others = [s for s in sentences if s not in missing]
        if others:  # the branches of a union: one of them would do
            document.report(place, "; or ".join(others))


def unknown(what: str, found: str, allowed: Iterable[str]) -> str:
    """Say that a name is not known, which are, and which was probably meant."""
    names = list(allowed)
    near = get_close_matches(found, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {found[:_LONGEST_FOUND]!r}; {hint}allowed: {', '.join(names) or 'none'}"


def _existing(document: Document, path: Path) -> Path:
    """Cut what pydantic adds to a path, such as the name of a branch of a union."""
    while path and path not in document.places and path not in document.keys:
        path = path[:-1]
    return path


def _sentence(one: Any, model: type[BaseModel], at: Path, prefix: Path) -> str:
    kind, name = one["type"], str(at[-1]) if at else "the file"
    if kind == "extra_forbidden":
        owner = _model_at(model, at[len(prefix) : -1])
        return unknown("key", name, _keys(owner))
    if kind == "missing":
        return f"the key {str(one['loc'][-1])!r} {_MISSING}"
    if kind == "value_error":
        return str(one["ctx"]["error"])
    return f"{name}: {_mismatch(one)}"


def _mismatch(one: Any) -> str:
    if one["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        # What was found is not repeated: where options should be, a secret may stand.
        return "it must be a mapping of keys and values"
    found = repr(one["input"])[:_LONGEST_FOUND]
    if one["type"] == "too_short":
        return f"found {found}; at least one entry is needed"
    if one["type"] in {"enum", "literal_error"}:
        return f"found {found}; allowed: {one['ctx']['expected']}"
    said = str(one["msg"]).removeprefix("Input should be ").removeprefix("Value should ")
    return f"found {found}; it must be {said[:1].lower()}{said[1:]}"


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    for part in path:
        by_key = {info.alias or name: info for name, info in model.model_fields.items()}
        inner = _model_in(by_key[part].annotation) if part in by_key else None
        if inner is not None:
            model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
