"""Rows of ElastiCache: replication groups, clusters of one node, serverless caches, snapshots.

The ids of the three kinds may be the same, so that of a resource is told with its kind, as its ARN
ends: ``replicationgroup:sessions``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from backup_auditor.model import Backup, BackupKind, BackupState, Resource
from backup_auditor.sources.aws.client.owners import Identity, Owners
from backup_auditor.sources.aws.client.place import Place
from backup_auditor.sources.aws.client.values import daily, instant, number, text

GROUP, CLUSTER, SERVERLESS = "replicationgroup", "cluster", "serverlesscache"
STATES = {
    "available": BackupState.SUCCEEDED,
    "restoring": BackupState.SUCCEEDED,  # it is being read: nothing else changes it
    "creating": BackupState.RUNNING,
    "copying": BackupState.RUNNING,
    "failed": BackupState.FAILED,
}
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Snapshot.html

Those of serverless caches are the same words. One that is ``deleting`` is not known to be whole.
"""
KINDS = {"automated": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}
_UNITS = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([KMGT]?B)", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_Row = Mapping[str, Any]


def group_identity(row: _Row) -> Identity:
    """Return how a replication group is known."""
    id_ = text(row, "ReplicationGroupId")
    name = f"{GROUP}:{id_}" if id_ else ""
    return Identity(name, text(row, "ARN"), instant(row, "ReplicationGroupCreateTime"))


def cluster_identity(row: _Row) -> Identity:
    """Return how a cluster of one node is known."""
    id_ = text(row, "CacheClusterId")
    name = f"{CLUSTER}:{id_}" if id_ else ""
    return Identity(name, text(row, "ARN"), instant(row, "CacheClusterCreateTime"))


def serverless_identity(row: _Row) -> Identity:
    """Return how a serverless cache is known."""
    id_ = text(row, "ServerlessCacheName")
    name = f"{SERVERLESS}:{id_}" if id_ else ""
    return Identity(name, text(row, "ARN"), instant(row, "CreateTime"))


def resource(place: Place, row: _Row, identity: Identity) -> Resource:
    """Return the resource in a row of any of the three lists."""
    days = number(row, "SnapshotRetentionLimit")
    window = text(row, "SnapshotWindow", "DailySnapshotTime")
    return place.resource(
        identity.name,
        name=identity.name.partition(":")[2],
        zone=text(row, "PreferredAvailabilityZone"),
        kind=text(row, "Engine"),
        state=text(row, "Status", "CacheClusterStatus"),
        created_at=identity.created_at,
        auto_backup=None if days is None else days > 0,
        schedule=daily(window) if days else None,
    )


def members(groups: Iterable[_Row]) -> dict[str, str]:
    """Return the id of the group of each node that is in one."""
    found: dict[str, str] = {}
    for row in groups:
        listed = row.get("MemberClusters")
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, str):
                found[one] = text(row, "ReplicationGroupId")
    return found


def snapshot(row: _Row, owners: Owners, groups: Mapping[str, str]) -> Backup:
    """Return the snapshot of a group or cluster; one of a node is that of its group."""
    taken, node = _taken(row), text(row, "CacheClusterId")
    group = text(row, "ReplicationGroupId") or groups.get(node, "")
    # Nodes come and go in a group: when they were created tells nothing of the group.
    own = replace(cluster_identity(row), unique="")  # its ARN is that of the snapshot
    told = Identity(f"{GROUP}:{group}") if group else own
    return replace(_backup(row, told, owners, taken), size_bytes=_size(row))


def serverless_snapshot(row: _Row, owners: Owners) -> Backup:
    """Return the snapshot of a serverless cache."""
    of = row.get("ServerlessCacheConfiguration")
    id_ = text(of, "ServerlessCacheName") if isinstance(of, dict) else ""
    told = Identity(f"{SERVERLESS}:{id_}" if id_ else "")
    size = text(row, "BytesUsedForCache")
    backup = _backup(row, told, owners, instant(row, "CreateTime"))
    return replace(backup, size_bytes=int(size) if _DIGITS.fullmatch(size) else None)


def _backup(row: _Row, told: Identity, owners: Owners, taken: datetime | None) -> Backup:
    state, kind = text(row, "SnapshotStatus", "Status"), text(row, "SnapshotSource", "SnapshotType")
    name = text(row, "SnapshotName", "ServerlessCacheSnapshotName")
    return Backup(
        id=text(row, "ARN") or name,
        resource_id=owners.owner_of(told, taken),
        state=STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=KINDS.get(kind.lower(), BackupKind.UNKNOWN),
        kind_raw=kind,
        name=name,
        resource_name=told.name.partition(":")[2],
        encrypted=True if text(row, "KmsKeyId") else None,
    )


def _nodes(row: _Row) -> list[_Row]:
    listed = row.get("NodeSnapshots")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _taken(row: _Row) -> datetime | None:
    """Return when the first of its shards was read; None where one of them does not tell."""
    times = [instant(node, "SnapshotCreateTime") for node in _nodes(row)]
    told = [one for one in times if one]
    return min(told) if told and len(told) == len(times) else None


def _size(row: _Row) -> int | None:
    """Return the size of all shards; None where one of them does not tell."""
    found = [_SIZE.fullmatch(text(node, "CacheSize")) for node in _nodes(row)]
    told = [int(float(one[1]) * _UNITS[one[2]]) for one in found if one]
    return sum(told) if told and len(told) == len(found) else None
