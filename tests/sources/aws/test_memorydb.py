"""Clusters of MemoryDB: their snapshots, from the oldest shard on."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import BackupKind, BackupState, GapReason, Schedule, Scope
from backup_auditor.sources import Collected, load_sources

from tests.builders import before
from tests.sources.aws_faults import FAILURES, only
from tests.sources.cloud_aws import HOME, Ground, ago, client, moto

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


OSAKA = "ap-northeast-3"
"""Every account has this region, and botocore knows of no MemoryDB in it."""


def unknown(_host: str, _port: int) -> list[str]:
    """Be a name server that does not know the name."""
    raise OSError


def known(_host: str, _port: int) -> list[str]:
    """Be one that knows it."""
    return ["192.0.2.1"]


def unanswered(ground: Ground, region: str, lookup: Any, regions: Any = "all") -> list[Collected]:
    """Collect ``region`` where nothing answers for MemoryDB."""
    made = load_sources()[KIND]
    options = made.options.model_validate({"regions": regions})
    source = made.build(options, ground.outside(lookup=lookup))
    (scope,) = (s for s in source.scopes() if isinstance(s, Scope) and s.region == region)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_MEMORYDB", "http://127.0.0.1:1")
        return list(source.collect(scope, lambda _: True, orphans=True))


def test_a_region_without_the_service_is_empty(ground: Ground) -> None:
    assert unanswered(ground, OSAKA, unknown) == []


def test_one_that_the_policy_names_is_a_gap(ground: Ground) -> None:
    with pytest.raises(SourceError, match="memorydb is not offered in ap-northeast-3") as caught:
        unanswered(ground, OSAKA, unknown, regions=[OSAKA])
    assert caught.value.reason is GapReason.UNSUPPORTED


@pytest.mark.parametrize(("region", "lookup"), [(HOME, unknown), (OSAKA, known)])
def test_silence_is_a_gap_where_the_service_may_be(
    ground: Ground, region: str, lookup: Any
) -> None:
    with pytest.raises(SourceError) as caught:
        unanswered(ground, region, lookup)
    assert caught.value.reason is GapReason.UNREACHABLE


def test_an_answer_that_fails_is_a_gap_in_every_region(ground: Ground) -> None:
    ground.proxy.fault = only(FAILURES["broken"], operation="DescribeClusters", region=OSAKA)
    with pytest.raises(SourceError):
        ground.collected(KIND, regions="all", region=OSAKA)


def test_snapshots_of_clusters_that_are_gone_are_orphans(ground: Ground) -> None:
    cluster(ground.url, "one")
    snapshot(ground.url, "one", "4h")
    client(ground.url, "memorydb").delete_cluster(ClusterName="one")
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups, orphan.newest_at) == ("one", 1, before("4h"))
