"""One scope from end to end: collect, judge resource by resource, name what could not be seen.

With ``run`` this is the only place that turns exceptions into gaps. Whatever goes wrong, in the
network, in a source or in a rule, ends as a gap and, for a resource that is known, as an
assessment that is not a pass.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from pathlib import PurePath

from backup_auditor.errors import SourceError
from backup_auditor.judge import judge, unread
from backup_auditor.memory.past import look_back
from backup_auditor.model import (
    Assessment,
    Gap,
    GapReason,
    History,
    Orphan,
    Past,
    Reach,
    Resource,
    Scope,
    ScopeResult,
)
from backup_auditor.policy.model import PolicySet
from backup_auditor.policy.selector import Selector
from backup_auditor.rules import Moment, Rule
from backup_auditor.sources import Collected, Source, Unread
from backup_auditor.speech import phrase, phrases

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judging:
    """What every scope of one audit is judged by."""

    policies: PolicySet
    rules: Mapping[str, Rule]
    moment: Moment
    select: Selector | None = None
    past: Mapping[tuple[Scope, str], Past] | None = None
    """What earlier audits saw of each resource; None where audits are not kept."""


def collect(
    source: Source, scope: Scope, judging: Judging, on_resource: Callable[[Scope], None]
) -> ScopeResult:
    """Collect and judge ``scope``. Never raises for anything that the source or a rule does."""
    scoped = _Collection(scope, judging)
    try:
        items = source.collect(scope, scoped.wanted, orphans=judging.select is None)
        with closing(items):  # no thread or connection of a source may outlive its scope
            for item in items:
                if scoped.take(item):
                    on_resource(scope)
    except Exception as error:  # noqa: BLE001 - whatever it is, the scope must show up as a gap
        scoped.errors.append(as_source_error(error))
    return scoped.result()


@dataclass(slots=True)
class _Collection:
    """What has come in of one scope so far."""

    scope: Scope
    judging: Judging
    assessments: list[Assessment] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    not_read: list[Unread] = field(default_factory=list)
    reach: Reach = field(init=False)

    def __post_init__(self) -> None:
        judging = self.judging
        uses = (use for policy in judging.policies.policies for use in policy.rules)
        asked = (judging.rules[use.rule].reach(use.options) for use in uses)
        self.reach = reduce(or_, asked, Reach())

    def wanted(self, resource: Resource) -> bool:
        """Return whether the audit is about ``resource``."""
        return self.judging.select is None or self.judging.select.matches(resource)

    def take(self, item: Collected) -> bool:
        """Judge or keep ``item``; return whether it was a resource."""
        match item:
            case History():
                self.assessments.append(self._judged(item))
                return True
            case Unread():
                self.assessments.append(self._unread(item))
                return True
            case Orphan():
                self.orphans.append(item)
            case SourceError():
                self.errors.append(item)
        return False

    def _judged(self, history: History) -> Assessment:
        try:
            return self._with_past(history)
        except Exception as error:  # noqa: BLE001 - a faulty rule must not hide this resource
            return self._unread(Unread(history.resource, as_source_error(error)))

    def _with_past(self, history: History) -> Assessment:
        judging, past = self.judging, None
        if judging.past is not None:
            before = judging.past.get((self.scope, history.resource.id))
            history, past = look_back(history, before, judging.moment.now, self.reach)
        judged = judge(history, judging.policies, judging.rules, judging.moment)
        return replace(judged, past=past) if past else judged

    def _unread(self, item: Unread) -> Assessment:
        self.not_read.append(item)
        return unread(item.resource, item.error.detail, self.judging.policies)

    def result(self) -> ScopeResult:
        """Return everything in an order that does not depend on arrival."""
        gaps = {as_gap(error, self.scope) for error in self.errors}
        gaps.update(_unread_gaps(self.scope, self.not_read))
        return ScopeResult(
            scope=self.scope,
            assessments=tuple(
                sorted(self.assessments, key=lambda a: (a.resource.name, a.resource.id))
            ),
            orphans=tuple(sorted(self.orphans, key=lambda o: o.resource_id)),
            gaps=tuple(sorted(gaps, key=lambda g: (g.reason, g.detail))),
        )


def as_source_error(error: Exception) -> SourceError:
    """Return ``error`` as it is, or name a fault of this program.

    The text of an unexpected exception is left out, because it may hold anything.
    """
    if isinstance(error, SourceError):
        return error
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = PurePath(trace.tb_frame.f_code.co_filename).name if trace else "?"
    kind, place = type(error).__name__, f"{name}:{trace.tb_lineno if trace else 0}"
    _log.error("internal fault: %s at %s", kind, place)
    detail = phrase("a fault of this program: {error} at {place}", error=kind, place=place)
    return SourceError(GapReason.INTERNAL, detail)


def as_gap(error: SourceError, scope: Scope) -> Gap:
    """Return the gap that ``error`` leaves in ``scope``; empty fields of it mean all."""
    return Gap(scope.source, scope.account, scope.region, error.reason, error.detail)


def _unread_gaps(scope: Scope, items: Iterable[Unread]) -> list[Gap]:
    """One gap for each reason, not for each resource: many resources mostly share one cause."""
    first: dict[GapReason, SourceError] = {}
    count: Counter[GapReason] = Counter()
    for item in sorted(items, key=lambda i: i.resource.id):
        first.setdefault(item.error.reason, item.error)
        count[item.error.reason] += 1
    return [
        as_gap(SourceError(reason, _unread_detail(count[reason], error.detail)), scope)
        for reason, error in first.items()
    ]


def _unread_detail(number: int, detail: str) -> str:
    return phrases(
        "the backups of 1 resource could not be read: {why}",
        "the backups of {number} resources could not be read: {why}",
        number,
        number=str(number),
        why=detail,
    )
