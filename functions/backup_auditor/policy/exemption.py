"""Exemptions: findings that somebody answers for, with a reason, until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backup_auditor.model import ExemptionState, Place
from backup_auditor.policy.selector import Selector
from backup_auditor.speech import Phrase, phrase

EXPIRES_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Exemption:
    """One entry of ``exemptions``."""

    selector: Selector
    rules: tuple[str, ...]
    """Ids of the rules whose findings are exempt; empty means all rules."""
    owner: str
    reason: str
    until: date
    """Its last day in the policy's time zone."""
    ends_at: datetime
    """The end of that day: from this instant on it has no effect."""
    began_before: datetime | None
    """Only faults that began before this instant are covered; None covers newer ones too."""
    place: Place

    def is_expired(self, now: datetime) -> bool:
        """Return whether it has no effect any more."""
        return now >= self.ends_at

    def state(self, now: datetime, resources: int) -> ExemptionState:
        """Return where it stands, when it matches so many ``resources``."""
        if self.is_expired(now):
            return ExemptionState.EXPIRED
        if not resources:
            return ExemptionState.UNUSED
        soon = self.ends_at - now <= EXPIRES_SOON
        return ExemptionState.EXPIRING if soon else ExemptionState.ACTIVE

    def covers(self, rule: str, since: datetime | None, now: datetime) -> bool:
        """Return whether it covers a finding of ``rule`` that began at ``since``.

        With ``began_before`` a fault whose beginning is not known is not covered.
        """
        if self.is_expired(now) or (self.rules and rule not in self.rules):
            return False
        return self.began_before is None or (since is not None and since < self.began_before)

    def say(self) -> Phrase:
        """Say who answers for it, how long, and why."""
        return phrase(
            "{owner} until {day}: {reason}",
            owner=self.owner,
            day=str(self.until),
            reason=self.reason,
        )
