"""Automated backups of an RDS instance that are replicated to other regions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, GapReason
from backup_auditor.sources.aws.client.failures import of_copies
from backup_auditor.sources.aws.client.place import MARKER, Place
from backup_auditor.sources.aws.client.values import flag, instant, text
from backup_auditor.speech import phrase

_REGION = re.compile(r"[a-z]{2,8}(-[a-z]{2,12}){1,3}-[0-9]{1,2}", re.ASCII)
_OPERATION, _KEY = "DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups"
# The API page names only those of instances here; ``replicating`` is what its example shows of a
# replica: https://docs.aws.amazon.com/cli/latest/reference/rds/describe-db-instance-automated-backups.html
_STATES = {
    "active": BackupState.SUCCEEDED,
    "replicating": BackupState.SUCCEEDED,
    "creating": BackupState.RUNNING,
    "pending": BackupState.RUNNING,
}


def replicas(place: Place, row: Mapping[str, Any]) -> tuple[Backup, ...] | None:
    """Return the replicas of the instance in ``row``; None where there are none.

    Each counts as a backup of the newest moment that can be restored from it. Raises SourceError
    unless all of them tell.
    """
    listed = row.get("DBInstanceAutomatedBackupsReplications")
    arns = [text(one, "DBInstanceAutomatedBackupsArn") for one in listed or [] if one]
    return tuple(copy for arn in arns for copy in _copies(place, arn)) if arns else None


def _rows(there: Place, arn: str) -> Iterator[dict[str, Any]]:
    try:
        yield from there.rows("rds", _OPERATION, _KEY, MARKER, DBInstanceAutomatedBackupsArn=arn)
    except SourceError as error:
        raise of_copies(there.scope.region, error) from None


def _copies(place: Place, arn: str) -> Iterator[Backup]:
    region = (arn.split(":") + [""] * 4)[3]
    if not _REGION.fullmatch(region) or region == place.scope.region:
        detail = phrase("a replicated automated backup names no other region")
        raise SourceError(GapReason.MALFORMED, detail)
    for row in _rows(place.elsewhere(region), arn):
        window, state = row.get("RestoreWindow"), text(row, "Status")
        yield Backup(
            id=text(row, "DBInstanceAutomatedBackupsArn") or arn,
            resource_id=text(row, "DBInstanceIdentifier"),
            state=_STATES.get(state, BackupState.UNKNOWN),
            taken_at=instant(window, "LatestTime") if isinstance(window, dict) else None,
            state_raw=state,
            kind=BackupKind.AUTOMATIC,
            account=place.scope.account,
            region=region,
            encrypted=flag(row, "Encrypted"),
        )
