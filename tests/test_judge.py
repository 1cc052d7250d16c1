from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from backup_auditor.compose import kinds
from backup_auditor.judge import conclude, exemption_uses, judge, unread
from backup_auditor.model import (
    Assessment,
    AuditVerdict,
    Backup,
    BackupState,
    Check,
    Day,
    DayState,
    ExemptionState,
    ExemptionUse,
    Gap,
    GapReason,
    History,
    Limit,
    Outcome,
    Point,
    Points,
    Scope,
    ScopeResult,
    Severity,
)
from backup_auditor.policy.load import load
from backup_auditor.policy.model import Ungoverned
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    NOW,
    before,
    expired,
    failed,
    history,
    moment,
    resource,
    succeeded,
    unclear,
    window,
)
from tests.report.samples import POLICIES, RULES

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
KINDS = kinds()
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


EXEMPTING = """
version: 1
timezone: Asia/Shanghai
sources: [ucloud.uredis]
policies:
  - name: production
    match: {name: "prod-*"}
    controls: [A.8.13]
    rules:
      last_success_age: {max: 26h}
      size_drift: {controls: [A1.2]}
      error_state: {}
exemptions:
"""
ANSWER = "{owner: jane@example.com, reason: moving, until: 2026-11-24, "


def exempted(entry: str, *backups: Backup, now: datetime = NOW, **fields: object) -> Assessment:
    """Judge a resource under one exemption, given without its owner, reason and end."""
    entries = entry if entry.lstrip().startswith("-") else f"  - {ANSWER}{entry}}}"
    policies = load(EXEMPTING + entries, "p.yaml", KINDS)
    found = history(*backups, of=resource(**fields))  # type: ignore[arg-type]  # from a table
    return judge(found, policies, RULES, moment(now=now))


def covered(assessment: Assessment) -> list[str]:
    """Return the rules whose findings are exempt."""
    return [check.rule for check in assessment.checks if check.exempt]


SHRUNK = [succeeded("1h", 10), *[succeeded(f"{n}h", 100) for n in (2, 3, 4)]]
OLD_AND_SHRUNK = [succeeded("30h", 10), *[succeeded(f"{n}h", 100) for n in (31, 32, 33)]]


def test_an_exempt_finding_is_still_evaluated_and_shown_and_does_not_fail() -> None:
    """Still evaluated, shown and counted apart."""
    found = exempted("match: {}, rules: [size_drift]", *SHRUNK)
    (check,) = [c for c in found.checks if c.exempt]
    assert (found.outcome, found.findings) == (PASS, ())
    assert (check.rule, check.outcome) == ("size_drift", FAIL)
    assert check.message == "the newest backup is 10 B, 90 % smaller than the usual 100 B"
    assert check.exemption == "jane@example.com until 2026-11-24: moving"
    assert found.exemptions == (0,)


def test_an_exemption_without_rules_covers_all_rules() -> None:
    """`rules`: left out = all rules."""
    found = exempted("match: {}", *OLD_AND_SHRUNK)
    assert covered(found) == ["last_success_age", "size_drift"]
    assert found.outcome is PASS


def test_a_different_fault_than_that_of_the_exempted_rule_is_not_covered() -> None:
    """A newer or different fault than the exempted rule is not covered."""
    found = exempted("match: {}, rules: [size_drift]", *OLD_AND_SHRUNK)
    assert covered(found) == ["size_drift"]
    assert found.outcome is FAIL
    assert [check.rule for check in found.findings] == ["last_success_age"]


@pytest.mark.parametrize(
    ("began_before", "rules"),
    [
        # The backup of 30 h ago was too small from then on; it was too old from 4 h ago on.
        ("2026-11-25", ["last_success_age", "size_drift"]),
        ("2026-11-24", ["size_drift"]),
        ("2026-11-23", []),
    ],
)
def test_a_newer_fault_is_not_covered_where_the_exemption_says_so(
    began_before: str, rules: list[str]
) -> None:
    """A newer or different fault than the exempted rule is not covered."""
    found = exempted(f"match: {{}}, began_before: {began_before}", *OLD_AND_SHRUNK)
    assert covered(found) == rules
    entry = f"  - {ANSWER}match: {{}}, began_before: {began_before}}}"
    assert uses(entry, found)[0].findings == len(rules)


def test_an_unknown_of_an_exempted_rule_is_covered_as_well() -> None:
    found = exempted("match: {}, rules: [error_state]", unclear("1h"), succeeded("2h"))
    assert (covered(found), found.outcome) == (["error_state"], PASS)


