"""A range of days in one piece: who was in compliance, every breach, and what nobody looked at.

A day is one in compliance for a resource when every whole audit of the day passed; what is exempt
passes. A day without an audit is none: nothing shows that all was well. Days before a resource was
there, after it was gone, and without a policy for it are not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from backup_auditor.evidence import Key
from backup_auditor.evidence.days import Calendar, Span
from backup_auditor.model import Severity


class DayStanding(StrEnum):
    """How a resource stood on a day, from good to bad: the worst of what its audits found."""

    PASS = "pass"  # noqa: S105 - not a password
    EXEMPT = "exempt"
    UNGOVERNED = "ungoverned"
    UNKNOWN = "unknown"
    FAIL = "fail"
    NOT_AUDITED = "not-audited"


LETTERS = dict(zip(DayStanding, "pxnuf-", strict=True))
"""A range of days is a text of these; a space stands for a day that the resource was not there."""
COMPLIANT = "px"
ASKED = "pxuf-"


class BreachEnd(StrEnum):
    """Why a breach is over."""

    RESOLVED = "resolved"
    EXEMPT = "exempt"
    GONE = "gone"  # the resource is no longer in the inventory
    OPEN = "open"  # it is not, at the end of the range


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that failed for a resource, in audits one after the other."""

    key: Key
    name: str
    policy: str
    owner: str
    rule: str
    severity: Severity
    message: str
    """As the first audit in the range said it."""
    began_at: datetime
    """Since when the records say that it holds; maybe before the range."""
    ended_at: datetime | None
    """The audit that found it over; None for one that is open."""
    end: BreachEnd
    audits: int
    """How many audits of the range found it."""


@dataclass(frozen=True, slots=True)
class Share:
    """Days in compliance, of those that were asked for."""

    days: int
    compliant: int
    failed: int
    unknown: int
    not_audited: int

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1; None where no day was asked for."""
        return self.compliant / self.days if self.days else None


@dataclass(frozen=True, slots=True)
class ResourceShare:
    """One resource."""

    key: Key
    name: str
    policy: str
    """The last that governed it; empty for none."""
    owner: str
    letters: str
    share: Share


@dataclass(frozen=True, slots=True)
class ExemptionUsed:
    """An exemption that covered findings."""

    owner: str
    reason: str
    until: date
    first: date
    last: date
    days: int
    resources: int
    findings: int
    """The most on one day."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The first audit by another policy than the one before."""

    at: datetime
    before: str
    after: str
    """Digests."""


@dataclass(frozen=True, slots=True)
class Compliance:
    """What a report on a range says."""

    set_name: str
    calendar: Calendar
    span: Span
    """The days of the range; of those to come nothing is said."""
    language: str
    audits: int
    partial: int
    policies: Mapping[str, Share]
    resources: Sequence[ResourceShare]
    breaches: Sequence[Breach]
    exemptions: Sequence[ExemptionUsed]
    not_audited: Sequence[Span]
    policy_changes: Sequence[PolicyChange]
    unreadable: Sequence[str]
    """Records that could not be read: their days are not audited, as far as others do not."""

    @property
    def share(self) -> Share:
        """Return that of all resources."""
        return total([one.share for one in self.resources])


def share_of(letters: str) -> Share:
    """Return the share of days in compliance."""
    return Share(
        days=sum(letters.count(letter) for letter in ASKED),
        compliant=sum(letters.count(letter) for letter in COMPLIANT),
        failed=letters.count(LETTERS[DayStanding.FAIL]),
        unknown=letters.count(LETTERS[DayStanding.UNKNOWN]),
        not_audited=letters.count(LETTERS[DayStanding.NOT_AUDITED]),
    )


def total(shares: Sequence[Share]) -> Share:
    """Add shares up."""
    return Share(
        days=sum(one.days for one in shares),
        compliant=sum(one.compliant for one in shares),
        failed=sum(one.failed for one in shares),
        unknown=sum(one.unknown for one in shares),
        not_audited=sum(one.not_audited for one in shares),
    )
