"""What has changed since the audit before, and since when the findings are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from backup_auditor.model.audits import GapReason
    from backup_auditor.model.backups import Scope
    from backup_auditor.model.verdicts import Outcome, Severity

TRAIL = 7
"""How many audits a trail covers."""
_MOST_TURNS = 3


@dataclass(frozen=True, slots=True)
class Known:
    """A finding in an unbroken run of audits that found it."""

    scope: Scope
    resource_id: str
    rule: str
    severity: Severity
    outcome: Outcome
    since: datetime
    """When the first audit of the run was."""
    audits: int
    """How many audits of the run found it; one that could not look is not counted."""
    trail: str = ""
    """``1`` for each audit that found it and ``0`` for one that looked and did not, oldest first;
    at most the last seven."""

    @property
    def is_present(self) -> bool:
        """The last audit that looked found it; else only its trail is kept."""
        return self.trail.endswith("1")

    @property
    def is_flapping(self) -> bool:
        """It came and went more than three times in the last seven audits."""
        turns = zip(self.trail, self.trail[1:], strict=False)
        return sum(a != b for a, b in turns) > _MOST_TURNS


@dataclass(frozen=True, slots=True)
class GapKey:
    """What makes a gap the same gap in the next audit; how it is told may change."""

    source: str
    account: str
    region: str
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Vanished:
    """A resource that the inventory had last time, and has not got now."""

    scope: Scope
    id: str
    name: str
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different from the audit before. Findings are told by their fingerprints."""

    compared_with: str | None = None
    """Id of the run before; None where there is nothing to compare with."""
    compared_at: datetime | None = None
    """When that was."""
    new: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    """More severe than before, or failing where it could not be judged before."""
    resolved: tuple[str, ...] = ()
    """The rule was asked again, and passes."""
    ongoing: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    """No longer found and not resolved: exempt now, no longer asked for, or gone with the
    resource."""
    vanished: tuple[Vanished, ...] = ()
    appeared: int = 0
    """How many resources the inventory has that it had not got last time."""
    new_gaps: tuple[GapKey, ...] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    """Every finding of this audit, and those that are resolved."""

    @property
    def is_any(self) -> bool:
        """Something is new, worse or resolved, or a gap is new."""
        return bool(self.new or self.worse or self.resolved or self.new_gaps)

    @property
    def flapping(self) -> tuple[str, ...]:
        """Findings that come and go."""
        return tuple(print_ for print_, known in self.known.items() if known.is_flapping)
