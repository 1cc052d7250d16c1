"""Redis and Valkey of ElastiCache: groups, single nodes and serverless caches."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.model import BackupKind, BackupState, Schedule

from tests.builders import before
from tests.sources import serverless_server
from tests.sources.cloud_aws import Ground, ago, client, moto

KIND = "aws.elasticache"


def group(url: str, name: str, **more: Any) -> Any:
    """Make a replication group that is 100 days old; return what moto keeps of it."""
    given = {"SnapshotRetentionLimit": 7, "SnapshotWindow": "04:00-05:00", "Engine": "redis"}
    client(url, "elasticache").create_replication_group(
        ReplicationGroupId=name, ReplicationGroupDescription=name, **(given | more)
    )
    kept = moto("elasticache").replication_groups[name]
    kept.replication_group_create_time = ago("100d")
    return kept


def snapshot(url: str, age: str, **owner: str) -> Any:
    """Make a backup that was taken ``age`` before NOW; return what moto keeps of it."""
    name = f"{next(iter(owner.values()))}-{age}"
    client(url, "elasticache").create_snapshot(SnapshotName=name, **owner)
    kept = moto("elasticache").snapshots[name]
    kept.node_snapshots = [
        {"CacheSize": size, "SnapshotCreateTime": ago(age)} for size in ("5 MB", "7 MB")
    ]
    return kept


def populate(url: str) -> None:
    """Make caches of which one is well, and each other one is not in its own way."""
    for name in ("well", "stale", "sick", "bare"):
        group(url, name)
    group(url, "off", SnapshotRetentionLimit=0)
    snapshot(url, "4h", ReplicationGroupId="well")
    snapshot(url, "3d", ReplicationGroupId="stale")
    snapshot(url, "28h", ReplicationGroupId="sick")
    snapshot(url, "4h", ReplicationGroupId="sick").snapshot_status = "failed"
    snapshot(url, "4h", ReplicationGroupId="off")


def serverless(name: str, age: str = "") -> None:
    """Add a serverless cache, with a backup that was taken ``age`` before NOW."""
    rows = serverless_server.rows
    rows["ServerlessCaches"].append(
        {
            "ServerlessCacheName": name,
            "CreateTime": before("100d"),
            "Status": "available",
            "Engine": "valkey",
            "SnapshotRetentionLimit": 3,
            "DailySnapshotTime": "03:30",
            "ARN": f"arn:aws:elasticache:x:y:serverlesscache:{name}",
        }
    )
    if age:
        rows["ServerlessCacheSnapshots"].append(
            {
                "ServerlessCacheSnapshotName": f"{name}-{age}",
                "SnapshotType": "automated",
                "Status": "available",
                "CreateTime": before(age),
                "BytesUsedForCache": "1048576B",
                "ServerlessCacheConfiguration": {"ServerlessCacheName": name},
            }
        )


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    serverless("auto", "4h")
    elasticache = client(ground.url, "elasticache")
    found = ground.histories(KIND)
    groups = elasticache.describe_replication_groups()["ReplicationGroups"]
    caches = elasticache.describe_serverless_caches()["ServerlessCaches"]
    assert set(found) == {
        *(one["ReplicationGroupId"] for one in groups),
        *(one["ServerlessCacheName"] for one in caches),
    }
    names = {b.name for history in found.values() for b in history.backups}
    snapshots = elasticache.describe_snapshots()["Snapshots"]
    others = elasticache.describe_serverless_cache_snapshots()["ServerlessCacheSnapshots"]
    assert names == {
        *(one["SnapshotName"] for one in snapshots),
        *(one["ServerlessCacheSnapshotName"] for one in others),
    }


def test_a_backup_is_as_old_as_its_oldest_node_and_as_large_as_all(ground: Ground) -> None:
    group(ground.url, "one")
    nodes = snapshot(ground.url, "4h", ReplicationGroupId="one").node_snapshots
    nodes[1]["SnapshotCreateTime"] = ago("5h")
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.taken_at, made.size_bytes) == (before("5h"), 12 << 20)
    assert made.kind is BackupKind.MANUAL


def test_a_serverless_cache_is_told_with_its_schedule(ground: Ground) -> None:
    serverless("auto", "4h")
    found = ground.histories(KIND)["auto"]
    assert (found.resource.kind, found.resource.auto_backup) == ("serverless valkey", True)
    assert found.resource.schedule == Schedule("30 3 * * *", "UTC")
    (made,) = found.backups
    assert (made.taken_at, made.size_bytes, made.encrypted) == (before("4h"), 1 << 20, True)


def test_single_nodes_count_and_memcached_does_not(ground: Ground) -> None:
    elasticache = client(ground.url, "elasticache")
    for engine in ("redis", "memcached"):
        elasticache.create_cache_cluster(
            CacheClusterId=engine, Engine=engine, NumCacheNodes=1, CacheNodeType="cache.t4g.small"
        )
    moto("elasticache").cache_clusters["redis"].cache_cluster_create_time = ago("100d")
    snapshot(ground.url, "4h", CacheClusterId="redis")
    found = ground.histories(KIND)
    assert set(found) == {"redis"}
    assert len(found["redis"].backups) == 1


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", BackupState.SUCCEEDED),
        ("restoring", BackupState.SUCCEEDED),
        ("creating", BackupState.RUNNING),
        ("failed", BackupState.FAILED),
        ("deleting", BackupState.EXPIRED),
        ("melting", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    group(ground.url, "one")
    snapshot(ground.url, "4h", ReplicationGroupId="one").snapshot_status = status
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.state, made.state_raw) == (state, status)


def test_a_backup_that_names_a_node_is_that_of_its_group(ground: Ground) -> None:
    group(ground.url, "one").member_clusters = ["one-001", "one-002"]
    kept = snapshot(ground.url, "4h", ReplicationGroupId="one")
    kept.replication_group_id, kept.cache_cluster_id = None, "one-002"
    (made,) = ground.histories(KIND)["one"].backups
    assert made.resource_id == "one"


def test_backups_of_what_is_gone_are_orphans(ground: Ground) -> None:
    group(ground.url, "one")
    snapshot(ground.url, "4h", ReplicationGroupId="one")
    del moto("elasticache").replication_groups["one"]
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups, orphan.newest_at) == ("one", 1, before("4h"))
