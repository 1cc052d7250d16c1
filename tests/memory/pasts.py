"""A provider that deletes old backups, and the audits that look at it now and then.

Everything is told in hours after ``FIRST``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backup_auditor.memory import Memory
from backup_auditor.memory.fields import from_fields, to_fields
from backup_auditor.memory.past import LONGEST, look_back
from backup_auditor.model import Backup, BackupKind, BackupState, History, Past, Reach

from tests.builders import resource
from tests.memory.days import SCOPE

FIRST = datetime(2026, 10, 1, tzinfo=UTC)
MIB = 1 << 20
OLD = FIRST - timedelta(days=365)
FARTHEST = Reach(LONGEST, sizes=28)
SUCCEEDED, FAILED = BackupState.SUCCEEDED, BackupState.FAILED
RUNNING, EXPIRED = BackupState.RUNNING, BackupState.EXPIRED


def hour(number: float) -> datetime:
    """Return the instant of an hour."""
    return FIRST + timedelta(hours=number)


@dataclass(frozen=True)
class Made:
    """A backup that was made once."""

    hour: int
    state: BackupState = SUCCEEDED
    """How it ends."""
    lasts: int = 0
    """Hours until it has."""
    size: int = 10 * MIB

    def listed(self, now: int, *, expired: bool = False) -> Backup:
        """Return it as the provider lists it."""
        ended = RUNNING if now < self.hour + self.lasts else self.state
        state = EXPIRED if expired and ended is SUCCEEDED else ended
        return Backup(
            id=f"backup-{self.hour}",
            resource_id="uredis-1",
            state=state,
            taken_at=hour(self.hour),
            kind=BackupKind.AUTOMATIC,
            size_bytes=self.size,
        )


@dataclass(frozen=True)
class Provider:
    """It has all backups; those older than ``keeps`` are gone, or expired for a while before."""

    made: Sequence[Made]
    keeps: int
    expired_for: int = 0

    def everything(self, now: int) -> list[Backup]:
        """Return what a provider would list that never deletes anything."""
        return [one.listed(now) for one in self.made if one.hour <= now]

    def listed(self, now: int) -> list[Backup]:
        """Return what it lists."""
        ages = [(one, now - one.hour) for one in self.made if one.hour <= now]
        return [
            one.listed(now, expired=age > self.keeps)
            for one, age in ages
            if age <= self.keeps + self.expired_for
        ]


def history(backups: Iterable[Backup]) -> History:
    """Return the history of a resource that is older than all of this."""
    return History.of(resource(created_at=OLD), backups)


def audited(provider: Provider, hours: Sequence[int], reach: Reach = FARTHEST) -> History:
    """Return the history that the last of some audits judges; each has the past of that before."""
    past: Past | None = None
    found = history([])
    for number in hours:
        found, past = look_back(history(provider.listed(number)), past, hour(number), reach)
        past = read_back(past, hour(number))
    return found


def read_back(past: Past, at: datetime) -> Past:
    """Return a past as it is read from the store."""
    memory = Memory("run", at, "sha256:abc", {}, {}, {}, past={(SCOPE, "uredis-1"): past})
    read = from_fields(json.loads(json.dumps(to_fields(memory))))
    assert read == memory, "a past is read as it was written"
    return read.past[SCOPE, "uredis-1"]
