"""Clusters of Redshift, with their snapshots."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.model import BackupKind, BackupState

from tests.builders import before
from tests.sources.backup_server import held
from tests.sources.cloud_aws import ACCOUNT, HOME, Ground, ago, client, moto

KIND = "aws.redshift"


def cluster(url: str, name: str, **more: Any) -> Any:
    """Make a cluster that is 100 days old; return what moto keeps of it."""
    client(url, "redshift").create_cluster(
        ClusterIdentifier=name,
        NodeType="ra3.xlplus",
        MasterUsername="admin",
        MasterUserPassword="Passw0rd-of-tests",
        **more,
    )
    moto("redshift").snapshots.clear()  # one is made with each cluster
    kept = moto("redshift").clusters[name]
    kept.create_time = kept.cluster_create_time = ago("100d")
    return kept


def snapshot(url: str, name: str, age: str, **changes: Any) -> Any:
    """Make a snapshot that was taken ``age`` before NOW; return what moto keeps of it."""
    id_ = f"{name}-{age}"
    client(url, "redshift").create_cluster_snapshot(ClusterIdentifier=name, SnapshotIdentifier=id_)
    kept = moto("redshift").snapshots[id_]
    kept.create_time = kept.snapshot_create_time = ago(age)
    kept.cluster_create_time = ago("100d")
    for field, value in changes.items():
        setattr(kept, field, value)
    return kept


def populate(url: str) -> None:
    """Make clusters of which one is well, and each other one is not in its own way."""
    for name in ("well", "stale", "sick", "bare"):
        cluster(url, name)
    snapshot(url, "well", "4h", snapshot_type="automated")
    snapshot(url, "stale", "3d")
    snapshot(url, "sick", "28h")
    snapshot(url, "sick", "4h", status="failed")


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    redshift = client(ground.url, "redshift")
    found = ground.histories(KIND)
    assert set(found) == {c["ClusterIdentifier"] for c in redshift.describe_clusters()["Clusters"]}
    names = {b.name for history in found.values() for b in history.backups}
    listed = redshift.describe_cluster_snapshots()["Snapshots"]
    assert names == {one["SnapshotIdentifier"] for one in listed}


def test_a_snapshot_is_told_with_its_kind_and_time(ground: Ground) -> None:
    populate(ground.url)
    (made,) = ground.histories(KIND)["well"].backups
    assert (made.state, made.kind) == (BackupState.SUCCEEDED, BackupKind.AUTOMATIC)
    assert (made.taken_at, made.encrypted) == (before("4h"), False)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", BackupState.SUCCEEDED),
        ("final snapshot", BackupState.SUCCEEDED),
        ("creating", BackupState.RUNNING),
        ("copying", BackupState.RUNNING),
        ("failed", BackupState.FAILED),
        ("cancelled", BackupState.FAILED),
        ("deleted", BackupState.EXPIRED),
        ("melting", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "4h", status=status)
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.state, made.state_raw) == (state, status)


def test_a_cluster_made_anew_does_not_inherit_the_snapshots_of_the_first(ground: Ground) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "101d")
    assert ground.histories(KIND)["one"].backups == ()
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.name) == ("one (deleted)", "one")


def test_aws_backup_counts(ground: Ground) -> None:
    cluster(ground.url, "one")
    here = held(HOME)
    here.vault()
    arn = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:one"
    here.point(arn, "arn:point-1", before("4h"), ResourceType="Redshift")
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.id, made.size_bytes, made.is_usable) == ("arn:point-1", 1 << 30, True)


def test_snapshots_of_clusters_that_are_gone_are_orphans(ground: Ground) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "4h")
    redshift = client(ground.url, "redshift")
    redshift.delete_cluster(ClusterIdentifier="one", SkipFinalClusterSnapshot=True)
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups, orphan.newest_at) == ("one", 1, before("4h"))
