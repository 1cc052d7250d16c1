"""Amazon ElastiCache: every cache that can be backed up, with its snapshots.

Lists replication groups (``DescribeReplicationGroups``), clusters of Redis OSS or Valkey that are
in no group (``DescribeCacheClusters``) and serverless caches (``DescribeServerlessCaches``).
Clusters of Memcached cannot be backed up and are not listed. The id of a resource says its kind:
``replicationgroup:sessions``, ``cluster:sessions``, ``serverlesscache:sessions``.

Snapshots come from ``DescribeSnapshots`` and ``DescribeServerlessCacheSnapshots``. One of a group
in shards is as old as its oldest shard and as large as all of them. Snapshots whose cache is gone
are orphans, also where another cache has its name now: those taken before it was created. A copy
of a snapshot is shown with the time that ElastiCache tells of it.

What is not seen: tags, copies in other regions, and snapshots exported to S3: see ``s3.objects``.

API: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeSnapshots.html
"""

from __future__ import annotations

from collections.abc import Container, Generator, Iterator
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, Fact, GapReason
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import caches
from backup_auditor.sources.aws.client.collecting import Found, gone, histories
from backup_auditor.sources.aws.client.owners import Owners, told_once
from backup_auditor.sources.aws.client.place import MARKER, NEXT_TOKEN, Paging, Place
from backup_auditor.sources.aws.client.rds import NAMELESS
from backup_auditor.sources.aws.client.values import text
from backup_auditor.sources.orphans import by_owner
from backup_auditor.speech import phrase

ID = "aws.elasticache"
ACTIONS = (
    *PLACE_ACTIONS,
    "elasticache:DescribeReplicationGroups",
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeServerlessCaches",
    "elasticache:DescribeSnapshots",
    "elasticache:DescribeServerlessCacheSnapshots",
)
TELLS = (Fact.SIZE, Fact.AUTO_BACKUP, Fact.SCHEDULE, Fact.ENCRYPTION)
# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeSnapshots.html
_FIFTY = Paging("Marker", size={"MaxRecords": 50})
_UNSAVED = "memcached"


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    rows = place.rows("elasticache", "DescribeReplicationGroups", "ReplicationGroups", MARKER)
    groups = yield from told_once(rows, caches.group_identity)
    nodes = yield from _alone(place, {text(row, "ReplicationGroupId") for row in groups})
    alone = yield from told_once(nodes, caches.cluster_identity)
    rows = place.rows("elasticache", "DescribeServerlessCaches", "ServerlessCaches", NEXT_TOKEN)
    serverless = yield from told_once(rows, caches.serverless_identity)
    known = [
        *((row, caches.group_identity(row)) for row in groups),
        *((row, caches.cluster_identity(row)) for row in alone),
        *((row, caches.serverless_identity(row)) for row in serverless),
    ]
    owners = Owners(identity for _, identity in known)
    found = [Found(caches.resource(place, row, identity)) for row, identity in known]
    backups = by_owner(_backups(place, owners, caches.members(groups)))
    if backups.pop("", None):
        yield SourceError(GapReason.MALFORMED, NAMELESS)
    yield from histories(found, backups, wanted)
    if orphans:
        yield from gone(place.scope, backups, owners.__contains__)


def _alone(
    place: Place, groups: Container[str]
) -> Generator[SourceError, None, list[dict[str, Any]]]:
    """Return the clusters that are in no group; that a group is not listed is yielded."""
    found = []
    for row in place.rows("elasticache", "DescribeCacheClusters", "CacheClusters", MARKER):
        group = text(row, "ReplicationGroupId")
        if group and group not in groups:
            id_ = text(row, "CacheClusterId")
            detail = phrase(
                "{id} is part of {group}, but the inventory does not list that", id=id_, group=group
            )
            yield SourceError(GapReason.INCOMPLETE, detail)
        elif not group and text(row, "Engine") != _UNSAVED:
            found.append(row)
    return found


def _backups(place: Place, owners: Owners, groups: dict[str, str]) -> Iterator[Backup]:
    for row in place.rows("elasticache", "DescribeSnapshots", "Snapshots", _FIFTY):
        yield caches.snapshot(row, owners, groups)
    operation, key = "DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshots"
    for row in place.rows("elasticache", operation, key, NEXT_TOKEN):
        yield caches.serverless_snapshot(row, owners)
