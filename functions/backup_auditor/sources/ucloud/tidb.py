"""UCloud TiDB: every cluster, with its backups.

Lists the clusters with ``ListTiDBClusterService``, and the backups of each with
``ListTiDBClusterBackup``, which gives 30 rows a page.

What the API documents of a backup's state and type, and of automatic backup, are names only. The
words of UCloud's other databases and of its command line are understood; every other word is
unknown, or "not told". Sizes are told in whole megabytes. When backups are due is not told at all,
nor is the zone of a cluster. Backup rows do not say whose they are. Backups whose cluster is gone
cannot be seen, because backups are listed by cluster.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    Fact,
    History,
    Resource,
    Scope,
)
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client.instances import nameless
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.service import Instance, ServiceScope

ID = "ucloud.tidb"
_CLUSTERS, _BACKUPS = "ListTiDBClusterService", "ListTiDBClusterBackup"
ACTIONS = (*ACCOUNT_ACTIONS, _CLUSTERS, _BACKUPS)

TELLS = (Fact.SIZE, Fact.END, Fact.AUTO_BACKUP)
_MEGABYTE = 1_000_000  # the least that the documentation's "MB" can be
_LIMIT = 30
_STATES = {
    "backuping": BackupState.RUNNING,
    "backingup": BackupState.RUNNING,
    "success": BackupState.SUCCEEDED,
    "failed": BackupState.FAILED,
    "backupfailed": BackupState.FAILED,
    "expired": BackupState.EXPIRED,
}
_KINDS = {"auto": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}
_AUTO_BACKUP = {
    **dict.fromkeys(("enable", "enabled", "on", "true"), True),
    **dict.fromkeys(("disable", "disabled", "off", "false"), False),
}
_CONTENT = ("BackupStartTime", "BackupEndTime", "BackupSize", "BackupType", "State")


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, TiDBScope)


class TiDBScope(ServiceScope[Instance]):
    """Reads one scope."""

    def inventory(self, pool: ThreadPoolExecutor) -> Iterable[Listing[Instance | SourceError]]:  # noqa: ARG002 - no total
        """List the clusters; no count tells how many there are."""
        query: Query[Instance | SourceError] = Query(
            action=_CLUSTERS,
            params=self.where,
            key=lambda row: row.text("Id") or content_key(row, "Name", "Ip", "CreateTime"),
            parse=lambda row: cluster_of(row, self.scope),
            names=("Data", "DataSet"),
        )
        return [list_all(self.client, query)]

    def history(self, item: Instance) -> History:
        """Fetch all backups of one cluster."""
        owner = item.resource.id
        query: Query[Backup] = Query(
            action=_BACKUPS,
            params={**self.where, "Id": owner},
            key=backup_key,
            parse=lambda row: backup_of(row, owner),
            names=("Data", "BackupData"),
            limit=_LIMIT,
        )
        return History.of(item.resource, self.all_of(query))


def cluster_of(row: Row, scope: Scope) -> Instance | SourceError:
    """Return the cluster of an inventory row; an error for one without an id."""
    id_ = row.text("Id")
    if not id_:
        return nameless()
    resource = Resource(
        id=id_,
        name=row.text("Name") or id_,
        source=scope.source,
        account=scope.account,
        region=scope.region,
        state=row.text("State"),
        created_at=row.time("CreateTime"),
        auto_backup=_AUTO_BACKUP.get(str(row.get("AutoBackup")).strip().lower()),
    )
    return Instance(resource, row)


def backup_key(row: Row) -> str:
    """Return the id of a backup row, else one from its content."""
    return row.text("BackupId") or content_key(row, *_CONTENT)


def backup_of(row: Row, owner: str) -> Backup | None:
    """Return a backup row as a noun; words that are not known become ``unknown``.

    None for an object with nothing in it: so the documentation shows that there is no backup.
    """
    state, kind = row.text("State"), row.text("BackupType")
    if not row.text("BackupId", *_CONTENT):
        return None
    size = row.integer("BackupSize")
    return Backup(
        id=backup_key(row),
        resource_id=owner,
        state=_STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=row.time("BackupStartTime"),
        state_raw=state,
        kind=_KINDS.get(kind.lower(), BackupKind.UNKNOWN),
        kind_raw=kind,
        finished_at=row.time("BackupEndTime"),
        size_bytes=size * _MEGABYTE if size is not None and size >= 0 else None,
    )
