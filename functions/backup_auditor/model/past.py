"""What earlier audits saw of a resource: the backups that could have been restored at that time.

Retention deletes old backups, so that a provider tells less of the past than was seen of it. Forty
days of every resource are held and written down by every audit, so they are kept packed: sizes to a
two-thousandth, times to the second, and ids by a mark of four characters.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backup_auditor.model.backups import BackupKind

_KINDS = tuple(BackupKind)
_LAYOUT = struct.Struct("<qHB4s")  # seconds, grade of size, kind, mark
_START = datetime(1970, 1, 1, tzinfo=UTC)
MARK = 4
"""Length of a mark."""
_NO_MARK = bytes(MARK)
_BITS = 10
"""Bits of a size that are kept, after the first one."""
LARGEST_GRADE = 54 << _BITS
"""Grade of a size beyond all that is."""
_NOT_TOLD = LARGEST_GRADE + 1


def grade_of(size_bytes: int) -> int:
    """Return a size as a step on a scale on which equal steps are about equal factors."""
    shift = max(0, size_bytes.bit_length() - _BITS - 1)
    rounded = (size_bytes + (1 << shift >> 1)) >> shift
    return min((shift << _BITS) + rounded, LARGEST_GRADE)


def size_of(grade: int) -> int:
    """Return the size of a grade; where all of its bits are kept, that is exact."""
    shift = max(0, (grade >> _BITS) - 1)
    return (grade - (shift << _BITS)) << shift


def mark_of(backup_id: str) -> str:
    """Return what is kept of an id: enough to see which of some backups it is."""
    digest = hashlib.sha256(backup_id.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest)[:MARK].decode()


def second_of(instant: datetime) -> datetime:
    """Return the second that ``instant`` lies in; nothing finer is kept."""
    return instant.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A backup that was usable when it was last seen so."""

    taken_at: datetime
    size_bytes: int | None
    kind: BackupKind
    mark: str = ""
    """That of its id while the provider lists it, in whatever state; empty when it does not."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the audits so far know of one resource. Build it with ``Past.of``, and iterate."""

    since: datetime | None
    """From here on no backup escaped the audits; None where nothing of the past is sure."""
    settled_at: datetime
    """Until here the last audit knows what became of every backup."""
    packed: bytes = b""

    @classmethod
    def of(
        cls, since: datetime | None, settled_at: datetime, backups: Iterable[Remembered]
    ) -> Past:
        """Keep ``backups`` in the order given."""
        return cls(since, settled_at, b"".join(map(_pack, backups)))

    def __iter__(self) -> Iterator[Remembered]:
        """Yield the backups in order."""
        for seconds, grade, kind, mark in _LAYOUT.iter_unpack(self.packed):
            yield Remembered(
                taken_at=_START + timedelta(seconds=seconds),
                size_bytes=None if grade == _NOT_TOLD else size_of(grade),
                kind=_KINDS[kind],
                mark="" if mark == _NO_MARK else mark.decode(),
            )


def _pack(backup: Remembered) -> bytes:
    size = backup.size_bytes
    return _LAYOUT.pack(
        (backup.taken_at - _START) // timedelta(seconds=1),
        _NOT_TOLD if size is None else grade_of(size),
        _KINDS.index(backup.kind),
        backup.mark.encode(),
    )
