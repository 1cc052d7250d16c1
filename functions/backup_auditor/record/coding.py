"""A record as bytes, and back: JSON in columns, compressed; the same bytes for the same values.

Records were plain JSON in gzip before (``record.json.gz``); those are read as well, for as long as
they are kept. The first bytes tell which it is. xz leaves a sixth less than gzip, and a tenth less
than bzip2, which also takes five times as long to read.
"""

from __future__ import annotations

import json
import lzma
import re
import zlib
from typing import Any, Never

from backup_auditor.record.columns import pack, unpack

LONGEST_TEXT = 256 << 20
"""Bytes of a record, decompressed: 100,000 resources with all their checks."""
_MOST_MEMORY = 80 << 20
"""Bytes that xz may take to decompress: a record of ours asks for 16 MiB at most."""
_XZ, _GZIP = b"\xfd7zXZ\x00", 16 + zlib.MAX_WBITS
_SURROGATE = re.compile(rb"\\u[dD]")

# Of some 5,000 resources the best that xz can do takes a second. More of them must not keep an
# audit waiting: then it looks less hard, but as far back as a memory is from what it repeats.
_PATIENT_WITH = 6 << 20
_LZMA = {"id": lzma.FILTER_LZMA2, "lc": 4, "pb": 0}  # it is text
_PATIENT: list[dict[str, Any]] = [{**_LZMA, "preset": 6}]
_HASTY: list[dict[str, Any]] = [{**_LZMA, "preset": 1, "dict_size": 16 << 20}]


class WrongError(Exception):
    """The text says what is wrong."""


def encoded(value: dict[str, Any]) -> bytes:
    """Return a record."""
    text = as_json(pack(value))
    manner = _PATIENT if len(text) <= _PATIENT_WITH else _HASTY
    return lzma.compress(text, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=manner)


def decoded(data: bytes) -> dict[str, Any]:
    """Return a record of either kind; raises WrongError."""
    if not _XZ.startswith(data[: len(_XZ)]):
        return parse(_unzipped(data))
    value = parse(_decompressed(data))
    try:
        whole = unpack(value)
    except ValueError as error:
        raise WrongError(str(error)) from None
    if not isinstance(whole, dict):
        raise WrongError("it is not a JSON object")
    return whole


def as_json(value: dict[str, Any]) -> bytes:
    """Return JSON in UTF-8; half a character becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="replace")


def parse(text: bytes) -> dict[str, Any]:
    """Return a JSON object; raises WrongError for anything else."""
    try:
        value = json.loads(
            text.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_without_doubles
        )
        if _SURROGATE.search(text):  # may stand alone: legal in JSON, and in nothing that we write
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise WrongError("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise WrongError("it is not JSON") from None
    if not isinstance(value, dict):
        raise WrongError("it is not a JSON object")
    return value


def _refuse(name: str) -> Never:
    raise ValueError(name)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _decompressed(data: bytes) -> bytes:
    """Return what xz holds, no more than is allowed of it."""
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)
    try:
        text = reader.decompress(data, LONGEST_TEXT + 1)
    except lzma.LZMAError:
        raise WrongError("it is not xz, or its checksum is wrong") from None
    return _all_of(text, reader)


def _unzipped(data: bytes) -> bytes:
    """Return what gzip holds, no more than is allowed of it."""
    reader = zlib.decompressobj(_GZIP)
    try:
        text = reader.decompress(data, LONGEST_TEXT + 1)
    except zlib.error:
        raise WrongError("it is neither xz nor gzip, or its checksum is wrong") from None
    return _all_of(text, reader)


def _all_of(text: bytes, reader: Any) -> bytes:
    """Return ``text`` if ``reader`` gave all of it and nothing follows."""
    if len(text) > LONGEST_TEXT:
        raise WrongError(f"it holds more than {LONGEST_TEXT:,} bytes")
    if not reader.eof:
        raise WrongError("it is cut off")
    if reader.unused_data:
        raise WrongError("something follows after its end")
    return text
