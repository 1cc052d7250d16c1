"""Nouns of evidence as rows of JSON, and back. Reading is strict, and raises FieldError.

The backups of a resource are columns, because there are very many: a list of a value for each of
them, or the one value that all of them have. The last two columns are null where the values are
those of the resource, as they nearly always are. What only some sources tell is a column more, or a
field more of a resource, where it is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from backup_auditor.backup_fields import TOLD, restorable_of, restorable_row, told_row, with_told
from backup_auditor.evidence import (
    Base,
    Changed,
    CopiesChanged,
    Entry,
    Head,
    Key,
    Listed,
    key_of,
)
from backup_auditor.fields import FieldError, Fields
from backup_auditor.model import Backup, BackupKind, BackupState, Orphan, Resource, Restorable
from backup_auditor.resource_fields import resource_of, schedule_row
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
    }


def head_of(row: Fields) -> Head:
    """Read the first line."""
    if row.number("format") != FORMAT or row.text("kind") != KIND:
        raise FieldError(f"it is not evidence of format {FORMAT}")
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
        case Listed():
            return _listed_row(entry)
        case Changed():
            return _changed_row(entry)
        case Orphan():
            return {"orphan": _orphan_row(entry)}


def _listed_row(entry: Listed) -> dict[str, Any]:
    of, row = entry.resource, {"resource": _resource_row(entry.resource)}
    if entry.unread:
        return row | {"unread": entry.unread}
    row["backups"] = _columns(entry.backups, of)
    if entry.copies is not None:
        row["copies"] = _columns(entry.copies, of)
    return row | _restorable_row(entry.restorable)


def _changed_row(entry: Changed) -> dict[str, Any]:
    of, copies = entry.resource or _nameless(entry.key), entry.copies
    row = {
        "of": list(entry.key),
        "gone": list(entry.gone),
        "added": _columns(entry.added, of),
        "resource": _resource_row(entry.resource) if entry.resource else None,
    }
    if copies is not None:
        row["copies"] = {"gone": list(copies.gone), "added": _columns(copies.added, of)}
    return row | _restorable_row(entry.restorable)


def _restorable_row(restorable: Restorable | None) -> dict[str, Any]:
    return {} if restorable is None else {"restorable": restorable_row(restorable)}


def _restorable_of(row: Fields) -> Restorable | None:
    return row.missing("restorable", lambda name: restorable_of(row.fields(name)))


def entry_of(row: Fields) -> Entry:
    """Read one of the lines after the first."""
    if row.has("orphan"):
        return _orphan_of(row.fields("orphan"))
    if row.has("of"):
        return _changed_of(row)
    resource = resource_of(row.fields("resource"))
    if row.has("unread"):
        return Listed(resource, unread=row.text("unread"))

    def backups(name: str) -> tuple[Backup, ...]:
        return tuple(_backups_of(row.fields(name), resource))

    copies, restorable = row.missing("copies", backups), _restorable_of(row)
    return Listed(resource, backups("backups"), copies=copies, restorable=restorable)


def _changed_of(row: Fields) -> Changed:
    words = row.texts("of")
    if len(words) != 4:  # noqa: PLR2004 - the parts of a key
        raise FieldError("the field 'of' does not name a resource")
    key = (words[0], words[1], words[2], words[3])
    resource = row.optional("resource", lambda name: resource_of(row.fields(name)))
    if resource and key_of(resource) != key:
        raise FieldError("the fields 'of' and 'resource' name two resources")
    of = resource or _nameless(key)

    def copies(name: str) -> CopiesChanged:
        return CopiesChanged(*_change_of(row.fields(name), of))

    gone, added = _change_of(row, of)
    changed = row.missing("copies", copies)
    return Changed(key, resource, gone, added, copies=changed, restorable=_restorable_of(row))


def _change_of(row: Fields, of: Resource) -> tuple[tuple[int, ...], tuple[Backup, ...]]:
    return row.numbers("gone"), tuple(_backups_of(row.fields("added"), of))


def _nameless(key: Key) -> Resource:
    source, account, region, id_ = key
    return Resource(id_, "", source, account, region)


def _resource_row(resource: Resource) -> dict[str, Any]:
    row = {**asdict(resource), "created_at": _exact(resource.created_at)}
    del row["schedule"]
    return row | schedule_row(resource.schedule)


def _columns(backups: Sequence[Backup], of: Resource) -> dict[str, Any]:
    rows = [_backup_row(backup, of) for backup in backups]
    columns: dict[str, Any] = {"id": [row[0] for row in rows]}
    for name, *values in zip(COLUMNS[1:], *(row[1:] for row in rows), strict=True):
        columns[name] = _column(values)
    told = [told_row(backup) for backup in backups]
    for name in TOLD:
        if any(name in row for row in told):
            columns[name] = _column([row.get(name) for row in told])
    return columns


def _column(values: list[Any]) -> Any:
    return values[0] if values and len(set(values)) == 1 else values


def _backups_of(columns: Fields, of: Resource) -> Iterator[Backup]:
    ids = columns.texts("id")
    values: list[Sequence[object]] = [ids]
    names = [*COLUMNS, *(name for name in TOLD if columns.has(name))]
    for name in names[1:]:
        column = columns.value(name)
        values.append(column if isinstance(column, list) else [column] * len(ids))
        if len(values[-1]) != len(ids):
            raise FieldError(f"the column {name!r} is not as long as the others")
    for row in zip(*values, strict=True):
        yield _backup_of(Fields(dict(zip(names, row, strict=True))), of)


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


def _backup_of(row: Fields, of: Resource) -> Backup:
    name = row.optional("resource_name", row.text)
    backup = Backup(
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
    return with_told(backup, row)


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
