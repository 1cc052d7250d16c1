"""The last backups of a resource, as much of them as a picture needs.

Sixty objects a resource would be most of what an audit holds in memory, so they are kept packed:
17 bytes a backup.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backup_auditor.model.backups import BackupState

_STATES = tuple(BackupState)
_LAYOUT = struct.Struct("<qBq")  # microseconds, state (and whether remembered), bytes
_REMEMBERED = 1 << 7
_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOT_TOLD = -(2**63)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Point:
    """One backup."""

    taken_at: datetime | None
    """None where the provider does not tell."""
    state: BackupState
    size_bytes: int | None
    is_remembered: bool = False
    """An earlier audit saw it; the provider no longer lists it."""


@dataclass(frozen=True, slots=True)
class Points:
    """Some backups, in order. Build it with ``Points.of``, and iterate."""

    packed: bytes = b""

    @classmethod
    def of(cls, points: Iterable[Point]) -> Points:
        """Keep ``points`` in the order given."""
        return cls(b"".join(map(_pack, points)))

    def __iter__(self) -> Iterator[Point]:
        """Yield them in order."""
        for taken, state, size in _LAYOUT.iter_unpack(self.packed):
            yield Point(
                None if taken == _NOT_TOLD else _START + taken * _MICROSECOND,
                _STATES[state & ~_REMEMBERED],
                None if size == _NOT_TOLD else size,
                bool(state & _REMEMBERED),
            )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.packed) // _LAYOUT.size


def _pack(point: Point) -> bytes:
    taken, size = point.taken_at, point.size_bytes
    return _LAYOUT.pack(
        _NOT_TOLD if taken is None else (taken - _START) // _MICROSECOND,
        _STATES.index(point.state) | (_REMEMBERED if point.is_remembered else 0),
        _NOT_TOLD if size is None else min(size, _LARGEST),
    )
