"""The part of an audit that one channel tells: by resource, by owner, by severity.

A part is never smaller than it can be shown to be: what could not be audited is in it unless its
place proves that it is not. What is wrong and in no channel's part is in all of them, so that
nothing that was found is told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backup_auditor.model import (
    Assessment,
    Gap,
    GapKey,
    Known,
    Orphan,
    Outcome,
    Severity,
    Vanished,
)
from backup_auditor.policy.model import ChannelRequest, SendWhen
from backup_auditor.policy.selector import Selector, matcher
from backup_auditor.report.model import CoverageRow
from backup_auditor.selection import may_match_known

_ALL_OF_IT = frozenset({"", "*"})


@dataclass(frozen=True, slots=True)
class Claim:
    """Which resources, and of which owners; by default all."""

    selector: Selector = field(default_factory=Selector)
    owners: tuple[str, ...] = ()
    """Globs; empty for all owners."""

    @property
    def is_narrow(self) -> bool:
        """Some resources belong to others."""
        return bool(self.owners) or self.selector != Selector()

    def takes(self, assessment: Assessment) -> bool:
        """Return whether it is about a resource."""
        is_owner = not self.owners or matcher(self.owners)(assessment.owner) is not None
        return is_owner and self.selector.matches(assessment.resource)

    def may_take(self, place: Gap | GapKey | CoverageRow) -> bool:
        """Return whether it may be about resources where ``place`` is."""
        said = {"source": place.source, "account": place.account, "region": place.region}
        known = {key: value for key, value in said.items() if value not in _ALL_OF_IT}
        return may_match_known(self.selector, known)

    def takes_orphan(self, orphan: Orphan) -> bool:
        """Return whether it may be about backups without a resource, which have no owner."""
        known = {
            "source": orphan.source,
            "account": orphan.account,
            "region": orphan.region,
            "id": orphan.resource_id,
            "name": orphan.name,
        }
        return self._takes_unowned(known)

    def takes_vanished(self, vanished: Vanished) -> bool:
        """Return whether it may be about a resource that is gone, whose owner is not known."""
        known = {
            "source": vanished.scope.source,
            "account": vanished.scope.account,
            "region": vanished.scope.region,
            "id": vanished.id,
            "name": vanished.name,
        }
        return self._takes_unowned(known)

    def _takes_unowned(self, known: dict[str, str]) -> bool:
        return not self.owners and may_match_known(self.selector, known)


@dataclass(frozen=True, slots=True)
class Part:
    """What one channel tells; by default everything."""

    own: Claim = field(default_factory=Claim)
    least: Severity | None = None
    """Failures that are less severe are left out; what cannot be judged never is."""
    others: tuple[Claim, ...] | None = None
    """What the other channels tell of; None where one of them tells of everything."""

    @property
    def is_everything(self) -> bool:
        """Nothing is left out."""
        return not self.own.is_narrow and self.least is None

    def holds(self, assessment: Assessment) -> bool:
        """Return whether a resource is in it, however severe its findings are."""
        return self.own.takes(assessment) or self.is_stray(assessment)

    def is_stray(self, assessment: Assessment) -> bool:
        """Return whether something is wrong with a resource that is in no channel's part."""
        is_wrong = assessment.outcome is not Outcome.PASS
        return is_wrong and self._is_nobodys(lambda claim: claim.takes(assessment))

    def hides(self, assessment: Assessment) -> bool:
        """Return whether a resource fails, and nothing about it is severe enough."""
        if self.least is None or assessment.outcome is Outcome.UNKNOWN:
            return False
        found = [check for check in assessment.checks if check.outcome is not Outcome.PASS]
        fails = any(check.outcome is Outcome.FAIL for check in found)
        return fails and all(check.severity.rank < self.least.rank for check in found)

    def may_hold(self, place: Gap | GapKey | CoverageRow) -> bool:
        """Return whether resources that are in it may lie where ``place`` is."""
        return self.own.may_take(place) or self._is_nobodys(lambda claim: claim.may_take(place))

    def holds_orphan(self, orphan: Orphan) -> bool:
        """Return whether backups without a resource are in it."""
        is_own = self.own.takes_orphan(orphan)
        return is_own or self._is_nobodys(lambda claim: claim.takes_orphan(orphan))

    def holds_vanished(self, vanished: Vanished) -> bool:
        """Return whether a resource that is gone is in it."""
        is_own = self.own.takes_vanished(vanished)
        return is_own or self._is_nobodys(lambda claim: claim.takes_vanished(vanished))

    def is_mild(self, known: Known) -> bool:
        """Return whether what is over was not severe enough to be told."""
        return self.least is not None and known.severity.rank < self.least.rank

    def _is_nobodys(self, taken_by: Callable[[Claim], bool]) -> bool:
        if self.others is None:
            return False
        return not any(taken_by(claim) for claim in (self.own, *self.others))


def parts_of(requests: Sequence[ChannelRequest]) -> dict[str, Part]:
    """Return the part of each channel, by its name."""
    claims = [_claim(r) for r in requests if r.options.send is not SendWhen.FALLBACK]
    others = tuple(claims) if all(claim.is_narrow for claim in claims) else None
    return {r.name: Part(_claim(r), r.options.min_severity, others) for r in requests}


def _claim(request: ChannelRequest) -> Claim:
    options = request.options
    selector = options.match.selector() if options.match else Selector()
    return Claim(selector, options.owner or ())
