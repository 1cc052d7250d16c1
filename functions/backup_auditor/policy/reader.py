"""YAML text in, a ``Document`` out.

Safe by construction: no tags, no duplicate keys, no merge keys, bounded size, depth and aliases.
Scalars are read as in YAML 1.2 (core schema), so that ``no`` and ``off`` are words and ``12:30``
is not a number. What looks like a number but would lose something as one (``0123``) stays text.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import Reader

from backup_auditor.errors import PolicyError
from backup_auditor.model import Place, Problem
from backup_auditor.policy.document import Document, Path
from backup_auditor.policy.page import Page, is_harmless

_LONGEST = 1_048_576
_DEEPEST = 30
_MOST_NODES = 50_000
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}", re.ASCII)
_VARIABLE = re.compile(r"\$\{(\w{1,100})\}")
_LONGEST_SHOWN = 60
_MARK = "\ufeff"
_WIDE_COLON = "\uff1a"

# The parser in C gives the same events ten times as fast; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read(data: bytes | str, name: str) -> Document:
    """Read ``data``; raises PolicyError where it is not text, not YAML or not bounded.

    Lesser problems (a duplicate key, say) are collected in the document, which stays usable.
    """
    text = _text(data, name)
    document = Document(name, pages={name: Page(text)})
    root = _composed(text, document)
    if root is None:
        raise _refused(document, Place(name, 1, 1), "the file is empty")
    document.value = _Values(document).read(root, ())
    return document


def _text(data: bytes | str, name: str) -> str:
    start = Place(name, 1, 1)
    if len(data) > _LONGEST:
        unit = "bytes" if isinstance(data, bytes) else "characters"
        raise PolicyError([Problem(start, f"longer than {_LONGEST} {unit}")])
    if isinstance(data, str):
        return data.removeprefix(_MARK)
    try:
        return data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = Page(error.object[: error.start].decode()).lines
        place = Place(name, len(before), len(before[-1]) + 1)
        position = error.start + len(data) - len(error.object) + 1
        message = f"not UTF-8 text: byte 0x{error.object[error.start]:02x} (byte {position})"
        raise PolicyError([Problem(place, message)]) from None


def _refused(document: Document, place: Place, message: str) -> PolicyError:
    """Return the error that ends reading, with what was found before it."""
    try:
        document.report(place, message)
    except PolicyError as error:
        return error
    return PolicyError(document.problems)


@dataclass(slots=True)
class _Node:
    """A scalar, or a collection with its children (of a mapping: key, value, key, value ...)."""

    kind: str
    place: Place
    tag: str | None
    text: str = ""
    is_plain: bool = False
    children: list[_Node] = field(default_factory=list)
    is_open: bool = True


def _composed(text: str, document: Document) -> _Node | None:
    """Return the root node; None for an empty file."""
    odd = Reader.NON_PRINTABLE.search(text) or re.search(_MARK, text)
    if odd:
        before = Page(text[: odd.start()]).lines
        message = f"the control character U+{ord(odd[0]):04X} is not allowed"
        if odd[0] == _MARK:
            message = "a byte order mark (U+FEFF) may only stand at the very beginning of a file"
        document.pages[document.name].ends(1)  # nothing is parsed: a string may be open
        raise _refused(document, Place(document.name, len(before), len(before[-1]) + 1), message)
    try:
        return _Composer(document).compose(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise _refused(document, *_syntax(error, document)) from None


def _syntax(error: yaml.YAMLError, document: Document) -> tuple[Place, str]:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Place(document.name, 1, 1), "not valid YAML"
    page = document.pages[document.name]
    place = _place(document, mark)
    context = getattr(error, "context_mark", None)
    if context is not None and "block" not in str(getattr(error, "context", "")):
        page.ends(context.line + 1)
    line = page.lines[mark.line] if mark.line < len(page.lines) else ""
    if "\t" in line[: mark.column + 1]:
        return place, "not valid YAML: a tab stands here; indent with spaces"
    if _WIDE_COLON in line:
        return (
            place,
            f"not valid YAML: this line has a wide colon ({_WIDE_COLON}); write : and a space",
        )
    said = getattr(error, "problem", None) or "cannot be read"
    begun = f" (what began in line {context.line + 1})" if context else ""
    return place, f"not valid YAML: {said}{begun}"


def _place(document: Document, mark: Any, width: int = 1) -> Place:
    lines = document.pages[document.name].lines
    if mark.line >= len(lines):  # the parser ends every file with a line break
        return Place(document.name, len(lines), len(lines[-1]) + 1)
    return Place(document.name, mark.line + 1, mark.column + 1, width)


class _Composer:
    """Events into nodes, without recursion; an alias is the very node that it names."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._anchors: dict[str, _Node] = {}
        self._open: list[_Node] = []
        self._root: _Node | None = None
        self._nodes = 0

    def compose(self, events: Iterator[yaml.Event]) -> _Node | None:
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.NodeEvent):
                self._add(self._node(event))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop().is_open = False
            elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                message = "a second document (---) is not allowed; use a file of its own"
                raise _refused(self._document, self._place(event), message)
        return self._root

    def _node(self, event: Any) -> _Node:
        place = self._place(event)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in {None, ""} and event.implicit[0]
            node = _Node("scalar", place, event.tag, event.value, plain, is_open=False)
        else:
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            node = _Node("mapping" if is_mapping else "sequence", place, event.tag)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> None:
        node = self._anchors.get(event.anchor)
        place = self._place(event)
        shown = f"the alias *{event.anchor[:_LONGEST_SHOWN]}"
        if not (self._document.is_public(place) or is_harmless(event.anchor)):
            shown = "this alias"  # it may be a password that begins with *
        if node is None:
            hint = "a text that begins with * must be quoted"
            raise _refused(self._document, place, f"{shown} names nothing before it; {hint}")
        if node.is_open:
            raise _refused(self._document, place, f"{shown} stands inside itself")
        self._add(node)

    def _add(self, node: _Node) -> None:
        self._nodes += 1
        if self._nodes > 2 * _MOST_NODES or len(self._open) > _DEEPEST:
            raise _too_much(self._document, node.place)
        if self._open:
            self._open[-1].children.append(node)
            self._note_top(node)
        else:
            self._root = node
        if node.is_open:
            self._open.append(node)

    def _note_top(self, node: _Node) -> None:
        top = self._open[0]
        if len(self._open) == 1 and top.kind == "mapping" and len(top.children) % 2:
            self._document.pages[self._document.name].begins(node.text, node.place)

    def _place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return _place(self._document, start, max(1, width))


