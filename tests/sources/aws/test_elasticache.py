"""Caches of ElastiCache: groups, clusters of one node and serverless ones, with their snapshots."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import BackupKind, BackupState, Schedule

from tests.builders import MIB, before
from tests.sources.aws_faults import edited, only, paged
from tests.sources.cloud_aws import ACCOUNT, HOME, Ground, ago, client, moto
from tests.sources.serverless import teach

KIND = "aws.elasticache"


@pytest.fixture(autouse=True)
def serverless_too() -> None:
    """Let moto list serverless caches, where there are none until a test makes some."""
    teach()


def group(url: str, name: str, *, days: int = 7) -> Any:
    """Make a replication group that is 100 days old, with a node; return what moto keeps of it."""
    client(url, "elasticache").create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="of a test",
        SnapshotRetentionLimit=days,
        SnapshotWindow="05:00-09:00",
    )
    made = moto("elasticache").replication_groups[name]
    made.replication_group_create_time = ago("100d")
    made.member_clusters = [f"{name}-001"]  # moto makes none
    cluster(url, f"{name}-001").replication_group_id = name
    return made


def cluster(url: str, name: str, engine: str = "redis", days: int = 7) -> Any:
    """Make a cluster of one node that is 100 days old; return what moto keeps of it."""
    client(url, "elasticache").create_cache_cluster(
        CacheClusterId=name,
        Engine=engine,
        NumCacheNodes=1,
        CacheNodeType="cache.t4g.small",
        SnapshotRetentionLimit=days,
    )
    made = moto("elasticache").cache_clusters[name]
    made.cache_cluster_create_time = ago("100d")
    return made


def serverless(name: str, **changes: Any) -> SimpleNamespace:
    """Make a serverless cache that is 100 days old; return it."""
    teach()
    given = {
        "serverless_cache_name": name,
        "arn": f"arn:aws:elasticache:{HOME}:{ACCOUNT}:serverlesscache:{name}",
        "create_time": ago("100d"),
        "status": "available",
        "engine": "valkey",
        "snapshot_retention_limit": 7,
        "daily_snapshot_time": "04:30",
    }
    made = SimpleNamespace(**(given | changes))
    backend = moto("elasticache")
    backend.serverless = [*getattr(backend, "serverless", []), made]
    return made


def snapshot(owner: Any, age: str, kind: str = "automated", **changes: Any) -> Any:
    """Add a snapshot of a group or cluster of two shards; return what moto keeps."""
    group_id = getattr(owner, "replication_group_id", None)
    node = getattr(owner, "cache_cluster_id", None)
    whose = f"group-{group_id}" if group_id else f"node-{node}"
    backend = moto("elasticache")
    made = backend.create_snapshot(f"{whose}-{age}-{kind}", group_id, node, None, [])
    made.snapshot_source = kind
    made.node_snapshots = [shard(age), shard(age)]
    for field, value in changes.items():
        setattr(made, field, value)
    return made


def shard(age: str, size: str = "12 MB") -> SimpleNamespace:
    """Return the part of a snapshot that one shard gave."""
    return SimpleNamespace(snapshot_create_time=ago(age), cache_size=size)


def frozen(owner: SimpleNamespace, age: str, **changes: Any) -> SimpleNamespace:
    """Add a snapshot of a serverless cache; return it."""
    name = owner.serverless_cache_name
    arn = f"arn:aws:elasticache:{HOME}:{ACCOUNT}:serverlesssnapshot:{name}-{age}"
    given = {
        "serverless_cache_snapshot_name": f"{name}-{age}",
        "arn": arn,
        "snapshot_type": "automated",
        "status": "available",
        "create_time": ago(age),
        "bytes_used_for_cache": "5000",
        "serverless_cache_configuration": SimpleNamespace(serverless_cache_name=name),
    }
    made = SimpleNamespace(**(given | changes))
    backend = moto("elasticache")
    backend.frozen = [*getattr(backend, "frozen", []), made]
    return made


def populate(url: str) -> None:
    """Make caches of all kinds: some are well, and each other one is not in its own way."""
    snapshot(group(url, "well"), "4h")
    snapshot(cluster(url, "well"), "4h")
    frozen(serverless("well"), "4h")
    snapshot(group(url, "stale"), "3d")
    snapshot(cluster(url, "stale"), "3d")
    frozen(serverless("stale"), "3d")
    snapshot(group(url, "off", days=0), "4h", "manual")
    sick = group(url, "sick")
    snapshot(sick, "28h")
    snapshot(sick, "4h", snapshot_status="failed")
    group(url, "bare")
    serverless("bare")
    former = group(url, "anew")
    snapshot(former, "4h")
    former.replication_group_create_time = ago("2h")


def tell_more(url: str) -> None:
    """Make a snapshot with a key of one's own."""
    snapshot(group(url, "secret"), "4h", kms_key_id="key-1")


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    asked = client(ground.url, "elasticache")
    groups = {
        f"replicationgroup:{one['ReplicationGroupId']}"
        for one in asked.describe_replication_groups()["ReplicationGroups"]
    }
    alone = {
        f"cluster:{one['CacheClusterId']}"
        for one in asked.describe_cache_clusters()["CacheClusters"]
        if not one.get("ReplicationGroupId")
    }
    rest = {
        f"serverlesscache:{one['ServerlessCacheName']}"
        for one in asked.describe_serverless_caches()["ServerlessCaches"]
    }
    arns = {one["ARN"] for one in asked.describe_snapshots()["Snapshots"]}
    listed = asked.describe_serverless_cache_snapshots()["ServerlessCacheSnapshots"]
    arns |= {one["ARN"] for one in listed}
    found = ground.histories(KIND)
    assert set(found) == groups | alone | rest
    former = {arn for arn in arns if "anew" in arn}
    assert {b.id for history in found.values() for b in history.backups} == arns - former


