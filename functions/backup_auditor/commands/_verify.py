"""Check that nothing of past audits was changed, removed or added, and that no day is missing.

Exit code 0 when all is as it was written, 1 when it is not.
"""

from __future__ import annotations

import argparse
import re

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_policy, add_store
from backup_auditor.commands._past import add_days, calendar, past_of
from backup_auditor.errors import UsageError
from backup_auditor.outcome import ExitCode
from backup_auditor.report.words import counted, printable
from backup_auditor.store.verifying import Verified, verify

_LONGEST = 1000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_policy(parser)
    add_store(parser)
    add_days(parser)
    parser.add_argument(
        "--head",
        default="",
        metavar="DIGEST",
        help="digest of a link that the chain must hold, as an earlier verification printed it",
    )


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Verify, and say what is wrong."""
    if given.head and not _DIGEST.fullmatch(given.head):
        raise UsageError(f"--head {given.head[:80]!r}: write sha256: and 64 hexadecimal digits")
    outside = compose.world(streams.environ)
    past = past_of(given, outside)
    found = verify(past.store, past.set_name, calendar(given, past, outside), given.head)
    for problem in found.problems:
        print(printable(problem, _LONGEST), file=streams.out)
    print(_said(found), file=streams.out)
    return ExitCode.FAIL if found.problems else ExitCode.PASS


def _said(found: Verified) -> str:
    seen = f"{counted(found.runs, 'audit')}, {counted(found.files, 'file')}"
    head = f"{counted(found.links, 'link')}, the last is {found.head or 'none'}"
    if found.problems:
        return f"NOT VERIFIED: {counted(len(found.problems), 'problem')} ({seen}; {head})"
    return f"VERIFIED: {seen}, all as they were written; {head}"
