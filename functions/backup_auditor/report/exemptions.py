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
from backup_auditor.report.words import counted, labels, printable, sentence

# In the order of reading; what needs attention comes first.
_ORDER = (
    ExemptionState.EXPIRED,
    ExemptionState.EXPIRING,
    ExemptionState.UNUSED,
    ExemptionState.ACTIVE,
)
_SUMMARY = {
    ExemptionState.ACTIVE: ("active", "active"),
    ExemptionState.EXPIRING: ("ends within 14 days", "end within 14 days"),
    ExemptionState.EXPIRED: ("expired", "expired"),
    ExemptionState.UNUSED: ("matches nothing", "match nothing"),
}
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


def exempt_findings(assessments: Iterable[Assessment]) -> tuple[ExemptFinding, ...]:
    """Return what is exempt, worst first: one for each resource and exemption."""
    found = [finding for assessment in assessments for finding in exempt_in(assessment)]
    return tuple(sorted(found, key=_worst_first))


def exempt_in(assessment: Assessment) -> Iterator[ExemptFinding]:
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
            sentences=tuple(map(sentence, checks)),
            exemption=printable(exemption, _LONGEST_EXEMPTION),
            controls=labels(checks),
        )


def exemption_lines(uses: Iterable[ExemptionUse], today: date) -> tuple[ExemptionLine, ...]:
    """Return the exemptions in words; ``today`` is the day of the audit in its time zone."""
    ordered = sorted(uses, key=lambda use: (_ORDER.index(use.state), use.until))
    return tuple(
        ExemptionLine(
            needs_attention=use.state is not ExemptionState.ACTIVE,
            state=_state(use, today),
            owner=printable(use.owner),
            reason=printable(use.reason, _LONGEST_REASON),
            covers=_covers(use),
        )
        for use in ordered
    )


def exemptions_summary(uses: Sequence[ExemptionUse]) -> str:
    """Say how many exemptions stand how, e.g. "3 exemptions: 2 active, 1 expired."."""
    if len(uses) <= 1:
        return ""
    numbers = Counter(use.state for use in uses)
    parts = [
        f"{numbers[state]:,} {one if numbers[state] == 1 else many}"
        for state, (one, many) in _SUMMARY.items()
        if numbers[state]
    ]
    return f"{len(uses):,} exemptions: {', '.join(parts)}."


def _worst_first(finding: ExemptFinding) -> tuple[bool, int, str, str]:
    resource = finding.assessment.resource
    fails = finding.outcome is Outcome.FAIL
    return (not fails, -finding.severity.rank, resource.name, resource.id)


def _state(use: ExemptionUse, today: date) -> str:
    if use.state is ExemptionState.EXPIRED:
        return f"expired on {use.until}"
    if use.state is ExemptionState.UNUSED:
        return f"matches nothing, runs until {use.until}"
    if use.state is ExemptionState.ACTIVE:
        return f"active until {use.until}"
    days = (use.until - today).days
    near = {0: "today", 1: "tomorrow"}.get(days, f"in {days} d")
    return f"ends {near}, on {use.until}"


def _covers(use: ExemptionUse) -> str:
    resources = counted(use.resources, "resource")
    if use.state in {ExemptionState.ACTIVE, ExemptionState.EXPIRING}:
        return f"{resources}, {counted(use.findings, 'finding')}"
    return resources
