"""Records, pointers and receipts as bytes: the same bytes for the same audit, wherever it ran."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from typing import Any

from backup_auditor.record import Claim, Pointer, Receipt, Record
from backup_auditor.record.shapes import CLAIM, FORMAT, POINTER, RECEIPT, RECORD
from backup_auditor.values import write_instant

_EFFORT = 6


def write_record(record: Record, name: str) -> bytes:
    """Return a record of the set ``name``, compressed, and without the time of doing so."""
    envelope = {
        "format": FORMAT,
        "kind": RECORD,
        "set": name,
        "run": record.occasion.run,
        "scheduled_at": write_instant(record.scheduled_at),
        "partial": record.is_partial,
        "document": record.document,
        "memory": record.memory,
    }
    data = io.BytesIO()
    with gzip.GzipFile("", "wb", compresslevel=_EFFORT, fileobj=data, mtime=0) as file:
        file.write(_json(envelope))
    return data.getvalue()


def digest(data: bytes) -> str:
    """Return the digest of a record as it lies in a store."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def write_pointer(pointer: Pointer) -> bytes:
    """Return a pointer."""
    return _json(
        {
            "format": FORMAT,
            "kind": POINTER,
            "run": pointer.run,
            "key": pointer.key,
            "started_at": write_instant(pointer.started_at),
            "digest": pointer.digest,
        }
    )


def write_claim(claim: Claim) -> bytes:
    """Return a claim."""
    return _json({"format": FORMAT, "kind": CLAIM, "until": write_instant(claim.until)})


def write_receipt(receipt: Receipt) -> bytes:
    """Return a receipt."""
    delivery = receipt.delivery
    return _json(
        {
            "format": FORMAT,
            "kind": RECEIPT,
            "channel": delivery.channel,
            "outcome": str(delivery.outcome),
            "attempts": delivery.attempts,
            "reason": delivery.reason,
            "at": write_instant(receipt.at),
        }
    )


def _json(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="replace")
