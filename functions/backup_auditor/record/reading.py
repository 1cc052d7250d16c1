"""Bytes from a store, which anybody may have changed, as records, pointers and receipts.

Whatever is wrong with them becomes ``Damaged``; no message repeats what they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backup_auditor.model import Delivery
from backup_auditor.record import Claim, Damaged, Link, Occasion, Pointer, Receipt, Record
from backup_auditor.record.coding import WrongError, decoded, parse
from backup_auditor.record.names import link_key, receipt_key, record_keys
from backup_auditor.record.shapes import (
    FORMAT,
    RECORD_FORMAT,
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

_LONGEST_NOTE = 1 << 16
_LONGEST_LINK = 1 << 20


def read_record(
    data: bytes, key: str, name: str, *, upgrades: Mapping[int, Upgrade] = UPGRADES
) -> Record | Damaged:
    """Return the record of the set ``name`` that lies under ``key``."""
    try:
        shape = _checked(RecordShape, decoded(data), upgrades, newest=RECORD_FORMAT)
        head = _valid(DocumentShape, shape.document, "document.")
    except WrongError as error:
        return Damaged(key, str(error))
    belongs = record_keys(name, Occasion(shape.run, shape.scheduled_at))
    if shape.set != name or key not in belongs or head.run.id != shape.run:
        return Damaged(key, "it is the record of another run than the one that belongs here")
    return Record(shape.document, shape.scheduled_at, shape.partial, shape.memory)


def read_pointer(data: bytes, key: str) -> Pointer | Damaged:
    """Return the pointer that lies under ``key``."""
    try:
        shape = _checked(PointerShape, parse(_short(data)))
    except WrongError as error:
        return Damaged(key, str(error))
    return Pointer(shape.run, shape.key, shape.started_at, shape.digest)


def read_link(data: bytes, key: str, name: str) -> Link | Damaged:
    """Return the link of the set ``name`` that lies under ``key``."""
    try:
        shape = _checked(LinkShape, parse(_sealed(_short(data, _LONGEST_LINK))))
    except WrongError as error:
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
        shape = _checked(ClaimShape, parse(_short(data)))
    except WrongError as error:
        return Damaged(key, str(error))
    return Claim(shape.until)


def read_receipt(data: bytes, key: str, name: str, occasion: Occasion) -> Receipt | Damaged:
    """Return the receipt of a run of the set ``name`` that lies under ``key``."""
    try:
        shape = _checked(ReceiptShape, parse(_short(data)))
    except WrongError as error:
        return Damaged(key, str(error))
    if receipt_key(name, occasion, shape.channel) != key:
        return Damaged(key, "it is the receipt of another channel than the one that belongs here")
    delivery = Delivery(shape.channel, shape.outcome, shape.attempts, shape.reason)
    return Receipt(delivery, shape.at)


def _short(data: bytes, most: int = _LONGEST_NOTE) -> bytes:
    if len(data) > most:
        raise WrongError(f"it has more than {most:,} bytes")
    return data


def _sealed(data: bytes) -> bytes:
    lines, _, seal = data.rpartition(SEAL)
    if seal != digest(lines).encode() + SEAL_END:
        raise WrongError("it is not what was written: its seal is another")
    return data


def _checked(
    model: type[S],
    value: dict[str, Any],
    upgrades: Mapping[int, Upgrade] = MappingProxyType({}),
    *,
    newest: int = FORMAT,
) -> S:
    """Return ``value`` as ``model``, through the steps from its format to today's."""
    number = value.get("format")
    if type(number) is not int:  # a bool is an int as well
        raise WrongError("it does not say its format")
    if number > newest:
        raise WrongError(
            f"it was written by a newer version of backup-auditor (format {min(number, 999_999)};"
            f" this one reads up to {newest})"
        )
    while number < newest:
        step = upgrades.get(number)
        if step is None:
            raise WrongError(f"its format {max(number, -999_999)} is not known")
        try:
            value = step(value)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise WrongError(f"it is not what format {number} looks like") from None
        number += 1
    return _valid(model, value, "")


def _valid(model: type[S], value: dict[str, Any], where: str) -> S:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = where + ".".join(map(str, first["loc"]))
        raise WrongError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
