"""The door for people and cron: ``backup-auditor audit | validate | send-test``.

Data goes to stdout, talk to stderr. Expected failures are one sentence and an exit code.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from backup_auditor import compose
from backup_auditor.arguments import parser
from backup_auditor.errors import AuditorError, PolicyError, UsageError
from backup_auditor.files import replace_file
from backup_auditor.model import Delivery, DeliveryOutcome
from backup_auditor.outcome import ExitCode, exit_code
from backup_auditor.progress import Progress
from backup_auditor.report.contract import to_json
from backup_auditor.report.html import page_html
from backup_auditor.report.model import Report
from backup_auditor.report.sample import sample_report
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import terminal_text
from backup_auditor.run import audit, tell
from backup_auditor.selection import selector_of

_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a command writes to."""

    out: TextIO
    err: TextIO
    environ: Mapping[str, str]


def main() -> None:
    """Run the command line and leave with its exit code."""
    streams = Streams(sys.stdout, sys.stderr, os.environ)
    try:
        code = command(sys.argv[1:], streams)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\ninterrupted: nothing was reported", file=sys.stderr, flush=True)
        os._exit(_INTERRUPTED)  # threads may still wait for the network
    except BrokenPipeError:  # the reader has seen enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.PASS
    sys.exit(code)


def command(arguments: Sequence[str], streams: Streams) -> int:
    """Run one command; every expected failure is a sentence on ``err``."""
    try:
        given = parser().parse_args(arguments)
        return int(_COMMANDS[given.command](given, streams))
    except PolicyError as error:
        print(error, file=streams.err)
        print(_problems(error), file=streams.err)
    except AuditorError as error:
        print(f"backup-auditor: {error}", file=streams.err)
    return ExitCode.USAGE


def _audit(given: argparse.Namespace, streams: Streams) -> ExitCode:
    outside = compose.world(streams.environ)
    if given.now:
        outside = replace(outside, now=lambda: given.now)
    select = selector_of(_pairs(given.select)) if given.select else None
    policies = compose.load_policies(given.policy, outside)
    targets = compose.targets(policies.channels, outside, None if given.deliver else [])
    _check_output(given.output)
    progress = Progress(streams.err, outside.monotonic)
    finished = audit(compose.plan(policies, outside, select), outside, progress)
    progress.close()
    report = tell(finished, targets, outside)
    _show(given, report, streams)
    if not given.deliver and policies.channels:
        print("Nothing was sent; --deliver uses the policy's channels.", file=streams.err)
    _print_receipts(report.audit.deliveries, streams)
    return exit_code(report, given.fail_on)


def _validate(given: argparse.Namespace, streams: Streams) -> ExitCode:
    outside = compose.world(streams.environ)
    policies = compose.load_policies(given.policy, outside)
    parts = (
        _counted(len(policies.policies), "policy", "policies"),
        _counted(len(policies.sources), "source", "sources"),
        _counted(len(policies.channels), "channel", "channels"),
    )
    address = compose.address_of(given.policy, outside)
    print(f"{address}: sound; {', '.join(parts)}", file=streams.out)
    return ExitCode.PASS


def _send_test(given: argparse.Namespace, streams: Streams) -> ExitCode:
    outside = compose.world(streams.environ)
    policies = compose.load_policies(given.policy, outside)
    targets = compose.targets(policies.channels, outside, given.channel)
    if not targets:
        raise UsageError("the policy has no channel to test")
    sample = sample_report(outside.now())
    receipts = tell(sample.audit, targets, outside).audit.deliveries
    _print_receipts(receipts, streams)
    failed = any(receipt.outcome is DeliveryOutcome.FAILED for receipt in receipts)
    return ExitCode.DELIVERY if failed else ExitCode.PASS


_COMMANDS = {"audit": _audit, "validate": _validate, "send-test": _send_test}


def _pairs(texts: Sequence[str]) -> dict[str, object]:
    pairs: dict[str, list[str]] = {}
    for text in texts:
        key, equals, glob = text.partition("=")
        if not equals:
            raise UsageError(f"--select {text[:80]!r}: write KEY=GLOB, e.g. name=prod-*")
        pairs.setdefault(key, []).append(glob)
    return dict(pairs)


def _check_output(output: str | None) -> None:
    """Find out before the audit, not after it, that the result cannot be written."""
    folder = Path(output).parent if output else None
    if folder and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise UsageError(f"--output {output}: the folder {folder} cannot be written to")


def _show(given: argparse.Namespace, report: Report, streams: Streams) -> None:
    data = _rendered(given.format, report, streams, to_file=bool(given.output))
    if given.output:
        _write(Path(given.output), data)
        print(f"{report.headline} Written to {given.output}.", file=streams.err)
    else:
        streams.out.write(data)
        streams.out.flush()


def _rendered(form: str, report: Report, streams: Streams, *, to_file: bool) -> str:
    if form == "json":
        return to_json(report) + "\n"
    if form == "html":
        return page_html(report)
    if form == "csv":
        return to_csv(report).decode("utf-8")
    colour = streams.out.isatty() and not to_file and "NO_COLOR" not in streams.environ
    return terminal_text(report, width=shutil.get_terminal_size().columns, color=colour)


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, text.encode("utf-8", errors="replace"))
    except OSError as error:
        raise UsageError(f"--output {path}: {error.strerror or 'cannot be written'}") from error


def _print_receipts(receipts: Sequence[Delivery], streams: Streams) -> None:
    for receipt in receipts:
        reason = f": {receipt.reason}" if receipt.reason else ""
        print(f"{receipt.channel}: {receipt.outcome}{reason}", file=streams.err)


def _problems(error: PolicyError) -> str:
    count = _counted(len(error.problems), "problem", "problems")
    return f"{count} in the policy; nothing was audited, nothing was sent"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


if __name__ == "__main__":
    main()
