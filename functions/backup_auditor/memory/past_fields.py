"""The past of a scope's resources as JSON values, and back.

Every audit writes it down for every resource, so it is columns, which compress well: times are
seconds before the one before. Sizes are told as the document beside the memory tells them, oldest
first, because what stands there once more takes next to nothing; only the first backup that is
listed has a mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from backup_auditor.model import BackupKind, Past, Remembered
from backup_auditor.model.past import LARGEST_SIZE, LISTED, MARK

_LETTERS = {
    letter: (kind, is_listed, is_sized)
    for letters, is_listed, is_sized in (
        ("amu", True, True),
        ("AMU", False, True),
        ("bnv", True, False),
        ("BNV", False, False),
    )
    for letter, kind in zip(
        letters, (BackupKind.AUTOMATIC, BackupKind.MANUAL, BackupKind.UNKNOWN), strict=True
    )
}
"""Kind, whether the backup is listed, and whether its size is told."""
_SPELLED = {meaning: letter for letter, meaning in _LETTERS.items()}
_LONGEST_SPAN = 10**10  # seconds
_SECOND = timedelta(seconds=1)
_COLUMNS = ("since", "settled", "counts", "times", "sizes", "kinds", "marks")


def to_columns(pasts: Mapping[str, Past], at: datetime) -> dict[str, Any]:
    """Return the past of each resource of one scope; times are told from ``at`` on."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for past in pasts.values():
        backups = list(past)
        columns["since"].append((at - past.since) // _SECOND if past.since else None)
        columns["settled"].append((at - past.settled_at) // _SECOND)
        columns["counts"].append(len(backups))
        columns["times"] += _spans(at, backups)
        sizes = [one.size_bytes for one in backups if one.size_bytes is not None]
        columns["sizes"].append(sizes[::-1])
        columns["kinds"] += map(_letter, backups)
        columns["marks"].append(next((one.mark for one in backups if one.mark), ""))
    return {"resources": list(pasts), **columns, "kinds": "".join(columns["kinds"])}


def _spans(at: datetime, backups: Sequence[Remembered]) -> Iterator[int]:
    later = at
    for one in backups:
        yield (later - one.taken_at) // _SECOND
        later -= (later - one.taken_at) // _SECOND * _SECOND


def _letter(one: Remembered) -> str:
    return _SPELLED[one.kind, bool(one.mark), one.size_bytes is not None]


def read_columns(fields: Mapping[str, object], at: datetime) -> Iterator[tuple[str, Past]]:
    """Yield the past of each resource; raises ValueError that says what is wrong with it."""
    names = ("resources", "since", "settled", "counts", "sizes", "marks")
    rows = [_column(fields, name) for name in names]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the columns of a past differ in length")
    cells = _Cells(fields)
    for id_, since, settled, count, sizes, mark in zip(*rows, strict=True):
        if not isinstance(id_, str):
            raise ValueError("the id of a resource is a text")  # noqa: TRY004 - a fault of data
        seen = list(cells.next(_whole(count, len(cells.times)), _sizes(sizes), at))
        backups = _marked(seen, mark)
        known = None if since is None else _earlier(at, since)
        yield id_, Past.of(known, _earlier(at, settled), backups)
    if not cells.are_read:
        raise ValueError("a past has more backups than it counts")


def _sizes(value: object) -> list[int]:
    if not isinstance(value, list):
        raise ValueError("the sizes of a resource are not a list")  # noqa: TRY004 - as above
    return [_whole(size, LARGEST_SIZE) for size in value]


def _marked(backups: Sequence[Remembered], mark: object) -> Iterator[Remembered]:
    """Yield backups, of which the first one that is listed gets its mark."""
    newest = next((number for number, one in enumerate(backups) if one.mark), None)
    if not isinstance(mark, str) or not mark.isascii() or len(mark) != MARK * (newest is not None):
        raise ValueError(f"the mark of a newest backup is not {MARK} characters of ASCII")
    return (replace(b, mark=mark) if n == newest else b for n, b in enumerate(backups))


class _Cells:
    """The columns of backups, read from the front."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.times = _column(fields, "times")
        self._kinds = str(fields.get("kinds"))
        if len(self.times) != len(self._kinds):
            raise ValueError("the columns of a past differ in length")
        self._cell = 0

    @property
    def are_read(self) -> bool:
        return self._cell == len(self.times)

    def next(self, count: int, sizes: list[int], at: datetime) -> Iterator[Remembered]:
        """Yield the backups of a resource, whose sizes are these, oldest first."""
        later = at
        for cell in range(self._cell, self._cell + count):
            if cell >= len(self.times):
                raise ValueError("a past has fewer backups than it counts")
            kind, is_listed, is_sized = _meaning(self._kinds[cell])
            later = _earlier(later, self.times[cell])
            if is_sized and not sizes:
                raise ValueError("a past has fewer sizes than it tells of")
            size = sizes.pop() if is_sized else None
            yield Remembered(later, size, kind, LISTED if is_listed else "")
            self._cell += 1
        if sizes:
            raise ValueError("a past has more sizes than it tells of")


def _column(fields: Mapping[str, object], name: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise ValueError(f"{name} of a past is not a list")  # noqa: TRY004 - a fault of data
    return value


def _meaning(letter: str) -> tuple[BackupKind, bool, bool]:
    if letter not in _LETTERS:
        raise ValueError(f"the kind of a backup is none of {''.join(_LETTERS)}")
    return _LETTERS[letter]


def _earlier(instant: datetime, seconds: object) -> datetime:
    try:
        return instant - timedelta(seconds=_whole(seconds, _LONGEST_SPAN))
    except OverflowError:
        raise ValueError("the times of a past lie before all years") from None


def _whole(number: object, most: int) -> int:
    """Return a number, which is 0 to ``most``."""
    if type(number) is not int or not 0 <= number <= most:  # a bool is an int as well
        raise ValueError(f"a number of a past is not 0 to {most}")
    return number
