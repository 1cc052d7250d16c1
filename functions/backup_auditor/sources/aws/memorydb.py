"""Amazon MemoryDB: every cluster, with its snapshots.

Lists clusters with ``DescribeClusters`` and snapshots with ``DescribeSnapshots``. When a cluster
was made is not told, so that none is ever new. A snapshot counts from the time of its oldest shard;
its size is that of all shards.

It is not offered in every region. With ``regions: all``, one where MemoryDB has no address, nor is
known to botocore, is empty; one that the policy names is a gap.

API: https://docs.aws.amazon.com/memorydb/latest/APIReference/API_DescribeSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from backup_auditor.model import Backup, BackupKind, BackupState, Fact
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client.collecting import Found, gone, histories
from backup_auditor.sources.aws.client.owners import Identity, told_once
from backup_auditor.sources.aws.client.place import Paging, Place
from backup_auditor.sources.aws.client.values import daily, number, parts, text
from backup_auditor.sources.orphans import by_owner

ID = "aws.memorydb"
ACTIONS = (*PLACE_ACTIONS, "memorydb:DescribeClusters", "memorydb:DescribeSnapshots")
TELLS = (Fact.SIZE, Fact.AUTO_BACKUP, Fact.SCHEDULE, Fact.ENCRYPTION)
_PAGES = Paging("NextToken", size={"MaxResults": 50})
_STATES = {
    "available": BackupState.SUCCEEDED,
    "restoring": BackupState.SUCCEEDED,
    "copying": BackupState.RUNNING,
    "creating": BackupState.RUNNING,
    "failed": BackupState.FAILED,
    "deleting": BackupState.EXPIRED,
}
_KINDS = {
    "automated": BackupKind.AUTOMATIC,
    "system": BackupKind.AUTOMATIC,
    "manual": BackupKind.MANUAL,
}


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    clusters = place.rows("memorydb", "DescribeClusters", "Clusters", _PAGES)
    rows = yield from told_once(clusters, lambda row: Identity(text(row, "Name")))
    found = [_found(place, row) for row in rows]
    known = {one.resource.id for one in found}
    listed = place.rows("memorydb", "DescribeSnapshots", "Snapshots", _PAGES, ShowDetail=True)
    owners = by_owner(map(_backup, listed))
    yield from histories(found, owners, wanted)
    if orphans:
        yield from gone(place.scope, owners, known.__contains__)


def _found(place: Place, row: Mapping[str, Any]) -> Found:
    days = number(row, "SnapshotRetentionLimit")
    resource = place.resource(
        text(row, "Name"),
        kind=text(row, "Engine"),
        state=text(row, "Status"),
        auto_backup=None if days is None else days > 0,
        schedule=daily(text(row, "SnapshotWindow")) if days else None,
    )
    return Found(resource, text(row, "ARN"))


def _backup(row: Mapping[str, Any]) -> Backup:
    told: Any = row.get("ClusterConfiguration")
    cluster: Mapping[str, Any] = told if isinstance(told, dict) else {}
    state, kind = text(row, "Status"), text(row, "Source")
    taken, total = parts(cluster.get("Shards"), "SnapshotCreationTime", "Size")
    return Backup(
        id=text(row, "ARN", "Name"),
        resource_id=text(cluster, "Name"),
        state=_STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=_KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=total,
        name=text(row, "Name"),
        resource_name=text(cluster, "Name"),
        encrypted=True,  # MemoryDB always encrypts at rest
    )
