"""Records to remember, made of real reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from backup_auditor.model import Delivery, DeliveryOutcome
from backup_auditor.record import Receipt, Record
from backup_auditor.report.contract import to_document
from backup_auditor.report.model import Report
from backup_auditor.values import write_instant

from tests.report import samples

SET = "default"
DUE = datetime(2026, 11, 25, 6, 7, tzinfo=UTC)


def document(due: datetime = DUE, report: Report | None = None, **run: Any) -> dict[str, Any]:
    """Return the contract of an audit that was due, and began, at ``due``."""
    found = to_document(report or samples.failing())
    given = {"id": f"{due:%Y%m%dT%H%M%SZ}-abc", "started_at": write_instant(due)} | run
    return {**found, "run": {**found["run"], **given}}


def record(due: datetime = DUE, *, days: int = 0, partial: bool = False, **run: Any) -> Record:
    """Return the record of an audit that was due ``days`` after ``due``."""
    due += timedelta(days=days)
    return Record(document(due, **run), due, partial)


def receipt(outcome: DeliveryOutcome = DeliveryOutcome.SENT, channel: str = "slack") -> Receipt:
    """Return a receipt."""
    reason = "HTTP 500" if outcome is DeliveryOutcome.FAILED else ""
    return Receipt(Delivery(channel, outcome, 2, reason), DUE + timedelta(seconds=9))