def test_a_group_is_told_with_all_that_the_policy_may_ask(ground: Ground) -> None:
    made = group(ground.url, "sessions")
    snapshot(made, "4h", node_snapshots=[shard("4h", "12 MB"), shard("5h", "1.5 GB")])
    (found,) = ground.histories(KIND).values()
    told, (backup,) = found.resource, found.backups
    assert (told.id, told.name, told.kind) == ("replicationgroup:sessions", "sessions", "redis")
    assert (told.account, told.region, told.state) == (ACCOUNT, HOME, "available")
    assert (told.created_at, told.auto_backup) == (before("100d"), True)
    assert told.schedule == Schedule("0 5 * * *", "UTC")
    assert (backup.state, backup.kind) == (BackupState.SUCCEEDED, BackupKind.AUTOMATIC)
    assert (backup.taken_at, backup.size_bytes) == (before("5h"), 12 * MIB + 1536 * MIB)


def test_a_serverless_cache_is_told_likewise(ground: Ground) -> None:
    frozen(serverless("sessions"), "4h")
    (found,) = ground.histories(KIND).values()
    told, (backup,) = found.resource, found.backups
    assert (told.id, told.name, told.kind) == ("serverlesscache:sessions", "sessions", "valkey")
    assert (told.created_at, told.auto_backup) == (before("100d"), True)
    assert told.schedule == Schedule("30 4 * * *", "UTC")
    assert (backup.state, backup.kind) == (BackupState.SUCCEEDED, BackupKind.AUTOMATIC)
    assert (backup.taken_at, backup.size_bytes) == (before("4h"), 5000)


def test_a_limit_of_zero_is_no_automatic_backup(ground: Ground) -> None:
    group(ground.url, "off", days=0)
    (found,) = ground.histories(KIND).values()
    assert (found.resource.auto_backup, found.resource.schedule) == (False, None)


def test_memcached_cannot_be_backed_up_and_is_not_listed(ground: Ground) -> None:
    cluster(ground.url, "cache", "memcached")
    assert ground.histories(KIND) == {}


def test_a_snapshot_of_a_node_is_that_of_its_group(ground: Ground) -> None:
    made = group(ground.url, "sessions")
    (node,) = made.member_clusters
    snapshot(made, "4h", replication_group_id=None, cache_cluster_id=node)
    assert len(ground.histories(KIND)["replicationgroup:sessions"].backups) == 1


