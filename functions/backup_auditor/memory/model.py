"""What one audit leaves for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backup_auditor.memory.told import Told
from backup_auditor.model import GapKey, Known, Past, Scope


@dataclass(frozen=True, slots=True)
class KnownResource:
    """A resource of the inventory."""

    name: str
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """What one whole audit leaves for the next one."""

    run_id: str
    at: datetime
    policy_digest: str
    findings: Mapping[str, Known]
    """Fingerprint -> finding, or the trail of one that was there lately."""
    inventory: Mapping[Scope, Mapping[str, KnownResource]]
    """Scope -> id -> resource."""
    gaps: Mapping[GapKey, datetime]
    """Gap -> since when it is in every audit."""
    told: Mapping[str, Told] = field(default_factory=dict)
    """Channel that tells changes -> what it was last told."""

    past: Mapping[tuple[Scope, str], Past] = field(default_factory=dict)
    """Scope and id -> what was seen of a resource's backups."""

    @property
    def present(self) -> frozenset[str]:
        """Findings that were there when they were last looked for."""
        return frozenset(print_ for print_, known in self.findings.items() if known.is_present)
