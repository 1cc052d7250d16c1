"""From an audit to a Report: what is said first, in which words, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from backup_auditor.model import (
    Assessment,
    Audit,
    Outcome,
    Run,
    Scope,
    ScopeResult,
    Severity,
)
from backup_auditor.report.exemptions import (
    exempt_findings,
    exemption_lines,
    exemptions_summary,
    standing,
)
from backup_auditor.report.headline import headline
from backup_auditor.report.model import Counts, CoverageRow, Finding, Report
from backup_auditor.report.spoken import spoken
from backup_auditor.report.states import VERDICT_WORDS
from backup_auditor.report.words import labels, one_after_another, printable, sentence
from backup_auditor.speech import Language, language
from backup_auditor.values import whole_second

_LONGEST_SUBJECT = 60
_LONGEST_ADVICE = 400


def build(audit: Audit) -> Report:
    """Return the report of ``audit``. Pure: the same audit gives the same report."""
    audit = spoken(replace(audit, run=_to_the_second(audit.run)))
    tongue = language(audit.language)
    zone = ZoneInfo(audit.timezone)
    assessments = audit.assessments
    counts = _counts(audit)
    passing = [a for a in assessments if a.outcome is Outcome.PASS]
    today = audit.run.started_at.astimezone(zone).date()
    return Report(
        audit=audit,
        language=tongue,
        zone=zone,
        subject=_subject(audit, counts, zone),
        headline=headline(audit.gaps, counts, tongue),
        counts=counts,
        gaps=audit.gaps,
        findings=tuple(sorted(_findings(audit.results, tongue), key=_worst_first)),
        exempt=exempt_findings(assessments, tongue),
        exemptions=exemption_lines(audit.exemptions, today, tongue),
        exemptions_summary=exemptions_summary(audit.exemptions, tongue),
        healthy=tuple(sorted(passing, key=lambda a: standing(a) == Outcome.PASS)),
        orphans=audit.orphans,
        notices=audit.notices,
        coverage=tuple(_coverage(audit, tongue)),
        policies=tuple(sorted(Counter(a.policy or "" for a in assessments).items())),
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


def _subject(audit: Audit, counts: Counts, zone: ZoneInfo) -> str:
    bad = counts.failed or counts.unknown
    day = audit.run.started_at.astimezone(zone).date()
    word = VERDICT_WORDS[audit.verdict]
    exempt = f", {counts.only_exempt} exempt" if counts.only_exempt else ""
    return f"[backup-audit] {word} {bad}/{counts.resources} {day}{exempt}"[:_LONGEST_SUBJECT]


def _findings(results: Iterable[ScopeResult], tongue: Language) -> Iterable[Finding]:
    for result in results:
        unread: dict[str, list[Assessment]] = {}
        for assessment in result.assessments:
            if assessment.outcome is Outcome.PASS:
                continue
            if assessment.unread and assessment.is_governed:
                unread.setdefault(assessment.unread, []).append(assessment)
            else:
                yield _finding([assessment], printable(assessment.resource.name), tongue)
        for members in unread.values():
            yield _finding(members, _title(members, result.scope, tongue), tongue)


def _title(members: list[Assessment], scope: Scope, tongue: Language) -> str:
    if len(members) == 1:
        return printable(members[0].resource.name)
    region = printable(scope.region)
    return tongue.count(
        "{n} resource in {region}", "{n} resources in {region}", len(members), region=region
    )


def _finding(members: list[Assessment], title: str, tongue: Language) -> Finding:
    first = members[0]
    worst = max(
        (c for a in members for c in a.findings),
        key=lambda c: (c.outcome is Outcome.FAIL, c.severity.rank),
        default=None,
    )
    # Where something fails, what cannot be judged beside it is mostly the same cause.
    checks = [c for c in first.findings if c.outcome is first.outcome]
    since = [c.since for c in checks if c.since]
    return Finding(
        severity=worst.severity if worst else Severity.HIGH,
        outcome=first.outcome,
        title=title,
        sentences=tuple(sentence(check, tongue) for check in checks),
        advice=next((printable(c.advice, _LONGEST_ADVICE) for c in checks if c.advice), ""),
        since=min(since, default=None),
        members=tuple(members),
        owner=first.owner,
        runbook=first.runbook,
        console="",
        controls=labels(checks),
    )


def _worst_first(finding: Finding) -> tuple[bool, int, float, str, str]:
    first = finding.members[0].resource
    return (
        finding.outcome is not Outcome.FAIL,
        -finding.severity.rank,
        whole_second(finding.since).timestamp() if finding.since else float("inf"),
        first.name,
        first.id,
    )


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
