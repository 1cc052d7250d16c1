"""The first line of a snapshot: when, by whom and for which places it was collected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backup_auditor.fields import FieldError, Fields
from backup_auditor.policy.extent import Extent

FORMAT = "backup-auditor snapshot"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One entry of ``sources`` in the policy that a snapshot was collected with."""

    source: str
    extent: Extent


@dataclass(frozen=True, slots=True)
class Header:
    """Where a snapshot comes from."""

    collected_at: datetime
    tool: str
    """Version of the program."""
    policy_digest: str
    partial: bool
    """Only what ``--select`` asked for was collected."""
    requests: tuple[Asked, ...]


def header_row(header: Header) -> dict[str, Any]:
    """Return the first line."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "collected_at": header.collected_at.astimezone(UTC).isoformat(),
        "tool": header.tool,
        "policy_digest": header.policy_digest,
        "partial": header.partial,
        "requests": [
            {"source": r.source, "accounts": r.extent.accounts, "regions": r.extent.regions}
            for r in header.requests
        ],
    }


def header_of(row: Fields) -> Header:
    """Read the first line; raises FieldError."""
    if row.text("format") != FORMAT:
        raise FieldError(f"the format is not {FORMAT!r}")
    version = row.number("version")
    if version != VERSION:
        raise FieldError(f"version {version} is not known; known is {VERSION}")
    return Header(
        collected_at=row.instant("collected_at"),
        tool=row.text("tool"),
        policy_digest=row.text("policy_digest"),
        partial=row.flag("partial"),
        requests=tuple(_asked(Fields(request)) for request in row.items("requests")),
    )


def _asked(row: Fields) -> Asked:
    extent = Extent(row.texts("accounts"), row.texts("regions"))
    asked = Asked(row.text("source"), extent)
    row.end()
    return asked
