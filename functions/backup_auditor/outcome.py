"""What an audit means to the program that started it: the exit code."""

from __future__ import annotations

from enum import IntEnum

from backup_auditor.model import AuditVerdict, DeliveryOutcome, Outcome, Severity
from backup_auditor.report.model import Report
from backup_auditor.report.proving import broken_templates


class ExitCode(IntEnum):
    """With several, the first of usage, delivery, fail, incomplete."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    INCOMPLETE = 3
    DELIVERY = 4


def has_failed_delivery(report: Report) -> bool:
    """Return whether somebody did not get the report, or not as a template of theirs has it."""
    failed = any(d.outcome is DeliveryOutcome.FAILED for d in report.audit.deliveries)
    return failed or bool(broken_templates(report))


def exit_code(report: Report, fail_on: Severity = Severity.LOW) -> ExitCode:
    """Return the exit code; ``fail_on`` is the lowest severity of a finding that fails.

    What could not be seen is never forgiven: an unknown or a gap is at least incomplete.
    """
    if has_failed_delivery(report):
        return ExitCode.DELIVERY
    if any(f.outcome is Outcome.FAIL and f.severity.rank >= fail_on.rank for f in report.findings):
        return ExitCode.FAIL
    incomplete = report.gaps or any(f.outcome is Outcome.UNKNOWN for f in report.findings)
    if incomplete or report.audit.verdict is AuditVerdict.INCOMPLETE:
        return ExitCode.INCOMPLETE
    return ExitCode.PASS
