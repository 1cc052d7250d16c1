"""What the sources of a policy must be allowed to do, as documents for those who allow it.

All of it comes from the ``ACTIONS`` that each source declares, and from what its options leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backup_auditor.policy.model import SourceRequest
from backup_auditor.sources import SourceKind

_OF_HOME = frozenset({"sts:AssumeRole", "organizations:ListAccounts"})
"""What is only done with our own credentials, before those of a member account are there."""

Grant = tuple[str, str]
"""An action, and what it may be done to."""


def grants_of(
    requests: Iterable[SourceRequest], kinds: Mapping[str, SourceKind]
) -> dict[str, list[Grant]]:
    """Return provider -> what its sources need, each once, in order.

    An action of AWS names its service (``s3:ListBucket``), whichever source asks for it.
    """
    found: dict[str, set[Grant]] = {}
    for request in requests:
        provider = request.kind.partition(".")[0]
        for grant in request.options.grants(kinds[request.kind].actions):
            found.setdefault("aws" if ":" in grant[0] else provider, set()).add(grant)
    return {provider: sorted(grants) for provider, grants in sorted(found.items()) if grants}


def iam_policy(grants: Iterable[Grant]) -> dict[str, Any]:
    """Return an IAM policy document: each action only on what it is asked of.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    return {"Version": "2012-10-17", "Statement": list(_statements(grants))}


def _statements(grants: Iterable[Grant]) -> Iterator[dict[str, Any]]:
    by_resource: dict[str, set[str]] = {}
    for action, resource in grants:
        by_resource.setdefault(resource, set()).add(action)
    by_actions: dict[tuple[str, ...], list[str]] = {}
    for resource, actions in sorted(by_resource.items()):
        by_actions.setdefault(tuple(sorted(actions)), []).append(resource)
    for number, (needed, resources) in enumerate(by_actions.items(), 1):
        yield {
            "Sid": f"SeeBackups{number}",
            "Effect": "Allow",
            "Action": list(needed),
            "Resource": resources,
        }


def member_role(grants: Iterable[Grant], role: str, external_id: str) -> dict[str, Any]:
    """Return a CloudFormation template of the role for an account that is asked through it."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "AuditorRoleArn"}},
        "Action": "sts:AssumeRole",
    }
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    document = iam_policy(grant for grant in grants if grant[0] not in _OF_HOME)
    path, _, name = role.rpartition("/")
    properties = {
        "RoleName": name,
        "Path": f"/{path}/" if path else "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "Policies": [{"PolicyName": "see-backups", "PolicyDocument": document}],
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role through which backup-auditor sees the backups of this account.",
        "Parameters": {
            "AuditorRoleArn": {
                "Type": "String",
                "Description": "ARN of the role that backup-auditor runs with.",
            }
        },
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}},
    }
