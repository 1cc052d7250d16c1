"""Each fault against each action: no resource's outcome may ever improve, and nothing gets lost."""

from dataclasses import replace
from typing import Any

import pytest
from backup_auditor.model import Audit, AuditVerdict, GapReason

from tests.builders import NOW
from tests.cloud import keys, outcomes, run
from tests.fakes import outside, stepping
from tests.simulator.account import make_account
from tests.simulator.faults import TRANSIENT, Faults
from tests.simulator.server import Simulator

ACCOUNT = make_account(NOW)
ACTIONS = ("GetProjectList", "GetRegion", "DescribeUMem", "DescribeURedisBackup")


def audited(faults: Faults, generation: int = 3) -> Audit:
    """Audit the account behind ``faults``."""
    with Simulator(ACCOUNT, generation=generation, faults=faults) as cloud:
        return run(cloud)


@pytest.fixture(scope="module")
def truth() -> dict[str, str]:
    """Return what an audit without faults finds."""
    found = audited(Faults())
    assert not found.gaps
    assert found.verdict is AuditVerdict.FAIL
    return outcomes(found)


def assert_nothing_improved(found: Audit, truth: dict[str, str]) -> None:
    """Every resource is there, or a gap says that it may be missing; none looks better."""
    seen = outcomes(found)
    for resource, outcome in seen.items():
        assert not (outcome == "pass" and truth[resource] != "pass"), resource
    if seen != truth:
        assert found.gaps
        assert found.verdict is not AuditVerdict.PASS


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("fault", TRANSIENT)
@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_no_transient_fault_of_any_action_improves_an_outcome(
    fault: str, action: str, rate: float, truth: dict[str, str]
) -> None:
    switches: dict[str, Any] = {fault: rate}
    found = audited(Faults(actions=frozenset({action}), **switches))
    assert_nothing_improved(found, truth)
    if rate == 1.0:
        assert found.gaps


@pytest.mark.parametrize("action", ACTIONS[2:])
@pytest.mark.parametrize(
    "switches",
    [{"shifting_pages": True}, {"silent_cap": 7}, {"silent_cap": 1}, {"lying_total": True}],
    ids=str,
)
@pytest.mark.parametrize("generation", [1, 2, 3])
def test_no_fault_of_paging_changes_a_finding(
    switches: dict[str, Any], action: str, generation: int, truth: dict[str, str]
) -> None:
    found = audited(Faults(actions=frozenset({action}), **switches), generation)
    assert_nothing_improved(found, truth)
    if not found.gaps:
        assert outcomes(found) == truth


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("switch", ["refused_actions", "unsupported_actions"])
def test_an_action_that_is_not_allowed_or_not_there_is_a_gap(
    switch: str, action: str, truth: dict[str, str]
) -> None:
    switches: dict[str, Any] = {switch: frozenset({action})}
    found = audited(Faults(**switches))
    assert_nothing_improved(found, truth)
    falls_back = switch == "unsupported_actions" and action == "DescribeUMem"
    reason = GapReason.REFUSED if switch == "refused_actions" else GapReason.UNSUPPORTED
    assert {gap.reason for gap in found.gaps} == (set() if falls_back else {reason})


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_with_every_fault_at_once_the_findings_are_the_same(
    generation: int, truth: dict[str, str]
) -> None:
    found = audited(Faults.everything(), generation)
    assert outcomes(found) == truth
    assert not found.gaps


def test_refused_regions_and_projects_are_gaps_and_the_rest_goes_on(
    truth: dict[str, str],
) -> None:
    faults = Faults(refused_regions=frozenset({"hk"}), refused_projects=frozenset({"org-data"}))
    found = audited(faults)
    assert_nothing_improved(found, truth)
    assert {(gap.account, gap.region) for gap in found.gaps} == {
        ("org-shop", "hk"),
        ("org-data", "hk"),
        ("org-data", "cn-bj2"),
        ("org-data", "sg"),
    }
    assert {gap.reason for gap in found.gaps} == {GapReason.REFUSED}
    assert len(outcomes(found)) == 20


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"UCLOUD_PRIVATE_KEY": "wrong"}, "Signature VerifyAC Error"),
        ({"UCLOUD_PUBLIC_KEY": "wrong"}, "User Not Exists"),
        ({"UCLOUD_PUBLIC_KEY": ""}, "set UCLOUD_PUBLIC_KEY"),
        ({"UCLOUD_SECURITY_TOKEN": "old"}, "Token Not Exists"),
        ({"UCLOUD_API_BASE_URL": "ftp://x"}, "must be http(s)://host"),
    ],
)
def test_wrong_keys_are_one_gap_for_the_whole_source(
    changes: dict[str, Any], sentence: str
) -> None:
    with Simulator(ACCOUNT) as cloud:
        found = run(cloud, **changes)
    assert found.verdict is AuditVerdict.INCOMPLETE
    (gap,) = found.gaps
    assert (gap.reason, gap.account, gap.region) == (GapReason.CREDENTIALS, "", "")
    assert sentence in gap.detail


