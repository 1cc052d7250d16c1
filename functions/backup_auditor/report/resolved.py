"""What is over: resources of which a rule that found something last time finds it no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from backup_auditor.fingerprint import of_check
from backup_auditor.model import Assessment, Audit, Known, Severity, Vanished
from backup_auditor.report import changed
from backup_auditor.report.model import Resolved
from backup_auditor.report.words import printable
from backup_auditor.speech import Language
from backup_auditor.values import whole_second

_UNREAD, _UNGOVERNED = "unread", "ungoverned"
WITHOUT_CHECK = frozenset({_UNREAD, _UNGOVERNED})
"""What the audit finds itself; a resource that has got over it has no check of it."""


def resolved_of(audit: Audit, tongue: Language, zone: ZoneInfo) -> tuple[Resolved, ...]:
    """Return one of each resource of which something is resolved, worst first."""
    over = frozenset(audit.changes.resolved)
    if not over:
        return ()
    rows = (
        _resolved(assessment, rules, audit, tongue=tongue, zone=zone)
        for assessment in audit.assessments
        if (rules := _rules(assessment, over))
    )
    return tuple(sorted(rows, key=_worst_first))


def vanished_of(vanished: Iterable[Vanished]) -> tuple[Vanished, ...]:
    """Return the resources that are no longer there, by where they were."""
    return tuple(sorted(vanished, key=lambda one: (one.scope, one.name, one.id)))


def _rules(assessment: Assessment, over: frozenset[str]) -> tuple[str, ...]:
    asked = dict.fromkeys([*(check.rule for check in assessment.checks), *sorted(WITHOUT_CHECK)])
    return tuple(rule for rule in asked if of_check(assessment.resource, rule) in over)


def _resolved(
    assessment: Assessment,
    rules: tuple[str, ...],
    audit: Audit,
    *,
    tongue: Language,
    zone: ZoneInfo,
) -> Resolved:
    until = audit.run.started_at
    checks = [check for check in assessment.checks if check.rule in rules]
    past: list[tuple[datetime, Known]] = []
    for check in checks:
        known = audit.changes.known.get(of_check(assessment.resource, check.rule))
        since = changed.since(check, known)
        if known and since:
            past.append((since, known))
    since = min((since for since, _ in past), default=None)
    return Resolved(
        assessment=assessment,
        severity=max((c.severity for c in checks), key=lambda s: s.rank, default=Severity.HIGH),
        rules=rules,
        since=since,
        until=until,
        audits=max((known.audits for _, known in past), default=0),
        sentences=tuple(_sentences(rules, since, until, tongue=tongue, zone=zone)),
    )


def _sentences(
    rules: tuple[str, ...],
    since: datetime | None,
    until: datetime,
    *,
    tongue: Language,
    zone: ZoneInfo,
) -> Iterator[str]:
    passing = [printable(rule) for rule in rules if rule not in WITHOUT_CHECK]
    if passing and since:
        yield tongue.say(
            "Passes again: {rules} (did not from {since} to {until}).",
            rules=passing,
            since=tongue.instant(since, zone),
            until=tongue.instant(until, zone),
        )
    elif passing:
        yield tongue.say("Passes again: {rules}.", rules=passing)
    if _UNREAD in rules:
        yield tongue.say("Its backups can be read again.")
    if _UNGOVERNED in rules:
        yield tongue.say("That no policy governs it is no finding any more.")


def _worst_first(resolved: Resolved) -> tuple[int, float, tuple[str, ...]]:
    since = whole_second(resolved.since).timestamp() if resolved.since else float("inf")
    one = resolved.assessment.resource
    place = (one.name, one.id, one.source, one.account, one.region)
    return -resolved.severity.rank, since, place
