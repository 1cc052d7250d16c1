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

from backup_auditor.model import Backup, BackupState, History, Past, Reach, Remembered
from backup_auditor.model.past import LISTED, mark_of, second_of

LEAST = Reach(timedelta(days=15), sizes=14)
"""What is remembered if no rule asks for more: what the strip and the sizes of a report show."""
LONGEST = timedelta(days=40)
"""How long a backup is remembered at most, whatever rules ask for."""
MOST = 120
"""How many backups of a resource are remembered at most."""

_UNSETTLED = frozenset({BackupState.RUNNING, BackupState.UNKNOWN})


def look_back(
    history: History, past: Past | None, now: datetime, reach: Reach = LEAST
) -> tuple[History, Past]:
    """Return ``history`` with what is remembered, and the past as the next audit is to know it.

    That goes back as far as ``reach``, and as ``LEAST``.

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
    kept = _recent(known, reach | LEAST, now)
    since = since or listed.oldest(now)
    if len(kept) < len(known) and since:  # what was before the oldest that is kept is not known
        since = max(since, kept[-1].taken_at) if kept else None
    return extended, Past.of(since, listed.settled(now), kept)


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


def _recent(known: Sequence[Remembered], reach: Reach, now: datetime) -> list[Remembered]:
    """Return as many of the newest as are to be kept, with as much of them."""
    newest = sorted((b for b in known if now - b.taken_at <= LONGEST), key=_newest_first)[:MOST]
    inside = sum(now - one.taken_at <= reach.span for one in newest)
    return list(_thinned(newest[: max(inside, reach.sizes)], reach))


def _thinned(kept: Sequence[Remembered], reach: Reach) -> Iterator[Remembered]:
    """Yield backups without sizes that nobody asks about, and without marks that are not needed.

    Times tell backups apart. A mark is for finding out that the provider's clock was changed: then
    all are at other times, and so is the newest one, which no retention deletes first.
    """
    has_newest = False
    for number, one in enumerate(kept):
        size = one.size_bytes if number < reach.sizes else None
        mark = LISTED if one.mark and has_newest else one.mark
        has_newest = has_newest or bool(one.mark)
        yield replace(one, size_bytes=size, mark=mark)
