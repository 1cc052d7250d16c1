"""UCloud PostgreSQL (UPgSQL): every instance, with its backups and its weekly schedule.

Lists the instances with ``ListUPgSQLInstance``, the backups of each with ``ListUPgSQLBackup``, and
reads when backups are made with ``GetUPgSQLBackupStrategy``. Hours are in ``schedule_timezone``,
because UCloud does not say in which zone they are meant.

Read-only replicas have no backups of their own and are not listed. Whether automatic backup is
switched on is not told by the API, only when it is due. Backups whose instance is gone cannot be
seen, because backups are listed by instance; nor can exported logs. PostgreSQL of the previous
generation is another service: see ``ucloud.udb``.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client.instances import nameless
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.service import Instance, only_of
from backup_auditor.sources.ucloud.client.signing import Value
from backup_auditor.sources.ucloud.client.strategy import Strategy, StrategyScope
from backup_auditor.sources.ucloud.client.weekly import weekly

ID = "ucloud.upgsql"
_INSTANCES, _BACKUPS = "ListUPgSQLInstance", "ListUPgSQLBackup"
_STRATEGY = "GetUPgSQLBackupStrategy"
ACTIONS = (*ACCOUNT_ACTIONS, _INSTANCES, _BACKUPS, _STRATEGY)

TELLS = (Fact.SIZE, Fact.END, Fact.SCHEDULE)
_STATES = {
    "backuping": BackupState.RUNNING,
    "success": BackupState.SUCCEEDED,
    "failed": BackupState.FAILED,
    "expired": BackupState.EXPIRED,
}
# The numbers mean the reverse of those of UDB, where 1 is manual.
_KINDS = {
    "1": BackupKind.AUTOMATIC,
    "auto": BackupKind.AUTOMATIC,
    "2": BackupKind.MANUAL,
    "manual": BackupKind.MANUAL,
}
_ALL_KINDS = 0
_REPLICA = "readonly"


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, UPgSQLScope)


class UPgSQLScope(StrategyScope):
    """Reads one scope."""

    def inventory(self, pool: ThreadPoolExecutor) -> Iterable[Listing[Instance | SourceError]]:  # noqa: ARG002 - one page
        """List the instances of all zones."""
        query: Query[Instance | SourceError] = Query(
            action=_INSTANCES,
            params=self.where,
            key=lambda row: row.text("InstanceID") or content_key(row, "Name", "Zone", "IP"),
            parse=lambda row: instance_of(row, self.scope),
            is_paged=False,
        )
        return [list_all(self.client, query)]

    def backups(self, item: Instance) -> list[Backup]:
        """Fetch the backups of both kinds."""
        owner = item.resource.id
        query = Query(
            action=_BACKUPS,
            params={**self._one(item), "BackupType": _ALL_KINDS},
            key=backup_key,
            parse=only_of(owner, lambda row: backup_of(row, row.text("InstanceID") or owner)),
        )
        return self.all_of(query)

    def strategy(self, item: Instance) -> Strategy:
        """Ask when backups are made."""
        row = self.client.call(_STRATEGY, self._one(item))
        days, span = row.text("BackupWeek"), row.text("BackupTimeRange")
        return Strategy(schedule=weekly(days, span, self.timezone))

    def _one(self, item: Instance) -> dict[str, Value]:
        resource = item.resource
        return {**self.where, "Zone": resource.zone, "InstanceID": resource.id}


def instance_of(row: Row, scope: Scope) -> Instance | SourceError | None:
    """Return the instance of an inventory row; None for a replica, an error without an id."""
    id_, mode = row.text("InstanceID"), row.text("InstanceMode")
    if not id_:
        return nameless()
    if mode.lower() == _REPLICA:
        return None
    resource = Resource(
        id=id_,
        name=row.text("Name") or id_,
        source=scope.source,
        account=scope.account,
        region=scope.region,
        zone=row.text("Zone"),
        kind=mode,
        state=row.text("State"),
        created_at=row.time("CreateTime"),
    )
    return Instance(resource, row)


def backup_key(row: Row) -> str:
    """Return the id of a backup row, else one from its content."""
    content = ("InstanceID", "BackupName", "BackupStartTime", "BackupSize", "State")
    return row.text("BackupID") or content_key(row, *content)


def backup_of(row: Row, owner: str) -> Backup:
    """Return a backup row as a noun; words that are not known become ``unknown``."""
    state, kind = row.text("State"), row.text("BackupType")
    return Backup(
        id=backup_key(row),
        resource_id=owner,
        state=_STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=row.time("BackupStartTime"),
        state_raw=state,
        kind=_KINDS.get(kind.lower(), BackupKind.UNKNOWN),
        kind_raw=kind,
        finished_at=row.time("BackupEndTime"),
        size_bytes=row.size("BackupSize"),
        name=row.text("BackupName"),
    )
