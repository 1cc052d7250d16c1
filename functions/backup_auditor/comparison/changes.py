"""Which resources come out differently in two audits of the same data, and which way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from backup_auditor.model import Assessment, Audit, Check, Gap, Outcome

_RANK = {Outcome.PASS: 0, Outcome.UNKNOWN: 1, Outcome.FAIL: 2}


class Direction(IntEnum):
    """Which way a resource changes, in the order in which changes are told."""

    WORSE = 0
    ONLY_FIRST = 1  # the second policy does not look at it any more
    ONLY_SECOND = 2
    BETTER = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that comes out differently; None for an audit that has not got it."""

    first: Assessment | None
    second: Assessment | None
    known: Assessment
    """The second, else the first."""

    @property
    def direction(self) -> Direction:
        """Which way it changes."""
        if self.first is None or self.second is None:
            return Direction.ONLY_FIRST if self.first else Direction.ONLY_SECOND
        worse = _RANK[self.second.outcome] > _RANK[self.first.outcome]
        return Direction.WORSE if worse else Direction.BETTER

    @property
    def reasons(self) -> tuple[Check, ...]:
        """The findings of the audit in which it comes out worse, worst first."""
        if self.direction is Direction.ONLY_FIRST:
            return ()
        bad = self.first if self.direction is Direction.BETTER else self.second
        return tuple(c for c in bad.findings if c.outcome is bad.outcome) if bad else ()

    def worst_first(self) -> tuple[int, int, int, str, tuple[str, ...]]:
        """Return what to sort by."""
        reasons = self.reasons
        return (
            self.direction,
            -_RANK[self.known.outcome],
            -reasons[0].severity.rank if reasons else 0,
            self.known.resource.name,
            _key(self.known),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two audits of the same data, and how they differ."""

    first: Audit
    second: Audit
    changes: tuple[Change, ...]
    """Worst first."""
    unchanged: int
    """Number of resources with the same outcome in both."""

    @property
    def new_gaps(self) -> tuple[Gap, ...]:
        """What only the second audit could not see."""
        return tuple(gap for gap in self.second.gaps if gap not in self.first.gaps)

    @property
    def closed_gaps(self) -> tuple[Gap, ...]:
        """What only the first audit could not see."""
        return tuple(gap for gap in self.first.gaps if gap not in self.second.gaps)

    def count(self, direction: Direction) -> int:
        """Return how many resources change that way."""
        return sum(change.direction is direction for change in self.changes)


def compare(first: Audit, second: Audit) -> Comparison:
    """Compare two audits of the same data, resource by resource."""
    old, new = _by_resource(first), _by_resource(second)
    changes = [
        Change(old.get(key), new.get(key), new.get(key) or old[key])
        for key in old.keys() | new.keys()
        if key not in old or key not in new or old[key].outcome is not new[key].outcome
    ]
    changes.sort(key=Change.worst_first)
    return Comparison(first, second, tuple(changes), len(old.keys() | new.keys()) - len(changes))


def _by_resource(audit: Audit) -> dict[tuple[str, ...], Assessment]:
    """Return all assessments; of a resource that two sources list the worst counts."""
    ordered = sorted(audit.assessments, key=lambda a: _RANK[a.outcome])
    return {_key(assessment): assessment for assessment in ordered}


def _key(assessment: Assessment) -> tuple[str, ...]:
    resource = assessment.resource
    return (resource.source, resource.account, resource.region, resource.id)
