"""What only some sources tell of backups, in JSON, for all who keep what was collected.

It is written only where it is told: what older versions kept, and what other sources tell, stays as
it is to the byte. What is missing was not told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backup_auditor.fields import FieldError, Fields
from backup_auditor.model import Backup, Restorable

TOLD = ("account", "region", "encrypted", "locked_until", "is_clean")
"""The fields of a backup that are there only where they are told."""
_LAST = datetime(2200, 12, 31, tzinfo=UTC)
"""A lock that goes on for longer is kept as one until then: no later year is read (``Fields``)."""


def told_row(backup: Backup) -> dict[str, str | bool]:
    """Return those of ``TOLD`` that are told of ``backup``."""
    given = (
        backup.account or None,
        backup.region or None,
        backup.encrypted,
        _exact(backup.locked_until and min(backup.locked_until, _LAST)),
        backup.is_clean,
    )
    return {name: told for name, told in zip(TOLD, given, strict=True) if told is not None}


def with_told(backup: Backup, row: Fields) -> Backup:
    """Return ``backup`` with those of ``TOLD`` that ``row`` has; raises FieldError."""
    if not any(row.has(name) for name in TOLD):
        return backup
    return replace(
        backup,
        account=row.missing("account", row.text) or "",
        region=row.missing("region", row.text) or "",
        encrypted=row.missing("encrypted", row.flag),
        locked_until=row.missing("locked_until", row.instant),
        is_clean=row.missing("is_clean", row.flag),
    )


def restorable_row(restorable: Restorable) -> dict[str, Any]:
    """Return a stretch that can be restored as JSON."""
    return {"since": _exact(restorable.since), "until": _exact(restorable.until)}


def restorable_of(row: Fields) -> Restorable:
    """Read a stretch that can be restored; raises FieldError."""
    found = Restorable(row.instant("since"), row.instant("until"))
    row.end()
    if found.since > found.until:
        raise FieldError("the field 'until' is before 'since'")
    return found


def _exact(instant: datetime | None) -> str | None:
    """Write an instant as the provider told it, parts of a second included."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
