"""Print the permissions that the sources of a policy need, and no more."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_policy
from backup_auditor.commands._iam import Grant, grants_of, iam_policy, member_role
from backup_auditor.errors import UsageError
from backup_auditor.outcome import ExitCode
from backup_auditor.policy.model import SourceRequest
from backup_auditor.sources import load_sources

_HEADINGS = {
    "aws": "AWS: an IAM policy for the role or user that runs the audit",
    "ucloud": "UCloud: the API actions that the keys must be allowed, in every project audited",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "address", nargs="?", metavar="POLICY", help="the policy: a file, folder or s3:// address"
    )
    add_policy(parser)
    parser.add_argument(
        "--format",
        choices=("text", "iam", "member-role"),
        default="text",
        help=(
            "text (default): all of it, for people; iam: the IAM policy alone, as JSON;"
            " member-role: a CloudFormation template for each other account"
        ),
    )


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print what the sources need; asks no provider."""
    outside = compose.world(streams.environ)
    if given.address and given.policy:
        raise UsageError("permissions takes the policy once: as POLICY or with --policy")
    policies = compose.load_policies(given.address or given.policy, outside)
    grants = grants_of(policies.sources, load_sources())
    if given.format == "text":
        streams.out.write("".join(f"{line}\n" for line in _text(grants)))
    else:
        if "aws" not in grants:
            raise UsageError(f"--format {given.format}: the policy has no source of AWS")
        document = iam_policy(grants["aws"])
        if given.format == "member-role":
            document = member_role(grants["aws"], *_role(policies.sources))
        streams.out.write(json.dumps(document, indent=2) + "\n")
    return ExitCode.PASS


def _text(grants: Mapping[str, Iterable[Grant]]) -> Iterator[str]:
    if not grants:
        yield "The sources of this policy need no permission of any provider."
    for number, (provider, needed) in enumerate(grants.items()):
        if number:
            yield ""
        yield f"# {_HEADINGS.get(provider, provider)}"
        if provider == "aws":
            yield json.dumps(iam_policy(needed), indent=2)
        else:
            yield from (action for action, _ in needed)


def _role(requests: Iterable[SourceRequest]) -> tuple[str, str]:
    """Return the role and external id of all sources; raises UsageError where they differ."""
    found = {
        (role, getattr(request.options, "external_id", ""))
        for request in requests
        if (role := getattr(request.options, "role", ""))
    }
    if len(found) != 1:
        raise UsageError("--format member-role: the sources name no role, or several")
    return found.pop()
