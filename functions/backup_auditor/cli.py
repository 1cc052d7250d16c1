"""The door for people and cron: ``backup-auditor COMMAND``; the commands lie in ``commands/``.

Data goes to stdout, talk to stderr. Expected failures are one sentence and an exit code.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from backup_auditor import __version__
from backup_auditor.commands import Command, Streams, load_commands
from backup_auditor.commands._problems import print_problems
from backup_auditor.errors import AuditorError, CasesError, PolicyError
from backup_auditor.outcome import ExitCode
from backup_auditor.report.words import counted

_INTERRUPTED = 130
_EXIT_CODES = """\
exit codes: 0 pass, 1 fail, 2 wrong usage or policy, 3 incomplete (something could not be seen),
            4 audited, but a delivery failed or a template of yours is broken
"""


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
        commands = load_commands()
        given = _parser(commands).parse_args(arguments)
        return int(commands[given.command].run(given, streams))
    except PolicyError as error:
        print_problems(error.problems, streams)
        print(_problems(error), file=streams.err)
    except AuditorError as error:
        print(f"backup-auditor: {error}", file=streams.err)
    return ExitCode.USAGE


def _parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="backup-auditor",
        description="Fetch all backups, check them against policies, report.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"backup-auditor {__version__}")
    added = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, one in commands.items():
        parser = added.add_parser(
            name,
            help=one.summary,
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        one.configure(parser)
    return top


def _problems(error: PolicyError) -> str:
    count = counted(len(error.problems), "problem")
    if isinstance(error, CasesError):
        return f"{count} in the cases or their policies; nothing was tested"
    return f"{count} in the policy; nothing was audited, nothing was sent"


if __name__ == "__main__":
    main()
