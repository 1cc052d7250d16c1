"""What an audit adds to the past of a resource, and what the past adds to its history.

What the provider lists now is always taken as it is listed. What it lists no longer was deleted
by retention, as far as anybody can tell, and what it lists as expired is as good as deleted: both
cannot be restored, and were there in their time. A backup that is listed as failed, or in any other
state, was never one to rely on, whatever an earlier audit saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backup_auditor.model import Backup, BackupState, History, Past, Remembered
from backup_auditor.model.past import mark_of, second_of

LONGEST = timedelta(days=40)
"""How long a backup is remembered: longer than rules look back, if nobody asks for more."""
MOST = 120
"""How many backups of a resource are remembered."""
_SIZES = 28
"""How many sizes are remembered: more than a size is held against, if nobody asks for more."""

_UNSETTLED = frozenset({BackupState.RUNNING, BackupState.UNKNOWN})


def look_back(history: History, past: Past | None, now: datetime) -> tuple[History, Past]:
    """Return ``history`` with what is remembered, and the past as the next audit is to know it.

    Where clocks were changed nothing is remembered: it would be of other times.
    """
    listed = _Listed.of(history.backups)
    gone = list(_gone(history, past, listed, now)) if past and _is_sound(past, listed, now) else []
    since = past.since if past and _goes_on(past, listed, now) else None
    extended = replace(
        history,
        remembered=tuple(sorted(gone, key=_newest_first)),
        known_since=since,
    )
    known = [*listed.usable(now), *extended.remembered]
    return extended, _kept(known, since or listed.oldest(now), listed.settled(now), now)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The backups that the provider lists, by what a past knows of them."""

    by_mark: dict[str, Backup]
    by_second: dict[datetime, Backup]
    times: Sequence[datetime]
    """Newest first."""
    unsettled: Sequence[datetime]
    """Of those that may still become usable; newest first."""

    @classmethod
    def of(cls, backups: Sequence[Backup]) -> _Listed:
        timed = [(b.taken_at, b) for b in backups if b.taken_at]
        return cls(
            by_mark={mark_of(b.id): b for b in backups},
            by_second={second_of(taken): b for taken, b in timed},
            times=[taken for taken, _ in timed],
            unsettled=[taken for taken, b in timed if b.state in _UNSETTLED],
        )

    def oldest(self, now: datetime) -> datetime | None:
        """When the oldest one was taken that is not to come."""
        return self.times[-1] if self.times and self.times[-1] <= now else None

    def settled(self, now: datetime) -> datetime:
        """Until when it is known what became of every backup."""
        return min([now, *self.unsettled[-1:]])

    def usable(self, now: datetime) -> Iterator[Remembered]:
        """Yield what may be deleted until the next audit; what is to come is not believed."""
        for mark, one in self.by_mark.items():
            if one.is_usable and one.taken_at and one.taken_at <= now:
                yield Remembered(second_of(one.taken_at), one.size_bytes, one.kind, mark)

    def match(self, one: Remembered) -> Backup | None:
        """Return a backup as it is listed now; one that was not listed last time by its time."""
        return self.by_mark.get(one.mark) or self.by_second.get(one.taken_at)


def _newest_first(one: Remembered) -> tuple[float, str]:
    return -one.taken_at.timestamp(), one.mark


def _is_sound(past: Past, listed: _Listed, now: datetime) -> bool:
    """Return whether the clocks are those of the last audit, ours and the provider's."""
    moved = (b for one in past if (b := listed.by_mark.get(one.mark)) and not _is_at(b, one))
    return past.settled_at <= now and next(moved, None) is None


def _is_at(backup: Backup, one: Remembered) -> bool:
    return backup.taken_at is not None and second_of(backup.taken_at) == one.taken_at


def _goes_on(past: Past, listed: _Listed, now: datetime) -> bool:
    """Return whether no backup can have come and gone between the last audit and this one."""
    oldest = listed.oldest(now)
    reaches = oldest is not None and oldest <= past.settled_at
    return reaches and _is_sound(past, listed, now)


def _gone(history: History, past: Past, listed: _Listed, now: datetime) -> Iterator[Remembered]:
    """Yield what the provider has deleted or let expire."""
    made = history.resource.created_at
    for one in past:
        backup = listed.match(one)
        if one.taken_at > now or (made and one.taken_at < second_of(made)):
            continue  # it cannot be one of this resource
        if backup is None:
            yield replace(one, mark="")
        elif backup.state is BackupState.EXPIRED:
            yield replace(one, mark=mark_of(backup.id))


def _kept(
    known: Sequence[Remembered], since: datetime | None, settled_at: datetime, now: datetime
) -> Past:
    """Return as much of the past as is to be kept."""
    recent = [one for one in known if now - one.taken_at <= LONGEST]
    kept = sorted(recent, key=_newest_first)[:MOST]
    if len(kept) < len(known) and since:  # what was before the oldest that is kept is not known
        since = max(since, kept[-1].taken_at) if kept else None
    measured = kept[:_SIZES]
    unmeasured = (replace(one, size_bytes=None) for one in kept[_SIZES:])
    return Past.of(since, settled_at, [*measured, *unmeasured])
