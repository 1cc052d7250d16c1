"""Send a test report to the channels."""

from __future__ import annotations

import argparse

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_policy
from backup_auditor.commands._receipts import print_broken, print_receipts
from backup_auditor.delivery import Target
from backup_auditor.errors import UsageError
from backup_auditor.outcome import ExitCode, has_failed_delivery
from backup_auditor.report.proving import broken_templates
from backup_auditor.report.sample import sample_report
from backup_auditor.run import Manner, tell


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
    manner = Manner(overrides=compose.overrides(policies, outside))
    report = tell(sample.audit, targets, outside, manner)
    print_receipts(report.audit.deliveries, streams.err)
    print_broken(broken_templates(report), streams.err)
    return ExitCode.DELIVERY if has_failed_delivery(report) else ExitCode.PASS
