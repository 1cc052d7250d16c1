"""Run one audit now."""

from __future__ import annotations

import argparse
from dataclasses import replace

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import (
    add_now,
    add_output,
    add_policy,
    add_select,
    add_store,
    add_template,
    check_output,
    check_template,
    emit,
    store_of,
)
from backup_auditor.commands._comparing import add_compare, run_comparison
from backup_auditor.commands._receipts import print_broken, print_receipts
from backup_auditor.commands._renderings import FORMATS, rendered
from backup_auditor.commands._snapshots import add_snapshots, check_snapshots, prepared
from backup_auditor.errors import PolicyError
from backup_auditor.heartbeat import beat, watched
from backup_auditor.keeping import Keeping
from backup_auditor.model import Severity
from backup_auditor.outcome import ExitCode, exit_code
from backup_auditor.outside import Outside
from backup_auditor.policy.model import PolicySet
from backup_auditor.progress import Progress
from backup_auditor.recording import witnessed
from backup_auditor.report.model import Report
from backup_auditor.report.proving import broken_templates
from backup_auditor.run import Manner, audit, tell


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_policy(parser)
    add_select(parser)
    add_output(parser, FORMATS)
    parser.add_argument(
        "--deliver",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="send the report through the policy's channels; default: --no-deliver",
    )
    parser.add_argument(
        "--fail-on",
        type=Severity,
        choices=list(Severity),
        default=Severity.LOW,
        metavar="SEVERITY",
        help="exit 1 only for findings this severe: low (default), medium, high, critical",
    )
    add_store(parser)
    parser.add_argument(
        "--accept-shrink",
        action="store_true",
        help="vouch for inventories that have lost more than half of their resources",
    )
    add_template(parser)
    add_now(parser)
    add_snapshots(parser)
    add_compare(parser)


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Audit, report, and deliver if asked to."""
    check_snapshots(given)
    if given.compare:
        return run_comparison(given, streams)
    check_output(given.output)
    check_template(given.template)
    outside = compose.world(streams.environ)
    policies = _policies(given, outside, streams)
    with watched(policies.heartbeat if _is_whole(given) else None, outside):
        report = _told(given, policies, outside, streams)
    if policies.channels and not (given.deliver or given.replay):
        print("Nothing was sent; --deliver uses the policy's channels.", file=streams.err)
    return exit_code(report, given.fail_on)


def _is_whole(given: argparse.Namespace) -> bool:
    """Return whether this is the run that an outside watcher waits for."""
    return bool(given.deliver and not given.select and not given.now)


def _policies(given: argparse.Namespace, outside: Outside, streams: Streams) -> PolicySet:
    """Load the policy; the watcher is told of a broken one."""
    try:
        return compose.load_policies(given.policy, outside)
    except PolicyError as error:
        heartbeat = compose.sound_heartbeat(error)
        if heartbeat and _is_whole(given):
            print_receipts([beat(heartbeat, outside, failed=True)], streams.err)
        raise


def _told(
    given: argparse.Namespace, policies: PolicySet, outside: Outside, streams: Streams
) -> Report:
    """Audit, deliver, and show the report."""
    targets = compose.targets(policies.channels, outside, None if given.deliver else [])
    heartbeat = policies.heartbeat if _is_whole(given) else None
    overrides = compose.overrides(policies, outside, given.template)
    progress = Progress(streams.err, outside.monotonic)
    report: Report | None = None
    try:
        with prepared(given, policies, outside, streams.err) as (plan, world):
            keeping = _keeping(given, policies, world)
            with witnessed(plan, world, needed=keeping is not None) as (watched_plan, witness):
                due = world.now()
                recalled = keeping.recalled(due) if keeping else None
                whole_plan = replace(watched_plan, past=recalled.past if recalled else None)
                finished = audit(whole_plan, world, progress, instant=due if keeping else None)
                progress.close()
                kept = recalled.compared(finished, witness) if recalled else None
                report = tell(finished, targets, world, Manner(heartbeat, kept, overrides))
    finally:  # also where the snapshot could not be saved
        if report:
            _show(given, report, streams)
    return report


def _keeping(given: argparse.Namespace, policies: PolicySet, outside: Outside) -> Keeping | None:
    """Return what keeps the audit, where there is a store and the audit is of today."""
    store = store_of(given, outside)
    if not store or given.now or given.replay:
        return None
    return compose.keeping(
        policies,
        outside,
        address=compose.address_of(given.policy, outside),
        store=store,
        accept_shrink=given.accept_shrink,
    )


def _show(given: argparse.Namespace, report: Report, streams: Streams) -> None:
    data = rendered(given.format, report, streams, to_file=bool(given.output))
    emit(given.output, data, streams, f"{report.headline} ")
    print_receipts(report.audit.receipts, streams.err)
    print_broken(broken_templates(report), streams.err)
