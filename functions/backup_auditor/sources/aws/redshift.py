"""Amazon Redshift: every provisioned cluster, with its snapshots.

Lists clusters with ``DescribeClusters`` and snapshots with ``DescribeClusterSnapshots``: automated,
manual, and those that AWS Backup makes. The size is that of all data that a restore would need.
Redshift Serverless is not seen here, nor are copies in other regions.

API: https://docs.aws.amazon.com/redshift/latest/APIReference/API_DescribeClusterSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from backup_auditor.model import Backup, BackupKind, BackupState
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import recovery_points
from backup_auditor.sources.aws.client.collecting import (
    Found,
    add_recovery_points,
    by_owner,
    gone,
    histories,
)
from backup_auditor.sources.aws.client.owners import Identity, Owners, told_once
from backup_auditor.sources.aws.client.place import MARKER, Place
from backup_auditor.sources.aws.client.values import flag, instant, megabytes, number, tags, text

ID = "aws.redshift"
ACTIONS = (
    *PLACE_ACTIONS,
    *recovery_points.ACTIONS,
    "redshift:DescribeClusters",
    "redshift:DescribeClusterSnapshots",
)
_STATES = {
    "available": BackupState.SUCCEEDED,
    "final snapshot": BackupState.SUCCEEDED,
    "copying": BackupState.RUNNING,
    "creating": BackupState.RUNNING,
    "failed": BackupState.FAILED,
    "cancelled": BackupState.FAILED,
    "deleted": BackupState.EXPIRED,
}
_KINDS = {"automated": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    listed = place.rows("redshift", "DescribeClusters", "Clusters", MARKER)
    rows = yield from told_once(listed, _identity)
    owners, found = Owners(map(_identity, rows)), [_found(place, row) for row in rows]
    snapshots = place.rows("redshift", "DescribeClusterSnapshots", "Snapshots", MARKER)
    backups = by_owner(_backup(row, owners) for row in snapshots)
    yield from add_recovery_points(place, "Redshift", found, backups)
    yield from histories(found, backups, wanted)
    if orphans:
        yield from gone(place.scope, backups, owners.__contains__)


def _identity(row: Mapping[str, Any]) -> Identity:
    name, created = text(row, "ClusterIdentifier"), instant(row, "ClusterCreateTime")
    return Identity(name, created_at=created)


def _found(place: Place, row: Mapping[str, Any]) -> Found:
    id_, scope = text(row, "ClusterIdentifier"), place.scope
    days = number(row, "AutomatedSnapshotRetentionPeriod")
    resource = place.resource(
        id_,
        zone=text(row, "AvailabilityZone"),
        kind=text(row, "NodeType"),
        state=text(row, "ClusterStatus"),
        created_at=instant(row, "ClusterCreateTime"),
        auto_backup=None if days is None else days > 0,
        tags=tags(row, "Tags"),
    )
    arn = f"arn:{place.partition}:redshift:{scope.region}:{scope.account}:cluster:{id_}"
    return Found(resource, arn)


def _backup(row: Mapping[str, Any], owners: Owners) -> Backup:
    state, kind = text(row, "Status"), text(row, "SnapshotType")
    taken = instant(row, "SnapshotCreateTime")
    return Backup(
        id=text(row, "SnapshotArn", "SnapshotIdentifier"),
        resource_id=owners.owner_of(_identity(row), taken),
        state=_STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=_KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=megabytes(row, "TotalBackupSizeInMegaBytes"),
        name=text(row, "SnapshotIdentifier"),
        resource_name=text(row, "ClusterIdentifier"),
        encrypted=flag(row, "Encrypted"),
    )
