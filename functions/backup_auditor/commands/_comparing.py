"""``--compare``: judge the same data by two policies, and say what differs."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import check_output, emit
from backup_auditor.commands._snapshots import plan_of, say_replay, stopped
from backup_auditor.comparison.changes import compare
from backup_auditor.comparison.renderings import comparison_json, comparison_text
from backup_auditor.errors import UsageError
from backup_auditor.model import Audit
from backup_auditor.outcome import ExitCode, exit_code
from backup_auditor.outside import Outside
from backup_auditor.policy.model import PolicySet
from backup_auditor.progress import Progress
from backup_auditor.recording import recording, replaying
from backup_auditor.report.build import build
from backup_auditor.run import Plan, audit
from backup_auditor.snapshot.reading import opened


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Add ``--compare``."""
    parser.add_argument(
        "--compare",
        metavar="POLICY",
        help="say which resources would change under this policy; the sources are those of"
        " --policy, the exit code is that of --policy; text or json",
    )


def run_comparison(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Collect once, judge twice; raises UsageError and PolicyError."""
    if given.deliver:
        raise UsageError("--compare does not go with --deliver: a trial is not news to anybody")
    if given.format not in {"text", "json"}:
        raise UsageError(f"--compare takes --format text or json, not {given.format}")
    check_output(given.output)
    outside = compose.world(streams.environ)
    policies = compose.load_policies(given.policy, outside)
    other = compose.load_policies(given.compare, outside)
    found = compare(*_audits(given, (policies, other), outside, streams))
    if given.format == "json":
        emit(given.output, comparison_json(found), streams)
    else:
        names = [compose.address_of(policy, outside) for policy in (given.policy, given.compare)]
        emit(given.output, comparison_text(found, *names), streams)
    return exit_code(build(found.first), given.fail_on)


def _audits(
    given: argparse.Namespace,
    policies: tuple[PolicySet, PolicySet],
    outside: Outside,
    streams: Streams,
) -> tuple[Audit, Audit]:
    """Judge what is collected once, or a snapshot, by both policies."""
    first, second = (plan_of(given, each, outside) for each in policies)

    def judged(plan: Plan) -> Audit:
        progress = Progress(streams.err, outside.monotonic)
        finished = audit(plan, stopped(outside, plan.as_of), progress)
        progress.close()
        return finished

    if given.replay:
        with opened(given.replay) as snapshot:
            say_replay(given.replay, snapshot.header, streams.err)
            return judged(replaying(first, snapshot)), judged(replaying(second, snapshot))
    _say_sources(policies, streams)
    with tempfile.TemporaryDirectory() as folder:
        file = given.save_snapshot or str(Path(folder, "snapshot"))
        with recording(first, file, outside) as recorded:
            live = judged(recorded)
        with opened(file) as snapshot:
            return live, judged(replaying(second, snapshot))


def _say_sources(policies: Iterable[PolicySet], streams: Streams) -> None:
    first, second = ({(s.kind, s.options.extent()) for s in each.sources} for each in policies)
    if first != second:
        print(
            "The sources of --policy are collected; what only --compare asks for is a gap there.",
            file=streams.err,
        )
