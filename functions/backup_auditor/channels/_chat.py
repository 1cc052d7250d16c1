"""What a chat message says, whatever the chat; and the cut that makes it fit, on whole rows.

A channel turns rows into its own markup and measures them in its own unit. Whatever stands in a
row comes from strangers in part and must be escaped for the chat: a report has only taken away what
moves a cursor or turns the direction. What stands in ``Said`` itself is in our own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from backup_auditor.model import AuditVerdict, Gap
from backup_auditor.report.model import ExemptFinding, ExemptionLine, Finding, Report
from backup_auditor.report.states import SYMBOLS, VERDICT_WORDS
from backup_auditor.report.words import both, counted, printable, where

T = TypeVar("T")

MORE = "… and"
_LIVELY = re.compile(r"@|:(?=//)|(?<!\d):(?=[\w+-]+:)|\bwww(?=\.)|\bmailto(?=:)", re.IGNORECASE)
_LONGEST_TEXT, _LONGEST_NOTE = 600, 300


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


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind."""

    one: str
    """The word for one of them."""
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
    word: str
    """The verdict."""
    title: str
    headline: str
    """The answer as one sentence with numbers."""
    meta: str
    """When, and which run."""
    sections: tuple[Section, ...]


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


def said(report: Report) -> Said:
    """Return what is to be said about ``report``."""
    word, run = VERDICT_WORDS[report.audit.verdict], report.audit.run
    pressing = tuple(line for line in report.exemptions if line.needs_attention)
    return Said(
        verdict=report.audit.verdict,
        word=word,
        title=f"Backup audit: {word}",
        headline=report.headline,
        meta=f"{report.language.instant(run.started_at, report.zone)} · run {run.id}",
        sections=(
            Section("gap", 2, report.gaps, _gap),
            Section("finding", 4, report.findings, lambda one: _finding(one, report)),
            Section("exempt finding", 1, report.exempt, _exempt),
            Section("exemption", 1, pressing, _exemption),
        ),
    )


def inert(text: str) -> str:
    """Return ``text`` where no chat finds a mention, a link or an emoji without any bracket.

    An invisible space breaks ``@all``, ``https://``, ``www.`` and ``:smile:`` apart; what a reader
    sees stays the same. Markup is the channel's own to escape.
    """
    return _LIVELY.sub("\\g<0>\u200b", text)


def plain(row: Row) -> str:
    """Return ``row`` as plain lines, escaped for nothing."""
    place = f" ({row.where})" if row.where else ""
    first = f"{row.mark} {row.label} {row.title}{place}: {row.text}"
    return "\n".join([first, *(f"{name}: {text}" for name, text in row.notes)])


def cut(sections: Sequence[Section], paper: Paper[T]) -> list[T]:
    """Return as many whole rows as fit, worst first in each section; at the end how many do not."""
    total = sum(len(section.items) for section in sections)
    whole = _taken(sections, paper, room=paper.room, most=paper.most)
    if sum(map(len, whole)) == total:
        return [shown for part in whole for shown in part]
    longest = paper.size(paper.line(_more([(s.one, len(s.items)) for s in sections])))
    parts = _taken(sections, paper, room=paper.room - longest, most=paper.most - 1)
    left = [(s.one, len(s.items) - len(part)) for s, part in zip(sections, parts, strict=True)]
    return [*(shown for part in parts for shown in part), paper.line(_more(left))]


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


def _more(left: Sequence[tuple[str, int]]) -> str:
    some = [(one, number) for one, number in left if number]
    if len(some) == 1:
        ((one, number),) = some
        return f"{MORE} {counted(number, f'more {one}')}"
    total = sum(number for _, number in some)
    return f"{MORE} {total:,} more: {', '.join(counted(number, one) for one, number in some)}"


def _gap(gap: Gap) -> Row:
    place = " ".join(printable(part) for part in (gap.source, gap.account, gap.region) if part)
    return Row("!", "Not audited:", place or "the audit", "", printable(gap.detail, _LONGEST_NOTE))


def _finding(finding: Finding, report: Report) -> Row:
    notes = []
    if finding.sole:
        now = report.audit.run.started_at
        last = both(finding.sole.last_success_at, now, report.zone, report.language)
        notes.append(("Last good backup", last))
    if finding.advice:
        notes.append(("To do", printable(finding.advice, _LONGEST_NOTE)))
    return Row(
        mark=SYMBOLS[finding.outcome],
        label=finding.severity.upper(),
        title=finding.title,
        where=where(finding.sole) if finding.sole else "",
        text=_text(finding.sentences),
        notes=tuple(notes),
    )


def _exempt(finding: ExemptFinding) -> Row:
    return Row(
        mark=SYMBOLS["exempt"],
        label=f"EXEMPT {finding.severity.upper()}",
        title=printable(finding.assessment.resource.name),
        where=where(finding.assessment),
        text=_text(finding.sentences),
        notes=(("Exempt by", printable(finding.exemption, _LONGEST_NOTE)),),
    )


def _exemption(line: ExemptionLine) -> Row:
    return Row("!", f"Exemption {line.state}:", line.owner, line.covers, line.reason)


def _text(sentences: Sequence[str]) -> str:
    return printable(" ".join(sentences), _LONGEST_TEXT)
