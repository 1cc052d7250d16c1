"""How what is wrong now stands to earlier audits: whether it is new, since when, in how many.

Told by the resource, as the headline counts: all that is wrong with one resource is one thing that
is new, worse or goes on. So what is new, worse and ongoing adds up to what fails or is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from backup_auditor.fingerprint import of_check
from backup_auditor.model import Assessment, Changes, Check, Outcome
from backup_auditor.report import changed
from backup_auditor.report.causes import shown_checks
from backup_auditor.report.model import Change, Changed
from backup_auditor.values import whole_second


@dataclass(frozen=True, slots=True)
class Held:
    """The past of a finding about one resource."""

    change: Change | None
    """None where nothing is compared with."""
    since: datetime | None
    audits: int
    """How many audits in a row found it; 0 where none is remembered."""
    is_flapping: bool


@dataclass(frozen=True, slots=True)
class HeldCheck:
    """The past of one thing that is wrong with a resource."""

    since: datetime | None
    audits: int
    """0 where none is remembered."""


class Story:
    """What ``Changes`` says of resources, and not of fingerprints."""

    def __init__(self, changes: Changes) -> None:
        """Keep what is looked up often."""
        self._changes = changes
        self._new, self._worse = frozenset(changes.new), frozenset(changes.worse)
        self._is_blank = changes.compared_with is None and not changes.known

    def of(self, assessment: Assessment) -> Held:
        """Return the past of what is told of a resource that does not pass."""
        told = shown_checks(assessment)
        if self._is_blank:
            return Held(None, _earliest(check.since for check in told), 0, is_flapping=False)
        prints = {check.rule: of_check(assessment.resource, check.rule) for check in told}
        known = {rule: self._changes.known.get(print_) for rule, print_ in prints.items()}
        found = [one for one in known.values() if one]
        return Held(
            change=self._change(assessment),
            since=_earliest(changed.since(check, known[check.rule]) for check in told),
            audits=max((one.audits for one in found), default=0),
            is_flapping=any(one.is_flapping for one in found),
        )

    def check(self, check: Check, assessment: Assessment) -> HeldCheck:
        """Return the past of one thing that is wrong; what passes has none that is told."""
        if check.outcome is Outcome.PASS or not self._changes.known:
            return HeldCheck(check.since, 0)
        known = self._changes.known.get(of_check(assessment.resource, check.rule))
        return HeldCheck(changed.since(check, known), known.audits if known else 0)

    def counted(self, assessments: Iterable[Assessment], resolved: int) -> Changed | None:
        """Count by resource; None where nothing is compared with."""
        changes = self._changes
        if changes.compared_with is None:
            return None
        wrong = (a for a in assessments if a.outcome is not Outcome.PASS)
        kinds = Counter(self._change(assessment) for assessment in wrong)
        return Changed(
            at=changes.compared_at,
            new=kinds[Change.NEW],
            worse=kinds[Change.WORSE],
            resolved=resolved,
            ongoing=kinds[Change.ONGOING],
            lapsed=len(changes.lapsed),
            vanished=len(changes.vanished),
            appeared=changes.appeared,
            gaps=len(changes.new_gaps),
        )

    def _change(self, assessment: Assessment) -> Change | None:
        """Return NEW where nothing was wrong before, and WORSE where more is wrong than before."""
        if self._changes.compared_with is None:
            return None
        prints = [of_check(assessment.resource, check.rule) for check in assessment.findings]
        new = sum(print_ in self._new for print_ in prints)
        if prints and new == len(prints):
            return Change.NEW
        is_worse = new or any(print_ in self._worse for print_ in prints)
        return Change.WORSE if is_worse else Change.ONGOING


def together(members: Sequence[Held], since: datetime | None) -> Held:
    """Return the past of several resources with one cause; ``since`` is what is known of all.

    Where that is not known, they are found since one audit, or nothing is said.
    """
    changes = {member.change for member in members}
    known = {member.since for member in members}
    earliest = _earliest(known) if since or len(known) == 1 else None
    return Held(
        change=changes.pop() if len(changes) == 1 else Change.WORSE,
        since=_earliest([since, earliest]),
        audits=min(member.audits for member in members),
        is_flapping=any(member.is_flapping for member in members),
    )


def by_change(changed: Changed) -> dict[str, int]:
    """Return how many resources have changed, by how; for machines."""
    return {
        str(Change.NEW): changed.new,
        str(Change.WORSE): changed.worse,
        str(Change.ONGOING): changed.ongoing,
        str(Change.RESOLVED): changed.resolved,
        "vanished": changed.vanished,
        "appeared": changed.appeared,
    }


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((whole_second(instant) for instant in instants if instant), default=None)
