"""The nouns of the program: what is collected, judged, remembered and reported.

All instants are timezone-aware datetimes in UTC. All sizes are bytes. Provider words are kept
beside ours (``state_raw``, ``kind_raw``), so that evidence shows what the provider said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime


class Outcome(StrEnum):
    """What a rule, or a resource as a whole, comes out as. Never a bool."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class AuditVerdict(StrEnum):
    """The answer of a whole audit."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCOMPLETE = "incomplete"


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


class BackupState(StrEnum):
    """State of one backup, normalised; only ``succeeded`` is usable."""

    SUCCEEDED = "succeeded"
    RUNNING = "running"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class BackupKind(StrEnum):
    """Who started a backup."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    UNKNOWN = "unknown"


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
    DEADLINE = "deadline"  # not reached before the time was up
    POLICY = "policy"  # the policy is broken: nothing was audited
    INTERNAL = "internal"  # a fault of this program


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One unit of collecting: a source in one account (or project) and one region."""

    source: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that must be backed up, as the provider's inventory lists it."""

    id: str
    name: str
    source: str
    account: str
    region: str
    zone: str = ""
    kind: str = ""
    state: str = ""
    created_at: datetime | None = None
    auto_backup: bool | None = None
    """Whether the provider makes backups by itself; None where the source does not say."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def provider(self) -> str:
        """Part of the source id before the dot, e.g. ``ucloud``."""
        return self.source.partition(".")[0]


# A backup that a moving list shows twice counts once, in the later of its possible states;
# an unknown or bad state outranks a good one, so that a duplicate can never improve a result.
_STATE_ORDER = (
    BackupState.RUNNING,
    BackupState.SUCCEEDED,
    BackupState.UNKNOWN,
    BackupState.EXPIRED,
    BackupState.FAILED,
)


@dataclass(frozen=True, slots=True)
class Backup:
    """One recovery point of a resource."""

    id: str
    resource_id: str
    state: BackupState
    taken_at: datetime | None
    """When it was started: the moment that its data stands for."""
    state_raw: str = ""
    kind: BackupKind = BackupKind.UNKNOWN
    kind_raw: str = ""
    finished_at: datetime | None = None
    size_bytes: int | None = None
    name: str = ""
    resource_name: str = ""

    @property
    def is_usable(self) -> bool:
        """A usable backup has succeeded and is not expired."""
        return self.state is BackupState.SUCCEEDED

    def _precedence(self) -> tuple[int, float, int]:
        taken = self.taken_at.timestamp() if self.taken_at else float("inf")
        size = self.size_bytes if self.size_bytes is not None else -1
        return (_STATE_ORDER.index(self.state), -taken, -size)

    def _newest_first(self) -> tuple[float, str]:
        return (-self.taken_at.timestamp() if self.taken_at else float("inf"), self.id)


@dataclass(frozen=True, slots=True)
class History:
    """A resource with its backups: all that a rule may see. Build it with ``History.of``."""

    resource: Resource
    backups: tuple[Backup, ...]
    """Newest first, unique by id, those without a time last."""
    usable: tuple[Backup, ...]
    """The usable ones among ``backups`` that have a time, newest first."""
    has_usable_without_time: bool
    """A usable backup exists whose time the provider does not tell: it helps no rule to pass."""

    @classmethod
    def of(cls, resource: Resource, backups: Iterable[Backup]) -> History:
        """Order and de-duplicate: neither the order nor repeats of ``backups`` matter."""
        unique: dict[str, Backup] = {}
        for backup in backups:
            known = unique.get(backup.id)
            if known is None or known._precedence() < backup._precedence():  # noqa: SLF001
                unique[backup.id] = backup
        ordered = tuple(sorted(unique.values(), key=Backup._newest_first))  # noqa: SLF001
        usable = tuple(b for b in ordered if b.is_usable and b.taken_at is not None)
        untimed = any(b.is_usable and b.taken_at is None for b in ordered)
        return cls(resource, ordered, usable, untimed)


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
    advice: str = ""
    """What to do about it, as a sentence; empty for a pass."""


class DayState(StrEnum):
    """One cell of a day strip: the best thing that happened on that day."""

    SUCCEEDED = "succeeded"
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
    """Up to 14 sizes of usable backups, oldest first."""
    owner: str = ""
    runbook: str = ""
    unread: str = ""
    """Why the backups of this resource could not be read; empty when they were."""

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


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the world that could not be collected. Empty or ``*`` fields mean "all of it"."""

    source: str
    account: str
    region: str
    reason: GapReason
    detail: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """Backups whose resource is gone."""

    source: str
    account: str
    region: str
    resource_id: str
    name: str
    backups: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing about the audit itself, e.g. a policy that matches nothing."""

    kind: str
    detail: str


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
    deliveries: tuple[Delivery, ...] = ()

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """All assessments of all scopes."""
        return tuple(a for result in self.results for a in result.assessments)

    @property
    def orphans(self) -> tuple[Orphan, ...]:
        """All orphans of all scopes."""
        return tuple(o for result in self.results for o in result.orphans)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a policy file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return ``file:line:column``, as editors understand it."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a policy file."""

    place: Place
    message: str
    """What was found and what is allowed, with the nearest known name for a misspelt one."""

    def __str__(self) -> str:
        """Return ``file:line:column: message``."""
        return f"{self.place}: {self.message}"
