"""What is wrong with a policy, for people: every problem with its line and a caret under it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from backup_auditor.commands import Streams
from backup_auditor.model import Problem
from backup_auditor.policy.quoting import told


def print_problems(problems: Iterable[Problem], streams: Streams, what: str = "") -> None:
    """Print them, each after the word ``what``, to where talk goes."""
    width = shutil.get_terminal_size().columns
    for problem in problems:
        print(told(problem, width, what), file=streams.err)
