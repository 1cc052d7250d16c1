"""Rows of the Redis actions as nouns; the field names are those of the API documentation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, GapReason, Resource, Scope
from backup_auditor.sources.ucloud.client.instances import nameless, resource
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.weekly import daily
from backup_auditor.speech import phrase

# The official command line's own mapping; "g4v6" is not in the documentation.
_MASTER_SLAVE = frozenset({"single", "double", "g4v6"})
_DISTRIBUTED = frozenset({"distributed", "performance", "cluster"})
_MEMCACHE = "memcache"
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


class Product(Enum):
    """Whose backups an instance of the common inventory has."""

    MASTER_SLAVE = auto()
    DISTRIBUTED = auto()
    OTHER = auto()  # a memcache, or a read-only copy: there are no backups of them
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Group:
    """One master-slave Redis group."""

    resource: Resource
    slave_zone: str
    """Zone of the slave where it is another one; its backups are asked for with it."""


def group_key(row: Row) -> str:
    """Return the id of an inventory row, else one from its content."""
    return row.text("ResourceId", "GroupId", "SpaceId") or content_key(row, "Name", "Zone")


def product_of(row: Row) -> Product:
    """Return what an inventory row is; what has no known type goes by its id."""
    kind = _kind(row).lower()
    is_copy = row.text("Role").lower() == "slave" and row.text("MasterGroupId")
    if is_copy or row.text("Protocol").lower() == _MEMCACHE:
        return Product.OTHER
    if kind in _DISTRIBUTED:
        return Product.DISTRIBUTED
    if kind in _MASTER_SLAVE or row.text("ResourceId", "GroupId").startswith(_ID_PREFIX):
        return Product.MASTER_SLAVE
    return Product.UNKNOWN


def group_of(row: Row, scope: Scope, timezone: str) -> Group | SourceError | None:
    """Return the group of an inventory row; None for what belongs to another service.

    A row that cannot be told apart is an error: it must not drop out of the audit. ``timezone`` is
    that of the hour of backups.
    """
    if not row.text("ResourceId", "GroupId"):
        return nameless()
    product = product_of(row)
    if product in {Product.DISTRIBUTED, Product.OTHER}:
        return None
    if product is Product.UNKNOWN and _kind(row):
        return of_no_type(row)
    return Group(resource_of(row, scope, timezone), row.text("SlaveZone"))


def of_no_type(row: Row) -> SourceError:
    """Return the error for an instance of an unknown type."""
    detail = phrase(
        "instance {instance} has the unknown type {kind}: not audited",
        instance=repr(group_key(row)),
        kind=repr(_kind(row)),
    )
    return SourceError(GapReason.UNSUPPORTED, detail)


def resource_of(row: Row, scope: Scope, timezone: str) -> Resource:
    """Return the resource of an inventory row, of any of the Redis actions."""
    id_ = group_key(row)
    is_auto = _AUTO_BACKUP.get(row.text("AutoBackup").lower())
    return resource(
        row,
        scope,
        id_,
        name=row.text("Name", "GroupName") or id_,
        kind=_kind(row),
        auto_backup=is_auto,
        # The hour stands there also where nothing is made at it.
        schedule=daily(row.integer("BackupTime"), timezone) if is_auto else None,
    )


def _kind(row: Row) -> str:
    return row.text("ResourceType", "Type")


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
    return Backup(
        id=backup_key(row),
        resource_id=group_id,
        state=_STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=row.time("BackupTime"),
        state_raw=state,
        kind=_KINDS.get(kind.lower(), BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=row.size("BackupSize"),
        name=row.text("BackupName"),
        resource_name=row.text("GroupName"),
    )
