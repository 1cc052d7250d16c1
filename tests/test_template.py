"""What the template promises: what is granted is what is used, what is watched is what is told."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from backup_auditor.compose import POLICY_VARIABLE, STORE_VARIABLE, kinds
from backup_auditor.policy.load import load
from backup_auditor.record.names import set_name
from backup_auditor.report.cloudwatch import DIMENSION, NAMESPACE, UNITS
from backup_auditor.sources import load_sources
from backup_auditor.store.address import open_store
from backup_auditor.store.s3 import ACTIONS

from tests.fakes import outside

ROOT = Path(__file__).parent.parent
SET = {"Ref": "PolicySet"}


class Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation as what they stand for."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", _function)
TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader)  # noqa: S506 - it is a SafeLoader
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
AUDITOR: dict[str, Any] = RESOURCES["Auditor"]["Properties"]
STORE: dict[str, Any] = RESOURCES["Store"]["Properties"]
ALARMS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}


def statements(condition: str | None = None) -> dict[str, Any]:
    """Return what the function may do, always or where a condition holds, by Sid."""
    found: list[Any] = []
    for policy in AUDITOR["Policies"]:
        if condition is None:
            found += policy.get("Statement", [])
        elif policy.get("Fn::If", [None])[0] == condition:
            assert policy["Fn::If"][2] == {"Ref": "AWS::NoValue"}
            found += policy["Fn::If"][1]["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in found)
    return {statement["Sid"]: statement for statement in found}


def listed(value: object) -> list[object]:
    """Return a list where CloudFormation also takes one of its items."""
    return value if isinstance(value, list) else [value]


def test_the_role_may_do_in_the_store_exactly_what_the_store_does() -> None:
    ours = [{"Fn::Sub": "${Store.Arn}/*"}, {"Fn::GetAtt": "Store.Arn"}]
    granted = {
        action: statement["Resource"]
        for statement in statements().values()
        if statement["Resource"] in ours
        for action in listed(statement["Action"])
    }
    objects, bucket = ours
    assert granted == {
        action: bucket if action == "s3:ListBucket" else objects for action in ACTIONS.values()
    }


def test_nothing_of_s3_is_granted_beside_it_but_the_policy() -> None:
    of_s3 = [s for s in statements().values() if "s3:" in str(s["Action"])]
    assert [s["Sid"] for s in of_s3] == ["RememberAudits", "FindAudits"]
    assert set(statements("HasPolicyBucket")) == {"ReadThePolicy", "ListThePolicies"}


def test_the_backups_of_aws_are_seen_only_where_that_is_wanted() -> None:
    (seen,) = statements("AuditsAws").values()
    declared = {
        a for k, kind in load_sources().items() if k.startswith("aws.") for a in kind.actions
    }
    assert set(seen["Action"]) == declared - {"sts:AssumeRole"}
    assert seen["Action"] == sorted(seen["Action"])
    assert not declared & {a for s in statements().values() for a in listed(s["Action"])}


def test_a_role_is_assumed_only_where_one_is_named() -> None:
    (assumed,) = statements("HasMemberRole").values()
    assert (assumed["Action"], assumed["Resource"]) == ("sts:AssumeRole", {"Ref": "MemberRole"})


def test_a_key_is_used_only_where_there_is_one() -> None:
    assert "kms:" not in json.dumps(statements())
    (key,) = statements("HasStoreKey").values()
    assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert key["Resource"] == {"Ref": "StoreKmsKey"}


def test_the_function_is_told_where_its_store_and_its_policy_are() -> None:
    variables = AUDITOR["Environment"]["Variables"]
    assert variables[STORE_VARIABLE] == {"Fn::Sub": "s3://${Store}"}
    assert variables[POLICY_VARIABLE] == {"Ref": "PolicyAddress"}
    assert open_store("s3://stack-store-abc", outside()).address == "s3://stack-store-abc/"


def test_a_run_that_fails_is_repeated_because_the_store_knows_what_it_has_sent() -> None:
    assert AUDITOR["EventInvokeConfig"]["MaximumRetryAttempts"] == 2
    assert STORE_VARIABLE in AUDITOR["Environment"]["Variables"]
    # The same event gives the same run: its time is that of the schedule, not of the attempt.
    assert (
        "<aws.scheduler.scheduled-time>"
        in RESOURCES["MorningSchedule"]["Properties"]["Target"]["Input"]
    )


def test_the_store_keeps_versions_is_encrypted_and_private() -> None:
    assert STORE["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(STORE["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = STORE["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    condition, with_key, without = encryption["Fn::If"]
    assert condition == "HasStoreKey"
    assert without == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert with_key["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == {"Ref": "StoreKmsKey"}


def test_the_store_is_reached_over_tls_only() -> None:
    policy = RESOURCES["StorePolicy"]["Properties"]
    assert policy["Bucket"] == {"Ref": "Store"}
    conditions = []
    for statement in policy["PolicyDocument"]["Statement"]:
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert len(statement["Resource"]) == 2
        conditions.append(statement["Condition"])
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": "1.2"}} in conditions


def test_the_store_survives_the_stack_and_ends_by_its_retention() -> None:
    for name in ("Store", "StorePolicy"):
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    rules = STORE["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    (ends,) = [rule for rule in rules if "ExpirationInDays" in rule]
    assert ends["ExpirationInDays"] == {"Ref": "StoreRetentionDays"}
    assert "NoncurrentVersionExpiration" in ends
    # All of the store: the latest audit and the record that it names end together.
    assert not {"Prefix", "Filter", "TagFilters"} & ends.keys()


def test_objects_are_locked_only_by_the_option_and_the_bucket_is_always_ready_for_it() -> None:
    assert STORE["ObjectLockEnabled"] is True
    condition, rule, nothing = STORE["ObjectLockConfiguration"]["Rule"]["Fn::If"]
    assert (condition, nothing) == ("LocksObjects", {"Ref": "AWS::NoValue"})
    assert rule["DefaultRetention"] == {
        "Mode": {"Ref": "ObjectLock"},
        "Days": {"Ref": "ObjectLockDays"},
    }
    parameter = TEMPLATE["Parameters"]["ObjectLock"]
    assert parameter["AllowedValues"] == ["off", "GOVERNANCE", "COMPLIANCE"]
    assert parameter["Default"] == "off"


def test_the_alarms_ask_for_the_policies_that_a_new_deployment_runs() -> None:
    parameters = TEMPLATE["Parameters"]
    address = parameters["PolicyAddress"]["Default"]
    file = ROOT / "policies" / Path(address).name
    given = load(file.read_text("utf-8"), str(file), kinds()).name
    assert parameters["PolicySet"]["Default"] == set_name(given, address)


def _watched() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the alarms of our own metrics ask for: alarm, metric."""
    for name, alarm in ALARMS.items():
        asked = [
            query["MetricStat"]["Metric"]
            for query in alarm.get("Metrics", [])
            if "MetricStat" in query
        ]
        for metric in asked or [alarm]:
            if metric["Namespace"] == NAMESPACE:
                yield name, metric


