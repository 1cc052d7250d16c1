"""UCloud MongoDB (UMongoDB): every replica set and sharded cluster, with its backups.

Lists the clusters with ``ListUMongoDBInstances``, the backups of each with ``ListUMongoDBBackup``,
and reads whether and when backups are made with ``GetUMongoDBBackupParam``. Hours are in
``schedule_timezone``, because UCloud does not say in which zone they are meant.

A run of a sharded cluster is several rows, one for each replica. They are one backup: it has
succeeded when all of its rows have, began with the first of them, and is as large as all together.
It is not known to be good when it may be only a part: when it has fewer rows than another run of
the cluster (after shards were removed that is so until the runs from before are gone), when it is
of configuration replicas alone, and when rows of a sharded cluster do not say to which run they
belong.

What the API documents of a row are names only. The words of UCloud's other databases are
understood for state and type; every other word is unknown. The unit of sizes is not told either:
they are taken for bytes, the least they can be. Backups whose cluster is gone cannot be seen,
because backups are listed by cluster. MongoDB of the previous generation is another service: see
``ucloud.udb``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client.instances import nameless, resource
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.parts import all_told, words, worst
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.service import Instance
from backup_auditor.sources.ucloud.client.signing import Value
from backup_auditor.sources.ucloud.client.strategy import Strategy, StrategyScope
from backup_auditor.sources.ucloud.client.weekly import weekly

ID = "ucloud.umongodb"
_CLUSTERS, _BACKUPS = "ListUMongoDBInstances", "ListUMongoDBBackup"
_STRATEGY = "GetUMongoDBBackupParam"
ACTIONS = (*ACCOUNT_ACTIONS, _CLUSTERS, _BACKUPS, _STRATEGY)

TELLS = (Fact.SIZE, Fact.END, Fact.AUTO_BACKUP, Fact.SCHEDULE)
_STATES = {
    "backuping": BackupState.RUNNING,
    "success": BackupState.SUCCEEDED,
    "failed": BackupState.FAILED,
    "expired": BackupState.EXPIRED,
}
_KINDS = {"auto": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}
_FLAGS = {"true": True, "false": False}
_CONFIGURATION, _REPLICA_SET = "configrepl", "replicaset"
# No field tells rows apart for certain: those of one run may share their id.
_CONTENT = (
    *("BackupId", "BatchId", "VirtualClusterId", "ReplicaType", "BackupName", "BackupType"),
    *("State", "StartTime", "EndTime", "BackupSize"),
)


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, UMongoDBScope)


class UMongoDBScope(StrategyScope):
    """Reads one scope."""

    def inventory(self, pool: ThreadPoolExecutor) -> Iterable[Listing[Instance | SourceError]]:  # noqa: ARG002 - one page
        """List the clusters of all zones."""
        query: Query[Instance | SourceError] = Query(
            action=_CLUSTERS,
            params=self.where,
            key=lambda row: row.text("ClusterId") or content_key(row, "Name", "Zone", "ConnectURL"),
            parse=lambda row: cluster_of(row, self.scope),
            is_paged=False,
        )
        return [list_all(self.client, query)]

    def backups(self, item: Instance) -> list[Backup]:
        """Fetch all rows, and make one backup of each run."""
        owner = item.resource.id
        query: Query[Row] = Query(
            action=_BACKUPS,
            params=self._one(item),
            key=lambda row: content_key(row, *_CONTENT),
            parse=lambda row: row if row.text("ClusterId") in {owner, ""} else None,
            is_paged=False,
        )
        return runs_of(self.all_of(query), item.resource)

    def strategy(self, item: Instance) -> Strategy:
        """Ask whether and when backups are made; what is switched off is never due."""
        answer = self.client.call(_STRATEGY, self._one(item))
        found = answer.rows("DataSet") or answer.rows("Data") or [Row(None)]
        return strategy_of(found[0], item.resource.id, self.timezone)

    def _one(self, item: Instance) -> dict[str, Value]:
        resource = item.resource
        return {**self.where, "Zone": resource.zone, "ClusterId": resource.id}


def cluster_of(row: Row, scope: Scope) -> Instance | SourceError:
    """Return the cluster of an inventory row; an error for one without an id."""
    id_ = row.text("ClusterId")
    if not id_:
        return nameless()
    return Instance(resource(row, scope, id_, kind=row.text("ClusterType")), row)


def strategy_of(row: Row, cluster: str, timezone: str) -> Strategy:
    """Return what a strategy says; nothing for that of another cluster."""
    if row.text("ClusterId") not in {cluster, ""}:
        return Strategy()
    is_off = _FLAGS.get(str(row.get("Disabled")).strip().lower())
    if is_off:
        return Strategy(auto_backup=False)
    days, span = row.text("AutoBackupToggleWeek"), row.text("AutoBackupToggleTime")
    return Strategy(weekly(days, span, timezone), None if is_off is None else True)


def runs_of(rows: Iterable[Row], cluster: Resource) -> list[Backup]:
    """Return one backup for each run: the rows with the same BatchId, else with the same id."""
    runs: dict[str, list[Row]] = {}
    for row in rows:
        id_ = row.text("BatchId", "BackupId") or content_key(row, *_CONTENT)
        runs.setdefault(id_, []).append(row)
    most = max(map(len, runs.values()), default=0)
    return [_run(id_, parts, cluster, most) for id_, parts in runs.items()]


def _run(id_: str, parts: Sequence[Row], cluster: Resource, most: int) -> Backup:
    kinds = {_KINDS.get(row.text("BackupType").lower(), BackupKind.UNKNOWN) for row in parts}
    state, said = _worst(parts), words(parts, "State")
    doubt = _doubt(parts, cluster, most)
    if state is BackupState.SUCCEEDED and doubt:
        state, said = BackupState.UNKNOWN, f"{said} ({doubt})"
    return Backup(
        id=id_,
        resource_id=cluster.id,
        state=state,
        taken_at=all_told([row.time("StartTime") for row in parts], min),
        state_raw=said,
        kind=kinds.pop() if len(kinds) == 1 else BackupKind.UNKNOWN,
        kind_raw=words(parts, "BackupType"),
        finished_at=all_told([row.time("EndTime") for row in parts], max),
        size_bytes=_size(parts),
        name=parts[0].text("BackupName"),
    )


def _worst(parts: Sequence[Row]) -> BackupState:
    return worst(_STATES.get(row.text("State").lower(), BackupState.UNKNOWN) for row in parts)


def _doubt(parts: Sequence[Row], cluster: Resource, most: int) -> str:
    """Return why these rows may not be all of a run, in words of the API; else nothing."""
    if len(parts) < most:
        return f"{len(parts)} of {most} rows"
    if all(row.text("ReplicaType").lower() == _CONFIGURATION for row in parts):
        return "ConfigRepl"
    if cluster.kind.lower() != _REPLICA_SET and not all(row.text("BatchId") for row in parts):
        return "no BatchId"
    return ""


def _size(parts: Sequence[Row]) -> int | None:
    sizes = [row.integer("BackupSize") for row in parts]
    known = [size for size in sizes if size is not None and size >= 0]
    return sum(known) if len(known) == len(sizes) else None
