"""One whole run: what it saw, what it could not see, and what became of its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from backup_auditor.model.changes import Changes

if TYPE_CHECKING:
    from datetime import date, datetime

    from backup_auditor.model.backups import Orphan, Scope
    from backup_auditor.model.verdicts import Assessment


class AuditVerdict(StrEnum):
    """The answer of a whole audit."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCOMPLETE = "incomplete"


class GapReason(StrEnum):
    """Why a part of the world could not be collected."""

    CREDENTIALS = "credentials"  # keys missing, wrong or expired: nothing can be asked
    REFUSED = "refused"  # the provider says that we may not look
    UNSUPPORTED = "unsupported"  # the provider does not offer this service here
    NOT_FOUND = "not-found"  # a region or project that does not exist
    THROTTLED = "throttled"  # still throttled after all retries
    UNREACHABLE = "unreachable"  # network errors and time-outs after all retries
    PROVIDER_ERROR = "provider-error"  # the provider failed after all retries
    MALFORMED = "malformed"  # an answer that cannot be understood
    INCOMPLETE = "incomplete"  # fewer rows arrived than the provider counts
    EMPTY = "empty"  # fewer resources than the policy expects
    SHRUNK = "inventory-shrank"  # fewer than half of the resources of the audit before
    DEADLINE = "deadline"  # not reached before the time was up
    POLICY = "policy"  # the policy is broken: nothing was audited
    INTERNAL = "internal"  # a fault of this program


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the world that could not be collected. Empty or ``*`` fields mean "all of it"."""

    source: str
    account: str
    region: str
    reason: GapReason
    detail: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing about the audit itself, e.g. a policy that matches nothing."""

    kind: str
    detail: str


class ExemptionState(StrEnum):
    """Where an exemption stands at the time of an audit."""

    ACTIVE = "active"
    EXPIRING = "expiring"  # active, and ends within 14 days
    EXPIRED = "expired"  # without effect
    UNUSED = "matches-nothing"  # active, and no resource is like it


@dataclass(frozen=True, slots=True)
class ExemptionUse:
    """One exemption in one audit."""

    owner: str
    reason: str
    until: date
    """Its last day, in the time zone of the policy."""
    state: ExemptionState
    resources: int
    """How many resources it matches."""
    findings: int
    """How many findings it covers."""


class DeliveryOutcome(StrEnum):
    """What became of one channel in one run."""

    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"  # the channel has nothing to say about this report


@dataclass(frozen=True, slots=True)
class Delivery:
    """The receipt of one channel in one run."""

    channel: str
    outcome: DeliveryOutcome
    attempts: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScopeResult:
    """All that one scope gave. Results can be merged in any order."""

    scope: Scope
    assessments: tuple[Assessment, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def answered(self) -> bool:
        """The scope's inventory was read to its end."""
        return not self.gaps


@dataclass(frozen=True, slots=True)
class Run:
    """Identity of one audit."""

    id: str
    started_at: datetime
    finished_at: datetime
    policy_digest: str
    version: str


@dataclass(frozen=True, slots=True)
class Audit:
    """One whole run, before it is told to anybody."""

    run: Run
    verdict: AuditVerdict
    timezone: str
    results: tuple[ScopeResult, ...]
    """Sorted by scope."""
    gaps: tuple[Gap, ...]
    """All gaps, of scopes and of planning; sorted."""
    notices: tuple[Notice, ...] = ()
    exemptions: tuple[ExemptionUse, ...] = ()
    """In the order of the policy file."""
    deliveries: tuple[Delivery, ...] = ()
    is_partial: bool = False
    """Only selected resources were looked at: a pass says nothing about the others."""
    heartbeat: Delivery | None = None
    """The receipt of the heartbeat; None where there is none. That it failed breaks no run."""
    language: str = "en"
    """Of what is told about it: one of ``speech.LANGUAGES``."""
    changes: Changes = field(default_factory=Changes)
    """What is different from the audit before."""

    @property
    def receipts(self) -> tuple[Delivery, ...]:
        """What became of each channel, and of the heartbeat."""
        return (*self.deliveries, *([self.heartbeat] if self.heartbeat else []))

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """All assessments of all scopes."""
        return tuple(a for result in self.results for a in result.assessments)

    @property
    def orphans(self) -> tuple[Orphan, ...]:
        """All orphans of all scopes."""
        return tuple(o for result in self.results for o in result.orphans)
