"""``permissions``: what the sources of a policy declare, no more, in a form that can be used."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import cli
from backup_auditor.commands import Streams
from backup_auditor.sources import load_sources

POLICIES = "policies: [{name: all, match: {}, rules: {last_success_age: {max: 1d}}}]"
MEMBERS = 'accounts: ["111122223333", "444455556666"]'


def run(folder: Path, sources: str, *more: str) -> tuple[int, str, str]:
    """Run the command for a policy with ``sources``; return code, data and talk."""
    file = folder / "policy.yaml"
    file.write_text(f"version: 1\nsources: {sources}\n{POLICIES}\n", "utf-8")
    out, err = io.StringIO(), io.StringIO()
    code = cli.command(["permissions", str(file), *more], Streams(out, err, {}))
    return code, out.getvalue(), err.getvalue()


def granted(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return every action of an IAM policy with what it may be done to."""
    return {
        (action, resource)
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def iam(folder: Path, sources: str) -> set[tuple[str, str]]:
    """Return what the IAM policy of ``sources`` grants."""
    code, out, err = run(folder, sources, "--format", "iam")
    assert (code, err) == (0, "")
    return granted(json.loads(out))


def test_a_source_gets_what_it_declares_and_what_its_options_need(tmp_path: Path) -> None:
    declared = set(load_sources()["aws.rds"].actions)
    others = {"sts:AssumeRole", "organizations:ListAccounts"}
    assert iam(tmp_path, "[aws.rds]") == {(a, "*") for a in declared - others}
    named = iam(tmp_path, "[{aws.rds: {regions: [eu-central-1]}}]")
    assert named == {(a, "*") for a in declared - others - {"ec2:DescribeRegions"}}


def test_roles_are_assumed_in_the_accounts_that_are_named(tmp_path: Path) -> None:
    found = iam(tmp_path, f"[{{aws.rds: {{{MEMBERS}, role: path/Auditor}}}}]")
    roles = {resource for action, resource in found if action == "sts:AssumeRole"}
    assert roles == {
        "arn:aws:iam::111122223333:role/path/Auditor",
        "arn:aws:iam::444455556666:role/path/Auditor",
    }
    chinese = iam(tmp_path, f"[{{aws.rds: {{{MEMBERS}, regions: [cn-north-1]}}}}]")
    assert ("sts:AssumeRole", "arn:aws-cn:iam::111122223333:role/BackupAuditor") in chinese


def test_an_organization_is_listed_and_any_account_of_it_assumed(tmp_path: Path) -> None:
    found = iam(tmp_path, "[{aws.rds: {organizations: true}}]")
    assert ("organizations:ListAccounts", "*") in found
    assert ("sts:AssumeRole", "arn:aws:iam::*:role/BackupAuditor") in found


def test_the_role_of_a_member_sees_backups_and_trusts_the_auditor_alone(tmp_path: Path) -> None:
    sources = f"[{{aws.rds: {{{MEMBERS}, external_id: shared, role: path/Auditor}}}}]"
    code, out, _ = run(tmp_path, sources, "--format", "member-role")
    assert code == 0
    role = json.loads(out)["Resources"]["Role"]["Properties"]
    assert (role["Path"], role["RoleName"]) == ("/path/", "Auditor")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": {"Ref": "AuditorRoleArn"}}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "shared"}}
    actions = {action for action, _ in granted(role["Policies"][0]["PolicyDocument"])}
    assert "rds:DescribeDBSnapshots" in actions
    assert not actions & {"sts:AssumeRole", "organizations:ListAccounts"}


def test_the_text_has_a_part_for_each_provider(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "[{ucloud.uredis: {projects: [org-a]}}, aws.rds]")
    assert code == 0
    aws, ucloud = out.split("\n\n")
    assert granted(json.loads(aws.partition("\n")[2])) == iam(tmp_path, "[aws.rds]")
    named = set(load_sources()["ucloud.uredis"].actions) - {"GetProjectList"}
    assert set(ucloud.splitlines()[1:]) == named


@pytest.mark.parametrize(
    ("sources", "more", "said"),
    [
        ("[ucloud.uredis]", ["--format", "iam"], "the policy has no source of AWS"),
        ("[aws.rds]", ["--policy", "other.yaml"], "takes the policy once"),
        (
            "[{aws.rds: {role: A}}, {aws.rds: {role: B}}]",
            ["--format", "member-role"],
            "name no role, or several",
        ),
        ("[{aws.rds: {accounts: [me]}}]", [], "'me' is not the id of an account"),
        ("[{aws.rds: {role: 'a b'}}]", [], "it must match pattern"),
    ],
)
def test_what_cannot_be_answered_is_said(
    tmp_path: Path, sources: str, more: list[str], said: str
) -> None:
    code, out, err = run(tmp_path, sources, *more)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("kind", load_sources().values(), ids=lambda kind: str(kind.id))
def test_every_source_declares_reading_actions_only(kind: Any) -> None:
    reads = ("Describe", "List", "Get", "Scan", "AssumeRole", "Fetch")
    for action in kind.actions:
        assert action.rpartition(":")[2].startswith(reads), action
    assert len(set(kind.actions)) == len(kind.actions)
