"""Amazon ElastiCache: Redis and Valkey, with their backups; Memcached has none.

Lists replication groups, nodes that belong to none, and serverless caches
(``DescribeReplicationGroups``, ``DescribeCacheClusters``, ``DescribeServerlessCaches``), and all
backups (``DescribeSnapshots``, ``DescribeServerlessCacheSnapshots``). A backup counts from the time
of its oldest node; its size is that of all nodes.

API: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client.collecting import Found, by_owner, gone, histories
from backup_auditor.sources.aws.client.owners import Identity, Owners, told_once
from backup_auditor.sources.aws.client.place import Paging, Place
from backup_auditor.sources.aws.client.values import daily, instant, number, parts, size, text

ID = "aws.elasticache"
ACTIONS = (
    *PLACE_ACTIONS,
    "elasticache:DescribeReplicationGroups",
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeServerlessCaches",
    "elasticache:DescribeSnapshots",
    "elasticache:DescribeServerlessCacheSnapshots",
)
_MARKER = Paging("Marker", size={"MaxRecords": 50})
_TOKEN = Paging("NextToken", size={"MaxResults": 50})
_STATES = {
    "available": BackupState.SUCCEEDED,
    "restoring": BackupState.SUCCEEDED,
    "copying": BackupState.RUNNING,
    "creating": BackupState.RUNNING,
    "failed": BackupState.FAILED,
    "create-failed": BackupState.FAILED,
    "deleting": BackupState.EXPIRED,
}
_KINDS = {"automated": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}
_MEMCACHED = "memcached"


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    groups: dict[str, str] = {}  # node -> its replication group, which its backups may not name
    lists = (_groups(place, groups), _nodes(place, groups), _serverless(place))
    found = yield from _told_once(chain.from_iterable(lists))
    owners = Owners(map(_identity, found))
    listed = (*_snapshots(place, groups), *_serverless_snapshots(place))
    backups = by_owner(_of(one, owners) for one in listed)
    yield from histories(found, backups, wanted)
    if orphans:
        yield from gone(place.scope, backups, owners.__contains__)


def _identity(one: Found) -> Identity:
    return Identity(one.resource.id, created_at=one.resource.created_at)


def _of(backup: Backup, owners: Owners) -> Backup:
    """Return a backup with its owner: of a name that was given anew, not the one of today."""
    owner = owners.owner_of(Identity(backup.resource_id), backup.taken_at)
    return replace(backup, resource_id=owner)


def _told_once(listed: Iterable[Found]) -> Generator[SourceError, None, list[Found]]:
    """Return the caches, each once; what cannot be told apart is yielded as an error."""
    rows = ({"found": one} for one in listed)
    kept = yield from told_once(rows, lambda row: _identity(row["found"]))
    return [row["found"] for row in kept]


def _groups(place: Place, groups: dict[str, str]) -> Iterator[Found]:
    rows = place.rows("elasticache", "DescribeReplicationGroups", "ReplicationGroups", _MARKER)
    for row in rows:
        id_ = text(row, "ReplicationGroupId")
        members = row.get("MemberClusters")
        groups.update((str(m), id_) for m in (members if isinstance(members, list) else []))
        yield _found(place, row, id_, "ReplicationGroupCreateTime")


def _nodes(place: Place, groups: Mapping[str, str]) -> Iterator[Found]:
    rows = place.rows("elasticache", "DescribeCacheClusters", "CacheClusters", _MARKER)
    for row in rows:
        id_ = text(row, "CacheClusterId")
        is_member = text(row, "ReplicationGroupId") or id_ in groups
        if not is_member and text(row, "Engine") != _MEMCACHED:
            yield _found(place, row, id_, "CacheClusterCreateTime")


def _found(place: Place, row: Mapping[str, Any], id_: str, created: str) -> Found:
    days = number(row, "SnapshotRetentionLimit")
    resource = place.resource(
        id_,
        kind=text(row, "Engine"),
        state=text(row, "Status", "CacheClusterStatus"),
        created_at=instant(row, created),
        auto_backup=None if days is None else days > 0,
        schedule=daily(text(row, "SnapshotWindow")) if days else None,
    )
    return Found(resource, text(row, "ARN"))


def _serverless(place: Place) -> Iterator[Found]:
    rows = place.rows("elasticache", "DescribeServerlessCaches", "ServerlessCaches", _TOKEN)
    for row in rows:
        days = number(row, "SnapshotRetentionLimit")
        if text(row, "Engine") == _MEMCACHED:
            continue
        resource = place.resource(
            text(row, "ServerlessCacheName"),
            kind=f"serverless {text(row, 'Engine')}".rstrip(),
            state=text(row, "Status"),
            created_at=instant(row, "CreateTime"),
            auto_backup=None if days is None else days > 0,
            schedule=daily(text(row, "DailySnapshotTime")) if days else None,
        )
        yield Found(resource, text(row, "ARN"))


def _snapshots(place: Place, groups: Mapping[str, str]) -> Iterator[Backup]:
    for row in place.rows("elasticache", "DescribeSnapshots", "Snapshots", _MARKER):
        node = text(row, "CacheClusterId")
        owner = text(row, "ReplicationGroupId") or groups.get(node, node)
        state, kind = text(row, "SnapshotStatus"), text(row, "SnapshotSource")
        taken, total = parts(row.get("NodeSnapshots"), "SnapshotCreateTime", "CacheSize")
        yield Backup(
            id=text(row, "ARN", "SnapshotName"),
            resource_id=owner,
            state=_STATES.get(state, BackupState.UNKNOWN),
            taken_at=taken,
            state_raw=state,
            kind=_KINDS.get(kind, BackupKind.UNKNOWN),
            kind_raw=kind,
            size_bytes=total,
            name=text(row, "SnapshotName"),
            resource_name=owner,
        )


def _serverless_snapshots(place: Place) -> Iterator[Backup]:
    operation, key = "DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshots"
    for row in place.rows("elasticache", operation, key, _TOKEN):
        told: Any = row.get("ServerlessCacheConfiguration")
        cache: Mapping[str, Any] = told if isinstance(told, dict) else {}
        state, kind = text(row, "Status"), text(row, "SnapshotType")
        yield Backup(
            id=text(row, "ARN", "ServerlessCacheSnapshotName"),
            resource_id=text(cache, "ServerlessCacheName"),
            state=_STATES.get(state, BackupState.UNKNOWN),
            taken_at=instant(row, "CreateTime"),
            state_raw=state,
            kind=_KINDS.get(kind, BackupKind.UNKNOWN),
            kind_raw=kind,
            size_bytes=size(text(row, "BytesUsedForCache")),
            name=text(row, "ServerlessCacheSnapshotName"),
            resource_name=text(cache, "ServerlessCacheName"),
            encrypted=True,  # serverless caches are always encrypted at rest
        )
