"""Volumes of EBS: whose snapshots are whose, and who made them."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.model import BackupKind, BackupState

from tests.builders import before
from tests.sources.backup_server import held
from tests.sources.cloud_aws import ACCOUNT, HOME, Ground, ago, client, moto

KIND = "aws.ebs"
SILENT = True  # on whether backups are automatic


def volume(url: str, name: str = "") -> str:
    """Make a volume that is 100 days old; return its id."""
    ec2 = client(url, "ec2")
    made = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"]
    if name:
        ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": name}])
    moto("ec2").volumes[made].create_time = ago("100d").strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(made)


def snapshot(url: str, volume_id: str, age: str, **tags: str) -> Any:
    """Make a snapshot that was started ``age`` before NOW; return what moto keeps of it."""
    ec2 = client(url, "ec2")
    made = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
    if tags:
        labels = [{"Key": k.replace("__", ":"), "Value": v} for k, v in tags.items()]
        ec2.create_tags(Resources=[made], Tags=labels)
    kept = moto("ec2").snapshots[made]
    kept.start_time = ago(age).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    kept.status = "completed"
    return kept


def populate(url: str) -> None:
    """Make volumes of which one is well, and each other one is not in its own way."""
    snapshot(url, volume(url, "well"), "4h")
    snapshot(url, volume(url, "stale"), "3d")
    sick = volume(url, "sick")
    snapshot(url, sick, "28h")
    snapshot(url, sick, "4h").status = "error"
    volume(url, "bare")


def tell_more(url: str) -> None:
    """Let AWS Backup hold a volume, too."""
    arn = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/{volume(url)}"
    held(HOME).vault(Locked=False)
    held(HOME).point(arn, "arn:point-1", before("4h"), ResourceType="EBS")


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    ec2 = client(ground.url, "ec2")
    listed = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    found = ground.histories(KIND)
    assert set(found) == {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]}
    ours = {b.id for history in found.values() for b in history.backups}
    assert ours == {one["SnapshotId"] for one in listed if one["VolumeId"] in found}
    others = {one["VolumeId"] for one in listed} - found.keys()  # moto has some of its own
    assert ground.orphans(KIND).keys() == others


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({}, BackupKind.UNKNOWN),
        ({"team": "ops"}, BackupKind.UNKNOWN),
        ({"aws__dlm__lifecycle-policy-id": "policy-1"}, BackupKind.AUTOMATIC),
        ({"aws__backup__source-resource": "arn"}, BackupKind.AUTOMATIC),
    ],
)
def test_who_made_it_is_told_by_its_tags(
    ground: Ground, tags: dict[str, str], kind: BackupKind
) -> None:
    one = volume(ground.url)
    kept = snapshot(ground.url, one, "4h")
    for name, value in tags.items():  # AWS lets nobody else write such tags
        moto("ec2").tags[kept.id][name.replace("__", ":")] = value
    (backup,) = ground.histories(KIND)[one].backups
    assert backup.kind is kind


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", BackupState.SUCCEEDED),
        ("pending", BackupState.RUNNING),
        ("error", BackupState.FAILED),
        ("recoverable", BackupState.EXPIRED),
        ("recovering", BackupState.EXPIRED),
        ("melting", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    one = volume(ground.url)
    snapshot(ground.url, one, "4h").status = status
    (backup,) = ground.histories(KIND)[one].backups
    assert (backup.state, backup.state_raw) == (state, status)


def test_a_volume_is_called_by_its_tag(ground: Ground) -> None:
    one, two = volume(ground.url, "data"), volume(ground.url)
    found = ground.histories(KIND)
    assert (found[one].resource.name, found[two].resource.name) == ("data", two)
    assert found[one].resource.created_at == before("100d")


def test_aws_backup_counts_and_a_snapshot_that_both_list_counts_once(ground: Ground) -> None:
    one = volume(ground.url)
    known = snapshot(ground.url, one, "4h").id
    here = held(HOME)
    here.vault(Locked=True, LockDate=before("9d"))
    arn = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/{one}"
    for id_, age in ((known, "4h"), ("snap-only-there", "28h")):
        point = f"arn:aws:ec2:{HOME}::snapshot/{id_}"
        here.point(arn, point, before(age), ResourceType="EBS")
    found = ground.histories(KIND)[one]
    assert [b.id for b in found.backups] == [known, "snap-only-there"]
    assert all(b.is_usable for b in found.backups)


def test_snapshots_of_volumes_that_are_gone_are_orphans(ground: Ground) -> None:
    one = volume(ground.url)
    snapshot(ground.url, one, "4h")
    client(ground.url, "ec2").delete_volume(VolumeId=one)
    orphan = ground.orphans(KIND)[one]
    assert (orphan.backups, orphan.newest_at) == (1, before("4h"))
