"""Nouns of evidence as rows of JSON, and back. Reading is strict, and raises FieldError.

A backup is a list in the order of ``COLUMNS``, because there are very many. Its last two values
are null where they are those of its resource, as they nearly always are.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from backup_auditor.evidence import Base, Changed, Entry, Head, Key, Listed, key_of
from backup_auditor.fields import FieldError, Fields
from backup_auditor.model import Backup, BackupKind, BackupState, Orphan, Resource
from backup_auditor.values import write_instant

FORMAT = 1
KIND = "audit-evidence"
COLUMNS = (
    *("id", "state", "state_raw", "taken_at", "finished_at"),
    *("kind", "kind_raw", "size_bytes", "name", "resource_id", "resource_name"),
)


def head_row(head: Head) -> dict[str, Any]:
    """Return the first line."""
    base = head.base
    return {
        "format": FORMAT,
        "kind": KIND,
        "set": head.set,
        "run": head.run,
        "scheduled_at": write_instant(head.scheduled_at),
        "collected_at": write_instant(head.collected_at),
        "partial": head.is_partial,
        "version": head.version,
        "policy_digest": head.policy_digest,
        "policies": [{"name": name, "text": text} for name, text in head.policies],
        "base": base and {"key": base.key, "digest": base.digest, "bases": base.bases},
        "columns": list(COLUMNS),
    }


def head_of(row: Fields) -> Head:
    """Read the first line."""
    if row.number("format") != FORMAT or row.text("kind") != KIND:
        raise FieldError(f"it is not evidence of format {FORMAT}")
    if row.texts("columns") != COLUMNS:
        raise FieldError("its columns are not known")
    return Head(
        set=row.line("set"),
        run=row.line("run"),
        scheduled_at=row.instant("scheduled_at"),
        collected_at=row.instant("collected_at"),
        is_partial=row.flag("partial"),
        version=row.line("version"),
        policy_digest=row.line("policy_digest"),
        policies=tuple(row.each("policies", lambda one: (one.line("name"), one.text("text")))),
        base=row.optional("base", lambda name: _base_of(row.fields(name))),
    )


def _base_of(row: Fields) -> Base:
    return Base(row.line("key"), row.line("digest"), row.number("bases"))


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return one of the lines after the first."""
    match entry:
        case Listed(resource, backups, unread):
            row: dict[str, Any] = {"resource": _resource_row(resource)}
            rows = [_backup_row(backup, resource) for backup in backups]
            return row | ({"unread": unread} if unread else {"backups": rows})
        case Changed(key, resource, gone, added):
            of = resource or _nameless(key)
            row = {"of": list(key), "added": [_backup_row(backup, of) for backup in added]}
            row |= {"gone": list(gone)}
            return row | {"resource": _resource_row(resource) if resource else None}
        case Orphan():
            return {"orphan": _orphan_row(entry)}


def entry_of(row: Fields) -> Entry:
    """Read one of the lines after the first."""
    if row.has("orphan"):
        return _orphan_of(row.fields("orphan"))
    if row.has("of"):
        return _changed_of(row)
    resource = _resource_of(row.fields("resource"))
    if row.has("unread"):
        return Listed(resource, unread=row.text("unread"))
    backups = tuple(_backup_of(one, resource) for one in row.items("backups"))
    return Listed(resource, backups)


def _changed_of(row: Fields) -> Changed:
    words = row.texts("of")
    if len(words) != 4:  # noqa: PLR2004 - the parts of a key
        raise FieldError("the field 'of' does not name a resource")
    key = (words[0], words[1], words[2], words[3])
    resource = row.optional("resource", lambda name: _resource_of(row.fields(name)))
    if resource and key_of(resource) != key:
        raise FieldError("the fields 'of' and 'resource' name two resources")
    of = resource or _nameless(key)
    added = tuple(_backup_of(one, of) for one in row.items("added"))
    return Changed(key, resource, row.numbers("gone"), added)


def _nameless(key: Key) -> Resource:
    source, account, region, id_ = key
    return Resource(id_, "", source, account, region)


def _resource_row(resource: Resource) -> dict[str, Any]:
    return {**asdict(resource), "created_at": _exact(resource.created_at)}


def _resource_of(row: Fields) -> Resource:
    return Resource(
        id=row.text("id"),
        name=row.text("name"),
        source=row.text("source"),
        account=row.text("account"),
        region=row.text("region"),
        zone=row.text("zone"),
        kind=row.text("kind"),
        state=row.text("state"),
        created_at=row.optional("created_at", row.instant),
        auto_backup=row.optional("auto_backup", row.flag),
        tags=row.mapping("tags"),
    )


def _backup_row(backup: Backup, of: Resource) -> list[str | int | None]:
    return [
        backup.id,
        str(backup.state),
        backup.state_raw,
        _exact(backup.taken_at),
        _exact(backup.finished_at),
        str(backup.kind),
        backup.kind_raw,
        backup.size_bytes,
        backup.name,
        None if backup.resource_id == of.id else backup.resource_id,
        None if backup.resource_name == of.name else backup.resource_name,
    ]


def _backup_of(values: object, of: Resource) -> Backup:
    if not isinstance(values, list) or len(values) != len(COLUMNS):
        raise FieldError("a backup does not have the columns that it should have")
    row = Fields(dict(zip(COLUMNS, values, strict=True)))
    name = row.optional("resource_name", row.text)
    return Backup(
        id=row.text("id"),
        resource_id=row.optional("resource_id", row.text) or of.id,
        state=row.word("state", BackupState),
        state_raw=row.text("state_raw"),
        taken_at=row.optional("taken_at", row.instant),
        finished_at=row.optional("finished_at", row.instant),
        kind=row.word("kind", BackupKind),
        kind_raw=row.text("kind_raw"),
        size_bytes=row.optional("size_bytes", row.number),
        name=row.text("name"),
        resource_name=of.name if name is None else name,
    )


def _orphan_row(orphan: Orphan) -> dict[str, Any]:
    return {**asdict(orphan), "newest_at": _exact(orphan.newest_at)}


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


def _exact(instant: datetime | None) -> str | None:
    """Write an instant as the provider told it, parts of a second included."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text_of(row: dict[str, Any]) -> bytes:
    """Return a row as a line."""
    text = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="replace") + b"\n"
