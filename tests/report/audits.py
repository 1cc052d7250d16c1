"""Audits of any kind, for properties: what no run has thought of, in every field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from backup_auditor.fingerprint import of_check
from backup_auditor.judge import conclude
from backup_auditor.model import (
    Assessment,
    Audit,
    Changes,
    Check,
    Day,
    DayState,
    Delivery,
    DeliveryOutcome,
    ExemptionState,
    ExemptionUse,
    Gap,
    GapKey,
    GapReason,
    Known,
    Notice,
    Orphan,
    Outcome,
    Resource,
    Run,
    Scope,
    ScopeResult,
    Severity,
    Vanished,
)
from hypothesis import strategies as st

TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["", "a", "<b>", "\x1b[31m", "\u202e"]))
LINES = st.sampled_from(["", "a", "ucloud.uredis", "生产"])
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds it
NUMBERS = st.integers(0, 2**62)
SCOPES = st.builds(Scope, LINES, TEXTS, TEXTS)


@st.composite
def strips(draw: st.DrawFn) -> tuple[Day, ...]:
    """Draw days, one after the other."""
    states = draw(st.lists(st.sampled_from(list(DayState)), max_size=14))
    first = draw(st.dates(date(1950, 1, 1), date(2190, 1, 1)))
    return tuple(Day(first + timedelta(days=n), state) for n, state in enumerate(states))


@st.composite
def checks(draw: st.DrawFn) -> Check:
    """Draw a check; only what is wrong is exempt."""
    outcome = draw(st.sampled_from(list(Outcome)))
    exempt = outcome is not Outcome.PASS and draw(st.booleans())
    return Check(
        rule=draw(LINES),
        outcome=outcome,
        severity=draw(st.sampled_from(list(Severity))),
        message=draw(TEXTS),
        observed=draw(TEXTS),
        expected=draw(TEXTS),
        since=draw(st.none() | INSTANTS),
        exempt=exempt,
        exemption=draw(TEXTS) if exempt else "",
        advice=draw(TEXTS),
        controls=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


@st.composite
def assessments(draw: st.DrawFn, id: str) -> Assessment:  # noqa: A002 - as the field is called
    """Draw what remains of a resource, with this id."""
    resource = Resource(
        *(id, draw(TEXTS), draw(LINES), draw(TEXTS), draw(TEXTS), draw(TEXTS), draw(TEXTS)),
        state=draw(TEXTS),
        created_at=draw(st.none() | INSTANTS),
    )
    return Assessment(
        resource=resource,
        policy=draw(st.none() | TEXTS),
        outcome=draw(st.sampled_from(list(Outcome))),
        checks=tuple(draw(st.lists(checks(), max_size=3))),
        last_success_at=draw(st.none() | INSTANTS),
        last_success_size_bytes=draw(st.none() | NUMBERS),
        backups=draw(NUMBERS),
        days=draw(strips()),
        sizes=tuple(draw(st.lists(NUMBERS, max_size=3))),
        remembered=draw(NUMBERS),
        owner=draw(TEXTS),
        runbook=draw(TEXTS),
        unread=draw(st.sampled_from(["", "", "may not", "too slow"])),
    )


@st.composite
def results(draw: st.DrawFn) -> ScopeResult:
    """Draw what one scope gave; its resources differ in their ids."""
    own = [draw(assessments(str(n))) for n in range(draw(st.integers(0, 4)))]
    orphans = st.builds(Orphan, LINES, TEXTS, TEXTS, TEXTS, TEXTS, NUMBERS, st.none() | INSTANTS)
    return ScopeResult(
        draw(SCOPES),
        tuple(own),
        tuple(draw(st.lists(orphans, max_size=2))),
        tuple(draw(st.lists(gaps(), max_size=2))),
    )


@st.composite
def changes(draw: st.DrawFn, found: list[ScopeResult]) -> Changes:
    """Draw what is different from an audit before, or that there was none."""
    known: dict[str, Known] = {}
    for one in (a for result in found for a in result.assessments):
        for check in one.checks:
            if draw(st.booleans()):
                trail = "1" if check.outcome is not Outcome.PASS else "0"
                known[of_check(one.resource, check.rule)] = Known(
                    *(_scope_of(one), one.resource.id, check.rule, check.severity, check.outcome),
                    since=draw(INSTANTS),
                    audits=draw(st.integers(1, 9)),
                    trail=draw(st.sampled_from(["", "1", "010101"])) + trail,
                )
    kinds = st.lists(st.sampled_from(sorted(known) or ["0" * 16]), max_size=2).map(tuple)
    keys = st.builds(GapKey, LINES, TEXTS, TEXTS, st.sampled_from(list(GapReason)))
    gone = st.builds(Vanished, SCOPES, TEXTS, TEXTS, INSTANTS)
    return Changes(
        draw(st.none() | LINES),
        draw(st.none() | INSTANTS),
        *(draw(kinds), draw(kinds), draw(kinds), draw(kinds), draw(kinds)),
        vanished=tuple(draw(st.lists(gone, max_size=2))),
        appeared=draw(NUMBERS),
        new_gaps=tuple(draw(st.lists(keys, max_size=2))),
        known=known,
    )


def _scope_of(assessment: Assessment) -> Scope:
    resource = assessment.resource
    return Scope(resource.source, resource.account, resource.region)


def gaps() -> st.SearchStrategy[Gap]:
    """Draw what could not be collected."""
    return st.builds(Gap, LINES, TEXTS, TEXTS, st.sampled_from(list(GapReason)), TEXTS)


@st.composite
def audits(draw: st.DrawFn) -> Audit:
    """Draw a whole audit; the same scope may be in it twice."""
    found = sorted(draw(st.lists(results(), max_size=3)), key=lambda result: result.scope)
    of_planning = draw(st.lists(gaps(), max_size=2))
    every_gap = [*of_planning, *(gap for result in found for gap in result.gaps)]
    receipts = st.builds(Delivery, LINES, st.sampled_from(DeliveryOutcome), NUMBERS, TEXTS)
    states = st.sampled_from(ExemptionState)
    days = st.dates(date(1950, 1, 1), date(2190, 1, 1))
    uses = st.builds(ExemptionUse, TEXTS, TEXTS, days, states, NUMBERS, NUMBERS)
    heartbeat = Delivery("heartbeat", DeliveryOutcome.SENT, 1)
    return Audit(
        run=Run(draw(LINES), draw(INSTANTS), draw(INSTANTS), draw(LINES), draw(LINES)),
        verdict=conclude(found, every_gap),
        timezone=draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])),
        results=tuple(found),
        gaps=tuple(draw(st.permutations(every_gap))),
        notices=tuple(draw(st.lists(st.builds(Notice, LINES, TEXTS), max_size=2))),
        exemptions=tuple(draw(st.lists(uses, max_size=2))),
        deliveries=tuple(draw(st.lists(receipts, max_size=2))),
        is_partial=draw(st.booleans()),
        heartbeat=draw(st.sampled_from([None, heartbeat])),
        language=draw(st.sampled_from(["en", "zh-CN"])),
        changes=draw(changes(found)),
    )
