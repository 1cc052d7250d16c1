"""The newest usable backup is not too old.

Why: a backup that stopped silently is the most common reason why there is none on the day it is
needed. This rule asks for the age of the newest backup that could really be restored.

Options:

* ``max``: the greatest age, such as ``26h``. A daily backup needs a little more than a day.
* ``schedule``: instead of ``max``, when backups are made, as five cron fields in ``timezone``.
* ``tolerance``: with ``schedule``, how long after a tick the backup may be missing (2h).
* ``kinds``: only backups of these kinds count, ``automatic`` or ``manual`` (any).

Fails when the newest usable backup is older than ``max``, or older than the last tick of
``schedule`` that lies ``tolerance`` or more before now; and when there is no usable backup.
Unknown when the newest one lies more than 5 minutes in the future, or when one has no time: then
no age can be told.

What to do: look at the backup settings in the console, make a backup by hand now, then find out
why the last ones are missing.

Example::

    last_success_age: {max: 26h, severity: critical}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator, model_validator

from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    History,
    Outcome,
    Resource,
    Verdict,
)
from backup_auditor.rules import FUTURE_TOLERANCE, Moment, RuleOptions
from backup_auditor.values import Duration, say_duration

ADVICE = "Make a backup by hand now, then find out why the last ones are missing."

_LEFT = (BackupState.FAILED, BackupState.EXPIRED, BackupState.RUNNING, BackupState.UNKNOWN)
_CRON_FIELDS = 5
_ANY_INSTANT = datetime(2026, 1, 1)  # noqa: DTZ001 - only to see whether the text is a schedule


class Options(RuleOptions):
    """Options of this rule."""

    max: Duration | None = Field(default=None, description="Greatest age of the newest backup.")
    schedule: str | None = Field(
        default=None, description="When backups are made: five cron fields, in the time zone."
    )
    tolerance: Duration = Field(
        default=timedelta(hours=2), description="How long after a tick a backup may be missing."
    )
    kinds: tuple[BackupKind, ...] = Field(
        default=(), description="Only backups of these kinds count; empty means any."
    )

    @field_validator("schedule")
    @classmethod
    def _is_cron(cls, text: str | None) -> str | None:
        if text is not None and not _is_schedule(text):
            hint = "write five cron fields, such as 0 3 * * *"
            raise ValueError(f"{text[:60]!r} is not a schedule; {hint}")
        return text

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        if (self.max is None) == (self.schedule is None):
            raise ValueError("last_success_age needs either max or schedule")
        if self.schedule is None and "tolerance" in self.model_fields_set:
            raise ValueError("tolerance is only used with schedule")
        return self


def _is_schedule(text: str) -> bool:
    try:
        next(CronSim(text, _ANY_INSTANT, reverse=True))
    except (CronSimError, StopIteration):
        return False
    return len(text.split()) == _CRON_FIELDS


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the age of the newest usable backup."""
    counting = [b for b in history.backups if _counts(b, options)]
    untimed = any(b.is_usable and b.taken_at is None for b in counting)
    newest = next((b.taken_at for b in counting if b.is_usable and b.taken_at), None)
    if newest is None:
        return _none_usable(history.resource, counting, options, untimed=untimed)
    age = moment.now - newest
    expected, late_since = _limit(newest, options, moment)
    if -age > FUTURE_TOLERANCE:
        message = f"the newest backup lies {say_duration(age)} in the future: clocks disagree"
        return Verdict(Outcome.UNKNOWN, message, f"in {say_duration(age)}", expected)
    said = say_duration(age) if age > timedelta(0) else "0 s"
    message = f"last success is {said} old"
    if late_since is None:
        return Verdict(Outcome.PASS, message, said, expected)
    outcome = Outcome.UNKNOWN if untimed else Outcome.FAIL
    if untimed:
        message += ", but a backup without a time may be newer"
    return Verdict(outcome, message, said, expected, since=late_since)


def _counts(backup: Backup, options: Options) -> bool:
    return not options.kinds or backup.kind in options.kinds


def _limit(newest: datetime, options: Options, moment: Moment) -> tuple[str, datetime | None]:
    """Return what is expected, and since when ``newest`` is too old; None while it is not."""
    if options.max is not None:
        due = newest + options.max
        return f"at most {say_duration(options.max)}", due if moment.now > due else None
    local = (moment.now - options.tolerance).astimezone(moment.timezone)
    # A tick that lies exactly `tolerance` before now counts; the iterator goes strictly back.
    ticks = CronSim(str(options.schedule), local + timedelta(minutes=1), reverse=True)
    tick = next(tick for tick in ticks if tick <= local)
    expected = f"newer than {tick:%Y-%m-%d %H:%M %Z}"
    return expected, tick + options.tolerance if newest < tick else None


def _none_usable(
    resource: Resource, backups: Sequence[Backup], options: Options, *, untimed: bool
) -> Verdict:
    expected = f"at most {say_duration(options.max)}" if options.max else "one a schedule"
    if untimed:
        message = "no usable backup has a time, so no age can be told"
        return Verdict(Outcome.UNKNOWN, message, "no time", expected)
    if not backups:
        created = resource.created_at
        since = created + options.max if created and options.max else created
        return Verdict(Outcome.FAIL, "never backed up", "none", expected, since=since)
    states = Counter(b.state for b in backups)
    counted = ", ".join(f"{states[state]} {state}" for state in _LEFT if states[state])
    message = f"no usable backup left: {counted}"
    return Verdict(Outcome.FAIL, message, "none", expected)
