"""The past of a scope's resources as JSON values, and back.

Every audit writes it down for every resource, so it is columns of small numbers, which compress
well: times are seconds before the one before, sizes are steps from the one before (``grade_of``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from backup_auditor.model import BackupKind, Past, Remembered
from backup_auditor.model.past import LARGEST_GRADE, MARK, grade_of, size_of

_LISTED = {BackupKind.AUTOMATIC: "a", BackupKind.MANUAL: "m", BackupKind.UNKNOWN: "u"}
_LETTERS = {
    **{letter: (kind, True) for kind, letter in _LISTED.items()},
    **{letter.upper(): (kind, False) for kind, letter in _LISTED.items()},
}
"""Kind, and whether a mark is kept: it is while the backup is listed."""
_LONGEST_SPAN = 10**10  # seconds
_SECOND = timedelta(seconds=1)


def to_columns(pasts: Mapping[str, Past], at: datetime) -> dict[str, Any]:
    """Return the past of each resource of one scope; times are told from ``at`` on."""
    columns: dict[str, list[Any]] = {
        "resources": list(pasts),
        **{name: [] for name in ("since", "settled", "counts", "times", "sizes", "kinds", "marks")},
    }
    for past in pasts.values():
        backups = list(past)
        columns["since"].append((at - past.since) // _SECOND if past.since else None)
        columns["settled"].append((at - past.settled_at) // _SECOND)
        columns["counts"].append(len(backups))
        columns["times"] += _spans(at, backups)
        columns["sizes"] += _steps(backups)
        columns["kinds"] += [_letter(one) for one in backups]
        columns["marks"] += [one.mark for one in backups]
    kinds, marks = "".join(columns["kinds"]), "".join(columns["marks"])
    return {**columns, "kinds": kinds, "marks": marks}


def _spans(at: datetime, backups: Sequence[Remembered]) -> Iterator[int]:
    later = at
    for one in backups:
        yield (later - one.taken_at) // _SECOND
        later -= (later - one.taken_at) // _SECOND * _SECOND


def _steps(backups: Sequence[Remembered]) -> Iterator[int | None]:
    before = 0
    for one in backups:
        grade = None if one.size_bytes is None else grade_of(one.size_bytes)
        yield None if grade is None else grade - before
        before = before if grade is None else grade


def _letter(one: Remembered) -> str:
    letter = _LISTED[one.kind]
    return letter if one.mark else letter.upper()


def read_columns(fields: Mapping[str, object], at: datetime) -> Iterator[tuple[str, Past]]:
    """Yield the past of each resource; raises ValueError that says what is wrong with it."""
    rows = [_column(fields, name) for name in ("resources", "since", "settled", "counts")]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the columns of a past differ in length")
    cells = _Cells(fields)
    for id_, since, settled, count in zip(*rows, strict=True):
        if not isinstance(id_, str):
            raise ValueError("the id of a resource is a text")  # noqa: TRY004 - a fault of data
        backups = list(cells.next(_whole(count, len(cells.times)), at))
        known = None if since is None else _earlier(at, since)
        yield id_, Past.of(known, _earlier(at, settled), backups)
    if not cells.are_read:
        raise ValueError("a past has more backups than it counts")


class _Cells:
    """The columns of backups, read from the front."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.times, self._sizes = _column(fields, "times"), _column(fields, "sizes")
        self._kinds, self._marks = str(fields.get("kinds")), str(fields.get("marks"))
        if not len(self.times) == len(self._sizes) == len(self._kinds):
            raise ValueError("the columns of a past differ in length")
        self._cell = self._mark = 0

    @property
    def are_read(self) -> bool:
        return self._cell == len(self.times) and self._mark == len(self._marks)

    def next(self, count: int, at: datetime) -> Iterator[Remembered]:
        later, before = at, 0
        for cell in range(self._cell, self._cell + count):
            if cell >= len(self.times):
                raise ValueError("a past has fewer backups than it counts")
            kind, is_marked = _kind(self._kinds[cell])
            later = _earlier(later, self.times[cell])
            step, size = self._sizes[cell], None
            if step is not None:
                before = _whole(step, LARGEST_GRADE, before)
                size = size_of(before)
            yield Remembered(later, size, kind, self._next_mark() if is_marked else "")
            self._cell += 1

    def _next_mark(self) -> str:
        mark = self._marks[self._mark : self._mark + MARK]
        self._mark += MARK
        if len(mark) < MARK or not mark.isascii():
            raise ValueError("the mark of a backup is four characters")
        return mark


def _column(fields: Mapping[str, object], name: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise ValueError(f"{name} of a past is not a list")  # noqa: TRY004 - a fault of data
    return value


def _kind(letter: str) -> tuple[BackupKind, bool]:
    if letter not in _LETTERS:
        raise ValueError(f"the kind of a backup is none of {''.join(_LETTERS)}")
    return _LETTERS[letter]


def _earlier(instant: datetime, seconds: object) -> datetime:
    try:
        return instant - timedelta(seconds=_whole(seconds, _LONGEST_SPAN))
    except OverflowError:
        raise ValueError("the times of a past lie before all years") from None


def _whole(number: object, most: int, base: int = 0) -> int:
    """Return ``base`` and ``number`` together, which is 0 to ``most``."""
    if type(number) is not int or not 0 <= base + number <= most:  # a bool is an int as well
        raise ValueError(f"a number of a past is not 0 to {most}")
    return base + number
