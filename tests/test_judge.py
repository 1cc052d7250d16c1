from dataclasses import replace
from datetime import timedelta

import pytest
from backup_auditor.judge import conclude, judge, unread
from backup_auditor.model import (
    AuditVerdict,
    Backup,
    DayState,
    Gap,
    GapReason,
    Outcome,
    Scope,
    ScopeResult,
    Severity,
)
from backup_auditor.policy.model import Ungoverned

from tests.builders import before, expired, failed, history, moment, resource, succeeded, unclear
from tests.report.samples import POLICIES, RULES

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
SCOPE = Scope("s", "a", "r")


def judged(*backups: Backup, **fields: object) -> dict[str, tuple[Outcome, str]]:
    """Judge a resource; return rule -> outcome and message."""
    found = history(*backups, of=resource(**fields))  # type: ignore[arg-type]  # from a table
    assessment = judge(found, POLICIES, RULES, moment())
    return {check.rule: (check.outcome, check.message) for check in assessment.checks}


@pytest.mark.parametrize(
    ("age", "outcome"),
    [("0s", PASS), ("25h59m", PASS), ("26h", FAIL), ("-5m", PASS), ("-301s", FAIL), (None, FAIL)],
)
def test_a_resource_younger_than_its_grace_is_new(age: str | None, outcome: Outcome) -> None:
    created = before(age) if age else None
    checks = judged(created_at=created)
    assert checks["last_success_age"][0] is outcome
    if outcome is PASS:
        assert "new, first backup due by 2026-11-2" in checks["last_success_age"][1]


def test_a_new_resource_is_still_asked_for_its_setting_and_its_failures() -> None:
    checks = judged(failed("1h"), created_at=before("2h"), auto_backup=False)
    assert checks["auto_backup"][0] is FAIL
    assert checks["error_state"][0] is FAIL
    assert checks["size_drift"][0] is PASS


def test_a_resource_with_a_usable_backup_is_not_new() -> None:
    checks = judged(succeeded("1h"), created_at=before("2h"))
    assert checks["last_success_age"][1] == "last success is 1 h old"
    checks = judged(succeeded(None), created_at=before("2h"))
    assert checks["last_success_age"][0] is UNKNOWN


@pytest.mark.parametrize(
    ("setting", "outcome"), [(Ungoverned.FAIL, FAIL), (Ungoverned.REPORT, PASS)]
)
def test_a_resource_without_policy_fails_unless_it_is_only_reported(
    setting: Ungoverned, outcome: Outcome
) -> None:
    found = history(of=resource(name="free-x"))
    policies = replace(POLICIES, ungoverned=setting)
    assessment = judge(found, policies, RULES, moment())
    assert (assessment.outcome, assessment.policy) == (outcome, None)
    detail = unread(found.resource, "x", policies)
    assert detail.outcome is (FAIL if outcome is FAIL else UNKNOWN)


def test_unread_is_unknown_with_the_severity_of_the_policy() -> None:
    assessment = unread(resource(), "refused", POLICIES)
    (check,) = assessment.checks
    assert (assessment.outcome, check.severity) == (UNKNOWN, Severity.CRITICAL)
    assert "could not be read: refused" in check.message


def test_growth_is_one_severity_lower() -> None:
    sizes = [succeeded("1h", 900), *[succeeded(f"{n}h", 100) for n in (2, 3, 4)]]
    assessment = judge(history(*sizes), POLICIES, RULES, moment())
    (finding,) = assessment.findings
    assert (finding.rule, finding.severity) == ("size_drift", Severity.HIGH)


def test_the_strip_shows_the_best_of_each_day_in_the_time_zone() -> None:
    backups = [
        succeeded("1h"),
        failed("2h"),
        failed("1d1h"),
        expired("2d"),
        unclear("3d"),
        succeeded("-2h"),
    ]
    found = history(*backups, of=resource(created_at=before("5d")))
    days = [d.state for d in judge(found, POLICIES, RULES, moment()).days]
    assert days[-4:] == [DayState.UNKNOWN, DayState.EXPIRED, DayState.FAILED, DayState.SUCCEEDED]
    assert days[-5:-4] == [DayState.MISSING]
    assert days[:8] == [DayState.NOT_YET] * 8


def test_sizes_are_the_last_fourteen_oldest_first() -> None:
    backups = [succeeded(timedelta(hours=n), n) for n in range(1, 21)]  # type: ignore[arg-type]
    assert judge(history(*backups), POLICIES, RULES, moment()).sizes == tuple(range(14, 0, -1))


@pytest.mark.parametrize(
    ("outcomes", "gaps", "verdict"),
    [
        ([PASS], 0, AuditVerdict.PASS),
        ([PASS], 1, AuditVerdict.INCOMPLETE),
        ([PASS, UNKNOWN], 0, AuditVerdict.INCOMPLETE),
        ([PASS, UNKNOWN, FAIL], 1, AuditVerdict.FAIL),
        ([], 0, AuditVerdict.INCOMPLETE),
    ],
)
def test_the_verdict_is_a_pass_only_when_everything_was_seen_and_is_fine(
    outcomes: list[Outcome], gaps: int, verdict: AuditVerdict
) -> None:
    made = {
        PASS: judge(history(succeeded("1h")), POLICIES, RULES, moment()),
        FAIL: judge(history(), POLICIES, RULES, moment()),
        UNKNOWN: unread(resource(), "x", POLICIES),
    }
    result = ScopeResult(SCOPE, tuple(made[outcome] for outcome in outcomes))
    gap = Gap("s", "a", "r", GapReason.REFUSED, "x")
    assert conclude([result], [gap] * gaps) is verdict
