"""From an audit to a Report: what is said first, in which words, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from backup_auditor.model import Audit, Gap, GapReason, Outcome, Run
from backup_auditor.report.causes import groups_of, within
from backup_auditor.report.exemptions import (
    exempt_findings,
    exemption_lines,
    exemptions_summary,
    standing,
)
from backup_auditor.report.findings import findings_of
from backup_auditor.report.model import Counts, CoverageRow, Group, Report
from backup_auditor.report.spoken import spoken
from backup_auditor.report.words import VERDICT_WORDS, counted
from backup_auditor.speech import language
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
    zone = ZoneInfo(audit.timezone)
    assessments = audit.assessments
    counts = _counts(audit)
    passing = [a for a in assessments if a.outcome is Outcome.PASS]
    today = audit.run.started_at.astimezone(zone).date()
    return Report(
        audit=audit,
        language=language(audit.language),
        zone=zone,
        subject=_subject(audit, counts, zone),
        headline=_headline(audit, counts),
        counts=counts,
        gaps=audit.gaps,
        groups=groups,
        findings=findings_of(assessments, groups, language(audit.language), zone),
        exempt=exempt_findings(assessments),
        exemptions=exemption_lines(audit.exemptions, today),
        exemptions_summary=exemptions_summary(audit.exemptions),
        healthy=tuple(sorted(passing, key=lambda a: standing(a) == Outcome.PASS)),
        orphans=audit.orphans,
        notices=audit.notices,
        coverage=tuple(_coverage(audit)),
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


def _headline(audit: Audit, counts: Counts) -> str:
    if any(gap.reason is GapReason.POLICY for gap in audit.gaps):
        return "Nothing was audited, because the policy is broken."
    if not counts.resources:
        return f"No resource was audited{_and_gaps(audit.gaps)}."
    total = counted(counts.resources, "resource")
    parts = []
    if counts.failed:
        have = "has" if counts.failed == 1 else "have"
        parts.append(f"{counts.failed:,} of {total} {have} no reliable backup")
    if counts.unknown:
        whole = "" if counts.failed else f" of {total}"
        parts.append(f"{counts.unknown:,}{whole} cannot be judged")
    if not parts:
        parts.append(_none_bad(counts))
    else:
        parts += _apart(counts)
    return f"{', '.join(parts)}{_and_gaps(audit.gaps)}."


def _none_bad(counts: Counts) -> str:
    """Say that nothing fails; only what was judged is said to have a reliable backup."""
    seen = " that were seen" if counts.gaps else ""
    apart = _apart(counts)
    if apart and counts.fine:
        have = "has a reliable backup" if counts.fine == 1 else "have reliable backups"
        whole = f"{counts.fine:,} of {counts.resources:,} resources{seen}"
        return f"{whole} {have}; {', '.join(apart)}"
    if len(apart) > 1:
        return f"None of {counts.resources:,} resources{seen} is fine; {', '.join(apart)}"
    good = "exempt" if counts.only_exempt else "governed by no policy"
    if counts.resources == 1:
        return f"The only resource {f'is {good}' if apart else 'has a reliable backup'}"
    said = f"are {good}" if apart else "have reliable backups"
    return f"All {counts.resources:,} resources{seen} {said}"


def _apart(counts: Counts) -> list[str]:
    """Say how many resources pass without being fine."""
    apart = [(counts.only_exempt, "exempt"), (counts.only_ungoverned, "governed by no policy")]
    return [f"{number:,} {'is' if number == 1 else 'are'} {how}" for number, how in apart if number]


def _and_gaps(gaps: Iterable[Gap]) -> str:
    number = len(tuple(gaps))
    if not number:
        return ""
    return f"; {counted(number, 'part')} could not be audited"


def _coverage(audit: Audit) -> Iterable[CoverageRow]:
    for result in audit.results:
        scope = result.scope
        yield CoverageRow(
            source=scope.source,
            account=scope.account,
            region=scope.region,
            resources=len(result.assessments),
            backups=sum(a.backups for a in result.assessments),
            problem="; ".join(sorted(gap.detail for gap in result.gaps)),
        )
