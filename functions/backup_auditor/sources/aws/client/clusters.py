"""Clusters of the RDS API with their snapshots: Aurora, Multi-AZ clusters, DocumentDB, Neptune.

The API of RDS lists the clusters of all engines, with what the APIs of DocumentDB and Neptune leave
out: tags, and the id of the cluster that a snapshot is of. The permissions of all are those of RDS:
https://docs.aws.amazon.com/documentdb/latest/developerguide/UsingWithRDS.IAM.ResourcePermissions.html
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, GapReason, Scope
from backup_auditor.sources import Collected, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, Read
from backup_auditor.sources.aws.client.collecting import Found, gone, histories
from backup_auditor.sources.aws.client.owners import Identity, Owners, told_once
from backup_auditor.sources.aws.client.place import MARKER, Place
from backup_auditor.sources.aws.client.rds import (
    KINDS,
    NAMELESS,
    STATES,
    auto_backup,
    is_from_elsewhere,
    restorable,
    schedule,
)
from backup_auditor.sources.aws.client.values import flag, instant, tags, text
from backup_auditor.sources.orphans import by_owner

ACTIONS = (*PLACE_ACTIONS, "rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots")
TELLS = (Fact.AUTO_BACKUP, Fact.SCHEDULE, Fact.RECOVERY, Fact.ENCRYPTION)
_APART = frozenset({"docdb", "neptune"})
_ARN = "DBClusterSnapshotArn"
_COPIED = "SourceDBClusterSnapshotArn"
_LONGEST_CHAIN = 20
_Row = Mapping[str, Any]


def clusters(engine: str = "") -> Read:
    """Return what reads the clusters of ``engine``; by default of all but DocumentDB and Neptune.

    An engine that nobody knows is not left out by default: a cluster that no source lists would be
    missed by nobody.
    """
    others = _APART - {engine}
    given = {"Filters": [{"Name": "engine", "Values": [engine]}]} if engine else {}

    def read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
        def of_ours(rows: Iterator[_Row]) -> Iterator[Any]:
            return (row for row in rows if text(row, "Engine") not in others)

        listed = place.rows("rds", "DescribeDBClusters", "DBClusters", MARKER, **given)
        rows = yield from told_once(of_ours(listed), _identity)
        owners = Owners(map(_identity, rows))
        taken = of_ours(_snapshots(place, **given))
        backups = by_owner(_backups(place.scope, list(taken), owners))
        if backups.pop("", None):
            yield SourceError(GapReason.MALFORMED, NAMELESS)
        yield from histories((_found(place, row) for row in rows), backups, wanted)
        if orphans:
            yield from gone(place.scope, backups, owners.__contains__)

    return read


def _snapshots(place: Place, **given: Any) -> Iterator[dict[str, Any]]:
    """Yield all snapshots of the account here; those of AWS Backup are listed by their type."""
    operation, key = "DescribeDBClusterSnapshots", "DBClusterSnapshots"
    for kind in ({}, {"SnapshotType": "awsbackup"}):
        yield from place.rows("rds", operation, key, MARKER, **kind, **given)


def _identity(row: _Row) -> Identity:
    return Identity(
        text(row, "DBClusterIdentifier"),
        text(row, "DbClusterResourceId"),
        instant(row, "ClusterCreateTime"),
    )


def _found(place: Place, row: _Row) -> Found:
    id_ = text(row, "DBClusterIdentifier")
    resource = place.resource(
        id_,
        kind=text(row, "Engine"),
        state=text(row, "Status"),
        created_at=instant(row, "ClusterCreateTime"),
        auto_backup=auto_backup(row),
        tags=tags(row),
        schedule=schedule(row),
    )
    stretch = restorable(
        instant(row, "EarliestRestorableTime"), instant(row, "LatestRestorableTime")
    )
    return Found(resource, text(row, "DBClusterArn"), stretch)


def _backups(scope: Scope, rows: list[_Row], owners: Owners) -> Iterator[Backup]:
    by_arn = {arn: row for row in rows if (arn := text(row, _ARN))}
    for row in rows:
        first = _original(row, by_arn)
        if not is_from_elsewhere(scope, text(first, _COPIED)):
            known = not text(first, _COPIED)
            yield _backup(row, owners, first if known else {})


def _original(row: _Row, by_arn: Mapping[str, _Row]) -> _Row:
    """Return the snapshot that ``row`` is a copy of, as far as the list leads."""
    for _ in range(_LONGEST_CHAIN):
        before = by_arn.get(text(row, _COPIED))
        if before is None:
            break
        row = before
    return row


def _backup(row: _Row, owners: Owners, original: _Row) -> Backup:
    """Return the snapshot in ``row``; only ``original`` tells of when its data is."""
    state, kind = text(row, "Status"), text(row, "SnapshotType")
    taken = instant(original, "SnapshotCreateTime")
    return Backup(
        id=text(row, _ARN, "DBClusterSnapshotIdentifier"),
        resource_id=owners.owner_of(_identity(row), taken),
        state=STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        name=text(row, "DBClusterSnapshotIdentifier"),
        resource_name=text(row, "DBClusterIdentifier"),
        encrypted=flag(row, "StorageEncrypted"),
    )
