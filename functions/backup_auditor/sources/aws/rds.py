"""Amazon RDS: every database instance of its own, with its snapshots and its restore window.

Lists the instances with ``DescribeDBInstances``; members of a cluster (Aurora, Multi-AZ clusters)
are backed up as a cluster, see ``aws.aurora``. Snapshots - automated, manual, and those that AWS
Backup makes - come from ``DescribeDBSnapshots``, and the stretch that point-in-time recovery
covers from ``DescribeDBInstanceAutomatedBackups``. Snapshots whose instance is gone are orphans.

The size of a snapshot is not told: what is told is the size of the disk, which says nothing of the
data. Backups exported to S3 are not seen here: see ``s3.objects``.

API: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    GapReason,
    Resource,
    Restorable,
    Scope,
)
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client.collecting import Found, by_owner, gone, histories
from backup_auditor.sources.aws.client.place import MARKER, Place
from backup_auditor.sources.aws.client.values import flag, instant, number, tags, text
from backup_auditor.speech import phrase

ID = "aws.rds"
ACTIONS = (
    *PLACE_ACTIONS,
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:DescribeDBInstanceAutomatedBackups",
)
# Engines of other services that the same API lists.
_OTHERS = ("docdb", "neptune")
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshot.html, Status
STATES = {
    "available": BackupState.SUCCEEDED,
    "creating": BackupState.RUNNING,
    "failed": BackupState.FAILED,
}
KINDS = {
    "automated": BackupKind.AUTOMATIC,
    "awsbackup": BackupKind.AUTOMATIC,
    "manual": BackupKind.MANUAL,
}


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    found: dict[str, Found] = {}
    windows = dict(_windows(place))
    known: set[str] = set()
    for row in place.rows("rds", "DescribeDBInstances", "DBInstances", MARKER):
        id_ = text(row, "DBInstanceIdentifier")
        known.add(id_)
        if not id_:
            yield SourceError(GapReason.MALFORMED, phrase("an instance of the inventory has no id"))
        elif not text(row, "DBClusterIdentifier") and text(row, "Engine") not in _OTHERS:
            found[id_] = _found(row, place.scope, windows)
    owners = by_owner(_snapshots(place))
    yield from histories(found.values(), owners, wanted)
    if orphans:
        yield from gone(place.scope, owners, known.__contains__)


def _windows(place: Place) -> Iterator[tuple[str, Restorable]]:
    """Yield the restore window of each instance that has one."""
    operation, key = "DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups"
    for row in place.rows("rds", operation, key, MARKER):
        window = row.get("RestoreWindow")
        if text(row, "Status") == "active" and isinstance(window, dict):
            since, until = instant(window, "EarliestTime"), instant(window, "LatestTime")
            if since and until and since <= until:
                yield text(row, "DBInstanceIdentifier"), Restorable(since, until)


def _snapshots(place: Place) -> Iterator[Backup]:
    # Those of AWS Backup are documented to be listed only by their type.
    for kind in ({}, {"SnapshotType": "awsbackup"}):
        for row in place.rows("rds", "DescribeDBSnapshots", "DBSnapshots", MARKER, **kind):
            yield _backup(row)


def _found(row: Mapping[str, Any], scope: Scope, windows: Mapping[str, Restorable]) -> Found:
    id_, days = text(row, "DBInstanceIdentifier"), number(row, "BackupRetentionPeriod")
    resource = Resource(
        id=id_,
        name=id_,
        source=scope.source,
        account=scope.account,
        region=scope.region,
        zone=text(row, "AvailabilityZone"),
        kind=text(row, "Engine"),
        state=text(row, "DBInstanceStatus"),
        created_at=instant(row, "InstanceCreateTime"),
        auto_backup=None if days is None else days > 0,
        tags=tags(row),
    )
    return Found(resource, text(row, "DBInstanceArn"), windows.get(id_))


def _backup(row: Mapping[str, Any]) -> Backup:
    state, kind = text(row, "Status"), text(row, "SnapshotType")
    owner = text(row, "DBInstanceIdentifier")
    # A copy keeps the time at which the original was taken.
    taken = instant(row, "OriginalSnapshotCreateTime") or instant(row, "SnapshotCreateTime")
    return Backup(
        id=text(row, "DBSnapshotArn", "DBSnapshotIdentifier"),
        resource_id=owner,
        state=STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        name=text(row, "DBSnapshotIdentifier"),
        resource_name=owner,
        encrypted=flag(row, "Encrypted"),
    )
