"""Builders of nouns for all tests: say what matters to a test, leave the rest to defaults.

Times are given as ages: ``backup(age="2h")`` was taken two hours before ``NOW``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backup_auditor.model import Backup, BackupKind, BackupState, History, Resource, Restorable
from backup_auditor.rules import Moment
from backup_auditor.values import parse_duration

NOW = datetime(2026, 11, 24, 6, 7, tzinfo=UTC)  # as the clock of ``tests.fakes``
SHANGHAI = ZoneInfo("Asia/Shanghai")
MIB = 1024 * 1024


def before(age: str | timedelta, now: datetime = NOW) -> datetime:
    """Return the instant ``age`` before ``now``; ``-2h`` is two hours after it."""
    if isinstance(age, str) and age.startswith("-"):
        return now + parse_duration(age[1:])
    return now - parse_duration(age)


def resource(id: str = "uredis-1", **fields: Any) -> Resource:  # noqa: A002 - as the field is called
    """Return a Redis group in cn-bj2 that is 100 days old, with automatic backup switched on."""
    given: dict[str, Any] = {
        "name": f"prod-{id}",
        "source": "ucloud.uredis",
        "account": "org-test",
        "region": "cn-bj2",
        "created_at": before("100d"),
        "auto_backup": True,
    }
    return Resource(id=id, **(given | fields))


def backup(
    age: str | timedelta | None = "2h",
    state: BackupState = BackupState.SUCCEEDED,
    size: int | None = 10 * MIB,
    **fields: Any,
) -> Backup:
    """Return an automatic backup taken ``age`` before ``NOW``; None = the time is not told."""
    given: dict[str, Any] = {
        "id": f"backup-{age}-{state}",
        "resource_id": "uredis-1",
        "kind": BackupKind.AUTOMATIC,
    }
    taken_at = None if age is None else before(age)
    return Backup(taken_at=taken_at, state=state, size_bytes=size, **(given | fields))


def succeeded(age: str | None = "2h", size: int | None = 10 * MIB, **fields: Any) -> Backup:
    """Return a usable backup."""
    return backup(age, BackupState.SUCCEEDED, size, **fields)


def failed(age: str | None = "2h", **fields: Any) -> Backup:
    """Return a failed backup, which has no size."""
    return backup(age, BackupState.FAILED, None, **fields)


def running(age: str | None = "2h", **fields: Any) -> Backup:
    """Return a backup that is under way."""
    return backup(age, BackupState.RUNNING, None, **fields)


def expired(age: str | None = "2h", **fields: Any) -> Backup:
    """Return a backup that can no longer be restored."""
    return backup(age, BackupState.EXPIRED, **fields)


def unclear(age: str | None = "2h", **fields: Any) -> Backup:
    """Return a backup with a state that we do not know."""
    return backup(age, BackupState.UNKNOWN, **fields)


def history(
    *backups: Backup,
    of: Resource | None = None,
    copies: Sequence[Backup] | None = None,
    restorable: Restorable | None = None,
) -> History:
    """Return the history of ``of`` (a default resource) with ``backups``, given in any order."""
    return History.of(of or resource(), backups, copies=copies, restorable=restorable)


def window(since: str, until: str) -> Restorable:
    """Return what point-in-time recovery covers, as ages."""
    return Restorable(before(since), before(until))


def moment(
    timezone: ZoneInfo = SHANGHAI, *, now: datetime = NOW, due: datetime | None = None
) -> Moment:
    """Return when a rule is asked; ``due`` is the end of the grace of a new resource."""
    return Moment(now, timezone, due)
