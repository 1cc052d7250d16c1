"""What is collected: resources, and their backups as the provider lists them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from backup_auditor.model.past import Remembered


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One unit of collecting: a source in one account (or project) and one region."""

    source: str
    account: str
    region: str


class BackupState(StrEnum):
    """State of one backup, normalised; only ``succeeded`` is usable."""

    SUCCEEDED = "succeeded"
    RUNNING = "running"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class BackupKind(StrEnum):
    """Who started a backup."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When backups of a resource are made, as its provider tells."""

    cron: str
    """Five cron fields."""
    timezone: str
    """IANA name of the zone that they are meant in."""


@dataclass(frozen=True, slots=True)
class Restorable:
    """A stretch of time of which every moment can be restored (point-in-time recovery)."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that must be backed up, as the provider's inventory lists it."""

    id: str
    name: str
    source: str
    account: str
    region: str
    zone: str = ""
    kind: str = ""
    state: str = ""
    created_at: datetime | None = None
    auto_backup: bool | None = None
    """Whether the provider makes backups by itself; None where the source does not say."""
    tags: Mapping[str, str] = field(default_factory=dict)
    schedule: Schedule | None = None
    """When backups are due; None where the source does not say."""

    @property
    def provider(self) -> str:
        """Part of the source id before the dot, e.g. ``ucloud``."""
        return self.source.partition(".")[0]


# A backup that a moving list shows twice counts once, in the later of its possible states;
# an unknown or bad state outranks a good one, so that a duplicate can never improve a result.
_STATE_ORDER = (
    BackupState.RUNNING,
    BackupState.SUCCEEDED,
    BackupState.UNKNOWN,
    BackupState.EXPIRED,
    BackupState.FAILED,
)


@dataclass(frozen=True, slots=True)
class Backup:
    """One recovery point of a resource."""

    id: str
    resource_id: str
    state: BackupState
    taken_at: datetime | None
    """When it was started: the moment that its data stands for."""
    state_raw: str = ""
    kind: BackupKind = BackupKind.UNKNOWN
    kind_raw: str = ""
    finished_at: datetime | None = None
    size_bytes: int | None = None
    name: str = ""
    resource_name: str = ""
    account: str = ""
    region: str = ""
    """Where it lies; empty: where its resource is."""
    encrypted: bool | None = None
    """None where the source does not say."""
    locked_until: datetime | None = None
    """Until when nobody can delete it: long past where nothing protects it; None where the source
    does not say."""
    is_clean: bool | None = None
    """Whether it was completed without any issue; None where the source does not say."""

    @property
    def is_usable(self) -> bool:
        """A usable backup has succeeded and is not expired."""
        return self.state is BackupState.SUCCEEDED

    def _precedence(self) -> tuple[int, float, int]:
        taken = self.taken_at.timestamp() if self.taken_at else float("inf")
        size = self.size_bytes if self.size_bytes is not None else -1
        return (_STATE_ORDER.index(self.state), -taken, -size)

    def _newest_first(self) -> tuple[float, str]:
        return (-self.taken_at.timestamp() if self.taken_at else float("inf"), self.id)


@dataclass(frozen=True, slots=True)
class History:
    """A resource with its backups: all that a rule may see. Build it with ``History.of``."""

    resource: Resource
    backups: tuple[Backup, ...]
    """Newest first, unique by id, those without a time last."""
    usable: tuple[Backup, ...]
    """The usable ones among ``backups`` that have a time, newest first."""
    has_usable_without_time: bool
    """A usable backup exists whose time the provider does not tell: it helps no rule to pass."""
    remembered: tuple[Remembered, ...] = ()
    """Usable ones of earlier audits that the provider has deleted or let expire since, newest
    first. They cannot be restored: they only tell of the past."""
    known_since: datetime | None = None
    """From here on no backup escaped the audits; None where only the list tells of the past."""
    copies: tuple[Backup, ...] | None = None
    """Copies in other regions or accounts, newest first; None where the source does not say. They
    are no backups of their own: nothing else counts them."""
    restorable: Restorable | None = None
    """What point-in-time recovery covers; None where there is none or the source does not say."""

    @property
    def usable_before(self) -> Sequence[Remembered]:
        """The remembered ones from before the newest usable one that is listed, newest first.

        Retention deletes the oldest first. What is gone and newer than all that is left was not
        there for its time, and tells nothing.
        """
        newest = self.usable[0].taken_at if self.usable else None
        return [b for b in self.remembered if newest and b.taken_at < newest]

    @property
    def usable_ever(self) -> Sequence[Backup | Remembered]:
        """``usable`` with ``usable_before``, newest first: for what asks about the past."""
        if not self.remembered:
            return self.usable
        return sorted([*self.usable, *self.usable_before], key=_time, reverse=True)

    @classmethod
    def of(
        cls,
        resource: Resource,
        backups: Iterable[Backup],
        *,
        copies: Iterable[Backup] | None = None,
        restorable: Restorable | None = None,
    ) -> History:
        """Order and de-duplicate: neither the order nor repeats of ``backups`` matter."""
        ordered = _ordered(backups)
        usable = tuple(b for b in ordered if b.is_usable and b.taken_at is not None)
        untimed = any(b.is_usable and b.taken_at is None for b in ordered)
        others = None if copies is None else _ordered(copies)
        return cls(resource, ordered, usable, untimed, copies=others, restorable=restorable)


def _ordered(backups: Iterable[Backup]) -> tuple[Backup, ...]:
    unique: dict[str, Backup] = {}
    for backup in backups:
        known = unique.get(backup.id)
        if known is None or known._precedence() < backup._precedence():  # noqa: SLF001
            unique[backup.id] = backup
    return tuple(sorted(unique.values(), key=Backup._newest_first))  # noqa: SLF001


def _time(backup: Backup | Remembered) -> float:
    return backup.taken_at.timestamp() if backup.taken_at else 0.0


@dataclass(frozen=True, slots=True)
class Orphan:
    """Backups whose resource is gone."""

    source: str
    account: str
    region: str
    resource_id: str
    name: str
    backups: int
    newest_at: datetime | None
