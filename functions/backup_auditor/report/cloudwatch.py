"""An audit as metrics of Amazon CloudWatch: one line of JSON in its embedded metric format.

What a Lambda function prints goes to CloudWatch Logs, which makes metrics of lines in this form: no
call is made, no permission needed. The line names the set of policies and the run, no resource.

* What is not known is left out: a 0 would look fine.
* A repeated run prints its line again, and a line may be counted twice: never ask for the sum.

Specification:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from backup_auditor.model import Assessment, AuditVerdict, BackupState, DeliveryOutcome, Outcome
from backup_auditor.report.exemptions import standing
from backup_auditor.report.model import Report

NAMESPACE = "BackupAuditor"
DIMENSION = "Set"
"""The set of policies, as the store calls it."""
VERDICTS = {AuditVerdict.PASS: 0, AuditVerdict.INCOMPLETE: 1, AuditVerdict.FAIL: 2}
"""In rising order of what to do about it."""

_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
_JUDGED = frozenset({*map(str, Outcome)})


class Unit(StrEnum):
    """Those of CloudWatch that are used here, as it calls them."""

    NONE = "None"
    COUNT = "Count"
    SECONDS = "Seconds"
    MILLISECONDS = "Milliseconds"


UNITS = {
    "Verdict": Unit.NONE,
    "Resources": Unit.COUNT,
    "Passed": Unit.COUNT,
    "Failed": Unit.COUNT,
    "Unknown": Unit.COUNT,
    "Exempt": Unit.COUNT,
    "Ungoverned": Unit.COUNT,
    "Gaps": Unit.COUNT,
    "NewFindings": Unit.COUNT,
    "ResolvedFindings": Unit.COUNT,
    "Duration": Unit.MILLISECONDS,
    "FailedDeliveries": Unit.COUNT,
    "OldestUnbackedAge": Unit.SECONDS,
}
"""Every metric, and its unit."""


def to_cloudwatch(report: Report, set_name: str) -> str:
    """Return the line, without an end of line; ``set_name`` is the value of the dimension."""
    values = dict(_values(report))
    finished = report.audit.run.finished_at
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": name, "Unit": str(UNITS[name])} for name in values],
    }
    document = {
        "_aws": {"Timestamp": int(finished.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        DIMENSION: set_name,
        "Run": report.audit.run.id,
        **values,
    }
    return json.dumps(document)


def _values(report: Report) -> Iterator[tuple[str, int]]:
    audit, counts, changes = report.audit, report.counts, report.audit.changes
    yield "Verdict", VERDICTS[audit.verdict]
    yield "Resources", counts.resources
    yield "Passed", counts.passed
    yield "Failed", counts.failed
    yield "Unknown", counts.unknown
    yield "Exempt", counts.exempt
    yield "Ungoverned", counts.ungoverned
    yield "Gaps", counts.gaps
    if changes.compared_with is not None:
        yield "NewFindings", len(changes.new)
        yield "ResolvedFindings", len(changes.resolved)
    yield "Duration", (audit.run.finished_at - audit.run.started_at) // _MILLISECOND
    failed = [d for d in audit.deliveries if d.outcome is DeliveryOutcome.FAILED]
    yield "FailedDeliveries", len(failed)
    oldest = min(_unbacked_since(audit.assessments), default=None)
    if oldest is not None:
        yield "OldestUnbackedAge", max(0, (audit.run.started_at - oldest) // _SECOND)


def _unbacked_since(assessments: Iterable[Assessment]) -> Iterator[datetime]:
    """Yield since when resources have no newer backup, of those of which that is known.

    Those that nobody judges or somebody answers for are left out.
    """
    for one in assessments:
        since = one.last_success_at
        if since is None and _was_never_backed_up(one):
            since = one.resource.created_at
        if since is not None and standing(one) in _JUDGED:
            yield since


def _was_never_backed_up(one: Assessment) -> bool:
    """Return whether its backups were read, and none of them can be used."""
    return not one.unread and all(p.state is not BackupState.SUCCEEDED for p in one.points)
