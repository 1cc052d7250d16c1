"""The contract of the three sources of clusters, which one API serves; a test file inherits it."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar

import pytest
from backup_auditor.model import BackupState, Restorable, Schedule

from tests.builders import before
from tests.sources.aws_faults import both, edited, only, paged
from tests.sources.cloud_aws import ACCOUNT, HOME, OTHER, Ground, ago, client, moto

ENGINES = ("aurora-mysql", "aurora-postgresql", "postgres", "docdb", "neptune")


def cluster(url: str, name: str, engine: str, *, region: str = HOME, **more: Any) -> Any:
    """Make a cluster that is 100 days old, without any snapshot; return what moto keeps of it."""
    given = {
        "DBClusterIdentifier": name,
        "Engine": "neptune" if engine == "docdb" else engine,  # moto makes none of DocumentDB
        "MasterUsername": "root",
        "MasterUserPassword": "T0PSECRETKEY",
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "23:45-00:15",
    }
    if engine == "postgres":
        given |= {"AllocatedStorage": 100, "StorageType": "io1", "Iops": 1000}
        given |= {"DBClusterInstanceClass": "db.m5d.large"}
    client(url, "rds", region).create_db_cluster(**(given | more))
    kept = moto("rds", region)
    for id_, one in list(kept.cluster_snapshots.items()):
        if one.db_cluster_identifier == name and one.created > ago("0s"):
            del kept.cluster_snapshots[id_]
    made = kept.clusters[name]
    made.engine = engine
    made.created = made.cluster_create_time = ago("100d")
    made.earliest_restorable_time = ago("7d")
    return made


def snapshot(owner: Any, age: str, kind: str = "automated", **changes: Any) -> Any:
    """Add a snapshot of ``owner`` that was taken ``age`` before NOW; return what moto keeps."""
    name = owner.db_cluster_identifier
    made = owner.backend.create_db_cluster_snapshot(name, f"{name}-{age}-{kind}", kind)
    made.created = ago(age)
    made.cluster_create_time = owner.cluster_create_time
    made.db_cluster_resource_id = owner.db_cluster_resource_id
    for field, value in changes.items():
        setattr(made, field, value)
    return made


def populate(url: str, engine: str) -> None:
    """Make clusters of which one is well, and each other one is not in its own way."""
    snapshot(cluster(url, "well", engine), "4h")
    snapshot(cluster(url, "stale", engine), "3d")
    sick = cluster(url, "sick", engine)
    snapshot(sick, "28h")
    snapshot(sick, "4h", status="failed")
    cluster(url, "bare", engine)
    former = cluster(url, "anew", engine)
    snapshot(former, "4h", cluster_create_time=ago("200d"), db_cluster_resource_id="cluster-FORMER")
    former.created = former.cluster_create_time = ago("2h")


class ClusterContract(ABC):
    """What the source ``kind`` does with clusters of ``engine``."""

    kind: ClassVar[str]
    engine: ClassVar[str]
    service: ClassVar[str]
    """Name of boto3's client."""

    def test_boto3_lists_the_same(self, ground: Ground) -> None:
        populate(ground.url, self.engine)
        asked = client(ground.url, self.service)
        rows = asked.describe_db_clusters()["DBClusters"]
        arns = {
            one["DBClusterSnapshotArn"]
            for one in asked.describe_db_cluster_snapshots()["DBClusterSnapshots"]
        }
        found = ground.histories(self.kind)
        assert set(found) == {one["DBClusterIdentifier"] for one in rows}
        former = {arn for arn in arns if "anew" in arn}
        assert {b.id for history in found.values() for b in history.backups} == arns - former

    def test_clusters_of_other_engines_are_left_to_other_sources(self, ground: Ground) -> None:
        ours = {"aurora-mysql", "aurora-postgresql", "postgres"}
        ours = ours if self.engine in ours else {self.engine}
        for engine in ENGINES:
            made = cluster(ground.url, f"of-{engine}", engine)
            snapshot(made, "4h")
            if engine not in ours:
                snapshot(cluster(ground.url, f"gone-{engine}", engine), "4h", "manual")
                del moto("rds").clusters[f"gone-{engine}"]
        assert {found.resource.kind for found in ground.histories(self.kind).values()} == ours
        assert ground.orphans(self.kind) == {}

    def test_a_cluster_is_told_with_all_that_the_policy_may_ask(self, ground: Ground) -> None:
        made = cluster(ground.url, "well", self.engine, Tags=[{"Key": "team", "Value": "ops"}])
        snapshot(made, "4h", "awsbackup")
        ground.proxy.fault = edited("LatestRestorableTime", before("5m").isoformat())
        (found,) = ground.histories(self.kind).values()
        told, (backup,) = found.resource, found.backups
        assert (told.id, told.name, told.kind) == ("well", "well", self.engine)
        assert (told.account, told.region, told.state) == (ACCOUNT, HOME, "available")
        assert (told.created_at, told.auto_backup) == (before("100d"), True)
        assert (told.tags, told.schedule) == ({"team": "ops"}, Schedule("45 23 * * *", "UTC"))
        assert found.restorable == Restorable(before("7d"), before("5m"))
        assert found.copies is None
        assert (backup.state, backup.taken_at) == (BackupState.SUCCEEDED, before("4h"))
        assert backup.id == f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster-snapshot:well-4h-awsbackup"

    def test_a_window_that_ends_before_it_begins_is_none(self, ground: Ground) -> None:
        cluster(ground.url, "one", self.engine)
        ground.proxy.fault = edited("LatestRestorableTime", before("8d").isoformat())
        assert ground.histories(self.kind)["one"].restorable is None

    @pytest.mark.parametrize(
        "told",
        [
            {"db_cluster_resource_id": "cluster-FORMER"},
            {"db_cluster_resource_id": None, "cluster_create_time": ago("200d")},
            {"db_cluster_resource_id": None, "cluster_create_time": None},
        ],
        ids=["id", "creation", "time"],
    )
    def test_a_cluster_made_anew_does_not_inherit(
        self, ground: Ground, told: dict[str, Any]
    ) -> None:
        made = cluster(ground.url, "anew", self.engine)
        snapshot(made, "4h", **told)
        made.created = made.cluster_create_time = ago("2h")
        assert ground.histories(self.kind)["anew"].backups == ()
        (orphan,) = ground.orphans(self.kind).values()
        assert (orphan.name, orphan.backups, orphan.newest_at) == ("anew", 1, before("4h"))

    def test_snapshots_whose_cluster_is_gone_are_orphans(self, ground: Ground) -> None:
        snapshot(cluster(ground.url, "gone", self.engine), "3d", "manual")
        del moto("rds").clusters["gone"]
        (orphan,) = ground.orphans(self.kind).values()
        assert (orphan.resource_id, orphan.backups) == ("gone", 1)

    def test_a_copy_is_as_old_as_its_original(self, ground: Ground) -> None:
        made = cluster(ground.url, "one", self.engine)
        first = snapshot(made, "3d", "manual")
        second = snapshot(made, "2h", "manual")
        second.source_db_cluster_snapshot_arn = first.arn
        third = snapshot(made, "1h", "manual")
        third.source_db_cluster_snapshot_arn = second.arn
        assert {b.taken_at for b in ground.histories(self.kind)["one"].backups} == {before("3d")}
        del moto("rds").cluster_snapshots[first.db_cluster_snapshot_identifier]
        assert {b.taken_at for b in ground.histories(self.kind)["one"].backups} == {None}

    def test_copies_in_a_ring_have_no_time(self, ground: Ground) -> None:
        made = cluster(ground.url, "one", self.engine)
        first, second = snapshot(made, "3d", "manual"), snapshot(made, "2h", "manual")
        first.source_db_cluster_snapshot_arn = second.arn
        second.source_db_cluster_snapshot_arn = first.arn
        assert {b.taken_at for b in ground.histories(self.kind)["one"].backups} == {None}

    @pytest.mark.parametrize("origin", [f"{OTHER}:{ACCOUNT}", f"{HOME}:111122223333"])
    def test_copies_from_elsewhere_are_no_backups_of_a_namesake(
        self, ground: Ground, origin: str
    ) -> None:
        source = f"arn:aws:rds:{origin}:cluster-snapshot:one"
        made = cluster(ground.url, "one", self.engine)
        copy = snapshot(made, "4h", "manual", source_db_cluster_snapshot_arn=source)
        snapshot(made, "2h", "manual", source_db_cluster_snapshot_arn=copy.arn)
        assert ground.histories(self.kind)["one"].backups == ()
        assert ground.orphans(self.kind) == {}

    def test_every_page_is_read(self, ground: Ground) -> None:
        for number in range(5):
            snapshot(cluster(ground.url, f"db-{number}", self.engine), "4h")
        whole = ground.histories(self.kind)
        ground.proxy.fault = both(
            only(paged("DBClusters", 2), operation="DescribeDBClusters"),
            only(paged("DBClusterSnapshots", 2), operation="DescribeDBClusterSnapshots"),
        )
        paged_ = ground.histories(self.kind)
        assert {h.resource.id: h.backups for h in paged_.values()} == {
            h.resource.id: h.backups for h in whole.values()
        }
        assert {len(history.backups) for history in whole.values()} == {1}