def test_a_pass_is_not_exempt() -> None:
    assert covered(exempted("match: {}", succeeded("1h"))) == []


@pytest.mark.parametrize(
    ("match", "number"),
    [("{name: other}", ()), ("{id: uredis-1}", (0,)), ("{not: {region: cn-bj2}}", ())],
)
def test_an_exemption_covers_what_its_selector_matches(match: str, number: tuple[int, ...]) -> None:
    """By selector and rule."""
    found = exempted(f"match: {match}", *OLD_AND_SHRUNK)
    assert found.exemptions == number
    assert found.outcome is (PASS if number else FAIL)


@pytest.mark.parametrize(
    ("now", "outcome"),
    [("2026-11-24T15:59:59.999999Z", PASS), ("2026-11-24T16:00:00Z", FAIL)],
)
def test_an_exemption_ends_at_the_end_of_its_day_in_the_time_zone(
    now: str, outcome: Outcome
) -> None:
    """`until`: required; ends at the end of that day in `timezone`."""
    at = datetime.fromisoformat(now)
    sizes = [(1, 10), (2, 100), (3, 100), (4, 100)]
    backups = [replace(succeeded(f"{n}h", s), taken_at=at - timedelta(hours=n)) for n, s in sizes]
    found = exempted("match: {}", *backups, now=at)
    assert found.outcome is outcome
    assert found.exemptions == (0,)  # an expired one still matches


def test_the_first_exemption_that_covers_is_named() -> None:
    two = (
        "  - {match: {}, rules: [error_state], owner: a, reason: x, until: 2026-12-01}\n"
        "  - {match: {}, owner: b, reason: y, until: 2026-12-02}\n"
        "  - {match: {}, owner: c, reason: z, until: 2026-12-03}\n"
    )
    found = exempted(two, *SHRUNK)
    assert [c.exemption for c in found.checks if c.exempt] == ["b until 2026-12-02: y"]
    assert found.exemptions == (0, 1, 2)


def test_what_the_audit_itself_finds_is_never_exempt() -> None:
    """Unseen is not fine: unread and ungoverned are no rule that somebody could answer for."""
    policies = load(EXEMPTING + f"  - {ANSWER}match: {{}}}}", "p.yaml", KINDS)
    detail = unread(resource(), "refused", policies)
    assert (detail.outcome, detail.checks[0].exempt, detail.exemptions) == (UNKNOWN, False, (0,))
    narrow = load(EXEMPTING + f"  - {ANSWER}match: {{id: x}}}}", "p.yaml", KINDS)
    assert unread(resource("x"), "refused", narrow).exemptions == (0,)
    assert unread(resource("y"), "refused", narrow).exemptions == ()
    found = judge(history(of=resource(name="free")), policies, RULES, moment())
    assert (found.outcome, found.checks[0].exempt, found.exemptions) == (FAIL, False, (0,))


def test_checks_carry_the_controls_of_their_rule_else_of_the_policy() -> None:
    found = exempted("match: {}", *SHRUNK)
    assert {check.rule: check.controls for check in found.checks} == {
        "last_success_age": ("A.8.13",),
        "size_drift": ("A1.2",),
        "error_state": ("A.8.13",),
    }


def uses(
    entries: str, *assessments: Assessment, now: datetime = NOW, partial: bool = False
) -> tuple[ExemptionUse, ...]:
    """Say where the exemptions stand after ``assessments``."""
    policies = load(EXEMPTING + entries, "p.yaml", KINDS)
    result = ScopeResult(SCOPE, assessments)
    return exemption_uses(policies.exemptions, [result], now, partial=partial)


@pytest.mark.parametrize(
    ("until", "state"),
    [
        ("2026-11-23", ExemptionState.EXPIRED),
        ("2026-11-24", ExemptionState.EXPIRING),
        ("2026-12-08", ExemptionState.EXPIRING),
        ("2026-12-09", ExemptionState.ACTIVE),
    ],
)
def test_an_exemption_is_active_expiring_or_expired(until: str, state: ExemptionState) -> None:
    """Active, expiring (14 days), expired, matching nothing."""
    # NOW is 14:07 in Shanghai; 2026-12-08 ends 14 days and 9:53 h later, so one day more decides.
    now = datetime.fromisoformat("2026-11-24T16:00:00Z")
    at = now if until > "2026-11-25" else NOW
    entry = f"  - {{match: {{}}, owner: jane, reason: moving, until: {until}}}"
    (use,) = uses(entry, exempted("match: {}", *SHRUNK), now=at)
    assert use.state is state
    assert (use.owner, use.reason, use.until.isoformat()) == ("jane", "moving", until)
    assert use.resources == 1
    assert use.findings == (0 if state is ExemptionState.EXPIRED else 1)


