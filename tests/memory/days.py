"""Audits of made-up days, written as ``{"a": "fail high", "b": "pass"}``: resource -> how it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from backup_auditor import fingerprint
from backup_auditor.judge import conclude
from backup_auditor.model import (
    Assessment,
    Audit,
    Check,
    Gap,
    GapReason,
    Outcome,
    Run,
    Scope,
    ScopeResult,
    Severity,
)

from tests.builders import NOW, resource

SCOPE = Scope("ucloud.uredis", "org-test", "cn-bj2")
RULE = "last_success_age"


def at(day: int) -> datetime:
    """Return the instant of the audit of a day."""
    return NOW + timedelta(days=day)


def gap(reason: GapReason = GapReason.REFUSED, region: str = "cn-bj2") -> Gap:
    """Return a gap over the region that all resources are in."""
    return Gap("ucloud.uredis", "org-test", region, reason, "made up")


def print_of(name: str, rule: str = RULE) -> str:
    """Return the fingerprint of what ``rule`` finds about a resource."""
    return fingerprint.of_check(resource(name), rule)


def audit(
    day: int,
    resources: dict[str, str],
    *,
    gaps: Iterable[Gap] = (),
    partial: bool = False,
) -> Audit:
    """Return the audit of a day; ``resources`` are the inventory of one scope."""
    assessments = tuple(_assessment(name, how) for name, how in resources.items())
    result = ScopeResult(SCOPE, assessments, gaps=tuple(gaps))
    run = Run(f"run-{day}", at(day), at(day) + timedelta(seconds=1), "sha256:abc", "0.1.0")
    return Audit(
        run,
        conclude((result,), tuple(gaps)),
        "UTC",
        results=(result,),
        gaps=tuple(gaps),
        is_partial=partial,
    )


def _assessment(name: str, how: str) -> Assessment:
    word, _, severity = how.partition(" ")
    checks = () if word == "unasked" else (_check(word, severity),)
    worst = [c.outcome for c in checks if not c.exempt]
    return Assessment(
        resource=resource(name),
        policy="all",
        outcome=worst[0] if worst else Outcome.PASS,
        checks=checks,
        last_success_at=None,
        last_success_size_bytes=None,
        backups=0,
        days=(),
        sizes=(),
        unread="made up" if word == "unread" else "",
    )


def _check(word: str, severity: str) -> Check:
    rank = Severity(severity or "high")
    if word == "unread":
        return Check("unread", Outcome.UNKNOWN, rank, "not read")
    if word == "exempt":
        return Check(RULE, Outcome.FAIL, rank, "late", exempt=True)
    return Check(RULE, Outcome(word), rank, "late")
