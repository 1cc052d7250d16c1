"""Clusters of MemoryDB: their snapshots, from the oldest shard on."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.model import BackupKind, BackupState, Schedule

from tests.builders import before
from tests.sources.cloud_aws import Ground, ago, client, moto

KIND = "aws.memorydb"


def cluster(url: str, name: str, **more: Any) -> None:
    """Make a cluster with two shards."""
    given = {"SnapshotRetentionLimit": 7, "SnapshotWindow": "04:00-05:00", "NumShards": 2}
    client(url, "memorydb").create_cluster(
        ClusterName=name, NodeType="db.t4g.small", ACLName="open-access", **(given | more)
    )


def snapshot(url: str, name: str, age: str, **changes: Any) -> Any:
    """Make a snapshot that was taken ``age`` before NOW; return what moto keeps of it."""
    id_ = f"{name}-{age}"
    client(url, "memorydb").create_snapshot(ClusterName=name, SnapshotName=id_)
    kept = moto("memorydb").snapshots[id_]
    for shard in kept.shards:
        shard["SnapshotCreationTime"] = ago(age)
    for field, value in changes.items():
        setattr(kept, field, value)
    return kept


def populate(url: str) -> None:
    """Make clusters of which one is well, and each other one is not in its own way."""
    for name in ("well", "stale", "sick", "bare"):
        cluster(url, name)
    cluster(url, "off", SnapshotRetentionLimit=0)
    snapshot(url, "well", "4h", source="automated")
    snapshot(url, "stale", "3d")
    snapshot(url, "sick", "28h")
    snapshot(url, "sick", "4h", status="failed")
    snapshot(url, "off", "4h")


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    memorydb = client(ground.url, "memorydb")
    found = ground.histories(KIND)
    assert set(found) == {one["Name"] for one in memorydb.describe_clusters()["Clusters"]}
    ours = {b.id for history in found.values() for b in history.backups}
    assert ours == {one["ARN"] for one in memorydb.describe_snapshots()["Snapshots"]}


def test_a_snapshot_is_as_old_as_its_oldest_shard_and_as_large_as_all(ground: Ground) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "4h").shards[1]["SnapshotCreationTime"] = ago("5h")
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.taken_at, made.size_bytes) == (before("5h"), 2 * 11 << 20)
    assert (made.kind, made.encrypted) == (BackupKind.MANUAL, True)


@pytest.mark.parametrize("field", ["Size", "SnapshotCreationTime"])
def test_what_one_shard_does_not_tell_nobody_knows(ground: Ground, field: str) -> None:
    cluster(ground.url, "one")
    del snapshot(ground.url, "one", "4h").shards[1][field]
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.size_bytes is None) == (field == "Size")
    assert (made.taken_at is None) == (field == "SnapshotCreationTime")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", BackupState.SUCCEEDED),
        ("restoring", BackupState.SUCCEEDED),
        ("creating", BackupState.RUNNING),
        ("copying", BackupState.RUNNING),
        ("failed", BackupState.FAILED),
        ("deleting", BackupState.EXPIRED),
        ("melting", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "4h", status=status)
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.state, made.state_raw) == (state, status)


def test_a_cluster_tells_its_schedule_while_it_keeps_snapshots(ground: Ground) -> None:
    cluster(ground.url, "on")
    cluster(ground.url, "off", SnapshotRetentionLimit=0)
    found = {id_: one.resource for id_, one in ground.histories(KIND).items()}
    assert (found["on"].auto_backup, found["on"].schedule) == (True, Schedule("0 4 * * *", "UTC"))
    assert (found["off"].auto_backup, found["off"].schedule) == (False, None)
    assert found["on"].created_at is None


def test_snapshots_of_clusters_that_are_gone_are_orphans(ground: Ground) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "4h")
    client(ground.url, "memorydb").delete_cluster(ClusterName="one")
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups, orphan.newest_at) == ("one", 1, before("4h"))
