"""Rows of the Redis actions as nouns; the field names are those of the API documentation."""

from __future__ import annotations

from dataclasses import dataclass

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, GapReason, Resource, Scope
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.speech import phrase

# The official command line's own mapping; "g4v6" is not in the documentation.
_MASTER_SLAVE = frozenset({"single", "double", "g4v6", ""})
_DISTRIBUTED = frozenset({"distributed", "performance", "cluster"})
_OURS = frozenset({"redis", ""})
_ID_PREFIX = "uredis-"

_STATES = {
    "backuping": BackupState.RUNNING,
    "success": BackupState.SUCCEEDED,
    "error": BackupState.FAILED,
    "expired": BackupState.EXPIRED,
}
# The oldest generation sent integers, by analogy with UDB: 0 automatic, 1 manual.
_KINDS = {
    "auto": BackupKind.AUTOMATIC,
    "0": BackupKind.AUTOMATIC,
    "manual": BackupKind.MANUAL,
    "1": BackupKind.MANUAL,
}
_AUTO_BACKUP = {"enable": True, "disable": False}


@dataclass(frozen=True, slots=True)
class Group:
    """One master-slave Redis group."""

    resource: Resource
    slave_zone: str
    """Zone of the slave where it is another one; its backups are asked for with it."""


def group_key(row: Row) -> str:
    """Return the id of an inventory row."""
    return row.text("ResourceId", "GroupId")


def group_of(row: Row, scope: Scope) -> Group | SourceError | None:
    """Return the group of an inventory row; None for what belongs to another service.

    A row that cannot be told apart is an error: it must not drop out of the audit.
    """
    group_id = group_key(row)
    if not group_id:
        return SourceError(GapReason.MALFORMED, phrase("an instance of the inventory has no id"))
    kind = row.text("ResourceType", "Type")
    # A read-only copy has no backups of its own.
    is_copy = row.text("Role").lower() == "slave" and row.text("MasterGroupId")
    if is_copy or kind.lower() in _DISTRIBUTED or row.text("Protocol").lower() not in _OURS:
        return None
    if kind.lower() not in _MASTER_SLAVE and not group_id.startswith(_ID_PREFIX):
        detail = phrase(
            "instance {instance} has the unknown type {kind}: not audited",
            instance=repr(group_id),
            kind=repr(kind),
        )
        return SourceError(GapReason.UNSUPPORTED, detail)
    return Group(_resource(row, group_id, kind, scope), row.text("SlaveZone"))


def _resource(row: Row, group_id: str, kind: str, scope: Scope) -> Resource:
    tag = row.text("Tag")
    return Resource(
        id=group_id,
        name=row.text("Name", "GroupName") or group_id,
        source=scope.source,
        account=scope.account,
        region=scope.region,
        zone=row.text("Zone"),
        kind=kind,
        state=row.text("State"),
        created_at=row.time("CreateTime"),
        auto_backup=_AUTO_BACKUP.get(row.text("AutoBackup").lower()),
        tags={"Tag": tag} if tag else {},
    )


def group_id_of(row: Row) -> str:
    """Return the id of the group that a backup row names; "" when it names none."""
    return row.text("GroupId")


def backup_key(row: Row) -> str:
    """Return the id of a backup; one without gets an id from its content, so that it counts."""
    content = ("GroupId", "BackupName", "BackupTime", "BackupSize", "State")
    return row.text("BackupId") or content_key(row, *content)


def backup_of(row: Row, group_id: str) -> Backup:
    """Return a backup row as a noun; words that are not known become ``unknown``."""
    state, kind = row.text("State"), row.text("BackupType")
    size = row.integer("BackupSize")
    return Backup(
        id=backup_key(row),
        resource_id=group_id,
        state=_STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=row.time("BackupTime"),
        state_raw=state,
        kind=_KINDS.get(kind.lower(), BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=size if size is not None and size >= 0 else None,
        name=row.text("BackupName"),
        resource_name=row.text("GroupName"),
    )
