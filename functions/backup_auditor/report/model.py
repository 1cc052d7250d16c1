"""A Report: an audit in the order of the reader's questions. Renderings only read it.

Everything is decided and put into words here, once, so that the e-mail, the page, the terminal and
a chat message cannot tell different stories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from backup_auditor.model import (
    Assessment,
    Audit,
    Gap,
    Notice,
    Orphan,
    Outcome,
    Severity,
    Vanished,
)
from backup_auditor.report.overrides import Overrides
from backup_auditor.speech import Language


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of one audit. ``resources`` = ``passed + failed + unknown``."""

    resources: int
    passed: int
    failed: int
    unknown: int
    exempt: int
    """Resources with exempt findings, whatever else they have."""
    only_exempt: int
    """Resources that pass because all their findings are exempt: not fine, and not failing."""
    ungoverned: int
    only_ungoverned: int
    """Resources that pass because no policy judges them: not fine, and not failing."""
    backups: int
    gaps: int

    @property
    def fine(self) -> int:
        """Resources that were judged and have no finding."""
        return self.passed - self.only_exempt - self.only_ungoverned


class Change(StrEnum):
    """How what is wrong stands to the audit before."""

    NEW = "new"
    WORSE = "worse"  # more is wrong than before, or it is more severe
    ONGOING = "ongoing"
    RESOLVED = "resolved"  # of a resource that passes


@dataclass(frozen=True, slots=True)
class Changed:
    """Numbers of what has changed since the audit before.

    Resources, as in ``Counts``: ``new`` + ``worse`` + ``ongoing`` = ``failed`` + ``unknown``.
    """

    at: datetime | None
    """When that audit was; None where its document does not tell."""
    new: int
    worse: int
    resolved: int
    """Something about them is resolved, whatever else they have."""
    ongoing: int
    lapsed: int
    """Findings that are exempt now, no longer asked for, or gone with their resource."""
    vanished: int
    appeared: int
    gaps: int
    """New ones."""

    @property
    def is_any(self) -> bool:
        """Something is not as it was."""
        kinds = (self.new, self.worse, self.resolved, self.lapsed, self.vanished, self.appeared)
        return any(kinds) or bool(self.gaps)


class Cause(StrEnum):
    """Why several resources are one finding."""

    UNREAD = "unread"  # their backups could not be read, for the same reason
    UNGOVERNED = "ungoverned"  # no policy matches them
    TOGETHER = "together"  # the same rules began to fail within the same hour
    ALIKE = "alike"  # all resources of one place have the same fault, and nobody knows since when


@dataclass(frozen=True, slots=True)
class Group:
    """Resources with one cause: of one source, account, owner and runbook, and of one outcome."""

    cause: Cause
    fingerprint: str
    members: tuple[Assessment, ...]
    """At least two, the worst first."""
    since: datetime | None
    """When it began; None where that is not known, or does not hold for all of them."""
    region: str
    """Where the cause is; empty for the whole account, even if members are in one region of it."""
    total: int
    """How many resources policies govern there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: one resource, or several with one cause."""

    fingerprint: str
    """The same in every audit that finds it; of one resource, that of its worst check."""
    severity: Severity
    outcome: Outcome
    title: str
    """Name of the resource, or "12 resources of org-a in hk" for several: hostile text."""
    sentences: tuple[str, ...]
    """What is wrong, worst first, each with observed and expected where the rule tells; for several
    resources first what they have in common."""
    advice: str
    """What to do about the worst of it; empty where nothing general can be said."""
    since: datetime | None
    members: tuple[Assessment, ...]
    """The resources concerned; exactly one for most findings."""
    owner: str
    runbook: str
    console: str
    """Address of the provider's console; empty where it is not known."""
    controls: tuple[str, ...] = ()
    """Labels of the controls that it concerns, each once."""
    missed: int = 0
    """Of a resource whose newest good backup is too old or not there: the days before today, back
    to that backup, as far as its strip goes."""

    change: Change | None = None
    """None where nothing is compared with. Of several resources: WORSE where they differ."""
    audits: int = 0
    """How many audits in a row found it; 0 where none is remembered."""
    is_flapping: bool = False
    """It came and went more than three times in the last seven audits."""

    @property
    def sole(self) -> Assessment | None:
        """The resource, when there is exactly one."""
        return self.members[0] if len(self.members) == 1 else None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is over about one resource; other things may still be wrong with it."""

    assessment: Assessment
    severity: Severity
    rules: tuple[str, ...]
    since: datetime | None
    """Since when it was wrong; None where that is not known."""
    until: datetime
    """When an audit found that it is not any more."""
    audits: int
    """How many audits in a row had found it; 0 where that is not known."""
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExemptFinding:
    """What is wrong with one resource and what one exemption covers of it."""

    severity: Severity
    outcome: Outcome
    assessment: Assessment
    sentences: tuple[str, ...]
    """What is wrong, worst first."""
    exemption: str
    """Who answers for it, until when and why."""
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExemptionLine:
    """One exemption of the policy file, in words."""

    needs_attention: bool
    """It has ended, ends soon or matches nothing."""
    state: str
    """Such as "active until 2026-12-31" or "ends in 9 d, on 2026-12-03"."""
    owner: str
    reason: str
    covers: str
    """Such as "2 resources, 3 findings"."""

    @property
    def mark(self) -> str:
        """``!`` for what needs attention, so that colour is not needed."""
        return "!" if self.needs_attention else "·"


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
    """Its texts are in the language of the report."""
    language: Language
    zone: ZoneInfo
    subject: str
    """For mail: ASCII, at most 60 characters, state first, no names of resources."""
    headline: str
    """The answer as one sentence with numbers."""
    counts: Counts
    gaps: tuple[Gap, ...]
    groups: tuple[Group, ...]
    """Resources with one cause; each group is among ``findings``."""
    findings: tuple[Finding, ...]
    """Worst first."""
    exempt: tuple[ExemptFinding, ...]
    """Findings that somebody answers for, worst first; they are not among ``findings``."""
    exemptions: tuple[ExemptionLine, ...]
    """Those that need attention first, so that no cut hides them."""
    exemptions_summary: str
    """All exemptions by state in one sentence; empty for fewer than two."""
    healthy: tuple[Assessment, ...]
    """Resources that pass; first those that pass only because their findings are exempt, then by
    source, account, region and name."""
    orphans: tuple[Orphan, ...]
    notices: tuple[Notice, ...]
    coverage: tuple[CoverageRow, ...]
    policies: tuple[tuple[str, int], ...]
    """(policy, number of governed resources), in the order of their names; "" = ungoverned."""
    changed: Changed | None = None
    """None where nothing is compared with."""
    news: str = ""
    """What has changed, as one sentence with numbers; empty where nothing is compared with."""
    resolved: tuple[Resolved, ...] = ()
    """Worst first."""
    vanished: tuple[Vanished, ...] = ()
    """Resources that are no longer there, by where they were."""
    overrides: Overrides = field(default_factory=Overrides, repr=False, compare=False)
    """Templates of the user, for those renderings that are made by templates."""
    message: str = field(default="", repr=False, compare=False)
    """Which message of its run it is, where that has several; empty for that of the whole."""

    @property
    def worst_first(self) -> Iterator[Assessment]:
        """All resources: those with findings in the order of these, then the healthy ones."""
        for finding in self.findings:
            yield from finding.members
        yield from self.healthy
