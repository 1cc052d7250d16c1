"""Amazon ElastiCache: Redis and Valkey, with their backups; Memcached has none.

Lists replication groups, nodes that belong to none, and serverless caches
(``DescribeReplicationGroups``, ``DescribeCacheClusters``, ``DescribeServerlessCaches``), and all
backups (``DescribeSnapshots``, ``DescribeServerlessCacheSnapshots``). A backup counts from the time
of its oldest node; its size is that of all nodes.

API: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from backup_auditor.model import Backup, BackupKind, BackupState
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client.collecting import Found, by_owner, gone, histories
from backup_auditor.sources.aws.client.place import Paging, Place, nameless
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
    found: dict[str, Found] = {}
    groups: dict[str, str] = {}  # node -> its replication group, which its backups may not name
    for one in (*_groups(place, groups), *_nodes(place, groups), *_serverless(place)):
        if one.resource.id:
            found[one.resource.id] = one
        else:
            yield nameless()
    owners = by_owner([*_snapshots(place, groups), *_serverless_snapshots(place)])
    yield from histories(found.values(), owners, wanted)
    if orphans:
        yield from gone(place.scope, owners, found.__contains__)


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
