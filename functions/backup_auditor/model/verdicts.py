"""What judging gives: outcomes, checks, and what remains of a resource after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from backup_auditor.model.points import Points

if TYPE_CHECKING:
    from datetime import date, datetime

    from backup_auditor.model.backups import Resource
    from backup_auditor.model.past import Past


class Outcome(StrEnum):
    """What a rule, or a resource as a whole, comes out as. Never a bool."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a finding matters, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return list(Severity).index(self)

    def lowered(self) -> Severity:
        """Return one severity lower; low stays low."""
        return list(Severity)[max(0, self.rank - 1)]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a rule asks of the newest usable backup, for pictures; None where it asks nothing.

    It is the whole truth or it is not there: within it the rule passes for its age or its size.
    """

    oldest: datetime | None = None
    smallest_bytes: float | None = None
    largest_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule answers about one history."""

    outcome: Outcome
    message: str
    """A sentence for people, without the resource's name: "last success is 3 d old"."""
    observed: str = ""
    expected: str = ""
    since: datetime | None = None
    """The earliest instant at which the data shows the fault to hold, where it can tell."""
    lowered: bool = False
    """Report this one severity lower than the policy says (growth of ``size_drift``)."""
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict stamped with its rule and severity; one that is not a pass is a finding."""

    rule: str
    outcome: Outcome
    severity: Severity
    message: str
    observed: str = ""
    expected: str = ""
    since: datetime | None = None
    exempt: bool = False
    exemption: str = ""
    """Who answers for an exempt finding, why and how long, as a sentence."""
    advice: str = ""
    """What to do about it, as a sentence; empty for a pass."""
    controls: tuple[str, ...] = ()
    """Labels of the controls that the rule serves, such as ``ISO/IEC 27001:2022 A.8.13``."""
    limit: Limit | None = None


class DayState(StrEnum):
    """One cell of a day strip: the best thing that happened on that day."""

    SUCCEEDED = "succeeded"
    REMEMBERED = "remembered"  # an earlier audit saw one; the provider no longer lists it
    RUNNING = "running"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    MISSING = "missing"  # the resource existed, and no backup is listed
    NOT_YET = "not-yet"  # the resource did not exist yet


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a strip, in the policy's time zone."""

    date: date
    state: DayState


@dataclass(frozen=True, slots=True)
class Assessment:
    """What remains of a resource after judging: small, whatever the length of its history."""

    resource: Resource
    policy: str | None
    """Name of the governing policy; None when ungoverned."""
    outcome: Outcome
    checks: tuple[Check, ...]
    last_success_at: datetime | None
    last_success_size_bytes: int | None
    backups: int
    days: tuple[Day, ...]
    """Oldest first; the last one is today."""
    sizes: tuple[int, ...]
    """Up to 14 sizes of usable backups, oldest first, those remembered from earlier audits too."""
    owner: str = ""
    runbook: str = ""
    exemptions: tuple[int, ...] = ()
    """Positions in the policy set of the exemptions that match the resource."""
    unread: str = ""
    """Why the backups of this resource could not be read; empty when they were."""
    points: Points = field(default_factory=Points)
    """Up to 60 backups of any state, the newest last; those without a time first."""
    remembered: int = 0
    """How many usable backups of earlier audits the provider no longer lists; ``backups`` has none
    of them."""
    past: Past | None = None
    """What the next audit is to know of its backups; None where they were not read, or nothing is
    kept."""

    @property
    def is_governed(self) -> bool:
        """Some policy matches the resource."""
        return self.policy is not None

    @property
    def findings(self) -> tuple[Check, ...]:
        """Checks that are not a pass and not exempt, worst first."""
        found = [c for c in self.checks if c.outcome is not Outcome.PASS and not c.exempt]
        return tuple(
            sorted(found, key=lambda c: (c.outcome is not Outcome.FAIL, -c.severity.rank, c.rule))
        )
