"""A store in memory: the contract of stores at the speed that thousands of trials need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from backup_auditor.errors import ConflictError
from backup_auditor.store import ANY, Replaces, Stored, Tag
from backup_auditor.store.keys import check_key, check_prefix


class MemoryStore:
    """A store whose ``pieces`` a test may look at and change."""

    def __init__(self, pieces: dict[str, bytes] | None = None) -> None:
        """Begin with a copy of ``pieces``."""
        self.address = "memory"
        self.pieces = dict(pieces or {})

    def read(self, key: str) -> Stored | None:
        """Return what lies under ``key``."""
        check_key(key)
        data = self.pieces.get(key)
        return None if data is None else Stored(data, _tag(data))

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Put ``data`` under ``key`` if what it replaces lies there."""
        check_key(key)
        there = self.read(key)
        if replaces is not ANY and (there.tag if there else None) != replaces:
            raise ConflictError(f"store {self.address}: {key} has been written by somebody else")
        self.pieces[key] = data
        return _tag(data)

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Yield keys in order."""
        check_prefix(prefix)
        yield from sorted(key for key in self.pieces if key.startswith(prefix) and key > after)


def _tag(data: bytes) -> Tag:
    return Tag(hashlib.sha256(data).hexdigest())
