"""Nouns as JSON objects, and back. Writing is plain; reading is strict, and raises FieldError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from backup_auditor.backup_fields import restorable_of, restorable_row, told_row, with_told
from backup_auditor.errors import SourceError
from backup_auditor.fields import Fields
from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    GapReason,
    History,
    Orphan,
    Resource,
    Scope,
)
from backup_auditor.resource_fields import resource_of, schedule_row
from backup_auditor.snapshot.said import said_of, said_row
from backup_auditor.sources import Collected, Unplanned, Unread


def scope_row(scope: Scope) -> dict[str, Any]:
    """Return a scope as JSON."""
    return {"source": scope.source, "account": scope.account, "region": scope.region}


def scope_of(row: Fields) -> Scope:
    """Read a scope."""
    return Scope(row.text("source"), row.text("account"), row.text("region"))


def unplanned_row(item: Unplanned) -> dict[str, Any]:
    """Return what could not be planned as JSON."""
    return {"account": item.account, "region": item.region, **_error_row(item.error)}


def unplanned_of(row: Fields) -> Unplanned:
    """Read what could not be planned."""
    return Unplanned(row.text("account"), row.text("region"), _error_of(row))


def item_row(item: Collected) -> dict[str, Any]:
    """Return what was collected as JSON; ``row`` says what it is."""
    match item:
        case History():
            return {"row": "history", **_history_row(item)}
        case Unread():
            resource = _resource_row(item.resource)
            return {"row": "unread", "resource": resource, **_error_row(item.error)}
        case Orphan():
            return {"row": "orphan", **_orphan_row(item)}
        case SourceError():
            return {"row": "error", **_error_row(item)}


def _history_row(history: History) -> dict[str, Any]:
    row: dict[str, Any] = {
        "resource": _resource_row(history.resource),
        "backups": [_backup_row(backup) for backup in history.backups],
    }
    if history.copies is not None:
        row["copies"] = [_backup_row(backup) for backup in history.copies]
    if history.restorable is not None:
        row["restorable"] = restorable_row(history.restorable)
    return row


def _history_of(row: Fields) -> History:
    def backups(name: str) -> list[Backup]:
        return [_backup_of(Fields(value)) for value in row.items(name)]

    return History.of(
        _resource_of(row.fields("resource")),
        backups("backups"),
        copies=row.missing("copies", backups),
        restorable=row.missing("restorable", lambda name: restorable_of(row.fields(name))),
    )


def _unread_of(row: Fields) -> Unread:
    return Unread(_resource_of(row.fields("resource")), _error_of(row))


def _error_row(error: SourceError) -> dict[str, Any]:
    return {"reason": error.reason, "detail": error.detail, **said_row(error.detail)}


def _error_of(row: Fields) -> SourceError:
    return SourceError(row.word("reason", GapReason), said_of(row, row.text("detail")))


def _orphan_row(orphan: Orphan) -> dict[str, Any]:
    return {
        "source": orphan.source,
        "account": orphan.account,
        "region": orphan.region,
        "resource_id": orphan.resource_id,
        "name": orphan.name,
        "backups": orphan.backups,
        "newest_at": _said(orphan.newest_at),
    }


def _orphan_of(row: Fields) -> Orphan:
    return Orphan(
        source=row.text("source"),
        account=row.text("account"),
        region=row.text("region"),
        resource_id=row.text("resource_id"),
        name=row.text("name"),
        backups=row.number("backups"),
        newest_at=row.optional("newest_at", row.instant),
    )


ITEMS: Mapping[str, Callable[[Fields], Collected]] = {
    "history": _history_of,
    "unread": _unread_of,
    "orphan": _orphan_of,
    "error": _error_of,
}
"""Readers of what was collected, by the word in ``row``."""


def _resource_row(resource: Resource) -> dict[str, Any]:
    return {
        "id": resource.id,
        "name": resource.name,
        "source": resource.source,
        "account": resource.account,
        "region": resource.region,
        "zone": resource.zone,
        "kind": resource.kind,
        "state": resource.state,
        "created_at": _said(resource.created_at),
        "auto_backup": resource.auto_backup,
        "tags": dict(resource.tags),
        **schedule_row(resource.schedule),
    }


def _resource_of(row: Fields) -> Resource:
    resource = resource_of(row)
    row.end()
    return resource


def _backup_row(backup: Backup) -> dict[str, Any]:
    return {
        "id": backup.id,
        "resource_id": backup.resource_id,
        "state": backup.state,
        "state_raw": backup.state_raw,
        "taken_at": _said(backup.taken_at),
        "finished_at": _said(backup.finished_at),
        "kind": backup.kind,
        "kind_raw": backup.kind_raw,
        "size_bytes": backup.size_bytes,
        "name": backup.name,
        "resource_name": backup.resource_name,
        **told_row(backup),
    }


def _backup_of(row: Fields) -> Backup:
    backup = Backup(
        id=row.text("id"),
        resource_id=row.text("resource_id"),
        state=row.word("state", BackupState),
        state_raw=row.text("state_raw"),
        taken_at=row.optional("taken_at", row.instant),
        finished_at=row.optional("finished_at", row.instant),
        kind=row.word("kind", BackupKind),
        kind_raw=row.text("kind_raw"),
        size_bytes=row.optional("size_bytes", row.number),
        name=row.text("name"),
        resource_name=row.text("resource_name"),
    )
    backup = with_told(backup, row)
    row.end()
    return backup


def _said(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()
