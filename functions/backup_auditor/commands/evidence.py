"""Verify the evidence of past audits, or report on a month, a quarter or any range of days."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from backup_auditor.commands import Streams, _evidence_report, _verify
from backup_auditor.outcome import ExitCode

_ACTIONS = {"verify": _verify, "report": _evidence_report}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its arguments."""
    added = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, module in _ACTIONS.items():
        summary = (module.__doc__ or "").partition("\n")[0].rstrip(".")
        action = added.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        module.configure(action)


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Do what is asked for."""
    act: Callable[[argparse.Namespace, Streams], ExitCode] = _ACTIONS[given.action].run
    return act(given, streams)
