"""What the contract holds so that ``reading`` can make the whole report out of it again.

Single backups are left out: they would be most of the document, and only the page draws them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from backup_auditor.model import Assessment, Day, DayState, Gap, Orphan, Scope, ScopeResult
from backup_auditor.report.model import Report
from backup_auditor.values import write_instant

LETTERS = {**{state: state.value[0] for state in DayState}, DayState.REMEMBERED: "p"}
"""A day strip is a text of these; (p)ast is what is only remembered."""


class Places:
    """Where in ``coverage`` the scope stands that something was collected in, from 0.

    None where the document does not hold the scope, as in a channel's part, and for a gap of no
    scope.
    """

    def __init__(self, report: Report) -> None:
        """Find the scopes of the audit among the rows of the report."""
        self._results = list(_placed(report))
        self._assessments = {id(a): at for result, at in self._results for a in result.assessments}
        self._gaps: dict[Gap, deque[int | None]] = {}
        for result, at in self._results:
            for gap in result.gaps:
                self._gaps.setdefault(gap, deque()).append(at)

    def of_resource(self, assessment: Assessment) -> int | None:
        """Return the place of a resource."""
        return self._assessments.get(id(assessment))

    def of_gap(self, gap: Gap) -> int | None:
        """Return the place of a gap; of equal gaps each is to be asked for once."""
        places = self._gaps.get(gap)
        return places.popleft() if places else None

    def orphans(self) -> Iterator[tuple[Orphan, int | None]]:
        """Yield all orphans, with their places."""
        for result, at in self._results:
            for orphan in result.orphans:
                yield orphan, at


def _placed(report: Report) -> Iterator[tuple[ScopeResult, int | None]]:
    """Yield the results with their places; rows come in the order of the results."""
    place = 0
    rows = report.coverage
    for result in report.audit.results:
        row = rows[place] if place < len(rows) else None
        if row and Scope(row.source, row.account, row.region) == result.scope:
            yield result, place
            place += 1
        else:
            yield result, None


def of_resource(assessment: Assessment, place: int | None) -> dict[str, Any]:
    """Return what is kept of a resource beside its outcome."""
    resource = assessment.resource
    return {
        "kind": resource.kind or None,
        "state": resource.state or None,
        "created_at": write_instant(resource.created_at),
        "owner": assessment.owner or None,
        "runbook": assessment.runbook or None,
        "days": _strip(assessment.days),
        "sizes": list(assessment.sizes),
        "remembered": assessment.remembered,
        "unread": assessment.unread or None,
        "scope": place,
    }


def of_coverage(report: Report) -> list[dict[str, Any]]:
    """Return what was asked and what answered."""
    return [{**asdict(row), "problem": row.problem or None} for row in report.coverage]


def _strip(days: Sequence[Day]) -> dict[str, str] | None:
    if not days:
        return None
    states = "".join(LETTERS[day.state] for day in days)
    return {"last": days[-1].date.isoformat(), "states": states}
