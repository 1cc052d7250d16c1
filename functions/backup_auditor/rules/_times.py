"""The times that rules go by, and what is said where there are none or they cannot be trusted.

The rules that go by the times of usable backups give the same answers, in the same words, to a
resource that has none, to one whose clock runs ahead, and to a backup whose time is not told.
Where a source tells what point-in-time recovery covers, they go by that as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from backup_auditor.model import Backup, BackupState, History, Outcome, Resource, Verdict
from backup_auditor.rules import FUTURE_TOLERANCE
from backup_auditor.speech import Phrase, phrase

NONE = phrase("none")
NO_TIME = phrase("no time")

_LEFT = {
    BackupState.FAILED: phrase("{n} failed", n=""),
    BackupState.EXPIRED: phrase("{n} expired", n=""),
    BackupState.RUNNING: phrase("{n} running", n=""),
    BackupState.UNKNOWN: phrase("{n} unknown", n=""),
}


def usable_times(history: History) -> list[datetime]:
    """Return when the usable backups were taken, newest first."""
    return [b.taken_at for b in history.usable if b.taken_at]


def past_times(history: History) -> list[datetime]:
    """Return the same with those that earlier audits saw, to judge what has been."""
    return [b.taken_at for b in history.usable_ever if b.taken_at]


def newest_moment(history: History) -> datetime | None:
    """Return the newest moment that can be restored: of a usable backup, or point-in-time."""
    until = [history.restorable.until] if history.restorable else []
    return max([*usable_times(history)[:1], *until], default=None)


def creation(resource: Resource, now: datetime) -> datetime | None:
    """Return when ``resource`` was made; None where it is not told or lies in the future."""
    made = resource.created_at
    return None if made is None or made - now > FUTURE_TOLERANCE else made


def missing(history: History, expected: str, *, due_after: timedelta, now: datetime) -> Verdict:
    """Fail for want of a usable backup; the first was due ``due_after`` the creation."""
    if history.backups:
        return Verdict(Outcome.FAIL, _none_left(history.backups), NONE, expected)
    made = creation(history.resource, now)
    due = made + due_after if made else None
    since = due if due and due <= now else None
    return Verdict(Outcome.FAIL, phrase("never backed up"), NONE, expected, since=since)


def _none_left(backups: Iterable[Backup]) -> Phrase:
    states = Counter(b.state for b in backups)
    left = [phrase(said.message, n=str(states[s])) for s, said in _LEFT.items() if states[s]]
    return phrase("no usable backup left: {left}", left=left)


def nothing_to_go_by(
    history: History, expected: str, *, due_after: timedelta, now: datetime
) -> Verdict | None:
    """Return the verdict where no time can be gone by; None where there is one to judge."""
    newest = newest_moment(history)
    if newest is None and history.has_usable_without_time:
        message = phrase("no usable backup has a time, so no age can be told")
        return Verdict(Outcome.UNKNOWN, message, NO_TIME, expected)
    if newest is None:
        return missing(history, expected, due_after=due_after, now=now)
    ahead = newest - now
    if ahead > FUTURE_TOLERANCE:
        message = phrase("the newest backup lies {span} in the future: clocks disagree", span=ahead)
        if newest not in usable_times(history)[:1]:
            message = phrase(
                "point-in-time recovery until {span} in the future: clocks disagree", span=ahead
            )
        return Verdict(Outcome.UNKNOWN, message, phrase("in {span}", span=ahead), expected)
    return None


def age_of(instant: datetime, now: datetime) -> timedelta:
    """Return how old something is said to be; what lies a little ahead of our clock is 0 s old."""
    return max(now - instant, timedelta(0))


def unless_untimed(failure: Verdict, history: History, doubt: Phrase) -> Verdict:
    """Return ``failure``, or unknown where a usable backup without a time may refute it.

    ``doubt`` is half a sentence, such as "a backup without a time may be newer".
    """
    if not history.has_usable_without_time:
        return failure
    message = phrase("{finding}, but {doubt}", finding=failure.message, doubt=doubt)
    return replace(failure, outcome=Outcome.UNKNOWN, message=message)