def test_nodes_of_a_group_are_no_resources(ground: Ground) -> None:
    group(ground.url, "sessions")
    assert set(ground.histories(KIND)) == {"replicationgroup:sessions"}


def test_a_node_of_a_group_that_is_not_listed_is_a_gap(ground: Ground) -> None:
    cluster(ground.url, "lost-001").replication_group_id = "lost"
    (found,) = ground.collected(KIND)
    assert isinstance(found, SourceError)
    assert "lost-001 is part of lost" in str(found.detail)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", BackupState.SUCCEEDED),
        ("restoring", BackupState.SUCCEEDED),
        ("creating", BackupState.RUNNING),
        ("copying", BackupState.RUNNING),
        ("failed", BackupState.FAILED),
        ("deleting", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    snapshot(group(ground.url, "one"), "4h", "manual", snapshot_status=status)
    frozen(serverless("one"), "4h", status=status.upper(), snapshot_type="manual")
    for history in ground.histories(KIND).values():
        (backup,) = history.backups
        assert (backup.state, backup.kind) == (state, BackupKind.MANUAL)


@pytest.mark.parametrize("size", ["", "12", "12 XB", "-1 MB", "1e9 MB"])
def test_what_is_no_size_is_none(ground: Ground, size: str) -> None:
    snapshot(group(ground.url, "one"), "4h", node_snapshots=[shard("4h"), shard("4h", size)])
    (backup,) = ground.histories(KIND)["replicationgroup:one"].backups
    assert backup.size_bytes is None


def test_a_shard_without_a_time_leaves_the_snapshot_without_one(ground: Ground) -> None:
    shards = [shard("4h"), SimpleNamespace(cache_size="1 MB")]
    snapshot(group(ground.url, "one"), "4h", node_snapshots=shards)
    (backup,) = ground.histories(KIND)["replicationgroup:one"].backups
    assert backup.taken_at is None


def test_caches_made_anew_do_not_inherit(ground: Ground) -> None:
    first, second, third = group(ground.url, "a"), cluster(ground.url, "b"), serverless("c")
    snapshot(first, "4h")
    snapshot(second, "1h", cache_cluster_create_time=ago("200d"))
    frozen(third, "4h")
    first.replication_group_create_time = third.create_time = ago("2h")
    assert {history.backups for history in ground.histories(KIND).values()} == {()}
    assert set(ground.orphans(KIND)) == {
        "replicationgroup:a (deleted)",
        "cluster:b (deleted)",
        "serverlesscache:c (deleted)",
    }


def test_snapshots_whose_cache_is_gone_are_orphans(ground: Ground) -> None:
    snapshot(group(ground.url, "gone"), "3d", "manual")
    backend = moto("elasticache")
    del backend.replication_groups["gone"], backend.cache_clusters["gone-001"]
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.name) == ("replicationgroup:gone", "gone")
    assert (orphan.backups, orphan.newest_at) == (1, before("3d"))


def test_every_page_is_read(ground: Ground) -> None:
    for number in range(5):
        snapshot(group(ground.url, f"g-{number}"), "4h")
        frozen(serverless(f"s-{number}"), "4h")
    whole = ground.histories(KIND)
    lists = {
        "DescribeReplicationGroups": paged("ReplicationGroups", 2),
        "DescribeSnapshots": paged("Snapshots", 2),
        "DescribeServerlessCaches": paged("ServerlessCaches", 2, token="NextToken"),
        "DescribeServerlessCacheSnapshots": paged("ServerlessCacheSnapshots", 2, token="NextToken"),
    }
    for operation, fault in lists.items():
        ground.proxy.fault = only(fault, operation=operation)
        assert ground.histories(KIND) == whole
    assert {len(history.backups) for history in whole.values()} == {1}


def test_a_snapshot_of_nothing_is_a_gap(ground: Ground) -> None:
    snapshot(group(ground.url, "one"), "4h")
    ground.proxy.fault = only(edited("ReplicationGroupId", ""), operation="DescribeSnapshots")
    assert any(isinstance(one, SourceError) for one in ground.collected(KIND))
