"""An audit as OpenMetrics text, for alarms: Prometheus, its textfile collector, and their kin.

Only gauges, so that the text is valid in the older Prometheus format too, which is all that the
textfile collector takes. Made so that an alarm is easy to write and hard to write wrongly:

* ``backup_auditor_resource_outcome`` has one series a resource, with its outcome as a label:
  ``backup_auditor_resource_outcome{outcome!="pass"}`` is all that fails or cannot be judged.
* What has no backup, or could not be read, has the age ``+Inf`` and the time 0: it is beyond any
  limit.
* A run that ended badly leaves the last text in place; ``backup_auditor_run_timestamp_seconds``
  tells that it is old.

Specification: https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from backup_auditor.model import Assessment, Outcome, Severity
from backup_auditor.report.model import Report
from backup_auditor.report.story import Story, by_change
from backup_auditor.report.words import printable
from backup_auditor.values import whole_second

_LONGEST_LABEL = 200
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Sample = tuple[str, float]
"""Labels as they are written, without braces, and the value."""


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    help: str
    samples: Iterable[Sample]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """One resource, and the labels that all its series carry."""

    labels: str
    assessment: Assessment


def to_openmetrics(report: Report) -> str:
    """Return the metrics as text. What there is none of is named, and has no samples."""
    rows = list(_rows(report))
    families = [*_of_the_audit(report), *_of_resources(rows, report)]
    lines = [line for family in families for line in _lines(family)]
    return "\n".join([*lines, "# EOF", ""])


def _lines(family: _Family) -> Iterator[str]:
    name = f"backup_auditor_{family.name}"
    yield f"# TYPE {name} gauge"
    if family.unit:
        yield f"# UNIT {name} {family.unit}"
    yield f"# HELP {name} {family.help}"
    for labels, value in family.samples:
        yield f"{name}{{{labels}}} {_number(value)}" if labels else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return "+Inf" if value == math.inf else str(value)


def _labels(**values: str) -> str:
    # What is no UTF-8 (lone surrogates) would make Prometheus refuse everything.
    safe = {name: value.encode(errors="replace").decode() for name, value in values.items()}
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in safe.items())


def _said(text: str) -> str:
    return printable(text, _LONGEST_LABEL)


def _rows(report: Report) -> Iterator[_Row]:
    """Yield each resource once, the worst first: one doubled series spoils the whole text.

    A resource is listed twice where a policy file names its source twice.
    """
    seen: set[str] = set()
    for assessment in report.worst_first:
        one = assessment.resource
        identity = _labels(source=one.source, account=one.account, region=one.region, id=one.id)
        if identity in seen:
            continue
        seen.add(identity)
        policy, owner = _said(assessment.policy or ""), _said(assessment.owner)
        more = _labels(name=_said(one.name), policy=policy, owner=owner)
        yield _Row(f"{identity},{more}", assessment)


def _of_the_audit(report: Report) -> Iterator[_Family]:
    run, counts = report.audit.run, report.counts
    of_the_program = _labels(version=run.version, policy_digest=run.policy_digest)
    yield _Family("info", "Version of the program and digest of its policy.", [(of_the_program, 1)])
    verdict = _labels(verdict=str(report.audit.verdict))
    yield _Family("verdict", "Verdict of the audit, as a label.", [(verdict, 1)])
    started, duration = run.started_at, (run.finished_at - run.started_at).total_seconds()
    when = [("", int(started.timestamp()))]
    yield _Family("run_timestamp_seconds", "When the audit was made.", when, "seconds")
    yield _Family("run_duration_seconds", "How long it took.", [("", duration)], "seconds")
    outcomes = {"pass": counts.passed, "fail": counts.failed, "unknown": counts.unknown}
    resources = [(_labels(outcome=name), number) for name, number in outcomes.items()]
    yield _Family("resources", "Resources by outcome.", resources)
    exempt = [("", counts.exempt)]
    yield _Family("exempt_resources", "Resources with findings that are exempt.", exempt)
    ungoverned = [("", counts.ungoverned)]
    yield _Family("ungoverned_resources", "Resources that no policy governs.", ungoverned)
    yield _Family("backups", "Backups that were seen.", [("", counts.backups)])
    yield _Family("gaps", "Parts that could not be audited.", [("", counts.gaps)])
    yield _Family("gap", "Gaps of one place and reason.", _gaps(report))
    yield _Family(
        "changed_resources", "Resources by what has changed about them.", _changed(report)
    )
    yield _Family("findings", "Findings that are not exempt.", _findings(report))


def _gaps(report: Report) -> Iterable[Sample]:
    return Counter(
        _labels(source=gap.source, account=gap.account, region=gap.region, reason=str(gap.reason))
        for gap in report.gaps
    ).items()


def _changed(report: Report) -> Iterator[Sample]:
    """Yield nothing where there is no audit before."""
    if report.changed:
        for name, number in by_change(report.changed).items():
            yield _labels(change=name), number


def _findings(report: Report) -> Iterator[Sample]:
    found = Counter(
        (check.severity, check.outcome)
        for assessment in report.audit.assessments
        for check in assessment.findings
    )
    for severity in Severity:
        for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
            labels = _labels(severity=str(severity), outcome=str(outcome))
            yield labels, found[severity, outcome]


def _of_resources(rows: list[_Row], report: Report) -> Iterator[_Family]:
    now = report.audit.run.started_at
    outcomes = ((f'{row.labels},outcome="{row.assessment.outcome}"', 1) for row in rows)
    yield _Family("resource_outcome", "Outcome of a resource, as a label.", outcomes)
    checks = (sample for row in rows for sample in _checks(row))
    yield _Family("resource_finding", "One thing that is wrong with a resource.", checks)
    yield _Family(
        "resource_last_success_timestamp_seconds",
        "When the newest usable backup was taken; 0 where none was seen.",
        ((row.labels, _time(row.assessment.last_success_at)) for row in rows),
        "seconds",
    )
    yield _Family(
        "resource_last_success_age_seconds",
        "How old it was when the audit was made; +Inf where none was seen.",
        ((row.labels, _age(row.assessment.last_success_at, now)) for row in rows),
        "seconds",
    )
    yield _Family(
        "resource_wrong_since_timestamp_seconds",
        "Since when it fails or is unknown; missing where that is not known.",
        _wrong_since(rows, Story(report.audit.changes)),
        "seconds",
    )
    yield _Family(
        "resource_last_success_size_bytes",
        "How large it is; missing where that is not known.",
        (
            (row.labels, size)
            for row in rows
            if (size := row.assessment.last_success_size_bytes) is not None
        ),
        "bytes",
    )


def _wrong_since(rows: Iterable[_Row], story: Story) -> Iterator[Sample]:
    for row in rows:
        if row.assessment.outcome is not Outcome.PASS:
            since = story.of(row.assessment).since
            if since:
                yield row.labels, int(since.timestamp())


def _checks(row: _Row) -> Iterator[Sample]:
    for check in row.assessment.checks:
        if check.outcome is not Outcome.PASS:
            own = _labels(
                rule=check.rule,
                severity=str(check.severity),
                outcome=str(check.outcome),
                exempt=str(check.exempt).lower(),
            )
            yield f"{row.labels},{own}", 1


def _time(instant: datetime | None) -> float:
    return int(instant.timestamp()) if instant else 0


def _age(instant: datetime | None, now: datetime) -> float:
    return int((now - whole_second(instant)).total_seconds()) if instant else math.inf
