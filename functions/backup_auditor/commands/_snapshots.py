"""``--save-snapshot`` and ``--replay``: where data of an audit go to, and where they come from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TextIO

from backup_auditor import compose
from backup_auditor.commands._arguments import check_output, selected
from backup_auditor.errors import UsageError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import PolicySet
from backup_auditor.recording import recording, replaying
from backup_auditor.report.words import printable
from backup_auditor.run import Plan
from backup_auditor.snapshot.header import Header
from backup_auditor.snapshot.reading import opened


def add_snapshots(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--save-snapshot", metavar="FILE", help="keep what was collected, to judge it again"
    )
    add_replay(parser)


def add_replay(parser: argparse.ArgumentParser) -> None:
    """Add ``--replay``."""
    parser.add_argument(
        "--replay",
        metavar="FILE",
        help="judge a snapshot, as of its time; nothing is asked of a cloud, nothing is delivered",
    )


def check_snapshots(given: argparse.Namespace) -> None:
    """Refuse options that do not go together; raises UsageError."""
    if given.replay and given.deliver:
        raise UsageError("--replay does not go with --deliver: a replay is not news to anybody")
    if given.replay and given.save_snapshot:
        raise UsageError("--replay does not go with --save-snapshot: nothing new is collected")
    check_output(given.save_snapshot, "--save-snapshot")


@contextmanager
def prepared(
    given: argparse.Namespace, policies: PolicySet, outside: Outside, err: TextIO
) -> Iterator[tuple[Plan, Outside]]:
    """Give the audit that is asked for; a snapshot is written at the end of the block."""
    plan = plan_of(given, policies, outside)
    if given.replay:
        with opened(given.replay) as snapshot:
            say_replay(given.replay, snapshot.header, err)
            again = replaying(plan, snapshot)
            yield again, stopped(outside, again.as_of)
    elif given.save_snapshot:
        with recording(plan, given.save_snapshot, outside) as recorded:
            yield recorded, stopped(outside, given.now)
        print(f"Snapshot written to {given.save_snapshot}.", file=err)
    else:
        yield plan, stopped(outside, given.now)


def plan_of(given: argparse.Namespace, policies: PolicySet, outside: Outside) -> Plan:
    """Return the live audit that is asked for."""
    return replace(compose.plan(policies, outside, selected(given.select)), as_of=given.now)


def stopped(outside: Outside, instant: datetime | None) -> Outside:
    """Return ``outside`` with a clock that stands at ``instant``, where there is one."""
    return replace(outside, now=lambda: instant) if instant else outside


def say_replay(file: str, header: Header, err: TextIO) -> None:
    """Say what is judged again."""
    partial = ", a part only" if header.partial else ""
    print(
        f"Replaying {file}: collected {header.collected_at:%Y-%m-%d %H:%M:%S} UTC{partial},"
        f" by backup-auditor {printable(header.tool)}",
        file=err,
    )
