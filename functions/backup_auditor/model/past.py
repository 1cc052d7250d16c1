"""What earlier audits saw of a resource: the backups that could have been restored at that time.

Retention deletes old backups, so that a provider tells less of the past than was seen of it. Some
weeks of every resource are held and written down by every audit, so they are kept packed: times to
the second, and ids by a mark.
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
_LAYOUT = struct.Struct("<qqB4s")  # seconds, size, kind, mark
_START = datetime(1970, 1, 1, tzinfo=UTC)
MARK = 4
"""Length of a mark."""
LISTED = "+"
"""Stands for the mark of a backup that is listed, where that is not kept."""
LARGEST_SIZE = (1 << 63) - 1
"""A size beyond all that is, in bytes; more is kept as that."""
_NOT_TOLD = -1


def mark_of(backup_id: str) -> str:
    """Return what is kept of an id: enough to see which of some backups it is."""
    digest = hashlib.sha256(backup_id.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest)[:MARK].decode()


def second_of(instant: datetime) -> datetime:
    """Return the second that ``instant`` lies in; nothing finer is kept."""
    return instant.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of the past somebody asks about."""

    span: timedelta = timedelta(0)
    """All backups that are not older than this."""
    sizes: int = 0
    """So many of the newest sizes."""

    def __or__(self, other: Reach) -> Reach:
        """Return what is enough for both."""
        return Reach(max(self.span, other.span), max(self.sizes, other.sizes))


@dataclass(frozen=True, slots=True)
class Remembered:
    """A backup that was usable when it was last seen so."""

    taken_at: datetime
    size_bytes: int | None
    kind: BackupKind
    mark: str = ""
    """That of its id, or ``LISTED``, while the provider lists it, in whatever state; empty when it
    does not."""


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
        for seconds, size, kind, mark in _LAYOUT.iter_unpack(self.packed):
            yield Remembered(
                taken_at=_START + timedelta(seconds=seconds),
                size_bytes=None if size == _NOT_TOLD else size,
                kind=_KINDS[kind],
                mark=mark.rstrip(b"\0").decode(),
            )


def _pack(backup: Remembered) -> bytes:
    size = backup.size_bytes
    return _LAYOUT.pack(
        (backup.taken_at - _START) // timedelta(seconds=1),
        _NOT_TOLD if size is None else min(size, LARGEST_SIZE),
        _KINDS.index(backup.kind),
        backup.mark.encode(),
    )
