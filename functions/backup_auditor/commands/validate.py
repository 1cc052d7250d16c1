"""Check a policy file."""

from __future__ import annotations

import argparse

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_policy
from backup_auditor.outcome import ExitCode
from backup_auditor.report.words import counted


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_policy(parser)


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Load the policy and say what it holds; raises PolicyError with all problems."""
    outside = compose.world(streams.environ)
    policies = compose.load_policies(given.policy, outside)
    parts = (
        counted(len(policies.policies), "policy", "policies"),
        counted(len(policies.sources), "source"),
        counted(len(policies.channels), "channel"),
    )
    address = compose.address_of(given.policy, outside)
    print(f"{address}: sound; {', '.join(parts)}", file=streams.out)
    return ExitCode.PASS
