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

Unknown when the newest one lies more than 5 minutes in the future. Where a usable backup has no
time, unknown takes the place of a fail: it may be newer.

While clocks are changed, ticks are those of cron on Debian. With a fixed minute and a fixed hour
(``30 2 * * *``) a tick in a skipped hour comes at the end of that hour, and one in a repeated hour
comes the first time only. When the minute or the hour begins with ``*`` (``*/30 * * * *``), ticks
in a skipped hour do not come, and those in a repeated hour come twice. ``tolerance`` is real time,
whatever the clock on the wall shows meanwhile.

What to do: look at the backup settings in the console, make a backup by hand now, then find out
why the last ones are missing.

Example::

    last_success_age: {max: 26h, severity: critical}
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, reduce
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from backup_auditor.model import BackupKind, History, Limit, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import age_of, nothing_to_go_by, unless_untimed, usable_times
from backup_auditor.speech import Phrase, phrase
from backup_auditor.values import Duration

NOTICES_MISSING = True
ADVICE = phrase("Make a backup by hand now, then find out why the last ones are missing.")

_KINDS = {
    BackupKind.AUTOMATIC: phrase("automatic"),
    BackupKind.MANUAL: phrase("manual"),
    BackupKind.UNKNOWN: phrase("unknown"),
}

_CRON_FIELDS = 5
_ANY_INSTANT = datetime(2026, 1, 1)  # noqa: DTZ001 - only to see whether the text is a schedule
_CLOCK_CHANGE = timedelta(hours=3)  # longer than any clock is set back


def _schedule(text: str) -> str:
    if not _is_schedule(text):
        hint = "write five cron fields, such as 0 3 * * *"
        raise ValueError(f"{text[:60]!r} is not a schedule; {hint}")
    return text


@lru_cache(maxsize=256)
def _is_schedule(text: str) -> bool:
    try:
        next(CronSim(text, _ANY_INSTANT))
    # A number may be too long for int(), and a schedule may end without a single tick.
    except (CronSimError, ValueError, StopIteration):
        return False
    return len(text.split()) == _CRON_FIELDS


Schedule = Annotated[str, AfterValidator(_schedule)]
"""Five cron fields that tick at some time."""


class Options(RuleOptions):
    """Options of this rule."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["max"]}, {"required": ["schedule"]}],
            "dependencies": {"tolerance": ["schedule"]},
        }
    )

    max: Span | None = Field(
        default=None, description="Greatest age of the newest backup.", examples=["26h"]
    )
    schedule: Schedule | None = Field(
        default=None,
        description="When backups are made: five cron fields, in the time zone.",
        examples=["0 3 * * *"],
    )
    tolerance: Duration = Field(
        default=timedelta(hours=2),
        description="How long after a tick a backup may be missing.",
        examples=["2h"],
    )
    kinds: tuple[BackupKind, ...] = Field(
        default=(),
        description="Only backups of these kinds count; empty means any.",
        examples=[["automatic"]],
    )

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        if (self.max is None) == (self.schedule is None):
            raise ValueError("last_success_age needs either max or schedule")
        if self.schedule is None and "tolerance" in self.model_fields_set:
            raise ValueError("tolerance is only used with schedule")
        return self


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the age of the newest usable backup of the kinds that count."""
    if not options.kinds:
        return _judge(history, options, moment)
    counting = [b for b in history.backups if b.kind in options.kinds]
    verdict = _judge(History.of(history.resource, counting), options, moment)
    if len(counting) == len(history.backups):
        return verdict
    kinds = _say(options.kinds)
    message = phrase("{said} (only {kinds} backups count)", said=verdict.message, kinds=kinds)
    # A picture of all backups would show one that does not count within the limit.
    return replace(verdict, message=message, limit=None)


def _say(kinds: Collection[BackupKind]) -> Phrase:
    words = [word for kind, word in _KINDS.items() if kind in kinds]
    return reduce(lambda one, two: phrase("{one} and {two}", one=one, two=two), words)


def _judge(history: History, options: Options, moment: Moment) -> Verdict:
    limit = options.max or timedelta(0)
    if options.schedule is None:
        bound = moment.now - limit
        expected = _at_most(limit)
    else:
        bound = _last_tick(options.schedule, moment.now - options.tolerance, moment.timezone)
        expected = phrase("newer than {instant}", instant=moment.say(bound))
    oldest = Limit(oldest=bound)
    verdict = nothing_to_go_by(history, expected, due_after=limit, now=moment.now)
    if verdict is not None:
        return replace(verdict, limit=oldest)
    newest = usable_times(history)[0]
    age = age_of(newest, moment.now)
    message, observed = phrase("last success is {age} old", age=age), phrase("{span}", span=age)
    if newest >= bound:
        return Verdict(Outcome.PASS, message, observed, expected, limit=oldest)
    since = newest + limit
    if options.schedule is not None:
        since = _next_tick(options.schedule, newest, moment.timezone) + options.tolerance
    failure = Verdict(Outcome.FAIL, message, observed, expected, since=since, limit=oldest)
    return unless_untimed(failure, history, phrase("a backup without a time may be newer"))


@lru_cache(64)  # one answer serves all resources of a policy
def _at_most(span: timedelta) -> Phrase:
    return phrase("at most {span}", span=span)


# Two datetimes of one time zone are compared by what the wall shows, as if no hour were ever
# repeated: so ticks are compared in UTC. And cronsim does not know which of the two repeated hours
# it is started in: so it is started off well before or after, and what is passed over is skipped.


@lru_cache(maxsize=64)
def _last_tick(schedule: str, until: datetime, zone: ZoneInfo) -> datetime:
    """Return the last tick that is not after ``until``; one answer serves a whole audit."""
    start = (until + _CLOCK_CHANGE).astimezone(zone)
    ticks = (tick.astimezone(UTC) for tick in CronSim(schedule, start, reverse=True))
    return next(tick for tick in ticks if tick <= until)


def _next_tick(schedule: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first tick after ``after``."""
    start = (after - _CLOCK_CHANGE).astimezone(zone)
    ticks = (tick.astimezone(UTC) for tick in CronSim(schedule, start))
    return next(tick for tick in ticks if tick > after)
