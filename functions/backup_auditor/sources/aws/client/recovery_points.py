"""What AWS Backup holds: recovery points of all vaults of a region, by the ARN of their resource.

API: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from backup_auditor.model import Backup, BackupKind, BackupState, Fact
from backup_auditor.sources.aws.client.place import NEXT_TOKEN, Place
from backup_auditor.sources.aws.client.values import flag, instant, number, text

ACTIONS = ("backup:ListBackupVaults", "backup:ListRecoveryPointsByBackupVault")
TELLS = (Fact.SIZE, Fact.END, Fact.ENCRYPTION, Fact.CLEANLINESS, Fact.LOCK)
_STATES = {
    "COMPLETED": BackupState.SUCCEEDED,
    "AVAILABLE": BackupState.SUCCEEDED,  # of continuous backup
    "CREATING": BackupState.RUNNING,
    "PARTIAL": BackupState.FAILED,
    "EXPIRED": BackupState.EXPIRED,
    "DELETING": BackupState.EXPIRED,
}
_FOREVER = datetime(2200, 12, 31, tzinfo=UTC)  # the last year that files hold
_SNAPSHOT = ":snapshot/"


def recovery_points(place: Place, kind: str = "") -> Iterator[tuple[str, Backup]]:
    """Yield every recovery point with its resource's ARN; raises SourceError.

    ``kind`` is a resource type of AWS Backup, such as ``RDS``; empty for all.
    """
    only = {"ByResourceType": kind} if kind else {}
    now = place.outside.now()

    def listed(vault: Mapping[str, Any]) -> list[tuple[str, Backup]]:
        name = text(vault, "BackupVaultName")
        rows = place.rows(
            "backup",
            "ListRecoveryPointsByBackupVault",
            "RecoveryPoints",
            NEXT_TOKEN,
            BackupVaultName=name,
            **only,
        )
        return [(text(row, "ResourceArn"), _point(row, vault, now)) for row in rows]

    vaults = place.rows("backup", "ListBackupVaults", "BackupVaultList", NEXT_TOKEN)
    for points in place.all(listed, vaults):
        yield from points


def _point(row: Mapping[str, Any], vault: Mapping[str, Any], now: datetime) -> Backup:
    arn, state = text(row, "RecoveryPointArn"), text(row, "Status")
    taken = instant(row, "CreationDate") or instant(row, "InitiationDate")
    return Backup(
        # A snapshot of EBS is known by its own id.
        id=arn.rpartition(_SNAPSHOT)[2] if _SNAPSHOT in arn else arn,
        resource_id=text(row, "ResourceArn"),
        state=_STATES.get(state, BackupState.UNKNOWN),
        taken_at=taken,
        state_raw=state,
        kind=BackupKind.AUTOMATIC if row.get("CreatedBy") else BackupKind.MANUAL,
        kind_raw="backup plan" if row.get("CreatedBy") else "on demand",
        finished_at=instant(row, "CompletionDate"),
        size_bytes=number(row, "BackupSizeInBytes") or None,  # 0 for what AWS Backup does not size
        name=text(vault, "BackupVaultName"),
        resource_name=text(row, "ResourceName"),
        encrypted=flag(row, "IsEncrypted"),
        locked_until=_locked_until(row, vault, taken, now),
        is_clean=not text(row, "StatusMessage") if state == "COMPLETED" else None,
    )


def _locked_until(
    row: Mapping[str, Any], vault: Mapping[str, Any], taken: datetime | None, now: datetime
) -> datetime | None:
    """Return until when nobody can delete it.

    Only a vault lock in compliance mode binds everybody, and that once its date has come: one in
    governance mode has no date.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """
    locked, since = flag(vault, "Locked"), instant(vault, "LockDate")
    if locked is None:
        return None
    if not locked or since is None or since > now:
        return taken
    lifecycle = row.get("CalculatedLifecycle")
    ends = instant(lifecycle, "DeleteAt") if isinstance(lifecycle, dict) else None
    return ends or _FOREVER
