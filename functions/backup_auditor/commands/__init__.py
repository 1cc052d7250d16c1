"""The commands of the command line: one module each, found by listing this folder.

A command module has

* a docstring whose first line is the command's help,
* ``def configure(parser)``: adds its arguments,
* ``def run(given, streams) -> ExitCode``: data goes to ``streams.out``, talk to ``streams.err``.

The name of a command is that of its module, with ``-`` for ``_``. Expected failures are raised as
AuditorError; the door says them and leaves with exit code 2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TextIO

from backup_auditor.outcome import ExitCode
from backup_auditor.plugins import modules_of

if TYPE_CHECKING:
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a command writes to, and the environment that it reads."""

    out: TextIO
    err: TextIO
    environ: Mapping[str, str]
    stdin: Callable[[], BinaryIO] = lambda: sys.stdin.buffer


@dataclass(frozen=True, slots=True)
class Command:
    """A command module as the door uses it."""

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Streams], ExitCode]


def load_commands() -> dict[str, Command]:
    """Return all commands by name."""
    found = (_command(name, module) for name, module in modules_of(sys.modules[__name__]))
    return {command.name: command for command in found}


def _command(name: str, module: ModuleType) -> Command:
    first, _, _ = (module.__doc__ or "").partition("\n")
    summary = first[:1].lower() + first[1:].rstrip(".")
    return Command(name.replace("_", "-"), summary, module.configure, module.run)