def test_no_network_is_a_gap_and_names_no_key() -> None:
    with Simulator(ACCOUNT) as cloud:
        found_keys = keys(cloud)
    gone = outside(found_keys)
    with Simulator(ACCOUNT) as other:
        found = run(other, world=gone)
    assert {gap.reason for gap in found.gaps} == {GapReason.UNREACHABLE}
    assert "no answer from 127.0.0.1" in found.gaps[0].detail
    assert not any(key in str(found) for key in (found_keys["UCLOUD_PUBLIC_KEY"],))


def test_what_is_not_reached_before_the_deadline_is_a_gap(truth: dict[str, str]) -> None:
    with Simulator(ACCOUNT) as cloud:
        world = outside(keys(cloud), deadline=10.0, monotonic=stepping(*([0.0] * 60), 11.0))
        found = run(cloud, world=world)
    assert_nothing_improved(found, truth)
    assert {gap.reason for gap in found.gaps} == {GapReason.DEADLINE}


def test_an_unknown_region_and_an_unknown_project_are_gaps() -> None:
    policy = """
version: 1
sources:
  - ucloud.uredis: {regions: [hk, atlantis], projects: [org-shop, org-nobody]}
policies:
  - {name: all, match: {}, rules: {auto_backup: {}}}
"""
    with Simulator(ACCOUNT) as cloud:
        found = run(cloud, policy=policy)
    assert {(gap.account, gap.region, gap.reason) for gap in found.gaps} == {
        ("org-shop", "atlantis", GapReason.NOT_FOUND),
        ("org-nobody", "hk", GapReason.NOT_FOUND),
        ("org-nobody", "atlantis", GapReason.NOT_FOUND),
    }
    assert len(found.assessments) == 10


def test_an_empty_account_is_a_gap() -> None:
    empty = make_account(NOW)
    empty._by_scope.clear()
    with Simulator(empty) as cloud:
        found = run(cloud)
    assert found.verdict is AuditVerdict.INCOMPLETE
    assert [gap.reason for gap in found.gaps] == [GapReason.EMPTY]


def test_the_own_project_is_audited_when_the_others_cannot_be_listed() -> None:
    policy = """
version: 1
sources: [{ucloud.uredis: {projects: all}}]
policies: [{name: all, match: {}, rules: {auto_backup: {}}}]
"""
    faults = Faults(refused_actions=frozenset({"GetProjectList"}))
    with Simulator(ACCOUNT, faults=faults) as cloud:
        found = run(cloud, policy=policy, UCLOUD_PROJECT_ID="org-shop")
    assert len(found.assessments) == 30
    assert [gap.reason for gap in found.gaps] == [GapReason.REFUSED]


def test_only_the_own_project_is_audited_unless_all_are_asked_for() -> None:
    with Simulator(ACCOUNT) as cloud:
        found = run(cloud, UCLOUD_PROJECT_ID="org-shop")
    assert {r.scope.account for r in found.results} == {"org-shop"}
    assert cloud.counts["GetProjectList"] == 0


def test_select_fetches_only_what_it_selects() -> None:
    with Simulator(ACCOUNT) as cloud:
        found = run(cloud, select={"region": "hk", "name": "prod-checkout"})
        assert cloud.counts["DescribeURedisBackup"] == 1
        assert cloud.counts["DescribeUMem"] == 2
    assert [a.resource.name for a in found.assessments] == ["prod-checkout"]


def test_temporary_keys_send_their_token() -> None:
    with Simulator(ACCOUNT, security_token="token") as cloud:
        found = run(cloud, UCLOUD_SECURITY_TOKEN="token")
    assert not found.gaps


def test_orphans_are_reported_and_do_not_fail() -> None:
    with Simulator(ACCOUNT) as cloud:
        found = run(cloud)
    (orphan,) = found.orphans
    assert (orphan.name, orphan.backups) == ("prod-retired", 3)


def test_a_group_of_an_unknown_type_without_the_usual_id_is_a_gap() -> None:
    account = make_account(NOW)
    group = account.groups[0]
    group.row = {**group.row, "ResourceType": "quantum", "ResourceId": "q-1"}
    copy = {**account.groups[6].row, "Role": "slave", "MasterGroupId": "x"}
    account.groups[6].row = copy
    with Simulator(account) as cloud:
        found = run(cloud)
    assert [gap.reason for gap in found.gaps] == [GapReason.UNSUPPORTED]
    assert "unknown type 'quantum'" in found.gaps[0].detail
    assert len(found.assessments) == 58


def test_a_group_without_an_id_is_a_gap() -> None:
    account = make_account(NOW)
    account.groups[0].row = {**account.groups[0].row, "ResourceId": None}
    with Simulator(account) as cloud:
        found = run(cloud)
    assert GapReason.MALFORMED in {gap.reason for gap in found.gaps}


def test_latency_does_not_change_a_finding(truth: dict[str, str]) -> None:
    assert outcomes(audited(replace(Faults(), latency=0.001))) == truth
