"""Amazon EBS: every volume, with its snapshots, whoever makes them.

Lists the volumes with ``DescribeVolumes`` and our own snapshots with ``DescribeSnapshots``. Those
of Data Lifecycle Manager and AWS Backup count like all others; their tags tell that they are
automatic. Of the rest nobody tells who made them. Recovery points of AWS Backup add size, lock and
end of the same snapshots. Snapshots whose volume is gone are orphans; so are copies from other
regions, which name no volume of theirs.

The size is that of all data in the snapshot (``FullSnapshotSizeInBytes``), where it is told.
Whether a policy of Data Lifecycle Manager takes a volume is not seen.

API: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from backup_auditor.model import Backup, BackupKind, BackupState
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import recovery_points
from backup_auditor.sources.aws.client.collecting import Found, add_recovery_points, gone, histories
from backup_auditor.sources.aws.client.owners import Identity, told_once
from backup_auditor.sources.aws.client.place import Paging, Place
from backup_auditor.sources.aws.client.values import flag, instant, number, tags, text
from backup_auditor.sources.orphans import by_owner

ID = "aws.ebs"
ACTIONS = (
    *PLACE_ACTIONS,
    *recovery_points.ACTIONS,
    "ec2:DescribeVolumes",
    "ec2:DescribeSnapshots",
)
TELLS = recovery_points.TELLS
_PAGES = Paging("NextToken", size={"MaxResults": 500})
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html, status
_STATES = {
    "completed": BackupState.SUCCEEDED,
    "pending": BackupState.RUNNING,
    "error": BackupState.FAILED,
    "recoverable": BackupState.EXPIRED,  # in the Recycle Bin
    "recovering": BackupState.EXPIRED,
}
_AUTOMATIC = ("aws:dlm:lifecycle-policy-id", "aws:backup:source-resource")
_NO_VOLUME = "vol-ffffffff"  # what copies name


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    volumes = place.rows("ec2", "DescribeVolumes", "Volumes", _PAGES)
    rows = yield from told_once(volumes, lambda row: Identity(text(row, "VolumeId")))
    found = [_found(place, row) for row in rows]
    known = {one.resource.id for one in found}
    listed = place.rows("ec2", "DescribeSnapshots", "Snapshots", _PAGES, OwnerIds=["self"])
    owners = by_owner(map(_backup, listed))
    yield from add_recovery_points(place, "EBS", found, owners)
    yield from histories(found, owners, wanted)
    if orphans:
        yield from gone(place.scope, owners, known.__contains__)


def _found(place: Place, row: Mapping[str, Any]) -> Found:
    id_, labels, scope = text(row, "VolumeId"), tags(row, "Tags"), place.scope
    resource = place.resource(
        id_,
        name=labels.get("Name") or id_,
        zone=text(row, "AvailabilityZone"),
        kind=text(row, "VolumeType"),
        state=text(row, "State"),
        created_at=instant(row, "CreateTime"),
        tags=labels,
    )
    return Found(resource, f"arn:{place.partition}:ec2:{scope.region}:{scope.account}:volume/{id_}")


def _backup(row: Mapping[str, Any]) -> Backup:
    state, labels = text(row, "State"), tags(row, "Tags")
    made_by = [label for label in _AUTOMATIC if label in labels]
    owner = text(row, "VolumeId")
    return Backup(
        id=text(row, "SnapshotId"),
        resource_id=labels.get("aws:backup:source-resource", owner).rpartition("/")[2]
        if owner == _NO_VOLUME
        else owner,
        state=_STATES.get(state, BackupState.UNKNOWN),
        taken_at=instant(row, "StartTime"),
        state_raw=state,
        kind=BackupKind.AUTOMATIC if made_by else BackupKind.UNKNOWN,
        kind_raw=", ".join(made_by),
        finished_at=instant(row, "CompletionTime"),
        size_bytes=number(row, "FullSnapshotSizeInBytes"),
        name=labels.get("Name", ""),
        encrypted=flag(row, "Encrypted"),
    )