def _too_much(document: Document, place: Place) -> PolicyError:
    message = "too many or too deeply nested values (aliases count each time)"
    return _refused(document, place, message)


class _Values:
    """Nodes into values; places and problems go into the document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0

    def read(self, node: _Node, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > _DEEPEST:
            raise _too_much(self._document, node.place)
        self._document.places[path] = node.place
        if node.tag not in {None, "!"}:
            self._document.report(node.place, self._no_tag(node))
        if node.kind == "mapping":
            return self._mapping(node, path)
        if node.kind == "sequence":
            return [self.read(item, (*path, index)) for index, item in enumerate(node.children)]
        return self._scalar(node)

    def _no_tag(self, node: _Node) -> str:
        shown = f"the tag {str(node.tag)[:_LONGEST_SHOWN]!r}"
        if not self._document.is_public(node.place):
            shown = "a tag"  # it may be a password that begins with !
        return f"{shown} is not allowed here; a text that begins with ! must be quoted"

    def _mapping(self, node: _Node, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        pairs = zip(node.children[::2], node.children[1::2], strict=True)
        for key_node, value_node in pairs:
            key = self._key(key_node)
            if key is None:
                continue
            if key in result:
                first = self._document.keys[*path, key]
                is_shown = self._document.is_public(key_node.place) or is_harmless(key)
                shown = f" {key[:_LONGEST_SHOWN]!r}" if is_shown else ""
                message = f"duplicate key{shown}; it stands already in line {first.line}"
                self._document.report(key_node.place, message)
                continue
            self._document.keys[*path, key] = key_node.place
            result[key] = self.read(value_node, (*path, key))
        return result

    def _key(self, node: _Node) -> str | None:
        if node.kind != "scalar":
            self._document.report(node.place, "a key must be a plain word")
            return None
        if node.text == "<<" and node.is_plain:
            message = "merge keys (<<) are not allowed; repeat the keys, or use extends"
            self._document.report(node.place, message)
            return None
        if node.text != node.text.strip() and node.is_plain:
            message = "what looks like a space here is none (such as U+3000); use plain spaces"
            self._document.report(node.place, message)
            return None
        return node.text

    def _scalar(self, node: _Node) -> Any:
        variable = _VARIABLE.search(node.text)
        if variable:
            message = f"${{{variable[1]}}} is not replaced in a policy; write env:{variable[1]}"
            self._document.report(node.place, message)
        return _plain(node.text) if node.is_plain else node.text


def _plain(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
