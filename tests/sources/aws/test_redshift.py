"""Clusters of Redshift: snapshots, their sizes, and their copies in another region."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import BackupKind, BackupState, History

from tests.builders import MIB, before
from tests.sources.aws_faults import both, edited, only, paged, refused
from tests.sources.backup_server import held
from tests.sources.cloud_aws import ACCOUNT, HOME, OTHER, Ground, ago, client, moto

KIND = "aws.redshift"


def cluster(url: str, name: str, *, region: str = HOME, **more: Any) -> Any:
    """Make a cluster that is 100 days old, without any snapshot; return what moto keeps of it."""
    given = {
        "ClusterIdentifier": name,
        "NodeType": "ra3.large",
        "MasterUsername": "root",
        "MasterUserPassword": "T0PSECRETKEY",
        "AutomatedSnapshotRetentionPeriod": 7,
    }
    client(url, "redshift", region).create_cluster(**(given | more))
    kept = moto("redshift", region)
    for id_, one in list(kept.snapshots.items()):
        if one.cluster_identifier == name and one.create_time > ago("0s"):
            del kept.snapshots[id_]
    made = kept.clusters[name]
    made.cluster_create_time = ago("100d")
    return made


def snapshot(owner: Any, age: str, kind: str = "automated", **changes: Any) -> Any:
    """Add a snapshot of ``owner`` that was taken ``age`` before NOW; return what moto keeps."""
    region = changes.pop("in_region", owner.region)
    name = owner.cluster_identifier
    backend = moto("redshift", region)
    backend.clusters.setdefault(name, owner)
    made = backend.create_cluster_snapshot(name, f"{name}-{age}-{kind}", region, [], kind)
    if region != owner.region:
        del backend.clusters[name]
    made.create_time = made.snapshot_create_time = ago(age)
    made.cluster_create_time = owner.cluster_create_time
    made.snapshot_arn = f"arn:aws:redshift:{region}:{ACCOUNT}:snapshot:{made.resource_id}"
    for field, value in changes.items():
        setattr(made, field, value)
    return made


def populate(url: str) -> None:
    """Make clusters of which one is well, and each other one is not in its own way."""
    well = cluster(url, "well")
    snapshot(well, "4h")
    copied_to(well, OTHER)
    snapshot(cluster(url, "stale"), "3d")
    snapshot(cluster(url, "off", AutomatedSnapshotRetentionPeriod=0), "4h", "manual")
    sick = cluster(url, "sick")
    snapshot(sick, "28h")
    snapshot(sick, "4h", status="failed")
    cluster(url, "bare")
    former = cluster(url, "anew")
    snapshot(former, "4h", cluster_create_time=ago("200d"))
    former.cluster_create_time = ago("2h")


def tell_more(_url: str) -> None:
    """Let AWS Backup hold a cluster, too."""
    arn = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:well"
    held(HOME).vault(Locked=False)
    held(HOME).point(arn, "arn:point-1", before("4h"), ResourceType="Redshift")


def copied_to(owner: Any, region: str) -> None:
    """Configure that snapshots are copied to ``region``."""
    owner.cluster_snapshot_copy_status = {"DestinationRegion": region, "RetentionPeriod": 7}


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    asked = client(ground.url, "redshift")
    listed = {one["ClusterIdentifier"] for one in asked.describe_clusters()["Clusters"]}
    arns = {one["SnapshotArn"] for one in asked.describe_cluster_snapshots()["Snapshots"]}
    found = ground.histories(KIND)
    assert set(found) == listed
    former = {arn for arn in arns if "anew" in arn}
    assert {b.id for history in found.values() for b in history.backups} == arns - former


def test_a_cluster_is_told_with_all_that_the_policy_may_ask(ground: Ground) -> None:
    made = cluster(
        ground.url, "well", AvailabilityZone=f"{HOME}a", Tags=[{"Key": "team", "Value": "ops"}]
    )
    snapshot(made, "4h", total_backup_size_in_mega_bytes=20.5, elapsed_time_in_seconds=600)
    (found,) = ground.histories(KIND).values()
    told, (backup,) = found.resource, found.backups
    assert (told.id, told.name, told.kind, told.state) == ("well", "well", "ra3.large", "available")
    assert (told.account, told.region, told.zone) == (ACCOUNT, HOME, f"{HOME}a")
    assert (told.created_at, told.auto_backup) == (before("100d"), True)
    assert told.tags == {"team": "ops"}
    assert (told.schedule, found.restorable, found.copies) == (None, None, None)
    assert (backup.state, backup.kind) == (BackupState.SUCCEEDED, BackupKind.AUTOMATIC)
    assert (backup.taken_at, backup.finished_at) == (before("4h"), before("3h50m"))
    assert backup.size_bytes == 20 * MIB + MIB // 2


@pytest.mark.parametrize("told", ["-1", "NaN", "1e300", "inf"])
def test_what_is_no_size_is_none(ground: Ground, told: str) -> None:
    snapshot(cluster(ground.url, "one"), "4h", total_backup_size_in_mega_bytes=1.0)
    ground.proxy.fault = edited("TotalBackupSizeInMegaBytes", told)
    (backup,) = ground.histories(KIND)["one"].backups
    assert backup.size_bytes is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", BackupState.SUCCEEDED),
        ("creating", BackupState.RUNNING),
        ("failed", BackupState.FAILED),
        ("final snapshot", BackupState.UNKNOWN),
        ("novel", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    snapshot(cluster(ground.url, "one"), "4h", "manual", status=status, elapsed_time_in_seconds=9)
    (backup,) = ground.histories(KIND)["one"].backups
    assert (backup.state, backup.state_raw, backup.kind) == (state, status, BackupKind.MANUAL)
    assert (backup.finished_at is not None) == (state is BackupState.SUCCEEDED)


@pytest.mark.parametrize("created", ["200d", None], ids=["creation", "time"])
def test_a_cluster_made_anew_does_not_inherit(ground: Ground, created: str | None) -> None:
    made = cluster(ground.url, "anew")
    snapshot(made, "4h", cluster_create_time=ago(created) if created else None)
    made.cluster_create_time = ago("2h")
    assert ground.histories(KIND)["anew"].backups == ()
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.name, orphan.backups) == ("anew (deleted)", "anew", 1)


def test_snapshots_whose_cluster_is_gone_are_orphans(ground: Ground) -> None:
    snapshot(cluster(ground.url, "gone"), "3d", "manual")
    del moto("redshift").clusters["gone"]
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups, orphan.newest_at) == ("gone", 1, before("3d"))


def test_copies_in_the_other_region_are_told_and_are_no_backups(ground: Ground) -> None:
    made = cluster(ground.url, "one")
    copied_to(made, OTHER)
    snapshot(made, "4h", in_region=OTHER, source_region=HOME)
    snapshot(made, "5h", in_region=OTHER)
    found = ground.histories(KIND)["one"]
    assert found.backups == ()
    (copy,) = found.copies or ()
    assert (copy.region, copy.account, copy.taken_at) == (OTHER, ACCOUNT, before("4h"))


def test_copies_of_a_former_cluster_are_not_told(ground: Ground) -> None:
    made = cluster(ground.url, "one")
    copied_to(made, OTHER)
    snapshot(made, "4h", in_region=OTHER, source_region=HOME, cluster_create_time=ago("200d"))
    assert ground.histories(KIND)["one"].copies == ()


def test_copies_from_elsewhere_are_no_backups_of_a_namesake(ground: Ground) -> None:
    snapshot(cluster(ground.url, "one"), "4h", source_region=OTHER)
    assert ground.histories(KIND)["one"].backups == ()
    assert ground.orphans(KIND) == {}


def test_a_region_of_copies_that_refuses_is_a_gap(ground: Ground) -> None:
    copied_to(cluster(ground.url, "one"), OTHER)
    ground.proxy.fault = only(refused, service="redshift", region=OTHER)
    error, found = ground.collected(KIND)
    assert isinstance(error, SourceError)
    assert isinstance(found, History)
    assert found.copies is None


@pytest.mark.parametrize("region", ["e.vil/x", "x" * 99, "a b"])
def test_a_region_of_copies_that_is_none_is_a_gap(ground: Ground, region: str) -> None:
    copied_to(cluster(ground.url, "one"), region)
    error, found = ground.collected(KIND)
    assert isinstance(error, SourceError)
    assert isinstance(found, History)
    assert found.copies is None


def test_every_page_is_read(ground: Ground) -> None:
    for number in range(5):
        snapshot(cluster(ground.url, f"dw-{number}"), "4h")
    whole = ground.histories(KIND)
    ground.proxy.fault = both(paged("Clusters", 2), paged("Snapshots", 2))
    assert ground.histories(KIND) == whole
    assert {len(history.backups) for history in whole.values()} == {1}


def test_what_aws_backup_holds_counts(ground: Ground) -> None:
    cluster(ground.url, "one")
    arn = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:one"
    held(HOME).point(arn, "arn:point-1", before("4h"), ResourceType="Redshift")
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.id, made.size_bytes, made.is_usable) == ("arn:point-1", 1 << 30, True)
