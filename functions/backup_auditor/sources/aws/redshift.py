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
from backup_auditor.sources.aws.client.place import MARKER, Place, nameless
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
    found: dict[str, Found] = {}
    for row in place.rows("redshift", "DescribeClusters", "Clusters", MARKER):
        if text(row, "ClusterIdentifier"):
            found[text(row, "ClusterIdentifier")] = _found(place, row)
        else:
            yield nameless()
    listed = place.rows("redshift", "DescribeClusterSnapshots", "Snapshots", MARKER)
    owners = by_owner(map(_backup, listed))
    yield from add_recovery_points(place, "Redshift", found.values(), owners)
    yield from histories(found.values(), owners, wanted)
    if orphans:
        yield from gone(place.scope, owners, found.__contains__)


def _found(place: Place, row: Mapping[str, Any]) -> Found:
    id_, days, scope = text(row, "ClusterIdentifier"), None, place.scope
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


def _backup(row: Mapping[str, Any]) -> Backup:
    state, kind = text(row, "Status"), text(row, "SnapshotType")
    return Backup(
        id=text(row, "SnapshotArn", "SnapshotIdentifier"),
        resource_id=text(row, "ClusterIdentifier"),
        state=_STATES.get(state, BackupState.UNKNOWN),
        taken_at=instant(row, "SnapshotCreateTime"),
        state_raw=state,
        kind=_KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=megabytes(row, "TotalBackupSizeInMegaBytes"),
        name=text(row, "SnapshotIdentifier"),
        resource_name=text(row, "ClusterIdentifier"),
        encrypted=flag(row, "Encrypted"),
    )
