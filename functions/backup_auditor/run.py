"""One audit from end to end: plan, collect every scope at once, conclude."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from backup_auditor import __version__
from backup_auditor.collect import Judging, as_gap, as_source_error, collect
from backup_auditor.delivery import Targets, deliver
from backup_auditor.errors import PolicyError, SourceError
from backup_auditor.heartbeat import beat
from backup_auditor.judge import conclude, exemption_uses
from backup_auditor.keeping import Kept
from backup_auditor.model import (
    Audit,
    DeliveryOutcome,
    Gap,
    GapReason,
    Notice,
    Past,
    Run,
    Scope,
    ScopeResult,
)
from backup_auditor.outside import Outside
from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.model import PolicySet, SourceRequest
from backup_auditor.policy.selector import Selector
from backup_auditor.report.build import build
from backup_auditor.report.model import Report
from backup_auditor.report.overrides import Overrides
from backup_auditor.report.parts import parts_of
from backup_auditor.report.proving import broken_templates, proved
from backup_auditor.rules import Moment, Rule
from backup_auditor.selection import may_match
from backup_auditor.sources import Source
from backup_auditor.speech import phrase

# Scopes mostly wait for the provider's answers; the real limit is the concurrency of each source.
_SCOPES_AT_ONCE = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a report is told, beside its channels."""

    heartbeat: Heartbeat | None = None
    kept: Kept | None = None
    """The audit beside the one before it, where there is a store."""
    overrides: Overrides = field(default_factory=Overrides)
    """Templates of the user."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one audit does; made by ``compose``."""

    policies: PolicySet
    sources: Sequence[tuple[SourceRequest, Source]]
    rules: Mapping[str, Rule]
    select: Selector | None = None
    """Only these resources; then nothing is said about what is missing or unmatched."""
    as_of: datetime | None = None
    """The instant that rules see; None: when the audit starts."""
    past: Mapping[tuple[Scope, str], Past] | None = None
    """What earlier audits saw of each resource; None where audits are not kept."""


class Watcher(Protocol):
    """Sees how far an audit is; called from several threads."""

    def planned(self, scopes: int) -> None:
        """Be told how many scopes there are."""

    def judged(self, scope: Scope) -> None:
        """Be told that one more resource of ``scope`` was judged."""

    def finished(self, result: ScopeResult) -> None:
        """Be told that a scope is done."""


@dataclass(frozen=True, slots=True)
class Task:
    """One scope to collect, and who collects it."""

    request: SourceRequest
    source: Source
    scope: Scope


def audit(
    plan: Plan, outside: Outside, watcher: Watcher, *, instant: datetime | None = None
) -> Audit:
    """Collect and judge everything that ``plan`` names. Never raises for a part that fails.

    ``instant`` is when the audit was due (the scheduled time): the run's id is made from it, so
    that a repeated invocation has the same id. It defaults to what rules see.
    """
    started = plan.as_of or outside.now()
    tasks, gaps = tasks_of(plan)
    watcher.planned(len(tasks))
    moment = Moment(started, plan.policies.timezone)
    judging = Judging(plan.policies, plan.rules, moment, plan.select, plan.past)
    results = tuple(sorted(_collect_all(tasks, judging, outside, watcher), key=lambda r: r.scope))
    if plan.select is None:
        gaps += _shortfalls(tasks, plan, results, gaps)
    elif not gaps and not any(result.assessments or result.gaps for result in results):
        gaps.append(Gap("", "", "", GapReason.EMPTY, phrase("select matches no resource")))
    every_gap = _sorted([*gaps, *(gap for result in results for gap in result.gaps)])
    digest = plan.policies.digest
    run_id = _run_id(instant or started, digest, plan.select)
    return Audit(
        run=Run(run_id, started, outside.now(), digest, __version__),
        verdict=conclude(results, every_gap),
        timezone=plan.policies.timezone.key,
        language=plan.policies.language,
        results=results,
        gaps=every_gap,
        notices=_unmatched(plan.policies, results, every_gap) if plan.select is None else (),
        exemptions=exemption_uses(
            plan.policies.exemptions,
            results,
            started,
            partial=plan.select is not None or bool(every_gap),
        ),
        is_partial=plan.select is not None,
    )


def failed_audit(
    error: PolicyError, digest: str, outside: Outside, *, instant: datetime | None = None
) -> Audit:
    """Return the audit of a run that could not begin, because its policy is broken.

    ``instant`` is when it was due, as for ``audit``.
    """
    now = outside.now()
    detail = phrase("the policy is broken, nothing was audited: {problems}", problems=str(error))
    gaps = (Gap("", "", "", GapReason.POLICY, detail),)
    run = Run(_run_id(instant or now, digest), now, now, digest, __version__)
    verdict = conclude((), gaps)
    return Audit(run, verdict, "UTC", results=(), gaps=gaps, language=error.language)


