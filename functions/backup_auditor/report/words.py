"""How things are said: times, strips, trends, counts; and hostile names made harmless for text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from backup_auditor.model import Assessment, AuditVerdict, Check, Day, DayState, Outcome
from backup_auditor.report.model import ExemptFinding, Finding
from backup_auditor.values import say_duration, say_size, whole_second

GLYPHS = {
    DayState.SUCCEEDED: "●",
    DayState.RUNNING: "◐",
    DayState.FAILED: "✕",
    DayState.EXPIRED: "◌",
    DayState.UNKNOWN: "?",
    DayState.MISSING: "○",
    DayState.NOT_YET: "·",
}
LEGEND = "● succeeded  ◐ running  ✕ failed  ◌ expired  ? unknown  ○ none  · not yet created"
SYMBOLS: dict[str, str] = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✕",
    Outcome.UNKNOWN: "?",
    "exempt": "~",
    "ungoverned": "·",
}
VERDICT_WORDS = {
    AuditVerdict.PASS: "PASS",
    AuditVerdict.FAIL: "FAIL",
    AuditVerdict.INCOMPLETE: "INCOMPLETE",
}
_BARS = "▁▂▃▄▅▆▇█"
_LONGEST_NAME = 80
_MOST_LABELS = 10


def printable(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return ``text`` on one line without anything that moves a cursor or turns the direction.

    Control, format (bidirectional overrides, zero width) and unassigned characters become "�";
    what is longer than ``longest`` characters ends in "…".
    """
    clean = text[: longest + 1]
    if not clean.isprintable():  # mostly it is, and looking at each character takes long
        clean = "".join("�" if unicodedata.category(char)[0] == "C" else char for char in clean)
    clean = " ".join(clean.split())
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """Say ``1 resource`` or ``2 resources``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def absolute(instant: datetime, zone: ZoneInfo) -> str:
    """Say an instant in ``zone``: ``Fri 2026-11-20 03:12 CST``."""
    return instant.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z")


def relative(instant: datetime, now: datetime) -> str:
    """Say an instant as seen from ``now``: ``3 d 4 h ago``, ``in 2 h``."""
    then = whole_second(instant)
    span = say_duration(now - then)
    return f"{span} ago" if then <= now else f"in {span}"


def both(instant: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Say an instant absolutely and relatively; ``none`` where there is none."""
    if instant is None:
        return "none"
    return f"{absolute(instant, zone)} ({relative(instant, now)})"


def sentence(check: Check) -> str:
    """Say what is wrong and what is expected, e.g. "Last success is 3 d old (at most 26 h)"."""
    text = printable(check.message, 400).rstrip(".")
    expected = f" ({printable(check.expected, 100)})" if check.expected else ""
    return f"{text[:1].upper()}{text[1:]}{expected}."


def what_is_wrong(assessment: Assessment) -> str:
    """Say everything that is wrong with a resource, what is exempt too."""
    return " ".join(sentence(c) for c in assessment.checks if c.outcome is not Outcome.PASS)


def labels(checks: Iterable[Check]) -> tuple[str, ...]:
    """Return the labels of the controls that ``checks`` serve, each once."""
    found = (printable(label) for check in checks for label in check.controls)
    return tuple(dict.fromkeys(found))


def listed(texts: Sequence[str]) -> str:
    """Say a few labels on one line: ``ISO/IEC 27001:2022 A.8.13; SOC 2 A1.2``."""
    more = len(texts) - _MOST_LABELS
    return "; ".join([*texts[:_MOST_LABELS], *([f"and {more} more"] if more > 0 else [])])


def strip(days: Sequence[Day]) -> str:
    """Draw one character a day, oldest first."""
    return "".join(GLYPHS[day.state] for day in days)


def strip_in_words(days: Sequence[Day]) -> str:
    """Say a strip: ``backups on 12 of the last 14 days``."""
    existed = [day for day in days if day.state is not DayState.NOT_YET]
    good = sum(day.state is DayState.SUCCEEDED for day in existed)
    return f"backups on {good} of the last {counted(len(existed), 'day')}"


def sparkline(sizes: Sequence[int]) -> str:
    """Draw sizes as bars from zero, oldest first."""
    largest = max(sizes, default=0)
    if not largest:
        return _BARS[0] * len(sizes)
    return "".join(_BARS[round(size / largest * (len(_BARS) - 1))] for size in sizes)


def trend(sizes: Sequence[int]) -> str:
    """Say how sizes went: ``1.2 GiB → 310 MiB``; empty without sizes."""
    if not sizes:
        return ""
    if len(sizes) == 1:
        return say_size(sizes[0])
    return f"{say_size(sizes[0])} → {say_size(sizes[-1])}"


def where(assessment: Assessment) -> str:
    """Say where a resource is: ``uredis-abc, org-a, hk``."""
    resource = assessment.resource
    return ", ".join(printable(part) for part in (resource.id, resource.account, resource.region))


def finding_line(finding: Finding) -> str:
    """Say a finding on one plain line, not escaped for any destination."""
    place = f" ({where(finding.sole)})" if finding.sole else ""
    return f"{printable(finding.title)}{place}: {' '.join(finding.sentences)}"


def exempt_line(finding: ExemptFinding) -> str:
    """Say an exempt finding on one plain line, not escaped for any destination."""
    mark = f"{SYMBOLS['exempt']} EXEMPT {finding.severity.upper()}"
    name = printable(finding.assessment.resource.name)
    return f"{mark} {name} ({where(finding.assessment)}): {' '.join(finding.sentences)}"
