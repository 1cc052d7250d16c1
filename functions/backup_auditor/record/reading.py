"""Bytes from a store, which anybody may have changed, as records, pointers and receipts.

Whatever is wrong with them becomes ``Damaged``; no message repeats what they hold.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, Never, TypeVar

from pydantic import BaseModel, ValidationError

from backup_auditor.model import Delivery
from backup_auditor.record import Claim, Damaged, Link, Occasion, Pointer, Receipt, Record
from backup_auditor.record.names import link_key, receipt_key, record_key
from backup_auditor.record.shapes import (
    FORMAT,
    ClaimShape,
    DocumentShape,
    LinkShape,
    PointerShape,
    ReceiptShape,
    RecordShape,
)
from backup_auditor.record.upgrades import UPGRADES, Upgrade
from backup_auditor.record.writing import SEAL, SEAL_END, digest

S = TypeVar("S", bound=BaseModel)

LONGEST_TEXT = 256 << 20
"""Bytes of a record, decompressed: 100,000 resources with all their checks."""
_LONGEST_NOTE = 1 << 16
_LONGEST_LINK = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
_SURROGATE = re.compile(rb"\\u[dD]")


class _WrongError(Exception):
    """The text says what is wrong."""


def read_record(
    data: bytes, key: str, name: str, *, upgrades: Mapping[int, Upgrade] = UPGRADES
) -> Record | Damaged:
    """Return the record of the set ``name`` that lies under ``key``."""
    try:
        shape = _checked(RecordShape, _parse(_decompressed(data)), upgrades)
        head = _valid(DocumentShape, shape.document, "document.")
    except _WrongError as error:
        return Damaged(key, str(error))
    belongs = record_key(name, Occasion(shape.run, shape.scheduled_at))
    if shape.set != name or belongs != key or head.run.id != shape.run:
        return Damaged(key, "it is the record of another run than the one that belongs here")
    return Record(shape.document, shape.scheduled_at, shape.partial, shape.memory)


def read_pointer(data: bytes, key: str) -> Pointer | Damaged:
    """Return the pointer that lies under ``key``."""
    try:
        shape = _checked(PointerShape, _parse(_short(data)), {})
    except _WrongError as error:
        return Damaged(key, str(error))
    return Pointer(shape.run, shape.key, shape.started_at, shape.digest)


def read_link(data: bytes, key: str, name: str) -> Link | Damaged:
    """Return the link of the set ``name`` that lies under ``key``."""
    try:
        shape = _checked(LinkShape, _parse(_sealed(_short(data, _LONGEST_LINK))), {})
    except _WrongError as error:
        return Damaged(key, str(error))
    if shape.set != name or link_key(name, shape.number) != key:
        return Damaged(key, "it is another link than the one that belongs here")
    return Link(
        number=shape.number,
        previous=shape.previous,
        occasion=Occasion(shape.run, shape.scheduled_at),
        started_at=shape.started_at,
        written_at=shape.written_at,
        is_partial=shape.partial,
        policy_digest=shape.policy_digest,
        version=shape.version,
        files=shape.files,
    )


def read_claim(data: bytes, key: str) -> Claim | Damaged:
    """Return the claim that lies under ``key``."""
    try:
        shape = _checked(ClaimShape, _parse(_short(data)), {})
    except _WrongError as error:
        return Damaged(key, str(error))
    return Claim(shape.until)


def read_receipt(data: bytes, key: str, name: str, occasion: Occasion) -> Receipt | Damaged:
    """Return the receipt of a run of the set ``name`` that lies under ``key``."""
    try:
        shape = _checked(ReceiptShape, _parse(_short(data)), {})
    except _WrongError as error:
        return Damaged(key, str(error))
    if receipt_key(name, occasion, shape.channel) != key:
        return Damaged(key, "it is the receipt of another channel than the one that belongs here")
    delivery = Delivery(shape.channel, shape.outcome, shape.attempts, shape.reason)
    return Receipt(delivery, shape.at)


def _decompressed(data: bytes) -> bytes:
    """Return what ``data`` holds, no more than is allowed of it."""
    unzip = zlib.decompressobj(_GZIP)
    try:
        text = unzip.decompress(data, LONGEST_TEXT + 1)
    except zlib.error:
        raise _WrongError("it is not gzip, or its checksum is wrong") from None
    if len(text) > LONGEST_TEXT:
        raise _WrongError(f"it holds more than {LONGEST_TEXT:,} bytes")
    if not unzip.eof:
        raise _WrongError("it is cut off")
    if unzip.unused_data:
        raise _WrongError("something follows after its end")
    return text


def _short(data: bytes, most: int = _LONGEST_NOTE) -> bytes:
    if len(data) > most:
        raise _WrongError(f"it has more than {most:,} bytes")
    return data


def _sealed(data: bytes) -> bytes:
    lines, _, seal = data.rpartition(SEAL)
    if seal != digest(lines).encode() + SEAL_END:
        raise _WrongError("it is not what was written: its seal is another")
    return data


def _parse(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            text.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_without_doubles
        )
        if _SURROGATE.search(text):  # may stand alone: legal in JSON, and in nothing that we write
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _WrongError("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise _WrongError("it is not JSON") from None
    if not isinstance(value, dict):
        raise _WrongError("it is not a JSON object")
    return value


def _refuse(name: str) -> Never:
    raise ValueError(name)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _checked(model: type[S], value: dict[str, Any], upgrades: Mapping[int, Upgrade]) -> S:
    """Return ``value`` as ``model``, through the steps from its format to today's."""
    number = value.get("format")
    if type(number) is not int:  # a bool is an int as well
        raise _WrongError("it does not say its format")
    if number > FORMAT:
        raise _WrongError(
            f"it was written by a newer version of backup-auditor (format {min(number, 999_999)};"
            f" this one reads up to {FORMAT})"
        )
    while number < FORMAT:
        step = upgrades.get(number)
        if step is None:
            raise _WrongError(f"its format {max(number, -999_999)} is not known")
        try:
            value = step(value)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _WrongError(f"it is not what format {number} looks like") from None
        number += 1
    return _valid(model, value, "")


def _valid(model: type[S], value: dict[str, Any], where: str) -> S:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = where + ".".join(map(str, first["loc"]))
        raise _WrongError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
