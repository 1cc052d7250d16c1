"""Send a test report to the channels."""

from __future__ import annotations

import argparse

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_policy
from backup_auditor.commands._receipts import print_receipts
from backup_auditor.delivery import Target
from backup_auditor.errors import UsageError
from backup_auditor.model import DeliveryOutcome
from backup_auditor.outcome import ExitCode
from backup_auditor.report.sample import sample_report
from backup_auditor.run import tell


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_policy(parser)
    parser.add_argument(
        "names", nargs="*", metavar="CHANNEL", help="only these channels; default: all"
    )
    parser.add_argument(
        "--channel", action="append", metavar="NAME", help="only this channel; may be repeated"
    )


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Send to each channel by itself, whatever its part and when it is used; print receipts."""
    outside = compose.world(streams.environ)
    policies = compose.load_policies(given.policy, outside)
    names = [*given.names, *(given.channel or [])]
    built = compose.targets(policies.channels, outside, names or None)
    targets = [Target(one.name, one.channel) for one in built]
    if not targets:
        raise UsageError("the policy has no channel to test")
    sample = sample_report(outside.now(), policies.language)
    receipts = tell(sample.audit, targets, outside).audit.deliveries
    print_receipts(receipts, streams.err)
    failed = any(receipt.outcome is DeliveryOutcome.FAILED for receipt in receipts)
    return ExitCode.DELIVERY if failed else ExitCode.PASS
