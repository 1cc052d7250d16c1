"""Writing a snapshot while an audit runs: a tee around each source, one writer for all of them.

Everything goes to a file without a name, so that memory stays flat and nothing remains of an audit
that was interrupted. It gets its name at the end, as a whole.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backup_auditor.errors import SourceError, UsageError
from backup_auditor.files import replacing
from backup_auditor.model import History, Scope
from backup_auditor.policy.selector import Selector
from backup_auditor.selection import may_match
from backup_auditor.snapshot.header import Header, header_row
from backup_auditor.snapshot.items import item_row, scope_row, unplanned_row
from backup_auditor.snapshot.limits import LONGEST_LINE, LONGEST_TEXT, MOST_ROWS
from backup_auditor.sources import Collected, Source, Unplanned, Unread, Wanted

# Rows repeat themselves a lot: more effort than this takes twice the time for a tenth of the size.
_EFFORT = 4


class SnapshotWriter:
    """Takes rows from several threads; ``store`` makes the file. A context manager."""

    def __init__(self, file: Path, header: Header) -> None:
        """Begin a snapshot that is to become ``file``, in a folder that can be written to."""
        self._path = file
        self._header = header
        self._lock = threading.Lock()
        self._numbers: dict[tuple[int, Scope], int] = {}
        self._digest = hashlib.sha256()
        self._rows = self._resources = self._size = 0
        self._failure = ""

    def __enter__(self) -> Self:
        """Open the file without a name; raises UsageError."""
        try:
            self._spool = tempfile.TemporaryFile(dir=self._path.parent)
        except OSError as error:
            raise self._failed(error.strerror) from error
        self._gzip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=_EFFORT, fileobj=self._spool, mtime=0
        )
        self._write(header_row(self._header))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the file without a name go; threads of an interrupted audit may still write."""
        with self._lock, suppress(OSError):
            self._failure = self._failure or "the audit was interrupted"
            self._gzip.close()
        with suppress(OSError):  # a full disk was told already
            self._spool.close()

    def planned(self, request: int, scope: Scope) -> None:
        """Write that ``scope`` is going to be collected."""
        if (request, scope) not in self._numbers:
            number = self._numbers[request, scope] = len(self._numbers)
            self._write({"row": "scope", "request": request, "scope": number, **scope_row(scope)})

    def unplanned(self, request: int, item: Unplanned) -> None:
        """Write what could not be planned."""
        self._write({"row": "unplanned", "request": request, **unplanned_row(item)})

    def collected(self, request: int, scope: Scope, item: Collected) -> None:
        """Write what was collected in ``scope``."""
        row = item_row(item)
        self._write(row | {"scope": self._numbers[request, scope]}, item)

    def ended(self, request: int, scope: Scope) -> None:
        """Write that nothing more comes of ``scope``."""
        self._write({"row": "end", "scope": self._numbers[request, scope]})

    def store(self) -> None:
        """Put the snapshot in its place; raises UsageError where it could not be written."""
        counts = {"rows": self._rows, "resources": self._resources}
        self._write({"row": "trailer", **counts, "sha256": self._digest.hexdigest()})
        if not self._failure:
            try:
                self._put()
            except OSError as error:
                self._failure = error.strerror or "cannot be written"
        if self._failure:
            raise self._failed(self._failure)

    def _put(self) -> None:
        self._gzip.close()
        self._spool.seek(0)
        with replacing(self._path) as file:
            shutil.copyfileobj(self._spool, file)

    def _write(self, row: dict[str, Any], item: Collected | None = None) -> None:
        """Write one line. A full disk must not end the audit: ``store`` tells it."""
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        line = text.encode(errors="replace") + b"\n"
        with self._lock:
            self._rows += 1
            self._resources += isinstance(item, History | Unread)
            self._size += len(line)
            if len(line) > LONGEST_LINE or self._size > LONGEST_TEXT or self._rows > MOST_ROWS:
                self._failure = self._failure or "too much for a snapshot; use --select"
            if not self._failure:
                self._digest.update(line)
                try:
                    self._gzip.write(line)
                except OSError as error:
                    self._failure = error.strerror or "cannot be written"

    def _failed(self, why: str | None) -> UsageError:
        return UsageError(f"snapshot {self._path}: {why or 'cannot be written'}; nothing was saved")


@dataclass(frozen=True, slots=True)
class RecordingSource:
    """A source that writes down everything that ``source`` says, and passes it on unchanged."""

    source: Source
    request: int
    """Position among the sources of the audit."""
    writer: SnapshotWriter
    explain: Callable[[Exception], SourceError]
    """Says what an unexpected exception means: a fault of the source goes in as one."""
    select: Selector | None
    """What the audit is about: other scopes are never asked."""

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List what ``source`` lists."""
        try:
            for item in self.source.scopes():
                if isinstance(item, Unplanned):
                    self.writer.unplanned(self.request, item)
                elif self.select is None or may_match(self.select, item):
                    self.writer.planned(self.request, item)
                yield item
        except Exception as error:  # noqa: BLE001 - whatever it is, the source must show up as a gap
            known = self.explain(error)
            self.writer.unplanned(self.request, Unplanned("", "", known))
            raise known from None

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield what ``source`` yields."""
        try:
            with closing(self.source.collect(scope, wanted, orphans=orphans)) as items:
                for item in items:
                    self.writer.collected(self.request, scope, item)
                    yield item
        except Exception as error:  # noqa: BLE001 - whatever it is, the scope must show up as a gap
            known = self.explain(error)
            self.writer.collected(self.request, scope, known)
            self.writer.ended(self.request, scope)
            raise known from None
        self.writer.ended(self.request, scope)
