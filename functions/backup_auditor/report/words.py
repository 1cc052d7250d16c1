"""How things are said: times, strips, trends, counts; and hostile names made harmless for text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from backup_auditor.model import Assessment, Check, Day, DayState, Outcome
from backup_auditor.report.model import Finding
from backup_auditor.report.states import GLYPHS
from backup_auditor.speech import Language
from backup_auditor.values import say_size, whole_second

_BARS = "▁▂▃▄▅▆▇█"
_LONGEST_NAME = 80
_MOST_LABELS = 10
_GOOD = frozenset({DayState.SUCCEEDED, DayState.REMEMBERED})
_FEWEST_AUDITS = 2


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
    """Say ``1 resource`` or ``2 resources`` to who runs a command, in English."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def relative(instant: datetime, now: datetime, language: Language) -> str:
    """Say an instant as seen from ``now``: ``3 d 4 h ago``, ``in 2 h``."""
    then = whole_second(instant)
    if then <= now:
        return language.say("{age} ago", age=now - then)
    return language.say("in {time}", time=then - now)


def both(instant: datetime | None, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """Say an instant absolutely and relatively; ``none`` where there is none."""
    if instant is None:
        return language.say("none")
    return language.say(
        "{instant} ({relative})",
        instant=language.instant(instant, zone),
        relative=relative(instant, now, language),
    )


def since(finding: Finding, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """Say since when something is wrong, and how many audits in a row found it.

    Empty where nobody knows: an audit that is the first to find it tells no beginning.
    """
    if not _has_begun(finding, now):
        return ""
    time = both(finding.since, now, zone, language)
    if finding.audits < _FEWEST_AUDITS:
        return language.say("Since {time}", time=time)
    audits = f"{finding.audits:,}"
    return language.say("Since {time}, in {number} audits in a row", time=time, number=audits)


def held(finding: Finding, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """Say the same behind a title that says "Since"."""
    if not _has_begun(finding, now):
        return ""
    time = both(finding.since, now, zone, language)
    if finding.audits < _FEWEST_AUDITS:
        return time
    audits = f"{finding.audits:,}"
    return language.say("{time}, in {number} audits in a row", time=time, number=audits)


def _has_begun(finding: Finding, now: datetime) -> bool:
    if finding.since is None:
        return False
    return finding.audits != 1 or whole_second(finding.since) < whole_second(now)


def sentence(check: Check, language: Language) -> str:
    """Say what is wrong and what is expected, e.g. "Last success is 3 d old (at most 26 h)."."""
    text = printable(check.message, 400).rstrip(".。")
    text = f"{text[:1].upper()}{text[1:]}"
    if not check.expected:
        return language.say("{text}.", text=text)
    return language.say("{text} ({expected}).", text=text, expected=printable(check.expected, 100))


def paragraph(sentences: Iterable[str], language: Language) -> str:
    """Say sentences one after the other."""
    said = list(sentences)
    text = said[0] if said else ""
    for one in said[1:]:
        text = language.say("{text} {next_sentence}", text=text, next_sentence=one)
    return text


def one_after_another(details: Iterable[str], language: Language) -> str:
    """Say half sentences in one: ``a; b``."""
    said = list(details)
    text = said[0] if said else ""
    for one in said[1:]:
        text = language.say("{text}; {next_detail}", text=text, next_detail=one)
    return text


def what_is_wrong(assessment: Assessment, language: Language) -> str:
    """Say everything that is wrong with a resource, what is exempt too."""
    wrong = (check for check in assessment.checks if check.outcome is not Outcome.PASS)
    return paragraph((sentence(check, language) for check in wrong), language)


def labels(checks: Iterable[Check]) -> tuple[str, ...]:
    """Return the labels of the controls that ``checks`` serve, each once."""
    found = [printable(label) for check in checks for label in check.controls]
    return tuple(dict.fromkeys(found)) if found else ()


def listed(texts: Sequence[str], language: Language) -> str:
    """Say a few labels on one line: ``ISO/IEC 27001:2022 A.8.13; SOC 2 A1.2``."""
    more = len(texts) - _MOST_LABELS
    rest = [language.say("and {number} more", number=more)] if more > 0 else []
    return "; ".join([*texts[:_MOST_LABELS], *rest])


def strip(days: Sequence[Day]) -> str:
    """Draw one character a day, oldest first."""
    return "".join(GLYPHS[day.state] for day in days)


def strip_in_words(days: Sequence[Day], language: Language) -> str:
    """Say a strip: ``backups on 12 of the last 14 days``."""
    existed = [day for day in days if day.state is not DayState.NOT_YET]
    return language.count(
        "backups on {good} of the last {n} day",
        "backups on {good} of the last {n} days",
        len(existed),
        good=sum(day.state in _GOOD for day in existed),
    )


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
