"""Reading a snapshot: a file that may come from anybody, taken as a whole or not at all.

All lines are checked before any is used. They are kept in a file without a name, and read again
scope by scope: memory grows with the number of resources, not of backups, as in an audit.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import threading
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from backup_auditor.errors import UsageError
from backup_auditor.fields import FieldError, Fields, parse
from backup_auditor.model import History, Scope
from backup_auditor.snapshot.header import Asked, Header, header_of
from backup_auditor.snapshot.items import ITEMS, scope_of, unplanned_of
from backup_auditor.snapshot.limits import LONGEST_LINE, LONGEST_TEXT, MOST_ROWS
from backup_auditor.sources import Collected, Unplanned, Unread

T = TypeVar("T")


@dataclass(slots=True)
class Part:
    """One scope: where in the file its rows stand."""

    scope: Scope
    ended: bool = False
    """Nothing more came of it: else it was not reached, or not to its end."""
    places: array[int] = field(default_factory=lambda: array("Q"))


@dataclass(slots=True)
class Recorded:
    """All that was planned for one entry of ``sources``."""

    asked: Asked
    unplanned: list[Unplanned] = field(default_factory=list)
    parts: dict[Scope, Part] = field(default_factory=dict)


class Snapshot:
    """A sound snapshot. Safe to use from several threads."""

    def __init__(self, header: Header, requests: tuple[Recorded, ...], spool: IO[bytes]) -> None:
        """``spool`` holds the lines at the places that ``requests`` name."""
        self.header = header
        self.requests = requests
        self._spool = spool
        self._lock = threading.Lock()

    def lines(self, part: Part) -> Iterator[bytes]:
        """Yield the lines of ``part``, in the order in which they were collected."""
        for place in part.places:
            with self._lock:
                self._spool.seek(place)
                line = self._spool.readline()
            yield line


def item_of(line: bytes) -> Collected:
    """Return what a line of a sound snapshot holds."""
    row = parse(line)
    row.number("scope")
    return ITEMS[row.text("row")](row)


@contextmanager
def opened(file: str) -> Iterator[Snapshot]:
    """Read ``file``; raises UsageError, with file and line, for the first thing that is wrong."""
    with tempfile.TemporaryFile() as spool:
        yield _Reader(file, spool).read()


class _Reader:
    def __init__(self, file: str, spool: IO[bytes]) -> None:
        self._file = file
        self._spool = spool
        self._line = self._size = self._kept = 0
        self._digest = hashlib.sha256()
        self._requests: tuple[Recorded, ...] = ()
        self._parts: list[Part] = []
        self._seen: set[tuple[int, str]] = set()
        """(part, id) of all resources."""

    def read(self) -> Snapshot:
        try:
            with Path(self._file).open("rb") as raw, gzip.GzipFile(fileobj=raw) as lines:
                header = self._read(lines)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self._refused("not gzip, or cut off") from error
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise UsageError(f"snapshot {self._file}: {why}") from error
        except FieldError as error:
            raise self._refused(str(error)) from error
        return Snapshot(header, self._requests, self._spool)

    def _read(self, lines: gzip.GzipFile) -> Header:
        line = self._next(lines)
        header = _whole(parse(line), header_of)
        self._requests = tuple(Recorded(asked) for asked in header.requests)
        while True:
            self._digest.update(line)
            line = self._next(lines)
            row = parse(line)
            kind = row.text("row")
            if kind == "trailer":
                break
            self._take(kind, row, line)
        self._compare(row)
        if lines.read(1):
            raise FieldError("something follows after the last line")
        return header

    def _next(self, lines: gzip.GzipFile) -> bytes:
        line = lines.readline(LONGEST_LINE + 1)
        self._line += 1
        self._size += len(line)
        if len(line) > LONGEST_LINE or self._size > LONGEST_TEXT or self._line > MOST_ROWS + 1:
            raise FieldError("the snapshot is too large")
        if not line.endswith(b"\n"):
            raise FieldError("the snapshot is cut off")
        return line

    def _take(self, kind: str, row: Fields, line: bytes) -> None:
        if kind == "scope":
            self._scope(row)
        elif kind == "unplanned":
            request = self._request(row)
            request.unplanned.append(_whole(row, unplanned_of))
        elif kind == "end":
            self._part(row).ended = True
            row.end()
        elif kind in ITEMS:
            self._item(self._part(row), _whole(row, ITEMS[kind]), line)
        else:
            raise FieldError(f"the row {kind[:60]!a} is not known")

    def _scope(self, row: Fields) -> None:
        if row.number("scope") != len(self._parts):
            raise FieldError(f"the next scope is {len(self._parts)}")
        request = self._request(row)
        part = Part(_whole(row, scope_of))
        if part.scope in request.parts:
            raise FieldError("the scope stands there already")
        request.parts[part.scope] = part
        self._parts.append(part)

    def _item(self, part: Part, item: Collected, line: bytes) -> None:
        if isinstance(item, History | Unread):
            known = (id(part), item.resource.id)
            if known in self._seen:
                raise FieldError(f"the resource {item.resource.id[:60]!a} stands there already")
            self._seen.add(known)
        part.places.append(self._kept)
        self._kept += self._spool.write(line)

    def _request(self, row: Fields) -> Recorded:
        number = row.number("request")
        if number >= len(self._requests):
            raise FieldError(f"the first line names no request {number}")
        return self._requests[number]

    def _part(self, row: Fields) -> Part:
        number = row.number("scope")
        if number >= len(self._parts) or self._parts[number].ended:
            raise FieldError(f"scope {number} is not open here")
        return self._parts[number]

    def _compare(self, trailer: Fields) -> None:
        """Refuse a last line that does not fit what was read."""
        for name, found in (("rows", self._line - 1), ("resources", len(self._seen))):
            told = trailer.number(name)
            if told != found:
                raise FieldError(f"{found} {name} were read, the last line counts {told}")
        if trailer.text("sha256") != self._digest.hexdigest():
            raise FieldError("the lines are not those that were written")
        trailer.end()

    def _refused(self, why: str) -> UsageError:
        place = f"{self._file}:{self._line}" if self._line else self._file
        return UsageError(f"snapshot {place}: {why}; nothing of it is used")


def _whole(row: Fields, read: Callable[[Fields], T]) -> T:
    """Return what ``read`` makes of ``row``; refuse fields that it does not know."""
    found = read(row)
    row.end()
    return found