def tell(
    finished: Audit, targets: Targets, outside: Outside, manner: Manner | None = None
) -> Report:
    """Send the report of ``finished`` through ``targets``, keep its record, call the watcher.

    Return the report with the receipts, and with those templates of the user that work.
    """
    manner = manner or Manner()
    kept, heartbeat = manner.kept, manner.heartbeat
    fresh = build(kept.audit if kept else finished)
    told, _ = proved(fresh, manner.overrides, [target.part for target in targets])
    receipts = deliver(told, targets, outside, kept)
    report = _rebuilt(told, deliveries=receipts)
    if kept:
        kept.save(report)
        receipts = (*receipts, *kept.failures)
    failed = any(receipt.outcome is DeliveryOutcome.FAILED for receipt in receipts)
    failed = failed or any(gap.reason is GapReason.POLICY for gap in told.gaps)
    failed = failed or bool(broken_templates(told))
    called = beat(heartbeat, outside, failed=failed) if heartbeat else None
    if called is None and not (kept and kept.failures):
        return report
    return _rebuilt(told, deliveries=receipts, heartbeat=called)


def _rebuilt(report: Report, **fields: Any) -> Report:
    return replace(build(replace(report.audit, **fields)), overrides=report.overrides)


def _run_id(instant: datetime, digest: str, select: Selector | None = None) -> str:
    """Return an id; of two audits that are due at one instant, that of a part has its own."""
    what = digest.removeprefix("sha256:")
    if select is not None:
        what = hashlib.sha256(f"{what} {select!r}".encode(errors="replace")).hexdigest()
    return f"{instant:%Y%m%dT%H%M%SZ}-{what[:12]}"


def tasks_of(plan: Plan) -> tuple[list[Task], list[Gap]]:
    """Ask the sources for their scopes; return those that ``plan`` needs, and what is not known."""
    tasks: dict[tuple[int, Scope], Task] = {}
    gaps: list[Gap] = []
    for number, (request, source) in enumerate(plan.sources):
        for item in _scopes(request, source):
            if isinstance(item, Gap):
                gaps.append(item)
            elif plan.select is None or may_match(plan.select, item):
                tasks[number, item] = Task(request, source, item)
    return list(tasks.values()), gaps


def _scopes(request: SourceRequest, source: Source) -> Iterator[Scope | Gap]:
    try:
        for item in source.scopes():
            if isinstance(item, Scope):
                yield item
            else:
                yield as_gap(item.error, Scope(request.kind, item.account, item.region))
    except Exception as error:  # noqa: BLE001 - whatever it is, the source must show up as a gap
        yield as_gap(as_source_error(error), Scope(request.kind, "", ""))


def _collect_all(
    tasks: Sequence[Task], judging: Judging, outside: Outside, watcher: Watcher
) -> Iterable[ScopeResult]:
    def one(task: Task) -> ScopeResult:
        try:
            outside.check_deadline()
        except SourceError as error:
            result = ScopeResult(task.scope, gaps=(as_gap(error, task.scope),))
        else:
            result = collect(task.source, task.scope, judging, watcher.judged)
        watcher.finished(result)
        return result

    return at_once(tasks, one)


def at_once(tasks: Sequence[Task], work: Callable[[Task], T]) -> list[T]:
    """Do ``work`` for all ``tasks`` on threads; return what it gives in the order of ``tasks``."""
    workers = max(1, min(_SCOPES_AT_ONCE, len(tasks)))
    pool = ThreadPoolExecutor(workers, thread_name_prefix="scope")
    try:
        return list(pool.map(work, tasks))
    finally:  # all are done here, unless somebody interrupts the audit
        pool.shutdown(wait=False, cancel_futures=True)


def _shortfalls(
    tasks: Sequence[Task], plan: Plan, results: Sequence[ScopeResult], planning: Sequence[Gap]
) -> list[Gap]:
    """Find sources with fewer resources than the policy expects: that is not a clean sheet."""
    gaps: list[Gap] = []
    for request, _ in plan.sources:
        scopes = {task.scope for task in tasks if task.request is request}
        own = [result for result in results if result.scope in scopes]
        found = sum(len(result.assessments) for result in own)
        least = request.options.expect.min_resources
        # Where nothing answered, the gaps that say why are enough.
        unanswered = any(result.gaps for result in own) or any(
            gap.source == request.kind for gap in planning
        )
        if found < least and (found or not unanswered):
            detail = phrase(
                "{found} found where the policy expects at least {least}",
                found=str(found),
                least=str(least),
            )
            gaps.append(Gap(request.kind, "", "", GapReason.EMPTY, detail))
    return gaps


def _unmatched(
    policies: PolicySet, results: Iterable[ScopeResult], gaps: Sequence[Gap]
) -> tuple[Notice, ...]:
    assessments = [a for result in results for a in result.assessments]
    used = {a.policy for a in assessments}
    seen_all = not gaps
    idle = [
        Notice("policy-matches-nothing", _governs_nothing(policy.name, seen_all=seen_all))
        for policy in policies.policies
        if policy.name not in used
    ]
    deaf = [
        Notice("channel-matches-nothing", _has_nothing(name, seen_all=seen_all))
        for name, part in parts_of(policies.channels).items()
        if not any(part.own.takes(a) for a in assessments)
    ]
    return (*idle, *(deaf if assessments else []))


def _governs_nothing(policy: str, *, seen_all: bool) -> str:
    name = repr(policy)
    if seen_all:
        return phrase("policy {policy} governs no resource", policy=name)
    return phrase("policy {policy} governs no resource that could be seen", policy=name)


def _has_nothing(channel: str, *, seen_all: bool) -> str:
    name = repr(channel)
    if seen_all:
        return phrase("channel {channel} has no resource in its part", channel=name)
    return phrase("channel {channel} has no resource that could be seen in its part", channel=name)


def _sorted(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(gaps, key=lambda g: (g.source, g.account, g.region, g.reason, g.detail)))
