"""A Report: an audit in the order of the reader's questions. Renderings only read it.

Everything is decided and put into words here, once, so that the e-mail, the page, the terminal and
a chat message cannot tell different stories.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from backup_auditor.model import Assessment, Audit, Gap, Notice, Orphan, Outcome, Severity


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of one audit. ``resources`` = ``passed + failed + unknown``."""

    resources: int
    passed: int
    failed: int
    unknown: int
    exempt: int
    ungoverned: int
    backups: int
    gaps: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: one resource, or several with one cause."""

    severity: Severity
    outcome: Outcome
    title: str
    """Name of the resource (hostile text), or "12 resources in hk" for several."""
    sentences: tuple[str, ...]
    """What is wrong, worst first, each with observed and expected where the rule tells."""
    advice: str
    """What to do about the worst of it; empty where nothing general can be said."""
    since: datetime | None
    members: tuple[Assessment, ...]
    """The resources concerned; exactly one for most findings."""
    owner: str
    runbook: str
    console: str
    """Address of the provider's console; empty where it is not known."""

    @property
    def sole(self) -> Assessment | None:
        """The resource, when there is exactly one."""
        return self.members[0] if len(self.members) == 1 else None


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """What was asked and what answered, per source, account and region."""

    source: str
    account: str
    region: str
    resources: int
    backups: int
    problem: str
    """Empty when everything answered, else what did not, as a sentence."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is told to people and machines about one audit."""

    audit: Audit
    zone: ZoneInfo
    subject: str
    """For mail: ASCII, at most 60 characters, state first, no names of resources."""
    headline: str
    """The answer as one sentence with numbers."""
    counts: Counts
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...]
    """Worst first."""
    healthy: tuple[Assessment, ...]
    """Resources that pass, by source, account, region and name."""
    orphans: tuple[Orphan, ...]
    notices: tuple[Notice, ...]
    coverage: tuple[CoverageRow, ...]
    policies: tuple[tuple[str, int], ...]
    """(policy, number of governed resources), in the order of their names; "" = ungoverned."""
