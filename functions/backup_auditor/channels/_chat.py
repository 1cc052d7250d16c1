"""What a chat message is, whatever the chat; and the cut that makes it fit, on whole rows.

A channel turns rows into its own markup and measures them in its own unit. Whatever stands in a
row comes from strangers in part and must be escaped for the chat: a report has only taken away what
moves a cursor or turns the direction. What stands in ``Said`` itself is in our own words. Both are
in the language of the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from backup_auditor.model import AuditVerdict
from backup_auditor.speech import ENGLISH, Language

T = TypeVar("T")

_LIVELY = re.compile(r"@|:(?=//)|(?<!\d):(?=[\w+-]+:)|\bwww(?=\.)|\bmailto(?=:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is said; it is shown as a whole or not at all."""

    mark: str
    """One sign, so that no colour is needed."""
    label: str
    """In our own words: how bad, or what kind."""
    title: str
    """What it is about: hostile text, at most 80 characters."""
    where: str
    """Hostile text; empty where there is nothing to say."""
    text: str
    """What is wrong, in sentences: hostile text."""
    notes: tuple[tuple[str, str], ...] = ()
    """(our own words, hostile text), such as what to do."""
    language: Language = ENGLISH

    @property
    def place(self) -> str:
        """Where it is, in brackets, with what parts it from the title; hostile text."""
        return self.language.say(" ({where})", where=self.where) if self.where else ""

    def named(self, name: str, text: str) -> str:
        """Say ``name: text``; both may be markup already, the colon never is."""
        return self.language.say("{name}: {text}", name=name, text=text)


@dataclass(frozen=True, slots=True)
class Kind:
    """How many rows of a kind are said."""

    some: Callable[[int], str]
    """Such as ``2 findings``."""
    more: Callable[[int], str]
    """Such as ``… and 2 more findings``."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind."""

    kind: Kind
    share: int
    """How many of them are taken in each turn, so that no kind hides the others."""
    items: Sequence[Any]
    row: Callable[[Any], Row]

    def rows(self) -> Iterator[Row]:
        """Yield the rows, worst first; there may be very many."""
        return map(self.row, self.items)


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says, in the order of reading."""

    verdict: AuditVerdict
    title: str
    headline: str
    """The answer as one sentence with numbers."""
    summary: str
    """Both on one line, for what shows no more."""
    meta: str
    """When, and which run."""
    sections: Sequence[Section]
    language: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class Paper(Generic[T]):
    """How a chat shows rows, and how much room it has for them."""

    row: Callable[[Row], T]
    """Escape and render a row."""
    line: Callable[[str], T]
    """Render a line in our own words."""
    size: Callable[[T], int]
    """Measure what was rendered, with what stands between rows, in the unit of the limit."""
    room: int
    """Room for all rows, in that unit."""
    most: int = 40
    """Most rows."""


def inert(text: str) -> str:
    """Return ``text`` where no chat finds a mention, a link or an emoji without any bracket.

    An invisible space breaks ``@all``, ``https://``, ``www.`` and ``:smile:`` apart; what a reader
    sees stays the same. Markup is the channel's own to escape.
    """
    return _LIVELY.sub("\\g<0>\u200b", text)


def plain(row: Row) -> str:
    """Return ``row`` as plain lines, escaped for nothing."""
    first = row.named(f"{row.mark} {row.label} {row.title}{row.place}", row.text)
    return "\n".join([first, *(row.named(name, text) for name, text in row.notes)])


def cut(what: Said, paper: Paper[T]) -> list[T]:
    """Return as many whole rows as fit, worst first in each section; at the end how many do not."""
    sections = what.sections
    total = sum(len(section.items) for section in sections)
    whole = _taken(sections, paper, room=paper.room, most=paper.most)
    if sum(map(len, whole)) == total:
        return [shown for part in whole for shown in part]
    longest = paper.size(paper.line(_more([len(s.items) for s in sections], what)))
    parts = _taken(sections, paper, room=paper.room - longest, most=paper.most - 1)
    left = [len(s.items) - len(part) for s, part in zip(sections, parts, strict=True)]
    return [*(shown for part in parts for shown in part), paper.line(_more(left, what))]


def _taken(sections: Sequence[Section], paper: Paper[T], *, room: int, most: int) -> list[list[T]]:
    """Take from the sections by turns; one is closed by its first row that does not fit."""
    queues = [map(paper.row, section.rows()) for section in sections]
    taken: list[list[T]] = [[] for _ in sections]
    still_open = set(range(len(sections)))
    while still_open:
        for index in sorted(still_open):
            wanted = min(sections[index].share, most)
            fitting, used = _fitting(islice(queues[index], wanted), paper, room)
            taken[index] += fitting
            room -= used
            most -= len(fitting)
            if len(fitting) < sections[index].share:
                still_open.discard(index)
    return taken


def _fitting(shown: Iterator[T], paper: Paper[T], room: int) -> tuple[list[T], int]:
    fitting: list[T] = []
    used = 0
    for one in shown:
        size = paper.size(one)
        if used + size > room:
            break
        fitting.append(one)
        used += size
    return fitting, used


def _more(left: Sequence[int], what: Said) -> str:
    language = what.language
    some = [(s.kind, number) for s, number in zip(what.sections, left, strict=True) if number]
    if len(some) == 1:
        ((kind, number),) = some
        return language.of(kind.more(number))
    return language.say(
        "… and {number} more: {each}",
        number=sum(left),
        each=[kind.some(number) for kind, number in some],
    )
