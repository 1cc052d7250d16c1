"""From an audit to a Report: what is said first, in which words, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from backup_auditor.model import Audit, Outcome, Run
from backup_auditor.report.causes import groups_of, within
from backup_auditor.report.exemptions import (
    exempt_findings,
    exemption_lines,
    exemptions_summary,
    standing,
)
from backup_auditor.report.findings import findings_of
from backup_auditor.report.headline import headline, news
from backup_auditor.report.model import Changed, Counts, CoverageRow, Group, Report
from backup_auditor.report.resolved import resolved_of, vanished_of
from backup_auditor.report.spoken import spoken
from backup_auditor.report.states import VERDICT_WORDS
from backup_auditor.report.story import Story
from backup_auditor.report.words import one_after_another
from backup_auditor.speech import Language, language
from backup_auditor.values import whole_second

_LONGEST_SUBJECT = 60


def build(audit: Audit) -> Report:
    """Return the report of ``audit``. Pure: the same audit gives the same report."""
    audit = spoken(replace(audit, run=_to_the_second(audit.run)))
    return build_of(audit, groups_of(audit.assessments))


def build_of(audit: Audit, groups: Iterable[Group]) -> Report:
    """Return the report of an audit that is in its language, or of a part of it.

    ``groups`` are those of the whole: a part of an account shows no cause that all of it has not.
    """
    groups = within(groups, audit.assessments)
    tongue = language(audit.language)
    zone = ZoneInfo(audit.timezone)
    assessments = audit.assessments
    counts = _counts(audit)
    passing = [a for a in assessments if a.outcome is Outcome.PASS]
    story, resolved = Story(audit.changes), resolved_of(audit, tongue, zone)
    changed = story.counted(assessments, len(resolved))
    today = audit.run.started_at.astimezone(zone).date()
    return Report(
        audit=audit,
        language=tongue,
        zone=zone,
        subject=_subject(audit, counts, changed, zone),
        headline=headline(audit.gaps, counts, tongue),
        counts=counts,
        gaps=audit.gaps,
        groups=groups,
        findings=findings_of(assessments, groups, story, tongue=tongue, zone=zone),
        exempt=exempt_findings(assessments, tongue),
        exemptions=exemption_lines(audit.exemptions, today, tongue),
        exemptions_summary=exemptions_summary(audit.exemptions, tongue),
        healthy=tuple(sorted(passing, key=lambda a: standing(a) == Outcome.PASS)),
        orphans=audit.orphans,
        notices=audit.notices,
        coverage=tuple(_coverage(audit, tongue)),
        policies=tuple(sorted(Counter(a.policy or "" for a in assessments).items())),
        changed=changed,
        news=news(changed, tongue, zone),
        resolved=resolved,
        vanished=vanished_of(audit.changes.vanished),
    )


def _to_the_second(run: Run) -> Run:
    """Leave out what no rendering says, so that a report that is read again says the same."""
    started, finished = whole_second(run.started_at), whole_second(run.finished_at)
    return replace(run, started_at=started, finished_at=finished)


def _counts(audit: Audit) -> Counts:
    outcomes = Counter(a.outcome for a in audit.assessments)
    standings = Counter(standing(a) for a in audit.assessments)
    return Counts(
        resources=len(audit.assessments),
        passed=outcomes[Outcome.PASS],
        failed=outcomes[Outcome.FAIL],
        unknown=outcomes[Outcome.UNKNOWN],
        exempt=sum(any(c.exempt for c in a.checks) for a in audit.assessments),
        only_exempt=standings["exempt"],
        ungoverned=sum(not a.is_governed for a in audit.assessments),
        only_ungoverned=standings["ungoverned"],
        backups=sum(a.backups for a in audit.assessments),
        gaps=len(audit.gaps),
    )


def _subject(audit: Audit, counts: Counts, changed: Changed | None, zone: ZoneInfo) -> str:
    bad = counts.failed or counts.unknown
    day = audit.run.started_at.astimezone(zone).date()
    word = VERDICT_WORDS[audit.verdict]
    said = f"[backup-audit] {word} {bad}/{counts.resources} {day}"
    exempt = f", {counts.only_exempt} exempt" if counts.only_exempt else ""
    full = f"{said}{_in_short(changed)}{exempt}"
    return full if len(full) <= _LONGEST_SUBJECT else f"{said}{exempt}"[:_LONGEST_SUBJECT]


def _in_short(changed: Changed | None) -> str:
    """Say how many are new and how many are resolved: `` +2 -1``."""
    if changed is None:
        return ""
    new = f" +{changed.new}" if changed.new else ""
    return f"{new} -{changed.resolved}" if changed.resolved else new


def _coverage(audit: Audit, tongue: Language) -> Iterable[CoverageRow]:
    for result in audit.results:
        scope = result.scope
        yield CoverageRow(
            source=scope.source,
            account=scope.account,
            region=scope.region,
            resources=len(result.assessments),
            backups=sum(a.backups for a in result.assessments),
            problem=one_after_another(sorted(gap.detail for gap in result.gaps), tongue),
        )
