"""UCloud distributed Redis (UMem): every instance, with its backups.

Lists the instances with ``DescribeUMem`` (Protocol=redis; ``DescribeUMemSpace`` where that is not
offered, which does not say whether automatic backup is on), and the backups of each with
``DescribeUMemBackup``. The hour of backups is in ``schedule_timezone``, because UCloud does not say
in which zone it is meant.

Of states, the API documents ``Starting`` and ``Done`` alone. The words of UCloud's other databases
for failed and expired are understood too; every other word is unknown. Backup rows do not say whose
they are. There may be one for each shard: all rows of one id are one backup, which is as good as
the worst of them, and of which the size is not told where it differs. Where an instance has such
backups, one with fewer rows than it has shards is not known to be good. The unit of sizes is not
told either: they are taken for bytes, the least they can be.

Backups whose instance is gone cannot be seen, because backups are listed by instance. There are no
backups of Memcache. Master-slave Redis is another service: see ``ucloud.uredis``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, History, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client import codes
from backup_auditor.sources.ucloud.client.api import ApiError
from backup_auditor.sources.ucloud.client.instances import nameless
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.parts import all_told, words, worst
from backup_auditor.sources.ucloud.client.redis_rows import (
    Product,
    group_key,
    of_no_type,
    product_of,
    resource_of,
)
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.service import Instance, ServiceScope

ID = "ucloud.umem"
_INSTANCES, _SPACES, _BACKUPS = "DescribeUMem", "DescribeUMemSpace", "DescribeUMemBackup"
ACTIONS = (*ACCOUNT_ACTIONS, _INSTANCES, _SPACES, _BACKUPS)

TELLS = (Fact.SIZE, Fact.AUTO_BACKUP, Fact.SCHEDULE)
_STATES = {
    "starting": BackupState.RUNNING,
    "done": BackupState.SUCCEEDED,
    "failed": BackupState.FAILED,
    "error": BackupState.FAILED,
    "expired": BackupState.EXPIRED,
}
_KINDS = {"auto": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}
# Nothing tells the rows of the shards of one backup apart but what they say.
_SHARD = ("BackupId", "BackupName", "CreateTime", "BackupType", "BlockCount", "BlockSize")
_CONTENT = (*_SHARD, "State")


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, UMemScope)


class UMemScope(ServiceScope[Instance]):
    """Reads one scope."""

    def inventory(self, pool: ThreadPoolExecutor) -> Iterable[Listing[Instance | SourceError]]:
        """List the instances."""
        query: Query[Instance | SourceError] = Query(
            action=_INSTANCES,
            params={**self.where, "Protocol": "redis"},
            key=group_key,
            parse=lambda row: instance_of(row, self.scope, self.timezone),
            is_total_trusted=True,
        )
        listing = list_all(self.client, query, run=pool.map)
        error = listing.error
        if isinstance(error, ApiError) and error.ret_code == codes.UNKNOWN_ACTION:
            listing = list_all(self.client, self._spaces())
        return [listing]

    def _spaces(self) -> Query[Instance | SourceError]:
        return Query(
            action=_SPACES,
            params={**self.where, "Protocol": "redis"},
            key=group_key,
            parse=lambda row: space_of(row, self.scope, self.timezone),
        )

    def history(self, item: Instance) -> History:
        """Fetch all backups of one instance."""
        owner = item.resource.id
        query: Query[Row] = Query(
            action=_BACKUPS,
            params={**self.where, "Zone": item.resource.zone, "SpaceId": owner},
            key=lambda row: content_key(row, *_CONTENT),
            # Only the example of the documentation has an owner in its row.
            parse=lambda row: row if row.text("SpaceId") in {owner, ""} else None,
        )
        return History.of(item.resource, backups_of(self.all_of(query), owner))


def instance_of(row: Row, scope: Scope, timezone: str) -> Instance | SourceError | None:
    """Return the instance of a row of the common inventory; None for that of another service.

    What has neither a known type nor the id of another service is an error.
    """
    if not row.text("ResourceId", "SpaceId"):
        return nameless()
    match product_of(row):
        case Product.DISTRIBUTED:
            return Instance(resource_of(row, scope, timezone), row)
        case Product.UNKNOWN:
            return of_no_type(row)
    return None


def space_of(row: Row, scope: Scope, timezone: str) -> Instance | SourceError | None:
    """Return the instance of a row of the old inventory, which has distributed ones alone.

    Its type tells of something else; it has no backups by itself where it is a Memcache.
    """
    if not row.text("SpaceId", "ResourceId"):
        return nameless()
    if product_of(row) is Product.OTHER:
        return None
    return Instance(resource_of(row, scope, timezone), row)


def backups_of(rows: Iterable[Row], owner: str) -> list[Backup]:
    """Return one backup for each id; a row without one is a backup by itself."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        id_ = row.text("BackupId") or content_key(row, *_CONTENT)
        found.setdefault(id_, []).append(row)
    is_by_shard = any(_number(parts) > 1 for parts in found.values())
    return [_backup(id_, parts, owner, is_by_shard=is_by_shard) for id_, parts in found.items()]


def _backup(id_: str, parts: Sequence[Row], owner: str, *, is_by_shard: bool) -> Backup:
    state = worst(_STATES.get(row.text("State").lower(), BackupState.UNKNOWN) for row in parts)
    said = words(parts, "State")
    doubt = _doubt(parts) if is_by_shard else ""
    if state is BackupState.SUCCEEDED and doubt:
        state, said = BackupState.UNKNOWN, f"{said} ({doubt})"
    kinds = {_KINDS.get(row.text("BackupType").lower(), BackupKind.UNKNOWN) for row in parts}
    sizes = {row.integer("BlockSize") for row in parts}
    size = sizes.pop() if len(sizes) == 1 else None
    return Backup(
        id=id_,
        resource_id=owner,
        state=state,
        taken_at=all_told([row.time("CreateTime") for row in parts], min),
        state_raw=said,
        kind=kinds.pop() if len(kinds) == 1 else BackupKind.UNKNOWN,
        kind_raw=words(parts, "BackupType"),
        size_bytes=size if size is not None and size >= 0 else None,
        name=parts[0].text("BackupName"),
    )


def _number(parts: Sequence[Row]) -> int:
    """Return how many rows there are; one whose state has changed meanwhile is the same."""
    return len({content_key(row, *_SHARD) for row in parts})


def _doubt(parts: Sequence[Row]) -> str:
    """Return why these rows may not be all of a backup, in words of the API; else nothing."""
    shards = [row.integer("BlockCount") for row in parts]
    most = max((number for number in shards if number is not None), default=0)
    number = _number(parts)
    if most < 1:
        return "no BlockCount"
    return f"{number} of {most} rows" if number < most else ""
