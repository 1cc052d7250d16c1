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
    columns: dict[str, list[Any]] = {}
    story, changes = Story(report.audit.changes), _changes(report)
    for assessment in in_order(report):
        for name, value in _fields(assessment, report.language, texts.of):
            columns.setdefault(name, []).append(value)
        packed = [
            checks.of(_check(check, story.check(check, assessment), report.language, texts.of))
            for check in assessment.checks
        ]
        columns.setdefault("checks", []).append(packed)
        columns.setdefault("change", []).append(texts.of(changes.get(id(assessment), "")))
        for name, value in _points(assessment.points, texts.of):
            columns.setdefault(name, []).append(value)
    run = report.audit.run
    document = {
        "now": _seconds(run.started_at),
        "zone": report.audit.timezone,
        "said": messages(report.language),
        "columns": columns,
        "checks": list(checks),
        "texts": list(texts),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for char, escape in _UNSAFE.items():
        text = text.replace(char, escape)
    return text


def _fields(
    assessment: Assessment, language: Language, text: Callable[[str], int]
) -> Iterator[tuple[str, Any]]:
    resource = assessment.resource
    yield "name", printable(resource.name, _LONGEST_NAME)
    yield "id", printable(resource.id, _LONGEST_NAME)
    yield "state", text(standing(assessment))
    for name in ("source", "account", "region", "zone", "kind"):
        yield name, text(getattr(resource, name))
    yield "status", text(resource.state)
    yield "policy", text(assessment.policy or "")
    yield "owner", text(assessment.owner)
    yield "runbook", text(web_address(assessment.runbook))
    yield "unread", text(assessment.unread)
    yield "created", _seconds(resource.created_at)
    yield "last", _seconds(assessment.last_success_at)
    yield "size", assessment.last_success_size_bytes
    yield "backups", assessment.backups
    yield "days", text(strip(assessment.days))
    yield "daysSaid", text(strip_in_words(assessment.days, language) if assessment.days else "")


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


def _points(points: Iterable[Point], text: Callable[[str], int]) -> Iterator[tuple[str, Any]]:
    """Tell times as seconds after the one before, and states as letters, mostly their first."""
    times: list[int | None] = []
    before = 0
    states, sizes = "", []
    for point in points:
        taken = _seconds(point.taken_at)
        times.append(None if taken is None else taken - before)
        before = before if taken is None else taken
        states += _GONE if point.is_remembered else point.state[0]
        sizes.append(point.size_bytes)
    yield "times", times
    yield "states", text(states)
    yield "sizes", sizes


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())


def _whole(size_bytes: float | None) -> int | None:
    return None if size_bytes is None else round(size_bytes)
