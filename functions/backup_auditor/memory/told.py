"""What a channel was last told, and whether there is anything else to tell it now.

A channel with ``send: changed`` is compared with what it was last told, not with the last audit:
a message that failed, or an audit that somebody made without sending, must not swallow a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from backup_auditor import fingerprint
from backup_auditor.model import Assessment, Gap, GapKey, Outcome, Severity


@dataclass(frozen=True, slots=True)
class Told:
    """What one message told."""

    at: datetime
    findings: Mapping[str, int]
    """Fingerprint -> how bad it was; see ``badness``."""
    gaps: frozenset[GapKey]


def badness(outcome: Outcome, severity: Severity) -> int:
    """Return a number that grows when a finding gets worse: what fails is worse than unknown."""
    return severity.rank + (len(Severity) if outcome is Outcome.FAIL else 0)


def told_of(assessments: Iterable[Assessment], gaps: Iterable[Gap], at: datetime) -> Told:
    """Return what a message with these resources and gaps tells."""
    findings = {
        fingerprint.of_check(a.resource, check.rule): badness(check.outcome, check.severity)
        for a in assessments
        for check in a.findings
    }
    keys = frozenset(GapKey(g.source, g.account, g.region, g.reason) for g in gaps)
    return Told(at, findings, keys)


def is_news(last: Told, now: Told, still_there: AbstractSet[str]) -> bool:
    """Return whether a message that tells ``now`` says more than ``last`` did.

    ``still_there`` are all findings that are known not to be resolved, in whatever part.
    """
    is_new = any(bad > last.findings.get(print_, -1) for print_, bad in now.findings.items())
    return is_new or bool(last.findings.keys() - still_there) or bool(now.gaps - last.gaps)
