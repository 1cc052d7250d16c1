"""A problem of a policy file as it is printed: place, sentence, and the line with a caret under it.

Columns are counted as a terminal shows them: a tab takes four, a wide character two, a combining
one none. What a terminal would obey, or what would turn text around, is replaced.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate

from backup_auditor.model import Problem

_TAB = 4
_NARROWEST, _WIDEST = 10, 400
_CUT = "…"
_ODD = "\ufffd"


def told(problem: Problem, width: int, what: str = "") -> str:
    """Return ``problem`` in at most ``width`` columns, its sentence apart.

    ``what`` stands before the sentence, such as ``warning``.
    """
    prefix = f"{what}: " if what else ""
    head = harmless(f"{problem.place}: {prefix}{problem.message}")
    if not problem.quote.strip():
        return head
    number = f"{problem.place.line:>5}"
    room = min(max(width - len(number) - len(" | "), _NARROWEST), _WIDEST)
    line, caret = _excerpt(problem, room)
    return f"{head}\n{number} | {line}\n{' ' * len(number)} | {caret}"


def harmless(text: str) -> str:
    """Return ``text`` without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else _ODD for char in text)


def _excerpt(problem: Problem, room: int) -> tuple[str, str]:
    """Return the part of the line around the place, and the carets for the line below it."""
    start = problem.place.column - 1
    low, high = max(0, start - room), start + 2 * room  # a line may be a megabyte long
    cells = [_shown(char) for char in problem.quote[low:high]]
    cells += [" "] * (start - low + 1 - len(cells))  # it may stand behind the end of the line
    at = start - low
    marked = min(at + problem.place.width, len(cells))
    is_cut = low > 0
    if is_cut or _columns(cells[:marked]) > room - 1:
        first = at
        while first and _columns(cells[first - 1 : at]) <= room // 3:
            first -= 1
        is_cut = is_cut or first > 0
        cells, at, marked = cells[first:], at - first, marked - first
    lead = _CUT if is_cut else ""
    whole = high >= len(problem.quote) and _columns(cells) + len(lead) <= room
    if not whole:
        cells = _fitting(cells, room - 1 - len(lead))
    before = len(lead) + _columns(cells[:at])
    carets = max(1, _columns(cells[at:marked]))
    line = (lead + "".join(cells) + ("" if whole else _CUT)).rstrip()
    return line, " " * before + "^" * carets


def _fitting(cells: Sequence[str], room: int) -> list[str]:
    ends = accumulate(_columns(cell) for cell in cells)
    return [cell for cell, end in zip(cells, ends, strict=True) if end <= room]


def _shown(char: str) -> str:
    return " " * _TAB if char == "\t" else harmless(char)


def _columns(cells: Sequence[str]) -> int:
    return sum(map(_column, "".join(cells)))


def _column(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
