"""How findings are said: what is wrong with one resource, and what several have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from zoneinfo import ZoneInfo

from backup_auditor.fingerprint import of_check
from backup_auditor.model import Assessment, BackupState, Check, DayState, Outcome, Severity
from backup_auditor.report.causes import ONE_HOUR, shown_checks
from backup_auditor.report.model import Cause, Change, Finding, Group
from backup_auditor.report.story import Story, together
from backup_auditor.report.words import labels, printable, sentence
from backup_auditor.speech import Language, Phrase, phrase
from backup_auditor.values import whole_second

_WITHOUT = frozenset({DayState.MISSING, DayState.FAILED, DayState.RUNNING})
"""What was seen of a day that has no good backup; what has expired may have been one."""
_AGE = "last_success_age"
_LONGEST_DETAIL, _LONGEST_ADVICE = 400, 400
_ORDER = {Change.NEW: 0, Change.WORSE: 1}


def findings_of(
    assessments: Iterable[Assessment],
    groups: Sequence[Group],
    story: Story,
    *,
    tongue: Language,
    zone: ZoneInfo,
) -> tuple[Finding, ...]:
    """Return what is wrong, worst first: each resource that does not pass is in one finding."""
    grouped = {id(member) for group in groups for member in group.members}
    wrong = (a for a in assessments if a.outcome is not Outcome.PASS)
    found = [
        *(_together(group, story, tongue, zone) for group in groups),
        *(
            alone(assessment, story, tongue)
            for assessment in wrong
            if id(assessment) not in grouped
        ),
    ]
    return tuple(sorted(found, key=_worst_first))


def alone(assessment: Assessment, story: Story, tongue: Language) -> Finding:
    """Return what is wrong with one resource."""
    held = story.of(assessment)
    checks = shown_checks(assessment)
    worst = next(iter(assessment.findings), None)
    return Finding(
        fingerprint=of_check(assessment.resource, worst.rule if worst else ""),
        severity=worst.severity if worst else Severity.HIGH,
        outcome=assessment.outcome,
        title=printable(assessment.resource.name),
        sentences=tuple(sentence(check, tongue) for check in checks),
        advice=_own_advice(checks),
        since=held.since,
        members=(assessment,),
        owner=assessment.owner,
        runbook=assessment.runbook,
        console="",
        controls=labels(checks),
        missed=_missed(assessment),
        change=held.change,
        audits=held.audits,
        is_flapping=held.is_flapping,
    )


def _missed(assessment: Assessment) -> int:
    """Count the days before today without a good backup, where the newest one is too old."""
    if not assessment.days or not _is_overdue(assessment):
        return 0
    before_today = reversed(assessment.days[:-1])
    return sum(1 for _ in takewhile(lambda day: day.state in _WITHOUT, before_today))


def _is_overdue(assessment: Assessment) -> bool:
    last = assessment.last_success_at
    if last is None:  # a good one whose time is not told may be of any day
        states = (point.state for point in assessment.points if not point.is_remembered)
        good = BackupState.SUCCEEDED in states
        return assessment.is_governed and not good
    limits = (check.limit for check in assessment.findings)
    return any(limit and limit.oldest and last < limit.oldest for limit in limits)


def _together(group: Group, story: Story, tongue: Language, zone: ZoneInfo) -> Finding:
    first = group.members[0]
    held = together([story.of(member) for member in group.members], group.since)
    severities = (c.severity for member in group.members for c in member.findings[:1])
    place = _place(group.members)
    title = phrase("{n} resources of {place}", n=len(group.members), place=place)
    return Finding(
        fingerprint=group.fingerprint,
        severity=max(severities, key=lambda severity: severity.rank, default=Severity.HIGH),
        outcome=first.outcome,
        title=tongue.of(title),
        sentences=tuple(map(tongue.of, _sentences(group, place, tongue, zone))),
        advice=tongue.of(_advice(group)),
        since=held.since,
        members=group.members,
        owner=first.owner,
        runbook=first.runbook,
        console="",
        controls=labels(check for member in group.members for check in shown_checks(member)),
        change=held.change,
        audits=held.audits,
        is_flapping=held.is_flapping,
    )


def _place(members: Sequence[Assessment]) -> str:
    """Say what members share; a source stands for an account without a name."""
    first = members[0].resource
    owner = printable(first.account or first.source)
    regions = {member.resource.region for member in members}
    if len(regions) > 1:
        return phrase("{account} in {n} regions", account=owner, n=len(regions))
    if first.region:
        return phrase("{account} in {region}", account=owner, region=printable(first.region))
    return owner


def _sentences(group: Group, place: str, tongue: Language, zone: ZoneInfo) -> Iterator[str]:
    """Yield first the cause, then what else is the same, or what befell one of them."""
    first = group.members[0]
    faults = tuple(sentence(check, tongue) for check in shown_checks(first))
    if group.cause is Cause.UNREAD:
        detail = printable(first.unread, _LONGEST_DETAIL).rstrip(".")
        yield phrase(
            "Their backups could not be read, all for one reason: {detail}.", detail=detail
        )
    elif group.cause is Cause.UNGOVERNED:
        yield phrase("No policy governs any of them.")
    elif group.cause is Cause.ALIKE:
        yield _alike(group, place)
        yield from faults
    else:
        yield _since_one_hour(group, place, tongue, zone)
        name = printable(first.resource.name)
        yield phrase("For example {name}: {fault}", name=name, fault=faults[0])


def _alike(group: Group, place: str) -> Phrase:
    who = _who(group, place)
    if group.members[0].outcome is Outcome.UNKNOWN:
        return phrase("{resources} cannot be judged, for the same reason.", resources=who)
    return phrase("{resources} fail in the same way.", resources=who)


def _since_one_hour(group: Group, place: str, tongue: Language, zone: ZoneInfo) -> Phrase:
    who = _who(group, place)
    since = tongue.instant(group.since, zone) if group.since else ""
    if _has_stopped(group):
        return phrase(
            "{resources} stopped getting backups within the same hour (overdue since {since}).",
            resources=who,
            since=since,
        )
    return phrase(
        "{resources} began to fail in the same way within the same hour (since {since}).",
        resources=who,
        since=since,
    )


def _has_stopped(group: Group) -> bool:
    """Return whether backups were made, and then no more, at all members at one time."""
    last = [member.last_success_at for member in group.members]
    known = [whole_second(instant) for instant in last if instant]
    ages = all(shown_checks(member)[0].rule == _AGE for member in group.members)
    if not ages or not group.since or len(known) < len(last):
        return False
    return max(known) <= group.since and max(known) - min(known) <= ONE_HOUR


def _who(group: Group, place: str) -> Phrase:
    """Say how many of how many; what is not seen, or not governed, is not among them."""
    n = len(group.members)
    if n == group.total:
        return phrase("All {n} audited resources of {place}", n=n, place=place)
    if not group.region:  # the others may be in other regions than these
        one = group.members[0].resource
        place = printable(one.account or one.source)
    return phrase(
        "{n} of {total} audited resources of {place}", n=n, total=group.total, place=place
    )


def _advice(group: Group) -> str:
    if group.cause is Cause.UNREAD:
        return phrase(
            "Look first at the permissions of the audit and at the API of {source};"
            " the resources themselves may be fine.",
            source=group.members[0].resource.source,
        )
    if group.cause is Cause.UNGOVERNED:
        return phrase("Add a policy that matches them, or set `ungoverned: report`.")
    own = _own_advice(shown_checks(group.members[0]))
    if group.cause is Cause.ALIKE and own:
        return phrase(
            "{advice} All have the same fault, so look first at what they share.", advice=own
        )
    return phrase(
        "Look first at what they share (backup schedule, permissions, API), then at single ones."
    )


def _own_advice(checks: Iterable[Check]) -> str:
    return next((printable(c.advice, _LONGEST_ADVICE) for c in checks if c.advice), "")


def _worst_first(finding: Finding) -> tuple[bool, int, int, float, tuple[str, ...]]:
    first = finding.members[0].resource
    return (
        finding.outcome is not Outcome.FAIL,
        -finding.severity.rank,
        _ORDER.get(finding.change, len(_ORDER)) if finding.change else len(_ORDER),
        whole_second(finding.since).timestamp() if finding.since else float("inf"),
        (first.name, first.id, first.source, first.account, first.region),
    )
