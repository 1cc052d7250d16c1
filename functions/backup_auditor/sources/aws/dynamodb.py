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
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Restorable
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Unread, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import recovery_points
from backup_auditor.sources.aws.client.collecting import (
    Found,
    add_recovery_points,
    by_owner,
    gone,
    histories,
)
from backup_auditor.sources.aws.client.place import Paging, Place, nameless
from backup_auditor.sources.aws.client.values import instant, number, text

ID = "aws.dynamodb"
ACTIONS = (
    *PLACE_ACTIONS,
    *recovery_points.ACTIONS,
    "dynamodb:ListTables",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:ListBackups",
)
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
    found: dict[str, Found] = {}
    unread: list[Unread] = []
    for name in place.items("dynamodb", "ListTables", "TableNames", _TABLES):
        if not isinstance(name, str) or not name:
            yield nameless()
            continue
        try:
            key, one = _found(place, name)
        except SourceError as error:
            resource = place.resource(name)
            if wanted(resource):
                unread.append(Unread(resource, error))
            continue
        found[key] = one
    yield from unread
    listed = place.rows("dynamodb", "ListBackups", "BackupSummaries", _BACKUPS, BackupType="ALL")
    by_table = by_owner(map(_backup, listed))
    owners = {one.resource.id: by_table.pop(key, []) for key, one in found.items()}
    yield from add_recovery_points(place, "DynamoDB", found.values(), owners)
    yield from histories(found.values(), owners, wanted)
    if orphans and not unread:
        yield from gone(place.scope, by_table, lambda _: False)


def _found(place: Place, name: str) -> tuple[str, Found]:
    """Return the table's id with the table; raises SourceError."""
    answer = place.ask("dynamodb", "DescribeTable", TableName=name).get("Table")
    table: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    has_window, window = _window(place, name)
    resource = place.resource(
        name,
        state=text(table, "TableStatus"),
        created_at=instant(table, "CreationDateTime"),
        auto_backup=has_window or None,  # AWS Backup may take it all the same
    )
    return text(table, "TableId") or name, Found(resource, text(table, "TableArn"), window)


def _window(place: Place, name: str) -> tuple[bool, Restorable | None]:
    """Return whether point-in-time recovery is on, and what it covers; raises SourceError."""
    answer = place.ask("dynamodb", "DescribeContinuousBackups", TableName=name)
    told: Any = answer.get("ContinuousBackupsDescription") or {}
    window: Any = told.get("PointInTimeRecoveryDescription") or {}
    if text(window, "PointInTimeRecoveryStatus") != "ENABLED":
        return False, None
    since, until = (
        instant(window, "EarliestRestorableDateTime"),
        instant(window, "LatestRestorableDateTime"),
    )
    return True, Restorable(since, until) if since and until and since <= until else None


def _backup(row: Mapping[str, Any]) -> Backup:
    state, kind = text(row, "BackupStatus"), text(row, "BackupType")
    return Backup(
        id=text(row, "BackupArn"),
        resource_id=text(row, "TableId", "TableName"),
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
