"""What somebody answers for: exempt findings, and the exemptions themselves, in words.

An exempt finding is still a fault. It is shown and counted apart, and never among what is fine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from backup_auditor.model import (
    Assessment,
    Check,
    ExemptionState,
    ExemptionUse,
    Outcome,
)
from backup_auditor.report.model import ExemptFinding, ExemptionLine
from backup_auditor.report.words import labels, printable, sentence
from backup_auditor.speech import Language, phrase

# In the order of reading; what needs attention comes first.
_ORDER = (
    ExemptionState.EXPIRED,
    ExemptionState.EXPIRING,
    ExemptionState.UNUSED,
    ExemptionState.ACTIVE,
)
_LONGEST_REASON, _LONGEST_EXEMPTION = 300, 400


def is_only_exempt(assessment: Assessment) -> bool:
    """Return whether a resource passes only because all its findings are exempt."""
    return assessment.outcome is Outcome.PASS and any(c.exempt for c in assessment.checks)


def standing(assessment: Assessment) -> str:
    """Say how a resource stands in one word: its outcome, ``exempt``, or ``ungoverned``.

    What no policy governs passes where the policy says so, and nobody has judged it.
    """
    if assessment.outcome is Outcome.PASS and not assessment.is_governed:
        return "ungoverned"
    return "exempt" if is_only_exempt(assessment) else str(assessment.outcome)


def exempt_findings(
    assessments: Iterable[Assessment], language: Language
) -> tuple[ExemptFinding, ...]:
    """Return what is exempt, worst first: one for each resource and exemption."""
    found = [finding for assessment in assessments for finding in exempt_in(assessment, language)]
    return tuple(sorted(found, key=_worst_first))


def exempt_in(assessment: Assessment, language: Language) -> Iterator[ExemptFinding]:
    """Yield what is exempt of one resource."""
    covered: dict[str, list[Check]] = {}
    for check in assessment.checks:
        if check.exempt:
            covered.setdefault(check.exemption, []).append(check)
    for exemption, checks in covered.items():
        # All are said, also what cannot be judged beside a failure: somebody answers for each.
        checks.sort(key=lambda c: (c.outcome is not Outcome.FAIL, -c.severity.rank, c.rule))
        yield ExemptFinding(
            severity=checks[0].severity,
            outcome=checks[0].outcome,
            assessment=assessment,
            sentences=tuple(sentence(check, language) for check in checks),
            exemption=printable(exemption, _LONGEST_EXEMPTION),
            controls=labels(checks),
        )


def exemption_lines(
    uses: Iterable[ExemptionUse], today: date, language: Language
) -> tuple[ExemptionLine, ...]:
    """Return the exemptions in words; ``today`` is the day of the audit in its time zone."""
    ordered = sorted(uses, key=lambda use: (_ORDER.index(use.state), use.until))
    return tuple(
        ExemptionLine(
            needs_attention=use.state is not ExemptionState.ACTIVE,
            state=_state(use, today, language),
            owner=printable(use.owner),
            reason=printable(use.reason, _LONGEST_REASON),
            covers=_covers(use, language),
        )
        for use in ordered
    )


def exemptions_summary(uses: Sequence[ExemptionUse], language: Language) -> str:
    """Say how many exemptions stand how, e.g. "3 exemptions: 2 active, 1 expired."."""
    if len(uses) <= 1:
        return ""
    parts = list(_numbers(Counter(use.state for use in uses), language))
    return language.say("{number} exemptions: {parts}.", number=len(uses), parts=parts)


def _numbers(numbers: Counter[ExemptionState], language: Language) -> Iterator[str]:
    if active := numbers[ExemptionState.ACTIVE]:
        yield language.say("{number} active", number=active)
    if near := numbers[ExemptionState.EXPIRING]:
        yield language.count("{n} ends within 14 days", "{n} end within 14 days", near)
    if expired := numbers[ExemptionState.EXPIRED]:
        yield language.say("{number} expired", number=expired)
    if unused := numbers[ExemptionState.UNUSED]:
        yield language.count("{n} matches nothing", "{n} match nothing", unused)


def _worst_first(finding: ExemptFinding) -> tuple[bool, int, str, str]:
    resource = finding.assessment.resource
    fails = finding.outcome is Outcome.FAIL
    return (not fails, -finding.severity.rank, resource.name, resource.id)


def _state(use: ExemptionUse, today: date, language: Language) -> str:
    until, days = str(use.until), (use.until - today).days
    if use.state is ExemptionState.EXPIRED:
        return language.say("expired on {date}", date=until)
    if use.state is ExemptionState.UNUSED:
        return language.say("matches nothing, runs until {date}", date=until)
    if use.state is ExemptionState.ACTIVE:
        return language.say("active until {date}", date=until)
    if days > 1:
        return language.say("ends in {number} d, on {date}", number=days, date=until)
    near = phrase("ends tomorrow, on {date}", date=until)
    return language.of(near if days else phrase("ends today, on {date}", date=until))


def _covers(use: ExemptionUse, language: Language) -> str:
    covers = [language.count("{n} resource", "{n} resources", use.resources)]
    if use.state in {ExemptionState.ACTIVE, ExemptionState.EXPIRING}:
        covers.append(language.count("{n} finding", "{n} findings", use.findings))
    return language.listed(covers)
