"""A report for trying a channel: it says of itself that it is a test."""

from __future__ import annotations

from datetime import datetime, timedelta

from backup_auditor import __version__
from backup_auditor.model import (
    Assessment,
    Audit,
    AuditVerdict,
    Check,
    Day,
    DayState,
    Notice,
    Outcome,
    Resource,
    Run,
    Scope,
    ScopeResult,
    Severity,
)
from backup_auditor.report.build import build
from backup_auditor.report.model import Report
from backup_auditor.speech import phrase

_WORDS = phrase("This is a test of the channel: nothing was audited.")
_SCOPE = Scope("test", "test", "test")


def sample_report(now: datetime, language: str = "en") -> Report:
    """Return a report with one finding that says that nothing was audited."""
    resource = Resource("test", "test-of-this-channel", "test", "test", "test")
    check = Check("test", Outcome.FAIL, Severity.LOW, _WORDS, advice=phrase("Nothing."))
    days = tuple(
        Day((now - timedelta(days=back)).date(), DayState.SUCCEEDED if back else DayState.MISSING)
        for back in reversed(range(14))
    )
    assessment = Assessment(
        resource=resource,
        policy="test",
        outcome=Outcome.FAIL,
        checks=(check,),
        last_success_at=now - timedelta(days=1),
        last_success_size_bytes=1 << 20,
        backups=13,
        days=days,
        sizes=(1 << 20,) * 13,
    )
    run = Run(f"test-{now:%Y%m%dT%H%M%SZ}", now, now, "", __version__)
    return build(
        Audit(
            run=run,
            verdict=AuditVerdict.FAIL,
            timezone="UTC",
            language=language,
            results=(ScopeResult(_SCOPE, (assessment,)),),
            gaps=(),
            notices=(Notice("test", _WORDS),),
        )
    )


def is_sample(report: Report) -> bool:
    """Return whether ``report`` says of itself that it is a test."""
    return Notice("test", report.language.of(_WORDS)) in report.notices
