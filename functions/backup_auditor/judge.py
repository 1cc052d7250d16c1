"""A history and the policies in, an assessment out. Pure: nothing is looked up, not even now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from backup_auditor.model import (
    Assessment,
    AuditVerdict,
    BackupState,
    Check,
    Day,
    DayState,
    ExemptionUse,
    Gap,
    History,
    Outcome,
    Point,
    Points,
    Resource,
    ScopeResult,
    Severity,
    Verdict,
)
from backup_auditor.policy.exemption import Exemption
from backup_auditor.policy.model import Policy, PolicySet, RuleUse, Ungoverned
from backup_auditor.rules import FUTURE_TOLERANCE, Moment, Rule
from backup_auditor.speech import phrase

_DAYS = 14
_SIZES = 14
_POINTS = 60

_UNGOVERNED = phrase("no policy governs this resource")
_GOVERN_IT = phrase("Add a policy that matches it, or set `ungoverned: report`.")

_SEEN = BackupState.SUCCEEDED
"""State of what is remembered, when it was last seen."""

# Of several backups on one day the best one is shown.
_DAY_STATES = (
    (BackupState.SUCCEEDED, DayState.SUCCEEDED),
    (DayState.REMEMBERED, DayState.REMEMBERED),
    (BackupState.RUNNING, DayState.RUNNING),
    (BackupState.FAILED, DayState.FAILED),
    (BackupState.EXPIRED, DayState.EXPIRED),
    (BackupState.UNKNOWN, DayState.UNKNOWN),
)


def judge(
    history: History, policies: PolicySet, rules: Mapping[str, Rule], moment: Moment
) -> Assessment:
    """Judge ``history`` by the first policy that matches its resource."""
    policy = policies.governing(history.resource)
    exemptions = tuple(_matching(history.resource, policies.exemptions))
    if policy is None:
        checks: tuple[Check, ...] = (_no_policy(policies.ungoverned),)
    else:
        found = checks_of(history, policy, rules, moment)
        answered = [policies.exemptions[number] for number in exemptions]
        checks = tuple(_exempted(check, answered, moment.now) for check in found)
    newest = history.usable[0] if history.usable else None
    sizes = [b.size_bytes for b in history.usable_ever if b.size_bytes is not None]
    return Assessment(
        resource=history.resource,
        policy=policy.name if policy else None,
        outcome=_outcome(checks),
        checks=checks,
        last_success_at=newest.taken_at if newest else None,
        last_success_size_bytes=newest.size_bytes if newest else None,
        backups=len(history.backups),
        days=_days(history, moment.now, moment.timezone),
        sizes=tuple(reversed(sizes[:_SIZES])),
        owner=policy.owner if policy else "",
        runbook=policy.runbook if policy else "",
        exemptions=exemptions,
        points=_points(history),
        remembered=sum(not one.mark for one in history.remembered),
    )


def checks_of(
    history: History, policy: Policy, rules: Mapping[str, Rule], moment: Moment
) -> Iterator[Check]:
    """Yield what each rule of ``policy`` answers, before any exemption."""
    asked = replace(moment, first_backup_due=_first_backup_due(history, policy, moment.now))
    for use in policy.rules:
        yield _check(use, rules[use.rule], history, asked)


def unread(resource: Resource, detail: str, policies: PolicySet) -> Assessment:
    """Return the assessment of a resource whose backups could not be read: never a pass.

    No exemption covers it: what was not seen cannot be answered for.
    """
    policy = policies.governing(resource)
    severities = [use.severity for use in policy.rules] if policy else []
    worst = max(severities, key=lambda s: s.rank, default=Severity.HIGH)
    message = phrase("its backups could not be read: {detail}", detail=detail)
    not_read = Check("unread", Outcome.UNKNOWN, worst, message)
    checks = (not_read,) if policy else (_no_policy(policies.ungoverned), not_read)
    return Assessment(
        resource=resource,
        policy=policy.name if policy else None,
        outcome=_outcome(checks),
        checks=checks,
        last_success_at=None,
        last_success_size_bytes=None,
        backups=0,
        days=(),
        sizes=(),
        owner=policy.owner if policy else "",
        runbook=policy.runbook if policy else "",
        exemptions=tuple(_matching(resource, policies.exemptions)),
        unread=detail,
    )


def conclude(results: Iterable[ScopeResult], gaps: Sequence[Gap]) -> AuditVerdict:
    """Return the verdict of an audit; one that has seen nothing at all is incomplete."""
    outcomes = {a.outcome for result in results for a in result.assessments}
    if Outcome.FAIL in outcomes:
        return AuditVerdict.FAIL
    if gaps or Outcome.UNKNOWN in outcomes or not outcomes:
        return AuditVerdict.INCOMPLETE
    return AuditVerdict.PASS


def _matching(resource: Resource, exemptions: Sequence[Exemption]) -> Iterator[int]:
    for number, exemption in enumerate(exemptions):
        if exemption.selector.matches(resource):
            yield number


def _exempted(check: Check, exemptions: Iterable[Exemption], now: datetime) -> Check:
    """Mark a finding that an exemption covers; it stays what it is."""
    if check.outcome is Outcome.PASS:
        return check
    for exemption in exemptions:
        if exemption.covers(check.rule, check.since, now):
            return replace(check, exempt=True, exemption=exemption.say())
    return check


def exemption_uses(
    exemptions: Sequence[Exemption],
    results: Iterable[ScopeResult],
    now: datetime,
    *,
    partial: bool,
) -> tuple[ExemptionUse, ...]:
    """Say where each exemption stands. A ``partial`` audit cannot show that one matches nothing."""
    matched: dict[int, list[Assessment]] = {}
    for assessment in (a for result in results for a in result.assessments):
        for number in assessment.exemptions:
            matched.setdefault(number, []).append(assessment)
    return tuple(
        _use(exemption, matched.get(number, ()), now, partial=partial)
        for number, exemption in enumerate(exemptions)
    )


def _use(
    exemption: Exemption, matched: Sequence[Assessment], now: datetime, *, partial: bool
) -> ExemptionUse:
    exempt = [check for a in matched for check in a.checks if check.exempt]
    return ExemptionUse(
        owner=exemption.owner,
        reason=exemption.reason,
        until=exemption.until,
        state=exemption.state(now, max(len(matched), partial)),
        resources=len(matched),
        findings=sum(exemption.covers(check.rule, check.since, now) for check in exempt),
    )


def _no_policy(ungoverned: Ungoverned) -> Check:
    fails = ungoverned is Ungoverned.FAIL
    return Check(
        "ungoverned",
        Outcome.FAIL if fails else Outcome.PASS,
        Severity.HIGH,
        _UNGOVERNED,
        advice=_GOVERN_IT if fails else "",
    )


def _first_backup_due(history: History, policy: Policy, now: datetime) -> datetime | None:
    """Return the end of the grace of a new resource; None when it is not new.

    Without a creation time nothing is new, and a time in the future is not believed.
    """
    created = history.resource.created_at
    if created is None or created - now > FUTURE_TOLERANCE:
        return None
    if history.usable or history.has_usable_without_time:
        return None
    due = created + policy.grace
    return due if now < due else None


def _check(use: RuleUse, rule: Rule, history: History, moment: Moment) -> Check:
    if moment.first_backup_due and not rule.judges_new:
        due = moment.say(moment.first_backup_due)
        verdict = Verdict(Outcome.PASS, phrase("new, first backup due by {due}", due=due))
    else:
        verdict = rule.check(history, use.options, moment)
    return Check(
        rule=use.rule,
        outcome=verdict.outcome,
        severity=use.severity.lowered() if verdict.lowered else use.severity,
        message=verdict.message,
        observed=verdict.observed,
        expected=verdict.expected,
        since=verdict.since,
        advice="" if verdict.outcome is Outcome.PASS else rule.advice,
        controls=use.controls,
        limit=verdict.limit,
    )


def _outcome(checks: Iterable[Check]) -> Outcome:
    outcomes = {check.outcome for check in checks if not check.exempt}
    for worst in (Outcome.FAIL, Outcome.UNKNOWN):
        if worst in outcomes:
            return worst
    return Outcome.PASS


def _points(history: History) -> Points:
    newest = [Point(b.taken_at, b.state, b.size_bytes) for b in history.backups[:_POINTS]]
    gone = (one for one in history.remembered if not one.mark)
    newest += (Point(one.taken_at, _SEEN, one.size_bytes, is_remembered=True) for one in gone)
    newest.sort(key=lambda p: -p.taken_at.timestamp() if p.taken_at else inf)
    return Points.of(reversed(newest[:_POINTS]))


def _days(history: History, now: datetime, zone: ZoneInfo) -> tuple[Day, ...]:
    today = now.astimezone(zone).date()
    seen: dict[date, set[BackupState | DayState]] = {}
    for backup in history.backups:
        if backup.taken_at:
            seen.setdefault(backup.taken_at.astimezone(zone).date(), set()).add(backup.state)
    for one in history.remembered:
        if not one.mark:  # what is listed, be it as expired, is shown as it is listed
            seen.setdefault(one.taken_at.astimezone(zone).date(), set()).add(DayState.REMEMBERED)
    for day in _covered(history, now, zone):
        seen.setdefault(day, set()).add(BackupState.SUCCEEDED)
    created = history.resource.created_at
    first = created.astimezone(zone).date() if created else None
    days = (today - timedelta(days=back) for back in reversed(range(_DAYS)))
    return tuple(Day(day, _day_state(day, seen.get(day, set()), first)) for day in days)


def _covered(history: History, now: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days of a strip of which a moment can be restored by point-in-time recovery."""
    window = history.restorable
    if window is None or window.until - now > FUTURE_TOLERANCE:
        return
    first, last = (end.astimezone(zone).date() for end in (window.since, window.until))
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=back) for back in range(_DAYS))
    yield from (day for day in days if first <= day <= last)


def _day_state(day: date, states: set[BackupState | DayState], first: date | None) -> DayState:
    for state, shown in _DAY_STATES:
        if state in states:
            return shown
    return DayState.NOT_YET if first and day < first else DayState.MISSING
