"""Taking down what the sources of an audit list, so that it can be kept as evidence.

It goes to a file without a name once there is much of it: memory grows with the number of
resources, not of backups. What cannot be taken down never ends an audit; ``listed`` says so.
"""

from __future__ import annotations

import tempfile
import threading
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from backup_auditor.errors import StoreError
from backup_auditor.evidence import Key, Listed, key_of
from backup_auditor.evidence.rows import entry_of, entry_row, text_of
from backup_auditor.fields import parse
from backup_auditor.model import History, Orphan, Scope
from backup_auditor.sources import Collected, Source, Unplanned, Unread, Wanted

_IN_MEMORY = 8 << 20
_EFFORT = 1


class Witness:
    """Takes down resources from several threads. A context manager."""

    def __init__(self, collected_at: datetime) -> None:
        """Begin; ``collected_at`` is when collecting does."""
        self.collected_at = collected_at
        self._lock = threading.Lock()
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see exit
        self._places: dict[Key, tuple[int, int]] = {}
        self._orphans: set[Orphan] = set()
        self._end = 0
        self._failure = ""

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the file go; threads of an interrupted audit may still write."""
        with self._lock:
            self._failure = self._failure or "the audit was interrupted"
            self._spool.close()

    def watching(self, source: Source) -> Source:
        """Return a source like ``source`` of which everything is taken down."""
        return _Watched(source, self)

    def take(self, item: Collected) -> None:
        """Take down one item."""
        match item:
            case History():
                self._put(Listed.of(item))
            case Unread():
                self._put(Listed(item.resource, unread=item.error.detail or item.error.reason))
            case Orphan():
                with self._lock:
                    self._orphans.add(item)

    def listed(self) -> Iterator[Listed]:
        """Yield all resources in the order of their keys. Raises StoreError."""
        if self._failure:
            raise StoreError(f"the evidence could not be taken down: {self._failure}")
        for place, length in (self._places[key] for key in sorted(self._places)):
            self._spool.seek(place)
            entry = entry_of(parse(zlib.decompress(self._spool.read(length))))
            assert isinstance(entry, Listed)  # noqa: S101 - nothing else was put there
            yield entry

    def orphans(self) -> list[Orphan]:
        """Return all backups without a resource, in order."""
        return sorted(self._orphans, key=lambda o: (o.source, o.account, o.region, o.resource_id))

    def _put(self, listed: Listed) -> None:
        data = zlib.compress(text_of(entry_row(listed)), _EFFORT)
        with self._lock:
            if self._failure:
                return
            try:
                self._spool.seek(self._end)
                self._spool.write(data)
            except OSError as error:
                self._failure = error.strerror or "no place to write to"
                return
            self._places[key_of(listed.resource)] = (self._end, len(data))
            self._end += len(data)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A source of which everything that it lists is taken down, and passed on unchanged."""

    source: Source
    witness: Witness

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List what the source lists."""
        return self.source.scopes()

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield what the source yields."""
        with closing(self.source.collect(scope, wanted, orphans=orphans)) as items:
            for item in items:
                self.witness.take(item)
                yield item
