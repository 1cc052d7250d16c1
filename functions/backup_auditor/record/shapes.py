"""The shapes of what is kept, for pydantic: the version that is written today.

Another shape needs a new format and a step in ``upgrades``; a key more does not, because keys
that are not known are passed over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from backup_auditor.model import DeliveryOutcome

FORMAT = 1
"""The version of all shapes here but that of records."""
RECORD_FORMAT = 2
"""The version of records. Format 1 was plain JSON in gzip, with a memory of another shape."""
RECORD, POINTER, RECEIPT, CLAIM = "audit-record", "latest-audit", "receipt", "claim"
LINK = "audit-link"
"""What stands under ``kind``."""
MOST_LINKS = 99_999_999
"""An audit every minute for two centuries."""

_YEARS = range(1900, 2201)


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("write an instant such as 2026-11-24T06:00:00Z") from None
    if instant.utcoffset() != timedelta(0) or instant.year not in _YEARS:
        raise ValueError("write an instant in UTC, of the years 1900 to 2200")
    return instant.replace(tzinfo=UTC)


Instant = Annotated[datetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(strict=True)]


Digest = Annotated[str, Field(strict=True, pattern=r"^sha256:[0-9a-f]{64}$")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class RunShape(_Shape):
    """What must be there of ``run`` in a document."""

    id: Text
    started_at: Instant


class DocumentShape(_Shape):
    """What must be there of a document; ``report.reading`` knows all of it."""

    run: RunShape


class RecordShape(_Shape):
    """The envelope of a record."""

    kind: Literal["audit-record"]
    set: Text
    run: Text
    scheduled_at: Instant
    partial: Annotated[bool, Field(strict=True)]
    document: dict[str, Any]
    memory: dict[str, Any] | None


class PointerShape(_Shape):
    """A pointer."""

    kind: Literal["latest-audit"]
    run: Text
    key: Text
    started_at: Instant
    digest: Digest


class LinkShape(_Shape):
    """A link."""

    kind: Literal["audit-link"]
    set: Text
    number: Annotated[int, Field(strict=True, ge=1, le=MOST_LINKS)]
    previous: Annotated[str, Field(strict=True, pattern=r"^(sha256:[0-9a-f]{64})?$")]
    run: Text
    scheduled_at: Instant
    started_at: Instant
    written_at: Instant
    partial: Annotated[bool, Field(strict=True)]
    policy_digest: Text
    version: Text
    files: dict[str, Digest]


class ClaimShape(_Shape):
    """A claim."""

    kind: Literal["claim"]
    until: Instant


class ReceiptShape(_Shape):
    """A receipt."""

    kind: Literal["receipt"]
    channel: Text
    outcome: DeliveryOutcome
    attempts: Annotated[int, Field(strict=True, ge=0)]
    reason: Text
    at: Instant
