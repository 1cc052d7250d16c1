"""What instances and clusters have in common in the API of RDS.

The engines of Aurora, DocumentDB and Neptune are served by one API, which lists all of them:
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backup_auditor.model import BackupKind, BackupState, Restorable, Schedule, Scope
from backup_auditor.sources.aws.client.values import daily, number, text
from backup_auditor.speech import phrase

STATES = {
    "available": BackupState.SUCCEEDED,
    "creating": BackupState.RUNNING,
    "copying": BackupState.RUNNING,
    "failed": BackupState.FAILED,
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBClusterSnapshot.html, Status."""
KINDS = {
    "automated": BackupKind.AUTOMATIC,
    "awsbackup": BackupKind.AUTOMATIC,
    "manual": BackupKind.MANUAL,
}
NAMELESS = phrase("a snapshot of the list does not say what it is of")
"""What is wrong with a list that has such a snapshot."""


def is_from_elsewhere(scope: Scope, source_arn: str) -> bool:
    """Return whether ``source_arn``, that of the snapshot copied, is of another region or account.

    ``arn:partition:rds:region:account:snapshot:name``; empty where nothing was copied.
    """
    parts = source_arn.split(":")
    return bool(source_arn) and parts[3:5] != [scope.region, scope.account]


def auto_backup(row: Mapping[str, Any]) -> bool | None:
    """Return whether backups are made automatically: for so many days, or not at all for 0."""
    days = number(row, "BackupRetentionPeriod")
    return None if days is None else days > 0


def schedule(row: Mapping[str, Any]) -> Schedule | None:
    """Return when automatic backups are due, where they are made."""
    return daily(text(row, "PreferredBackupWindow")) if auto_backup(row) else None


def restorable(since: datetime | None, *until: datetime | None) -> Restorable | None:
    """Return the stretch that can be restored; the earliest end that is told counts."""
    end = min((one for one in until if one), default=None)
    return Restorable(since, end) if since and end and since <= end else None
