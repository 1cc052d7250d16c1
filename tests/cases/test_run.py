"""Cases are judged by the real rules; what differs from what is expected is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from backup_auditor.cases.reader import read_cases
from backup_auditor.cases.run import Result, history_of, run_cases
from backup_auditor.compose import kinds
from backup_auditor.model import BackupKind, BackupState, History, Restorable, Schedule
from backup_auditor.policy.load import load
from backup_auditor.policy.model import PolicySet
from backup_auditor.rules import load_rules

from tests.builders import MIB

KINDS, RULES = kinds(), load_rules()
NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
POLICY = load(
    """version: 1
sources: [ucloud.uredis]
policies:
  - name: production
    match: {name: "prod-*"}
    rules: {last_success_age: {max: 26h}, size_drift: {}, auto_backup: {severity: low}}
  - {name: archive, match: {name: "*-archive"}, rules: {error_state: {}}}
exemptions:
  - match: {id: moved}
    rules: [size_drift]
    owner: jane
    reason: moved
    until: 2026-11-30
""",
    "p.yaml",
    KINDS,
)


def run(
    case: str,
    default: str = "resource: {name: prod-a}, backups: [-2h]",
    policies: PolicySet = POLICY,
) -> Result:
    """Run one case, given as the inside of a flow mapping."""
    text = f"cases:\n  - {{name: a case, {default}, {case}}}\n"
    (result,) = run_cases(read_cases(text, "p.test.yaml", KINDS), policies, RULES)
    return result


def told(case: str, default: str = "resource: {name: prod-a}, backups: [-2h]") -> list[str]:
    """Return what was not as expected."""
    return [str(one) for one in run(case, default).differences]


def history(inside: str) -> History:
    """Return the history that a case describes."""
    text = f"cases: [{{name: a case, expect: pass, {inside}}}]"
    (case,) = read_cases(text, "p.test.yaml", KINDS).cases
    return history_of(case, POLICY)


@pytest.mark.parametrize(
    "expect",
    [
        "pass",
        "{policy: production, outcome: pass}",
        "{rules: {last_success_age: pass, size_drift: {message: 'warming up*'}}}",
        "{rules: {auto_backup: {outcome: pass, severity: low, exempt: false}}}",
        "{rules: {last_success_age: {message: 'last success is 2 h old'}}}",
    ],
)
def test_a_case_passes_when_all_that_is_expected_is_so(expect: str) -> None:
    assert told(f"expect: {expect}") == []
    assert run(f"expect: {expect}").passed


def test_the_language_of_reports_changes_no_case() -> None:
    chinese = replace(POLICY, language="zh-CN")
    expect = "expect: {rules: {last_success_age: {message: 'last success is 2 h old'}}}"
    assert run(expect, policies=chinese).passed


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ("fail", "outcome: expected fail, got pass"),
        ("{rules: {last_success_age: fail}}", "last_success_age: expected fail, got pass (last"),
        (
            "{rules: {auto_backup: {outcome: fail, severity: high, exempt: true}}}",
            "auto_backup: expected fail, high, exempt, got pass, low, not exempt (automatic",
        ),
        (
            "{rules: {auto_backup: {message: automatic}}}",
            "auto_backup: expected the message 'automatic', got pass (automatic backup is on)",
        ),
        (
            "{rules: {auto_backup: {message: 'AUTO*'}}}",
            "auto_backup: expected the message 'AUTO*', got pass (automatic backup is on)",
        ),
        (
            "{rules: {error_state: pass}}",
            "error_state: expected pass, got no answer (policy production has no such rule)",
        ),
        ("{policy: none}", "policy: expected none, got production"),
        (
            "{policy: archive}",
            "policy: expected archive, got production (archive: name is 'prod-a', not '*-archive')",
        ),
        (
            "{policy: productive}",
            "policy: expected productive, got production (unknown policy 'productive'; did",
        ),
    ],
)
def test_what_differs_is_told_with_what_came_instead(expect: str, sentence: str) -> None:
    (found,) = told(f"expect: {expect}")
    assert found.startswith(sentence)


def test_everything_that_differs_is_told() -> None:
    expect = "expect: {policy: none, outcome: fail, rules: {size_drift: fail, error_state: fail}}"
    assert len(told(expect)) == 4


def test_an_outcome_is_told_with_the_findings_that_made_it() -> None:
    (found,) = told("expect: pass", "resource: {name: prod-a, auto_backup: false}")
    assert found == (
        "outcome: expected pass, got fail (last_success_age fail: never backed up;"
        " auto_backup fail: automatic backup is off;"
        " size_drift unknown: there is no usable backup to measure)"
    )


def test_a_policy_that_stands_before_another_one_is_told() -> None:
    (found,) = told("expect: {policy: archive}", "resource: {name: prod-archive}")
    assert found.endswith("got production (it stands before archive, which matches too)")


def test_a_resource_that_no_policy_governs_has_none_and_no_rules() -> None:
    default = "resource: {name: staging-a}, backups: [-2h]"
    assert told("expect: {policy: none, outcome: fail}", default) == []
    assert told("expect: {policy: archive, rules: {error_state: pass}}", default) == [
        "policy: expected archive, got none (archive: name is 'staging-a', not '*-archive')",
        "error_state: expected pass, got no answer (no policy governs it)",
    ]


@pytest.mark.parametrize(("now", "exempt"), [("2026-11-30", "true"), ("2026-12-01", "false")])
def test_exemptions_count_until_they_end(now: str, exempt: str) -> None:
    default = "resource: {id: moved, name: prod-a}, backups: [{taken: -2h, size: 0}]"
    expect = f"expect: {{rules: {{size_drift: {{outcome: fail, exempt: {exempt}}}}}}}"
    assert told(f"now: '{now}T12:00:00Z', {expect}", default) == []


def test_what_is_left_out_is_in_good_order() -> None:
    found = history("backups: [-2h]")
    resource, (backup,) = found.resource, found.backups
    assert (resource.id, resource.name, resource.source) == ("example", "example", "ucloud.uredis")
    assert (resource.created_at, resource.auto_backup) == (NOW - timedelta(days=365), True)
    assert (backup.taken_at, backup.state) == (NOW - timedelta(hours=2), BackupState.SUCCEEDED)
    assert (backup.kind, backup.size_bytes) == (BackupKind.AUTOMATIC, 10 * MIB)


def test_a_resource_is_what_the_case_says() -> None:
    found = history(
        "resource: {id: i, account: 17, region: hk, zone: hk-02, kind: ha, state: Running,"
        " tags: {Tag: shop}, created: unknown, auto_backup: unknown, source: ucloud.uredis}"
    ).resource
    assert (found.id, found.name, found.account, found.region) == ("i", "i", "17", "hk")
    assert (found.zone, found.kind, found.state) == ("hk-02", "ha", "Running")
    assert (found.tags, found.created_at, found.auto_backup) == ({"Tag": "shop"}, None, None)


def test_what_only_some_sources_tell_is_not_told_when_it_is_left_out() -> None:
    found = history("backups: [-2h]")
    (backup,) = found.backups
    assert (found.copies, found.restorable, found.resource.schedule) == (None, None, None)
    assert (backup.encrypted, backup.is_clean) == (True, True)
    assert (backup.finished_at, backup.locked_until) == (None, None)


def test_what_only_some_sources_tell_is_what_the_case_says() -> None:
    found = history(
        "resource: {schedule: {cron: 0 3 * * *, timezone: Asia/Shanghai}},"
        " backups: [{taken: -2h, took: 20m, encrypted: false, clean: unknown, locked_until: +30d}],"
        " copies: [-3h, {taken: -4h, every: 1d, times: 2, region: hk, account: 17}],"
        " restorable: {since: -7d, until: -5m}"
    )
    (backup,), copies = found.backups, found.copies or ()
    assert found.resource.schedule == Schedule("0 3 * * *", "Asia/Shanghai")
    assert backup.finished_at == NOW - timedelta(hours=1, minutes=40)
    assert (backup.encrypted, backup.is_clean) == (False, None)
    assert backup.locked_until == NOW + timedelta(days=30)
    assert [(c.region, c.account) for c in copies] == [("", ""), ("hk", "17"), ("hk", "17")]
    ends = NOW - timedelta(days=7), NOW - timedelta(minutes=5)
    assert found.restorable == Restorable(*ends)
    assert history("copies: []").copies == ()


def test_a_series_goes_back_from_its_newest() -> None:
    found = history("backups: [{taken: -2h, every: 24h, times: 3}, -1h]").backups
    ages = [NOW - backup.taken_at for backup in found if backup.taken_at]
    assert [age / timedelta(hours=1) for age in ages] == [1, 2, 26, 50]
    assert len({backup.id for backup in found}) == 4


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ("-1d12h", NOW - timedelta(hours=36)),
        ("+10m", NOW + timedelta(minutes=10)),
        ("2026-11-24T08:00:00+08:00", datetime(2026, 11, 24, tzinfo=UTC)),
        ("unknown", None),
    ],
)
def test_a_time_is_told_from_now_or_as_an_instant(taken: str, expected: datetime | None) -> None:
    (backup,) = history(f"backups: [{{taken: '{taken}'}}]").backups
    assert backup.taken_at == expected


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ("state: failed", None),
        ("state: running", None),
        ("state: expired", 10 * MIB),
        ("state: failed, size: 1KiB", 1024),
        ("size: unknown", None),
        ("size: 0", 0),
    ],
)
def test_a_size_is_there_where_a_provider_would_tell_one(fields: str, size: int | None) -> None:
    (backup,) = history(f"backups: [{{taken: -2h, {fields}}}]").backups
    assert backup.size_bytes == size
