"""Amazon RDS: every database instance of its own, with its snapshots and its restore window.

Lists the instances with ``DescribeDBInstances``; members of a cluster (Aurora, Multi-AZ clusters)
are backed up as a cluster, see ``aws.aurora``. Snapshots - automated, manual, and those that AWS
Backup makes - come from ``DescribeDBSnapshots``, and the stretch that point-in-time recovery
covers from ``DescribeDBInstanceAutomatedBackups``. Snapshots whose instance is gone are orphans,
also where another instance has its name now: its id, ``DbiResourceId``, tells them apart. The
automated ones among them are those that AWS lists as retained.

The size of a snapshot is that of all blocks ever written, where RDS tells it: it does not shrink
when data is deleted.

Copies: where automated backups are replicated to another region, that region is asked for them
with the same action, and the newest moment that can be restored there counts as a copy. What is
not seen are copies of single snapshots in other regions and accounts, so a resource without
replication tells nothing of copies. A snapshot here that was copied from another region or account
belongs to the instance there, and is not shown. Nor are snapshots that others share, and backups
exported to S3: see ``s3.objects``.

API: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, GapReason, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client.collecting import Found, gone, histories
from backup_auditor.sources.aws.client.instance_snapshots import instance_snapshots
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
from backup_auditor.sources.aws.client.replicas import replicas
from backup_auditor.sources.aws.client.values import flag, instant, number, tags, text
from backup_auditor.sources.orphans import by_owner
from backup_auditor.speech import phrase

ID = "aws.rds"
ACTIONS = (
    *PLACE_ACTIONS,
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:DescribeDBInstanceAutomatedBackups",
)
TELLS = (Fact.SIZE, Fact.AUTO_BACKUP, Fact.SCHEDULE, Fact.RECOVERY, Fact.ENCRYPTION, Fact.COPIES)
# Engines of other services that the same API lists.
_OTHERS = ("docdb", "neptune")
_Row = Mapping[str, Any]


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    automated = list(_automated(place))  # before the inventory: what is made meanwhile is no gap
    listed = place.rows("rds", "DescribeDBInstances", "DBInstances", MARKER)
    rows = yield from told_once(listed, _identity)
    owners = Owners(map(_identity, rows))
    windows = yield from _windows(automated, owners)
    ours = [(row, _found(place, row, windows)) for row in rows if _is_ours(row)]
    asked = [(row, one) for row, one in ours if wanted(one.resource)]
    found = yield from _with_copies(place, asked)
    retained = [
        one for one in map(_identity, automated) if owners.owner_of(one, None) not in owners
    ]
    askable = [*(_identity(row) for row, _ in asked), *(retained if orphans else ())]
    read = partial(_backup, place.scope, owners)
    backups = by_owner(instance_snapshots(place, askable, read))
    if backups.pop("", None):
        yield SourceError(GapReason.MALFORMED, NAMELESS)
    yield from histories(found, backups, wanted)
    if orphans:
        yield from gone(place.scope, backups, owners.__contains__)


def _is_ours(row: _Row) -> bool:
    return not text(row, "DBClusterIdentifier") and text(row, "Engine") not in _OTHERS


def _with_copies(
    place: Place, asked: Iterable[tuple[_Row, Found]]
) -> Generator[SourceError, None, list[Found]]:
    """Return what was found with its copies; what cannot be asked of them is yielded."""
    found = []
    for (_, one), copies in place.each(lambda pair: replicas(place, pair[0]), asked):
        if isinstance(copies, SourceError):
            yield copies
            found.append(one)
        else:
            found.append(replace(one, copies=copies))
    return found


def _identity(row: _Row) -> Identity:
    return Identity(
        text(row, "DBInstanceIdentifier"),
        text(row, "DbiResourceId"),
        instant(row, "InstanceCreateTime"),
    )


def _automated(place: Place) -> Iterator[_Row]:
    """Yield the automated backups of instances here; replicas of others are listed among them."""
    operation, key = "DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups"
    for row in place.rows("rds", operation, key, MARKER):
        if text(row, "Region") in {"", place.scope.region}:
            yield row


def _windows(
    automated: Iterable[_Row], owners: Owners
) -> Generator[SourceError, None, dict[str, _Row]]:
    """Return the automated backups by the id of their instance."""
    found = {}
    for row in automated:
        owner = owners.owner_of(_identity(row), None)
        if owner in owners:
            found[owner] = row
        elif text(row, "Status") == "active":
            detail = phrase(
                "{id} has active automated backups, but the inventory does not list it",
                id=owner or "?",
            )
            yield SourceError(GapReason.INCOMPLETE, detail)
    return found


def _found(place: Place, row: _Row, windows: Mapping[str, _Row]) -> Found:
    id_ = text(row, "DBInstanceIdentifier")
    window = windows.get(id_, {}).get("RestoreWindow")
    told = window if isinstance(window, dict) else {}
    resource = place.resource(
        id_,
        zone=text(row, "AvailabilityZone"),
        kind=text(row, "Engine"),
        state=text(row, "DBInstanceStatus"),
        created_at=instant(row, "InstanceCreateTime"),
        auto_backup=auto_backup(row),
        tags=tags(row),
        schedule=schedule(row),
    )
    ends = (instant(told, "LatestTime"), instant(row, "LatestRestorableTime"))
    stretch = restorable(instant(told, "EarliestTime"), *ends)
    return Found(resource, text(row, "DBInstanceArn"), stretch)


def _backup(scope: Scope, owners: Owners, row: _Row) -> Backup | None:
    """Return the snapshot in ``row``; None for a copy of one that belongs elsewhere."""
    if is_from_elsewhere(scope, text(row, "SourceDBSnapshotIdentifier")):
        return None
    state, kind = text(row, "Status"), text(row, "SnapshotType")
    taken = instant(row, "OriginalSnapshotCreateTime")
    if kind == "automated" and not taken:  # of a copy the other time tells when it was copied
        taken = instant(row, "SnapshotCreateTime")
    return Backup(
        id=text(row, "DBSnapshotArn", "DBSnapshotIdentifier"),
        resource_id=owners.owner_of(_identity(row), taken),
        state=STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=number(row, "FullSnapshotSizeInBytes"),
        name=text(row, "DBSnapshotIdentifier"),
        resource_name=text(row, "DBInstanceIdentifier"),
        encrypted=flag(row, "Encrypted"),
    )
