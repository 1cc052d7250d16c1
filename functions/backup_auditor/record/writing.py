"""Records, pointers and receipts as bytes: the same bytes for the same audit, wherever it ran."""

from __future__ import annotations

import hashlib
import json

from backup_auditor.record import Claim, Link, Pointer, Receipt, Record
from backup_auditor.record.coding import as_json, encoded
from backup_auditor.record.shapes import (
    CLAIM,
    FORMAT,
    LINK,
    POINTER,
    RECEIPT,
    RECORD,
    RECORD_FORMAT,
)
from backup_auditor.values import write_instant

SEAL, SEAL_END = b',\n "seal": "', b'"\n}\n'
"""What stands around the digest at the end of a link."""


def write_record(record: Record, name: str) -> bytes:
    """Return a record of the set ``name``, compressed, and without the time of doing so."""
    envelope = {
        "format": RECORD_FORMAT,
        "kind": RECORD,
        "set": name,
        "run": record.occasion.run,
        "scheduled_at": write_instant(record.scheduled_at),
        "partial": record.is_partial,
        "document": record.document,
        "memory": record.memory,
    }
    return encoded(envelope)


def digest(data: bytes) -> str:
    """Return the digest of a file as it lies in a store."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def write_pointer(pointer: Pointer) -> bytes:
    """Return a pointer."""
    return as_json(
        {
            "format": FORMAT,
            "kind": POINTER,
            "run": pointer.run,
            "key": pointer.key,
            "started_at": write_instant(pointer.started_at),
            "digest": pointer.digest,
        }
    )


def write_link(link: Link, name: str) -> bytes:
    """Return a link of the set ``name``, in lines: people look at it as well.

    Its last line holds a digest of those before it: nothing else would tell that the newest link
    was changed.
    """
    value = {
        "format": FORMAT,
        "kind": LINK,
        "set": name,
        "number": link.number,
        "previous": link.previous,
        "run": link.occasion.run,
        "scheduled_at": write_instant(link.occasion.scheduled_at),
        "started_at": write_instant(link.started_at),
        "written_at": write_instant(link.written_at),
        "partial": link.is_partial,
        "policy_digest": link.policy_digest,
        "version": link.version,
        "files": dict(sorted(link.files.items())),
    }
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    lines = text.removesuffix("\n}").encode(errors="replace")
    return lines + SEAL + digest(lines).encode() + SEAL_END


def write_claim(claim: Claim) -> bytes:
    """Return a claim."""
    return as_json({"format": FORMAT, "kind": CLAIM, "until": write_instant(claim.until)})


def write_receipt(receipt: Receipt) -> bytes:
    """Return a receipt."""
    delivery = receipt.delivery
    return as_json(
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
