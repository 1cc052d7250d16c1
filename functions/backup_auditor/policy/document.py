"""YAML text as plain values, with the place of every key and value.

Safe by construction: no tags, no duplicate keys, no merge keys, bounded size, depth and aliases.
Scalars are read as in YAML 1.2, so that ``no`` is a word and ``12:30`` is not a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from backup_auditor.errors import PolicyError
from backup_auditor.model import Place, Problem

Path = tuple[str | int, ...]

_LONGEST = 1_048_576
_DEEPEST = 30
_MOST_NODES = 50_000
_TEXT_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", "!"}
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]{1,3})?", re.ASCII)
_VARIABLE = re.compile(r"\$\{(\w{1,100})\}")


@dataclass(slots=True)
class Document:
    """A read policy file."""

    name: str
    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    """Of values."""
    keys: dict[Path, Place] = field(default_factory=dict)
    """Of the keys of mappings."""
    problems: list[Problem] = field(default_factory=list)

    def place_of(self, path: Path) -> Place:
        """Return the place of the value at ``path``, or of the nearest one around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(self.name, 1, 1))

    def report(self, place: Place, message: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(place, message))


def read(text: str, name: str) -> Document:
    """Read ``text``; raises PolicyError where it is not YAML or not bounded.

    Lesser problems (a duplicate key, say) are collected in the document, which stays usable.
    """
    if len(text) > _LONGEST:
        raise PolicyError([Problem(Place(name, 1, 1), f"longer than {_LONGEST} characters")])
    try:
        # The pure loader: places of the C one are the same, and files are small.
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise PolicyError([_syntax(error, name)]) from None
    except RecursionError:
        raise PolicyError([Problem(Place(name, 1, 1), "nested too deeply")]) from None
    document = Document(name)
    if node is None:
        raise PolicyError([Problem(Place(name, 1, 1), "the file is empty")])
    document.value = _Reader(document).read(node, ())
    return document


def _syntax(error: yaml.YAMLError, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return Problem(place, f"not valid YAML: {said}")


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0

    def read(self, node: yaml.Node, path: Path) -> Any:
        place = self._place(node)
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > _DEEPEST:
            message = "too many or too deeply nested values (aliases count each time)"
            raise PolicyError([*self._document.problems, Problem(place, message)])
        self._document.places[path] = place
        if node.tag not in _TEXT_TAGS:
            self._document.report(place, f"the tag {node.tag[:60]!r} is not allowed here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, place = self._key(key_node)
            if key is None:
                continue
            if key in result:
                first = self._document.keys[*path, key]
                message = f"duplicate key {key[:60]!r}; it stands already in line {first.line}"
                self._document.report(place, message)
                continue
            self._document.keys[*path, key] = place
            result[key] = self.read(value_node, (*path, key))
        return result

    def _key(self, node: yaml.Node) -> tuple[str | None, Place]:
        place = self._place(node)
        if not isinstance(node, yaml.ScalarNode):
            self._document.report(place, "a key must be a plain word")
            return None, place
        if node.value == "<<" and node.style is None:
            self._document.report(place, "merge keys (<<) are not allowed; repeat the keys")
            return None, place
        return str(node.value), place

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        text = str(node.value)
        variable = _VARIABLE.search(text)
        if variable:
            message = f"${{{variable[1]}}} is not replaced in a policy; write env:{variable[1]}"
            self._document.report(place, message)
        return _plain(text) if getattr(node, "style", None) is None else text

    def _place(self, node: yaml.Node) -> Place:
        mark = node.start_mark
        return Place(self._document.name, mark.line + 1, mark.column + 1)


def _plain(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
