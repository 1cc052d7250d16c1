"""Amazon DynamoDB: every table, with its backups and the window of its point-in-time recovery.

Lists the tables with ``ListTables`` and ``DescribeTable``, all backups of the region with
``ListBackups`` (on demand, by the system, by AWS Backup), what only AWS Backup lists, and the
window of each table with ``DescribeContinuousBackups``. A backup of a table that was deleted and
made anew under the same name is that of the old one: an orphan.

DynamoDB encrypts all backups. Exports to S3 are not seen here: see ``s3.objects``.

API: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import partial
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Fact, Restorable
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Unread, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import recovery_points
from backup_auditor.sources.aws.client.collecting import Found, add_recovery_points, gone, histories
from backup_auditor.sources.aws.client.owners import Identity, Owners
from backup_auditor.sources.aws.client.place import Paging, Place, malformed, nameless
from backup_auditor.sources.aws.client.values import instant, number, text
from backup_auditor.sources.orphans import by_owner

ID = "aws.dynamodb"
ACTIONS = (
    *PLACE_ACTIONS,
    *recovery_points.ACTIONS,
    "dynamodb:ListTables",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:ListBackups",
)
TELLS = (*recovery_points.TELLS, Fact.AUTO_BACKUP, Fact.RECOVERY)
_TABLES = Paging("ExclusiveStartTableName", "LastEvaluatedTableName")
_BACKUPS = Paging("ExclusiveStartBackupArn", "LastEvaluatedBackupArn")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BackupSummary.html
_STATES = {
    "AVAILABLE": BackupState.SUCCEEDED,
    "CREATING": BackupState.RUNNING,
    "DELETED": BackupState.EXPIRED,
}
_KINDS = {
    "USER": BackupKind.MANUAL,
    "SYSTEM": BackupKind.AUTOMATIC,
    "AWS_BACKUP": BackupKind.AUTOMATIC,
}


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, _read)


def _read(place: Place, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
    names = []
    for name in place.items("dynamodb", "ListTables", "TableNames", _TABLES):
        if isinstance(name, str) and name:
            names.append(name)
        else:
            yield nameless()
    found: list[Found] = []
    tables: list[Identity] = []
    for name, told in place.each(partial(_found, place), names):
        if isinstance(told, SourceError):
            tables.append(Identity(name))
            if wanted(place.resource(name)):
                yield Unread(place.resource(name), told)
        else:
            tables.append(told[0])
            found.append(told[1])
    owners = Owners(tables)
    listed = place.rows("dynamodb", "ListBackups", "BackupSummaries", _BACKUPS, BackupType="ALL")
    backups = by_owner(_backup(row, owners) for row in listed)
    yield from add_recovery_points(place, "DynamoDB", found, backups)
    yield from histories(found, backups, wanted)
    if orphans:
        yield from gone(place.scope, backups, owners.__contains__)


def _found(place: Place, name: str) -> tuple[Identity, Found]:
    """Return one table; raises SourceError."""
    answer = place.ask("dynamodb", "DescribeTable", TableName=name)
    table: Mapping[str, Any] = answer.get("Table") or {}
    if text(table, "TableName") != name:
        raise malformed("dynamodb", "DescribeTable")
    has_window, window = _window(place, name)
    created = instant(table, "CreationDateTime")
    resource = place.resource(
        name,
        state=text(table, "TableStatus"),
        created_at=created,
        auto_backup=has_window or None,  # AWS Backup may take it all the same
    )
    identity = Identity(name, text(table, "TableId"), created)
    return identity, Found(resource, text(table, "TableArn"), window)


def _window(place: Place, name: str) -> tuple[bool, Restorable | None]:
    """Return whether point-in-time recovery is on, and what it covers; raises SourceError."""
    operation = "DescribeContinuousBackups"
    answer = place.ask("dynamodb", operation, TableName=name)
    told: Any = answer.get("ContinuousBackupsDescription") or {}
    if not text(told, "ContinuousBackupsStatus"):
        raise malformed("dynamodb", operation)
    window: Any = told.get("PointInTimeRecoveryDescription") or {}
    if text(window, "PointInTimeRecoveryStatus") != "ENABLED":
        return False, None
    since, until = (
        instant(window, "EarliestRestorableDateTime"),
        instant(window, "LatestRestorableDateTime"),
    )
    return True, Restorable(since, until) if since and until and since <= until else None


def _backup(row: Mapping[str, Any], owners: Owners) -> Backup:
    state, kind = text(row, "BackupStatus"), text(row, "BackupType")
    table = Identity(text(row, "TableName"), text(row, "TableId"))
    return Backup(
        id=text(row, "BackupArn"),
        resource_id=owners.owner_of(table, instant(row, "BackupCreationDateTime")),
        state=_STATES.get(state, BackupState.UNKNOWN),
        taken_at=instant(row, "BackupCreationDateTime"),
        state_raw=state,
        kind=_KINDS.get(kind, BackupKind.UNKNOWN),
        kind_raw=kind,
        size_bytes=number(row, "BackupSizeBytes"),
        name=text(row, "BackupName"),
        resource_name=text(row, "TableName"),
        encrypted=True,
    )