def test_an_exemption_without_any_resource_matches_nothing() -> None:
    entry = f"  - {ANSWER}match: {{id: x}}}}"
    other = exempted("match: {id: x}", *SHRUNK)
    assert uses(entry, other)[0].state is ExemptionState.UNUSED
    assert uses(entry, other)[0].resources == 0


def test_a_partial_audit_does_not_say_that_an_exemption_matches_nothing() -> None:
    entry = f"  - {ANSWER}match: {{id: x}}}}"
    assert uses(entry, partial=True)[0].state is ExemptionState.EXPIRING


def test_exemptions_are_told_in_the_order_of_the_policy_with_what_they_cover() -> None:
    two = (
        "  - {match: {id: uredis-1}, rules: [size_drift], owner: a, reason: x, until: 2026-12-31}\n"
        "  - {match: {}, owner: b, reason: y, until: 2026-12-31}\n"
    )
    one = exempted(two, *OLD_AND_SHRUNK)
    another = exempted(two, *OLD_AND_SHRUNK, id="uredis-2")
    first, second = uses(two, one, another)
    assert (first.owner, first.resources, first.findings) == ("a", 1, 1)
    assert (second.owner, second.resources, second.findings) == ("b", 2, 4)


FULL = EXEMPTING.replace(
    "controls: [A.8.13]", "owner: ops\n    runbook: https://example.com/r\n    severity: medium"
).replace("exemptions:\n", "")


def test_an_assessment_holds_all_that_is_told_of_a_resource() -> None:
    policies = load(FULL, "p.yaml", KINDS)
    thing = resource(created_at=before("3d"))
    found = History.of(thing, [succeeded("27h", 30), failed("1h"), succeeded("49h", 20)])
    strip = [(24, DayState.FAILED), (23, DayState.SUCCEEDED), (22, DayState.SUCCEEDED)]
    assert judge(found, policies, RULES, moment()) == Assessment(
        resource=thing,
        policy="production",
        outcome=FAIL,
        checks=(
            Check(
                rule="last_success_age",
                outcome=FAIL,
                severity=Severity.MEDIUM,
                message="last success is 27 h old",
                observed="27 h",
                expected="at most 26 h",
                since=before("1h"),
                advice=RULES["last_success_age"].advice,
                limit=Limit(oldest=before("26h")),
            ),
            Check(
                rule="size_drift",
                outcome=PASS,
                severity=Severity.MEDIUM,
                message="warming up (1 of 3)",
                observed="30 B",
                controls=("A1.2",),
            ),
            Check(
                rule="error_state",
                outcome=FAIL,
                severity=Severity.MEDIUM,
                message="the last backup has failed",
                observed="1 failed",
                expected="at most 0 failed in a row",
                since=before("1h"),
                advice=RULES["error_state"].advice,
            ),
        ),
        last_success_at=before("27h"),
        last_success_size_bytes=30,
        backups=3,
        days=(
            *(Day(date(2026, 11, day), DayState.NOT_YET) for day in range(11, 21)),
            Day(date(2026, 11, 21), DayState.MISSING),
            *(Day(date(2026, 11, day), state) for day, state in reversed(strip)),
        ),
        sizes=(20, 30),
        owner="ops",
        runbook="https://example.com/r",
        exemptions=(),
        points=Points.of(
            (
                Point(before("49h"), BackupState.SUCCEEDED, 20),
                Point(before("27h"), BackupState.SUCCEEDED, 30),
                Point(before("1h"), BackupState.FAILED, None),
            )
        ),
    )


def test_an_assessment_keeps_the_newest_sixty_backups_and_those_without_a_time_first() -> None:
    daily = [succeeded(f"{day}d", day) for day in range(1, 70)]
    long = judge(history(*daily), POLICIES, RULES, moment())
    assert [p.size_bytes for p in long.points] == list(range(60, 0, -1))
    mixed = judge(history(succeeded("1h", 1), succeeded(None, 2)), POLICIES, RULES, moment())
    assert [p.taken_at for p in mixed.points] == [None, before("1h")]


SIZES = st.none() | st.integers(0, 2**63 - 1)
POINTS = st.builds(
    Point, st.none() | st.datetimes(timezones=st.just(UTC)), st.sampled_from(BackupState), SIZES
)


@given(st.lists(POINTS, max_size=60))
def test_packed_points_are_those_that_went_in(points: list[Point]) -> None:
    packed = Points.of(points)
    assert list(packed) == points
    assert len(packed) == len(points)


