"""The times that rules go by, and what is said where there are none or they cannot be trusted.

The rules that go by the times of usable backups give the same answers, in the same words, to a
resource that has none, to one whose clock runs ahead, and to a backup whose time is not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from backup_auditor.model import Backup, BackupState, History, Outcome, Resource, Verdict
from backup_auditor.rules import FUTURE_TOLERANCE
from backup_auditor.values import say_duration

_LEFT = (BackupState.FAILED, BackupState.EXPIRED, BackupState.RUNNING, BackupState.UNKNOWN)


def usable_times(history: History) -> list[datetime]:
    """Return when the usable backups were taken, newest first."""
    return [b.taken_at for b in history.usable if b.taken_at]


def creation(resource: Resource, now: datetime) -> datetime | None:
    """Return when ``resource`` was made; None where it is not told or lies in the future."""
    made = resource.created_at
    return None if made is None or made - now > FUTURE_TOLERANCE else made


def missing(history: History, expected: str, *, due_after: timedelta, now: datetime) -> Verdict:
    """Fail for want of a usable backup; the first was due ``due_after`` the creation."""
    if history.backups:
        return Verdict(Outcome.FAIL, _none_left(history.backups), "none", expected)
    made = creation(history.resource, now)
    due = made + due_after if made else None
    since = due if due and due <= now else None
    return Verdict(Outcome.FAIL, "never backed up", "none", expected, since=since)


def _none_left(backups: Iterable[Backup]) -> str:
    states = Counter(b.state for b in backups)
    counted = ", ".join(f"{states[state]} {state}" for state in _LEFT if states[state])
    return f"no usable backup left: {counted}"


def nothing_to_go_by(
    history: History, expected: str, *, due_after: timedelta, now: datetime
) -> Verdict | None:
    """Return the verdict where no time can be gone by; None where there is one to judge."""
    times = usable_times(history)
    if not times and history.has_usable_without_time:
        message = "no usable backup has a time, so no age can be told"
        return Verdict(Outcome.UNKNOWN, message, "no time", expected)
    if not times:
        return missing(history, expected, due_after=due_after, now=now)
    ahead = times[0] - now
    if ahead > FUTURE_TOLERANCE:
        said = say_duration(ahead)
        message = f"the newest backup lies {said} in the future: clocks disagree"
        return Verdict(Outcome.UNKNOWN, message, f"in {said}", expected)
    return None


def say_age(age: timedelta) -> str:
    """Say how old something is; what lies a little ahead of our clock is 0 s old."""
    return say_duration(max(age, timedelta(0)))


def unless_untimed(failure: Verdict, history: History, doubt: str) -> Verdict:
    """Return ``failure``, or unknown where a usable backup without a time may refute it."""
    if not history.has_usable_without_time:
        return failure
    message = f"{failure.message}, but a backup without a time {doubt}"
    return replace(failure, outcome=Outcome.UNKNOWN, message=message)
