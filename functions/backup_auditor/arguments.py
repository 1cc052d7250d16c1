"""The command line's arguments: what exists, and its help."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from backup_auditor import __version__
from backup_auditor.compose import DEFAULT_POLICY, POLICY_VARIABLE
from backup_auditor.model import Severity
from backup_auditor.policy.selector import SELECTOR_KEYS

FORMATS = ("text", "json", "html", "csv")
_EXIT_CODES = """\
exit codes: 0 pass, 1 fail, 2 wrong usage or policy, 3 incomplete (something could not be seen),
            4 audited, but a delivery failed
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="backup-auditor",
        description="Fetch all backups, check them against policies, report.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"backup-auditor {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _audit(commands.add_parser("audit", help="run one audit now", allow_abbrev=False))
    _validate(commands.add_parser("validate", help="check a policy file", allow_abbrev=False))
    _send_test(
        commands.add_parser(
            "send-test", help="send a test report to the channels", allow_abbrev=False
        )
    )
    return top


def _policy(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--policy",
        metavar="ADDRESS",
        help=f"file, folder or s3:// address; default ${POLICY_VARIABLE}, else {DEFAULT_POLICY}",
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = _EXIT_CODES


def _audit(command: argparse.ArgumentParser) -> None:
    _policy(command)
    command.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="KEY=GLOB",
        help=f"only these resources; keys: {', '.join(SELECTOR_KEYS)}, tags.NAME",
    )
    command.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    command.add_argument("--output", metavar="FILE", help="write there instead of to stdout")
    command.add_argument(
        "--deliver",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="send the report through the policy's channels; default: --no-deliver",
    )
    command.add_argument(
        "--fail-on",
        type=Severity,
        choices=list(Severity),
        default=Severity.LOW,
        metavar="SEVERITY",
        help="exit 1 only for findings this severe: low (default), medium, high, critical",
    )
    command.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="judge as of this instant, e.g. 2026-11-24T06:00:00Z",
    )


def _validate(command: argparse.ArgumentParser) -> None:
    _policy(command)


def _send_test(command: argparse.ArgumentParser) -> None:
    _policy(command)
    command.add_argument(
        "--channel", action="append", metavar="NAME", help="only this channel; may be repeated"
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant") from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone; add Z or an offset")
    return instant.astimezone(UTC)
