"""The mail's plain-text part, and what a terminal shows."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from backup_auditor.model import AuditVerdict
from backup_auditor.report.fitting import fitting, mended
from backup_auditor.report.model import Report
from backup_auditor.report.states import VERDICT_WORDS
from backup_auditor.report.templates import render

LONGEST_TEXT = 75_000
_CHOICES = (500, 200, 100, 50, 25, 12, 6, 3, 1)
_NARROWEST, _WIDEST = 40, 120
_COLOURS = {AuditVerdict.PASS: 32, AuditVerdict.FAIL: 31, AuditVerdict.INCOMPLETE: 33}
_MARKS = {"✕": 31, "?": 33, "✓": 32}
_INDENT = re.compile(r" *(?:[✕✓?!~·●◐◌-] )?")


def mail_text(report: Report) -> str:
    """Return plain text with the same facts as the HTML, at most LONGEST_TEXT bytes."""
    return fitting("report.txt.j2", report, choices=_CHOICES, limit=LONGEST_TEXT)


def terminal_text(report: Report, *, width: int, color: bool) -> str:
    """Return the report for a terminal of ``width`` columns, with ANSI colours if ``color``."""
    most = max(10, len(report.findings))
    text = mended("report.txt.j2", report, lambda told: render("report.txt.j2", told, most=most))
    wrapped = fitted(text.splitlines(), width)
    if color:
        verdict = report.language.of(VERDICT_WORDS[report.audit.verdict])
        wrapped = [_coloured(line, verdict, report.audit.verdict) for line in wrapped]
    return "\n".join(wrapped) + "\n"


def fitted(lines: Iterable[str], width: int) -> list[str]:
    """Return ``lines`` broken for a terminal of ``width`` columns, within reason."""
    columns = min(_WIDEST, max(_NARROWEST, width))
    return [part for line in lines for part in _wrapped(line, columns)]


def _wrapped(line: str, columns: int) -> list[str]:
    """Break a line between words; what follows is indented like the text of the first."""
    match = _INDENT.match(line)
    indent = " " * len(match[0]) if match else ""
    wrapped = textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False)
    return wrapped or [""]


def _coloured(line: str, word: str, verdict: AuditVerdict) -> str:
    if line.startswith(word):
        return f"\x1b[1;{_COLOURS[verdict]}m{word}\x1b[0m{line.removeprefix(word)}"
    mark = line.strip()[:1]
    if mark in _MARKS and line.strip()[1:2] == " ":
        return line.replace(mark, f"\x1b[{_MARKS[mark]}m{mark}\x1b[0m", 1)
    return line
