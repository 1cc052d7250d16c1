"""``explain RESOURCE``, live and from a snapshot."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Never

import pytest
from backup_auditor import compose
from backup_auditor.commands.explain import _explained
from backup_auditor.model import Outcome
from backup_auditor.policy.load import load

from tests.builders import NOW, history, moment, succeeded
from tests.cloud import POLICY, keys
from tests.fakes import outside
from tests.simulator.account import Maker, make_account
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.simulator.world import Account
from tests.test_cli import AT, Run

ACCOUNT = make_account(NOW)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the account."""
    with Simulator(ACCOUNT) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write the policy of the tests."""
    file = tmp_path_factory.mktemp("policy") / "policy.yaml"
    file.write_text(POLICY)
    return str(file)


@pytest.fixture(scope="module")
def snapshot(cloud: Simulator, policy: str) -> str:
    """Keep a snapshot of the account, beside the policy."""
    file = str(Path(policy).parent / "snapshot")
    Run(["audit", "--policy", policy, "--save-snapshot", file, *AT], keys(cloud))
    return file


def explain(cloud: Simulator, policy: str, *arguments: str) -> Run:
    """Explain as of NOW."""
    return Run(["explain", "--policy", policy, *AT, *arguments], keys(cloud))


@pytest.mark.parametrize(
    ("name", "code", "start", "line"),
    [
        ("prod-launch", 0, "PASS", "Governed by everything; 5 rules asked, nothing found."),
        ("prod-vouchers", 1, "FAIL", "Governed by everything; 5 rules asked: auto_backup fails."),
        ("prod-billing", 1, "FAIL", "None is listed."),
        ("staging-auth", 3, "UNKNOWN", "5 rules asked: auto_backup is unknown."),
        ("<script>alert(1)</script>", 1, "FAIL", "last_success_age fails"),
    ],
)
def test_a_resource_is_explained_and_exits_as_an_audit_of_it_would(
    name: str, code: int, start: str, line: str, cloud: Simulator, policy: str
) -> None:
    run = explain(cloud, policy, name)
    assert run.code == code
    assert run.out.startswith(f"{start}: {name} (uredis-")
    assert line in run.out
    assert run.err == ""
    audit = Run(["audit", "--policy", policy, "--select", f"name={name}", *AT], keys(cloud))
    assert audit.code == code


def test_an_id_is_as_good_as_a_name(cloud: Simulator, policy: str) -> None:
    by_name = explain(cloud, policy, "prod-vouchers")
    (group,) = [g for g in ACCOUNT.groups if g.row["Name"] == "prod-vouchers"]
    assert explain(cloud, policy, group.id).out == by_name.out


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_snapshot_needs_no_key_and_says_the_same(
    form: str, cloud: Simulator, policy: str, snapshot: str
) -> None:
    live = explain(cloud, policy, "prod-vouchers", "--format", form)
    asked = ["explain", "prod-vouchers", "--policy", policy, "--replay", snapshot, *AT]
    again = Run([*asked, "--format", form], {})
    assert (again.out, again.code) == (live.out, live.code)
    assert f"Replaying {snapshot}: collected 20" in again.err


def test_at_the_foretold_breach_it_fails_and_a_second_before_it_passes(
    policy: str, snapshot: str
) -> None:
    def at(instant: str) -> tuple[int, dict[str, Any]]:
        asked = ["explain", "prod-stream", "--policy", policy, "--replay", snapshot]
        run = Run([*asked, "--now", instant, "--format", "json"], {})
        return run.code, json.loads(run.out)["explanations"][0]

    code, today = at("2026-11-24T06:07:00Z")
    breach = today["next_breach"]
    assert (code, breach["rule"], breach["outcome"]) == (0, "last_success_age", "fail")
    second = breach["at"].removesuffix("Z")
    assert at(f"{second}+00:00")[0] == 0  # exactly at the limit passes
    code, then = at(f"{second}.000001+00:00")
    assert code == 1
    assert [r["rule"] for r in then["rules"] if r["outcome"] == "fail"] == ["last_success_age"]


def test_a_name_that_is_not_there_is_wrong_usage_and_near_names_are_told(
    cloud: Simulator, policy: str
) -> None:
    run = explain(cloud, policy, "prod-voucher")
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith(
        "backup-auditor: no resource has the id or the name 'prod-voucher'; near: prod-vouchers"
    )
    assert explain(cloud, policy, "\x1b[31m").err == (
        "backup-auditor: no resource has the id or the name '�[31m'\n"
    )


def test_no_name_at_all_is_wrong_usage(policy: str) -> None:
    run = Run(["explain", "", "--policy", policy], {})
    assert run.code == 2
    assert "RESOURCE is empty" in run.err


@pytest.mark.parametrize(("form", "start"), [("text", "UNKNOWN: no such"), ("json", "{")])
def test_what_is_not_found_may_lie_in_what_could_not_be_seen(
    form: str, start: str, policy: str
) -> None:
    with Simulator(ACCOUNT, faults=Faults(refused_regions=frozenset({"hk"}))) as cloud:
        run = explain(cloud, policy, "prod-voucher", "--format", form)
    assert run.code == 3
    assert run.out.startswith(start)
    assert "No permission for this region" in run.out
    said = "backup-auditor: no resource that could be seen has the id or the name 'prod-voucher'"
    assert run.err.startswith(f"{said}; near: prod-vouchers, ")


def test_without_keys_nothing_is_seen_and_nothing_is_well(policy: str) -> None:
    run = Run(["explain", "prod-vouchers", "--policy", policy, *AT], {})
    assert run.code == 3
    assert "(credentials)" in run.out


def test_what_is_found_while_something_is_not_seen_is_incomplete_as_an_audit_is(
    policy: str,
) -> None:
    with Simulator(ACCOUNT, faults=Faults(refused_regions=frozenset({"hk"}))) as cloud:
        run = explain(cloud, policy, "prod-launch")
    assert run.code == 3
    assert run.out.startswith("PASS: prod-launch")
    assert "COULD NOT BE SEEN; ANOTHER ONE MAY BE THERE" in run.out


def test_a_snapshot_of_a_part_cannot_tell_that_something_is_not_there(
    cloud: Simulator, policy: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "part")
    asked = ["--select", "name=prod-launch", "--save-snapshot", file]
    Run(["audit", "--policy", policy, *asked, *AT], keys(cloud))
    missing = Run(["explain", "prod-vouchers", "--policy", policy, "--replay", file], {})
    assert missing.code == 3
    assert "the snapshot holds some of the resources only (incomplete)" in missing.out
    there = Run(["explain", "prod-launch", "--policy", policy, "--replay", file, *AT], {})
    assert there.code == 0


def test_a_resource_whose_backups_could_not_be_read_is_unknown(policy: str) -> None:
    refused = Faults(refused_actions=frozenset({"DescribeURedisBackup"}))
    with Simulator(ACCOUNT, faults=refused) as cloud:
        run = explain(cloud, policy, "prod-launch")
    assert run.code == 3
    assert run.out.startswith("UNKNOWN: prod-launch")
    assert "Its backups could not be read: " in run.out
    assert "? last_success_age not asked" in run.out


@pytest.mark.parametrize(("number", "code", "more"), [(2, 0, 0), (20, 0, 0), (22, 3, 2)])
def test_all_of_one_name_are_explained_up_to_a_bound(
    number: int, code: int, more: int, policy: str
) -> None:
    """Those that are not explained are not fine either."""
    maker = Maker(3, NOW)
    groups = [maker.group("twin", "org-x", "hk") for _ in range(number)]
    for group in groups:
        maker.daily(group, days=4)
    account = Account({"hk": ["hk-02"]}, [replace(ACCOUNT.projects[0], id="org-x")], groups)
    with Simulator(account) as cloud:
        run = explain(cloud, policy, "twin", "--format", "json")
        text = explain(cloud, policy, "twin").out
    assert run.code == code
    document = json.loads(run.out)
    ids = [one["id"] for one in document["explanations"]]
    assert ids == sorted(group.id for group in groups)[:20]
    assert document["more"] == more
    assert text.count("PASS: twin (") == number - more
    assert ("2 more resources are called so" in text) is bool(more)


def test_the_explanation_can_be_written_to_a_file(
    cloud: Simulator, policy: str, tmp_path: Path
) -> None:
    file = tmp_path / "why.txt"
    run = explain(cloud, policy, "prod-vouchers", "--output", str(file))
    assert (run.code, run.out) == (1, "")
    assert run.err == f"1 resource explained. Written to {file}.\n"
    assert file.read_text("utf-8").startswith("FAIL: prod-vouchers")
    assert explain(cloud, policy, "prod-vouchers", "--output", "/nowhere/x").code == 2


def test_a_faulty_rule_is_never_a_pass() -> None:
    def broken(*_: object) -> Never:
        raise KeyError("T0PSECRET")

    policies = load(POLICY, "p.yaml", compose.kinds())
    plan = compose.plan(policies, outside())
    rules = {name: replace(rule, check=broken) for name, rule in plan.rules.items()}
    found = _explained(history(succeeded()), replace(plan, rules=rules), moment())
    assert found.assessment.outcome is Outcome.UNKNOWN
    assert "a fault of this program: KeyError" in found.assessment.unread
    assert "T0PSECRET" not in repr(found)
