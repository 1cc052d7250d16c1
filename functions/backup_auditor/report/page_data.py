"""What the page's script knows: every resource, as JSON that is compact and safe inside HTML.

Columns instead of rows, and each text and each check once: names of fields and repeated words
would be most of the file. Instants are seconds since 1970; a text or a check is a position in
``texts`` or ``checks``, and text 0 is empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime
from typing import Any, Generic, TypeVar

from backup_auditor.model import Assessment, Check, DayState, Point
from backup_auditor.report.exemptions import standing
from backup_auditor.report.kept import LETTERS
from backup_auditor.report.model import Change, Report
from backup_auditor.report.scripts import messages
from backup_auditor.report.states import SEVERITY_WORDS
from backup_auditor.report.story import HeldCheck, Story
from backup_auditor.report.templates import web_address
from backup_auditor.report.words import labels, printable, strip, strip_in_words
from backup_auditor.speech import Language

_LONGEST_NAME, _LONGEST_TEXT = 120, 400
_GONE = LETTERS[DayState.REMEMBERED]
_UNSAFE = {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_COLUMNS = (
    *("name", "id", "state", "source", "account", "region", "zone", "kind", "status", "policy"),
    *("owner", "runbook", "unread", "created", "last", "size", "backups", "days", "daysSaid"),
    *("checks", "change", "times", "states", "sizes"),
)
_T = TypeVar("_T", bound=Hashable)


class _Positions(Generic[_T]):
    """Gives each value a position, the same one to equal values."""

    def __init__(self, *first: _T) -> None:
        self._known = {value: number for number, value in enumerate(first)}

    def of(self, value: _T) -> int:
        return self._known.setdefault(value, len(self._known))

    def __iter__(self) -> Iterator[_T]:
        return iter(self._known)


class _Texts:
    """Makes texts printable, each once, and gives them positions."""

    def __init__(self) -> None:
        self._shown = _Positions("")
        self._raw = {"": 0}

    def of(self, text: str) -> int:
        position = self._raw.get(text)
        if position is None:
            position = self._raw[text] = self._shown.of(printable(text, _LONGEST_TEXT))
        return position

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown)


def in_order(report: Report) -> Iterator[Assessment]:
    """Yield every resource, worst first: its position is its number on the page."""
    for finding in report.findings:
        yield from finding.members
    yield from report.healthy


def page_data(report: Report) -> str:
    """Return the JSON of all resources; nothing in it can end a ``<script>``."""
    texts = _Texts()
    checks: _Positions[tuple[Any, ...]] = _Positions()
    story, changes = Story(report.audit.changes), _changes(report)
    columns: tuple[list[Any], ...] = tuple([] for _ in _COLUMNS)
    for assessment in in_order(report):
        fields = _fields(assessment, report.language, texts.of)
        packed = [
            checks.of(_check(check, story.check(check, assessment), report.language, texts.of))
            for check in assessment.checks
        ]
        change = texts.of(changes.get(id(assessment), ""))
        row = (*fields, packed, change, *_points(assessment.points, texts.of))
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    run = report.audit.run
    document = {
        "now": _seconds(run.started_at),
        "zone": report.audit.timezone,
        "said": messages(report.language),
        "columns": dict(zip(_COLUMNS, columns, strict=True)),
        "checks": list(checks),
        "texts": list(texts),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for char, escape in _UNSAFE.items():
        text = text.replace(char, escape)
    return text


def _fields(
    assessment: Assessment, language: Language, text: Callable[[str], int]
) -> tuple[Any, ...]:
    resource, days = assessment.resource, assessment.days
    return (
        printable(resource.name, _LONGEST_NAME),
        printable(resource.id, _LONGEST_NAME),
        text(standing(assessment)),
        text(resource.source),
        text(resource.account),
        text(resource.region),
        text(resource.zone),
        text(resource.kind),
        text(resource.state),
        text(assessment.policy or ""),
        text(assessment.owner),
        text(web_address(assessment.runbook)),
        text(assessment.unread),
        _seconds(resource.created_at),
        _seconds(assessment.last_success_at),
        assessment.last_success_size_bytes,
        assessment.backups,
        text(strip(days)),
        text(strip_in_words(days, language) if days else ""),
    )


def _changes(report: Report) -> dict[int, str]:
    """Return what has changed about each resource, by its identity in memory."""
    if report.changed is None:
        return {}
    story = Story(report.audit.changes)
    over = {id(one.assessment): str(Change.RESOLVED) for one in report.resolved}
    wrong = (member for finding in report.findings for member in finding.members)
    return over | {id(member): str(story.of(member).change or "") for member in wrong}


def _check(
    check: Check, held: HeldCheck, language: Language, text: Callable[[str], int]
) -> tuple[Any, ...]:
    limit = check.limit
    return (
        text(check.rule),
        text(check.outcome),
        text(language.of(SEVERITY_WORDS[check.severity])),
        text(check.message),
        text(check.observed),
        text(check.expected),
        _seconds(held.since),
        text(check.advice),
        text(check.exemption) if check.exempt else 0,
        tuple(map(text, labels([check]))),
        (_seconds(limit.oldest), _whole(limit.smallest_bytes), _whole(limit.largest_bytes))
        if limit
        else 0,
        held.audits,
    )


def _points(points: Iterable[Point], text: Callable[[str], int]) -> tuple[Any, ...]:
    """Tell times as seconds after the one before, and states as letters, mostly their first."""
    times: list[int | None] = []
    before = 0
    states, sizes = "", []
    for point in points:
        taken = _seconds(point.taken_at)
        if taken is None:
            times.append(None)
        else:
            times.append(taken - before)
            before = taken
        states += _GONE if point.is_remembered else point.state[0]
        sizes.append(point.size_bytes)
    return times, text(states), sizes


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())


def _whole(size_bytes: float | None) -> int | None:
    return None if size_bytes is None else round(size_bytes)
