"""Amazon Redshift: every provisioned cluster, with its snapshots.

Lists the clusters with ``DescribeClusters`` and their snapshots, automated and manual, with
``DescribeClusterSnapshots``, which tells the size of all data that a restore would bring back. What
AWS Backup holds of them counts as well. Snapshots whose cluster is gone are orphans, also where
another cluster has its name now: the time at which the cluster was created tells them apart.

Copies: where snapshots are copied to another region, that region is asked for them with the same
action. A cluster that has no such copying configured tells nothing of copies. A snapshot here that
was copied from another region belongs to the cluster there, and is not shown. When backups are due
is not told: by default they are made after eight hours or five gigabytes of changes per node.

What is not seen: snapshots that other accounts share, and the namespaces of Redshift Serverless,
which have an API and permissions of their own.

API: https://docs.aws.amazon.com/redshift/latest/APIReference/API_DescribeClusterSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, GapReason
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import recovery_points
from backup_auditor.sources.aws.client.collecting import Found, add_recovery_points, gone, histories
from backup_auditor.sources.aws.client.failures import of_copies
from backup_auditor.sources.aws.client.owners import Identity, Owners, told_once
from backup_auditor.sources.aws.client.place import MARKER, Place
from backup_auditor.sources.aws.client.rds import NAMELESS
from backup_auditor.sources.aws.client.values import flag, instant, mebibytes, number, tags, text
from backup_auditor.sources.orphans import by_owner

ID = "aws.redshift"
ACTIONS = (
    *PLACE_ACTIONS,
    *recovery_points.ACTIONS,
    "redshift:DescribeClusters",
    "redshift:DescribeClusterSnapshots",
)
TELLS = (*recovery_points.TELLS, Fact.AUTO_BACKUP, Fact.COPIES)
# https://docs.aws.amazon.com/redshift/latest/APIReference/API_Snapshot.html, Status. There is also
# "final snapshot", of a cluster that is being deleted: whether it is complete is not said.
STATES = {
    "available": BackupState.SUCCEEDED,
    "creating": BackupState.RUNNING,
    "failed": BackupState.FAILED,
}
KINDS = {"automated": BackupKind.AUTOMATIC, "manual": BackupKind.MANUAL}
_LONGEST_SECONDS = 30 * 86_400
_Row = Mapping[str, Any]


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    listed = place.rows("redshift", "DescribeClusters", "Clusters", MARKER)
    rows = yield from told_once(listed, _identity)
    owners = Owners(map(_identity, rows))
    found = []
    for row in rows:
        one = _found(place, row)
        if wanted(one.resource):
            found.append(replace(one, copies=(yield from _copies(place, row, owners))))
    backups = by_owner(
        _backup(row, owners) for row in _snapshots(place) if not text(row, "SourceRegion")
    )
    if backups.pop("", None):
        yield SourceError(GapReason.MALFORMED, NAMELESS)
    yield from add_recovery_points(place, "Redshift", found, backups)
    yield from histories(found, backups, wanted)
    if orphans:
        yield from gone(place.scope, backups, owners.__contains__)


def _snapshots(place: Place, **given: str) -> Iterator[_Row]:
    return place.rows("redshift", "DescribeClusterSnapshots", "Snapshots", MARKER, **given)


def _copies(
    place: Place, row: _Row, owners: Owners
) -> Generator[SourceError, None, tuple[Backup, ...] | None]:
    """Return the copies of the snapshots of a cluster, None where they are not told.

    What cannot be asked is yielded.
    """
    status, id_ = row.get("ClusterSnapshotCopyStatus"), text(row, "ClusterIdentifier")
    region = text(status, "DestinationRegion") if isinstance(status, dict) else ""
    if not region:
        return None
    try:
        there = place.elsewhere(region)
        copies = [
            replace(_backup(one, owners), account=place.scope.account, region=region)
            for one in _snapshots(there, ClusterIdentifier=id_)
            if text(one, "SourceRegion") == place.scope.region
        ]
    except SourceError as error:
        yield of_copies(region, error)
        return None
    return tuple(copy for copy in copies if copy.resource_id == id_)


def _identity(row: _Row) -> Identity:
    # Only an inventory tells the namespace; it keeps two rows of one name apart.
    return Identity(
        text(row, "ClusterIdentifier"),
        text(row, "ClusterNamespaceArn"),
        instant(row, "ClusterCreateTime"),
    )


def _found(place: Place, row: _Row) -> Found:
    scope = place.scope
    id_, days = text(row, "ClusterIdentifier"), number(row, "AutomatedSnapshotRetentionPeriod")
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


def _backup(row: _Row, owners: Owners) -> Backup:
    state, kind = text(row, "Status"), text(row, "SnapshotType")
    taken = instant(row, "SnapshotCreateTime")
    return Backup(
        id=text(row, "SnapshotArn", "SnapshotIdentifier"),
        resource_id=owners.owner_of(_identity(row), taken),
        state=STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        finished_at=_finished(row, taken) if state == "available" else None,
        size_bytes=mebibytes(row, "TotalBackupSizeInMegaBytes"),
        name=text(row, "SnapshotIdentifier"),
        resource_name=text(row, "ClusterIdentifier"),
        encrypted=flag(row, "Encrypted"),
    )


def _finished(row: _Row, taken: datetime | None) -> datetime | None:
    seconds = number(row, "ElapsedTimeInSeconds")
    if not taken or not seconds or seconds > _LONGEST_SECONDS:
        return None
    return taken + timedelta(seconds=seconds)