def test_a_size_beyond_all_that_exists_is_kept_as_the_largest() -> None:
    (point,) = Points.of([Point(None, BackupState.SUCCEEDED, 10**30)])
    assert point.size_bytes == 2**63 - 1


def test_a_resource_that_is_new_is_told_so_by_each_rule_but_those_that_judge_new_ones() -> None:
    policies = load(FULL, "p.yaml", KINDS)
    found = judge(history(of=resource(created_at=before("1h"))), policies, RULES, moment())
    new = "new, first backup due by 2026-11-25 15:07 CST"
    assert [(c.rule, c.outcome, c.message, c.advice) for c in found.checks] == [
        ("last_success_age", PASS, new, ""),
        ("size_drift", PASS, new, ""),
        ("error_state", PASS, new, ""),
    ]
    assert (found.last_success_at, found.last_success_size_bytes, found.sizes) == (None, None, ())


def test_an_unread_resource_keeps_what_the_policy_says_of_it() -> None:
    policies = load(FULL, "p.yaml", KINDS)
    assert unread(resource(), "refused", policies) == Assessment(
        resource=resource(),
        policy="production",
        outcome=UNKNOWN,
        checks=(
            Check("unread", UNKNOWN, Severity.MEDIUM, "its backups could not be read: refused"),
        ),
        last_success_at=None,
        last_success_size_bytes=None,
        backups=0,
        days=(),
        sizes=(),
        owner="ops",
        runbook="https://example.com/r",
        unread="refused",
    )


@pytest.mark.parametrize(
    ("word", "outcome", "unseen", "advice"),
    [
        (
            "fail",
            FAIL,
            FAIL,
            "Add a policy that matches it, or set `ungoverned: report`.",
        ),
        ("report", PASS, UNKNOWN, ""),
    ],
)
def test_an_ungoverned_resource_is_told_as_such(
    word: str, outcome: Outcome, unseen: Outcome, advice: str
) -> None:
    """Listed, counted, and failing unless `ungoverned: report` is set."""
    policies = load(f"{FULL}ungoverned: {word}\n", "p.yaml", KINDS)
    thing = resource(name="free")
    no_policy = Check(
        "ungoverned",
        outcome,
        Severity.HIGH,
        "no policy governs this resource",
        advice=advice,
    )
    found = judge(History.of(thing, [succeeded("1h", None)]), policies, RULES, moment())
    assert (found.checks, found.policy, found.outcome) == ((no_policy,), None, outcome)
    assert (found.owner, found.runbook, found.sizes) == ("", "", ())
    detail = unread(thing, "refused", policies)
    not_read = Check("unread", UNKNOWN, Severity.HIGH, "its backups could not be read: refused")
    assert (detail.checks, detail.policy, detail.outcome) == ((no_policy, not_read), None, unseen)
    assert (detail.owner, detail.runbook) == ("", "")


def test_unread_takes_the_worst_severity_of_the_policys_rules() -> None:
    text = FULL.replace("error_state: {}", "error_state: {severity: critical}")
    (check,) = unread(resource(), "x", load(text, "p.yaml", KINDS)).checks
    assert check.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("since", "until", "good"),
    [
        ("3d", "5m", 4),
        ("90d", "5m", 14),
        ("90d", "-5m", 14),
        ("90d", "-6m", 0),  # clocks disagree: it is not believed
        ("90d", "30d", 0),
        ("7h", "7h", 1),
    ],
)
def test_a_day_that_point_in_time_recovery_covers_is_a_good_day(
    since: str, until: str, good: int
) -> None:
    covered = History.of(resource(), [failed("1h")], restorable=window(since, until))
    days = judge(covered, load(FULL, "p.yaml", KINDS), RULES, moment()).days
    assert sum(day.state is DayState.SUCCEEDED for day in days) == good


def test_days_are_those_of_the_time_zone() -> None:
    late = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # half past midnight on the 25th
    policies = load(FULL, "p.yaml", KINDS)
    taken = replace(succeeded("1h"), taken_at=late - timedelta(hours=24, minutes=20))
    thing = resource(created_at=late - timedelta(days=2))
    found = judge(History.of(thing, [taken]), policies, RULES, moment(now=late))
    assert found.days[-3:] == (
        Day(date(2026, 11, 23), DayState.MISSING),
        Day(date(2026, 11, 24), DayState.SUCCEEDED),
        Day(date(2026, 11, 25), DayState.MISSING),
    )
    assert found.days[-4].state is DayState.NOT_YET
