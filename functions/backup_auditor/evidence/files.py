"""Evidence as bytes: lines of JSON, compressed; the same bytes for the same evidence.

Most of it are ids that do not repeat, of which bzip2 leaves a fifth less than gzip.

The first line says what it is of. One line follows for each resource, in the order of their keys,
then one for each orphan; the last line counts them, so that what is cut off is found out.
"""

from __future__ import annotations

import bz2
import io
from collections.abc import Iterable, Iterator

from backup_auditor.evidence import Entry, Head
from backup_auditor.evidence.rows import entry_of, entry_row, head_of, head_row, text_of
from backup_auditor.fields import FieldError, Fields, parse

_LONGEST_LINE = 64 << 20
_MOST_LINES = 4_000_000


def write(head: Head, entries: Iterable[Entry]) -> bytes:
    """Return evidence; only its compressed bytes are kept in memory."""
    data = io.BytesIO()
    count = 0
    with bz2.BZ2File(data, "wb") as file:
        file.write(text_of(head_row(head)))
        for entry in entries:
            file.write(text_of(entry_row(entry)))
            count += 1
        file.write(text_of({"entries": count}))
    return data.getvalue()


def read_head(data: bytes) -> Head:
    """Return what evidence is of; raises FieldError."""
    with _opened(data) as file:
        return head_of(_next(file))


def read_entries(data: bytes) -> Iterator[Entry]:
    """Yield the entries of evidence; raises FieldError as soon as something is wrong."""
    with _opened(data) as file:
        _next(file)
        for count in range(_MOST_LINES):
            row = _next(file)
            if not row.has("entries"):
                yield entry_of(row)
            elif row.number("entries") != count or _rest(file):
                raise FieldError("it does not hold as much as it says")
            else:
                return
    raise FieldError("it is too large")


def _opened(data: bytes) -> bz2.BZ2File:
    return bz2.BZ2File(io.BytesIO(data))


def _next(file: bz2.BZ2File) -> Fields:
    try:
        line = file.readline(_LONGEST_LINE)
    except (OSError, EOFError, ValueError):
        raise FieldError("it is not bzip2, or cut off") from None
    if not line.endswith(b"\n"):
        raise FieldError("it is cut off, or a line is too long")
    return parse(line)


def _rest(file: bz2.BZ2File) -> bytes:
    """Return what follows the last line; reading on finds out that the very end is cut off."""
    try:
        return file.read(1)
    except (OSError, EOFError, ValueError):
        raise FieldError("it is cut off") from None
