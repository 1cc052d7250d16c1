"""UCloud UDB (MySQL, SQL Server, MongoDB and PostgreSQL of before): every instance, with backups.

Lists the instances of each class with ``DescribeUDBInstance``, and the backups of a whole region
with ``DescribeUDBBackup``, which shows those of deleted instances too. An instance of which it
shows nothing is asked about by its id. Where UCloud answers that UDB is not offered in a region
(RetCode 7203), there is nothing to audit.

Automatic backup and its schedule are those of the inventory. Hours are in ``schedule_timezone``,
because UCloud does not say in which zone they are meant.

Slaves have no backups of their own and are not listed, nor are ``mongos`` and arbiters, which hold
no data. Binary logs are not looked at, so nothing is told of point-in-time recovery; nor are copies
in a bucket of one's own. PostgreSQL and MongoDB of today are other services: see ``ucloud.upgsql``
and ``ucloud.umongodb``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    Fact,
    Schedule,
    Scope,
)
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client import codes
from backup_auditor.sources.ucloud.client.api import ApiError
from backup_auditor.sources.ucloud.client.instances import nameless, resource
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.service import Instance, SweptScope, only_of
from backup_auditor.sources.ucloud.client.weekly import flagged

ID = "ucloud.udb"
_INSTANCES, _BACKUPS = "DescribeUDBInstance", "DescribeUDBBackup"
ACTIONS = (*ACCOUNT_ACTIONS, _INSTANCES, _BACKUPS)

TELLS = (Fact.SIZE, Fact.END, Fact.AUTO_BACKUP, Fact.SCHEDULE)
_CLASSES = ("sql", "nosql", "postgresql", "sqlserver")
_UNDOCUMENTED_CLASS = "sqlserver"  # of backups alone; a brand may refuse it for instances
# The numbers are those of DescribeUDBInstanceBackupState.
_STATES = {
    **dict.fromkeys(("backuping", "0"), BackupState.RUNNING),
    **dict.fromkeys(("success", "1"), BackupState.SUCCEEDED),
    **dict.fromkeys(("failed", "2"), BackupState.FAILED),
    **dict.fromkeys(("expired", "3"), BackupState.EXPIRED),
}
# The numbers mean the reverse of those of UPgSQL, where 1 is automatic.
_KINDS = {
    **dict.fromkeys(("0", "auto"), BackupKind.AUTOMATIC),
    **dict.fromkeys(("1", "manual"), BackupKind.MANUAL),
}
_AUTO_BACKUP = {
    "nobackup": False,
    **dict.fromkeys(("snapshot", "logic", "xtrabackup", "ark_snapshot"), True),
}
_NO_DATA = frozenset({"mongos", "shardsrv_arbiter"})
_EVERY_DAY_HOURS = 24


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, UDBScope)


class UDBScope(SweptScope[Instance]):
    """Reads one scope."""

    def inventory(self, pool: ThreadPoolExecutor) -> Iterator[Listing[Instance | SourceError]]:
        """List the instances of every class, each once: a class that is ignored lists all."""
        seen: set[str] = set()
        for listing in pool.map(self._listed, _CLASSES):
            for key in seen & listing.items.keys():
                del listing.items[key]
            seen |= listing.keys
            yield listing

    def _listed(self, class_: str) -> Listing[Instance | SourceError]:
        slaves: set[str] = set()

        def parse(row: Row) -> Instance | SourceError | None:
            slaves.update(one.text("DBId") for one in row.rows("DataSet") or [])
            return instance_of(row, self.scope, self.timezone)

        query: Query[Instance | SourceError] = Query(
            action=_INSTANCES,
            params={**self.where, "ClassType": class_},
            key=instance_key,
            parse=parse,
        )
        listing = list_all(self.client, query)
        if not listing.keys and listing.error and _is_nothing(listing.error, class_):
            listing.error = None
        listing.keys |= slaves  # backups of a slave are not those of a deleted instance
        return listing

    def is_nothing(self, error: SourceError) -> bool:
        """Return whether UDB is not offered in this region."""
        return _is_nothing(error)

    def sweeps(self) -> Sequence[Query[Backup]]:
        """Return the list of all backups of all classes and zones."""
        return [
            Query(
                action=_BACKUPS,
                params=self.where,
                key=backup_key,
                parse=lambda row: backup_of(row, row.text("DBId")),
                is_total_least=True,
            )
        ]

    def own(self, item: Instance) -> Query[Backup]:
        """Return the list of the backups of one instance."""
        owner = item.resource.id
        return Query(
            action=_BACKUPS,
            params={**self.where, "DBId": owner},
            key=backup_key,
            parse=only_of(owner, lambda row: backup_of(row, row.text("DBId") or owner)),
        )


def _is_nothing(error: SourceError, class_: str = "") -> bool:
    """Return whether the provider says that there is no such thing here, and not that it failed."""
    if not isinstance(error, ApiError):
        return False
    if error.ret_code == codes.BAD_PARAMETER and class_ == _UNDOCUMENTED_CLASS:
        return "classtype" in error.detail.lower()
    return error.ret_code == codes.NOT_OFFERED_HERE


def instance_key(row: Row) -> str:
    """Return the id of an inventory row, else one from its content."""
    return row.text("DBId") or content_key(row, "Name", "Zone", "VirtualIP", "CreateTime")


def instance_of(row: Row, scope: Scope, timezone: str) -> Instance | SourceError | None:
    """Return the instance of an inventory row; None for what has no backups, an error without id.

    A slave names the master that it follows; so does the master of a high-availability pair name
    something, so that its role must say it too.
    """
    id_ = row.text("DBId")
    if not id_:
        return nameless()
    is_slave = row.text("Role").lower() == "slave" and row.text("SrcDBId")
    if is_slave or row.text("ClusterRole").lower() in _NO_DATA:
        return None
    is_auto, schedule = strategy_of(row, timezone)
    told = resource(
        row, scope, id_, kind=row.text("DBTypeId"), auto_backup=is_auto, schedule=schedule
    )
    return Instance(told, row)


def strategy_of(row: Row, timezone: str) -> tuple[bool | None, Schedule | None]:
    """Return whether backups are made, and when; None for what the row does not clearly tell."""
    is_auto = _AUTO_BACKUP.get(row.text("BackupMethod").lower())
    flags, duration = row.text("BackupDate"), row.get("BackupDuration")
    if is_auto and flags and not flags.strip("0"):
        return None, None  # a method, and no day on which it would be used
    # Where it is made more than once a day, nobody tells what becomes of midnight.
    is_daily = duration is None or row.integer("BackupDuration") == _EVERY_DAY_HOURS
    if not (is_auto and is_daily):
        return is_auto, None
    return is_auto, flagged(flags, row.integer("BackupBeginTime"), timezone)


def backup_key(row: Row) -> str:
    """Return the id of a backup row, else one from its content."""
    content = ("DBId", "BackupName", "BackupTime", "BackupSize", "State")
    return row.text("BackupId") or content_key(row, *content)


def backup_of(row: Row, owner: str) -> Backup:
    """Return a backup row as a noun; words that are not known become ``unknown``."""
    state, kind = row.text("State"), row.text("BackupType")
    return Backup(
        id=backup_key(row),
        resource_id=owner,
        state=_STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=row.time("BackupTime"),
        state_raw=state,
        kind=_KINDS.get(kind.lower(), BackupKind.UNKNOWN),
        kind_raw=kind,
        finished_at=row.time("BackupEndTime"),
        size_bytes=row.size("BackupSize"),
        name=row.text("BackupName"),
        resource_name=row.text("DBName"),
    )