WATCHED = list(_watched())


@pytest.mark.parametrize(("name", "metric"), WATCHED, ids=[name for name, _ in WATCHED])
def test_an_alarm_asks_for_a_metric_that_the_audit_prints(
    name: str, metric: dict[str, Any]
) -> None:
    assert metric["MetricName"] in UNITS
    assert metric["Dimensions"] == [{"Name": DIMENSION, "Value": SET}]


def test_every_alarm_reaches_somebody_and_says_what_no_data_means() -> None:
    assert len(ALARMS) == 8
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["TreatMissingData"] in {"breaching", "notBreaching", "ignore"}, name
        assert alarm["AlarmDescription"], name


def test_what_is_known_as_of_the_last_audit_stands_until_the_next_and_none_is_an_alarm() -> None:
    treated = {name: ALARMS[name]["TreatMissingData"] for name, _ in WATCHED}
    assert treated.pop("AuditMissing") == "breaching"
    assert set(treated.values()) == {"ignore"}
    missing = ALARMS["AuditMissing"]
    assert missing["Statistic"] == "SampleCount"
    assert missing["Period"] * missing["EvaluationPeriods"] == 25 * 3600


def dashboard() -> dict[str, Any]:
    """Return the dashboard with something in every place that is filled in."""
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    values = {"PolicySet": "default", "AWS::Region": "eu-central-1", "MaxUnbackedHours": "48"}
    filled = re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], body)
    document: dict[str, Any] = json.loads(filled, object_pairs_hook=_unique)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def test_the_dashboard_shows_every_metric_of_the_policies() -> None:
    shown = set()
    for widget in dashboard()["widgets"]:
        assert widget["properties"]["region"] == "eu-central-1"
        first, *more = [m for m in widget["properties"]["metrics"] if isinstance(m[0], str)]
        assert (first[0], first[2], first[3]) == (NAMESPACE, DIMENSION, "default")
        for metric in more:
            assert (metric[0], metric[2], metric[3]) == (".", ".", ".")
        shown |= {metric[1] for metric in (first, *more)}
    assert shown == UNITS.keys()


def test_widgets_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard()["widgets"]:
        x, y = widget["x"], widget["y"]
        cells = {
            (x + dx, y + dy) for dx in range(widget["width"]) for dy in range(widget["height"])
        }
        assert max(column for column, _ in cells) < 24
        assert not taken & cells, widget["properties"]["title"]
        taken |= cells


def readme(title: str) -> str:
    """Return the text under one heading of the third level."""
    text = (ROOT / "README.md").read_text("utf-8")
    return text.partition(f"### {title}\n")[2].partition("\n#")[0]


def first_cells(text: str) -> list[str]:
    """Return what is named in the first column of the tables."""
    return [
        name
        for cells in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cells)
    ]


def test_the_readme_tells_all_metrics_with_their_units_and_all_alarms() -> None:
    told = first_cells(readme("Metrics and alarms"))
    assert told == [*UNITS, *(name for name in told if name in ALARMS)]
    assert set(told) == {*UNITS, *ALARMS}
    for cells, unit in re.findall(
        r"^\| (`.*?) \| (\w+) \| ", readme("Metrics and alarms"), re.MULTILINE
    ):
        assert {UNITS[name] for name in re.findall(r"`(\w+)`", cells)} == {unit}


def test_the_readme_tells_the_options_of_the_store_with_their_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \((\w+)\) \|", readme("The store"), re.MULTILINE)
    defaults = {name: str(TEMPLATE["Parameters"][name]["Default"]) or "none" for name, _ in rows}
    assert dict(rows) == defaults
    assert set(defaults) == {"StoreRetentionDays", "ObjectLock", "ObjectLockDays", "StoreKmsKey"}


def test_a_user_of_a_laptop_needs_what_the_function_has() -> None:
    (policy,) = re.findall(r"```json\n(.*?)```", readme("The store"), re.DOTALL)
    asked = {a for s in json.loads(policy)["Statement"] for a in listed(s["Action"])}
    assert asked == set(ACTIONS.values())
