"""The newest usable backup is not too old.

Why: a backup that stopped silently is the most common reason why there is none on the day it is
needed. This rule asks for the age of the newest backup that could really be restored.

Options:

* ``max``: the greatest age, such as ``26h``. A daily backup needs a little more than a day.
* ``schedule``: instead of ``max``, when backups are made, as five cron fields in ``timezone``; or
  ``source``: as the source tells of each resource, in the time zone that it tells.
* ``tolerance``: with ``schedule``, how long after a tick the backup may be missing (2h).
* ``kinds``: only backups of these kinds count, ``automatic`` or ``manual`` (any). Point-in-time
  recovery is automatic.

Fails when the newest usable backup is older than ``max``, or older than the last tick of
``schedule`` that lies ``tolerance`` or more before now; and when there is no usable backup. Where
point-in-time recovery reaches further than the newest usable backup, its last moment takes the
place of that.

Unknown when the newest one lies more than 5 minutes in the future, and with ``schedule: source``
when the source tells no schedule of the resource, or one that is not understood. Where a usable
backup has no time, unknown takes the place of a fail: it may be newer.

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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from backup_auditor.model import BackupKind, Fact, History, Limit, Outcome, Resource, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._newest import NOT_TOLD
from backup_auditor.rules._spans import Span
from backup_auditor.rules._ticks import Ticks, is_schedule
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

_OF_THE_SOURCE = "source"
_NOBODY_SAYS = phrase("the source does not tell when backups are due")
_BY_THE_SOURCE = phrase("newer than the last backup that is due as the source tells")
_QUOTED = 60


def _schedule(text: str) -> str:
    if text != _OF_THE_SOURCE and not is_schedule(text):
        hint = "write five cron fields, such as 0 3 * * *"
        raise ValueError(f"{text[:60]!r} is not a schedule; {hint}")
    return text


Schedule = Annotated[str, AfterValidator(_schedule)]
"""Five cron fields that tick at some time, or ``source``."""


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
        description="When backups are made: five cron fields, in the time zone; or source.",
        examples=["0 3 * * *", "source"],
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

    def needs(self) -> Fact | None:
        """Return what the source must tell."""
        return Fact.SCHEDULE if self.schedule == _OF_THE_SOURCE else None


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the age of the newest usable backup of the kinds that count."""
    if not options.kinds:
        return _judge(history, options, moment)
    counting = [b for b in history.backups if b.kind in options.kinds]
    window = history.restorable if BackupKind.AUTOMATIC in options.kinds else None
    verdict = _judge(History.of(history.resource, counting, restorable=window), options, moment)
    if len(counting) == len(history.backups) and window is history.restorable:
        return verdict
    kinds = _say(options.kinds)
    message = phrase("{said} (only {kinds} backups count)", said=verdict.message, kinds=kinds)
    # A picture of all backups would show one that does not count within the limit.
    return replace(verdict, message=message, limit=None)


def _say(kinds: Collection[BackupKind]) -> Phrase:
    words = [word for kind, word in _KINDS.items() if kind in kinds]
    return reduce(lambda one, two: phrase("{one} and {two}", one=one, two=two), words)


def _judge(history: History, options: Options, moment: Moment) -> Verdict:
    due = _due(history.resource, options, moment)
    expected, limit = (due.expected, Limit(oldest=due.bound)) if due else (_BY_THE_SOURCE, None)
    due_after = options.max or timedelta(0)
    verdict = nothing_to_go_by(history, expected, due_after=due_after, now=moment.now)
    if verdict is not None:
        return replace(verdict, limit=limit)
    if due is None:
        return Verdict(Outcome.UNKNOWN, _not_understood(history.resource), NOT_TOLD, expected)
    newest, message = _newest(history, moment)
    observed = phrase("{span}", span=age_of(newest, moment.now))
    if newest >= due.bound:
        # A picture shows backups: the limit is the truth only where a backup keeps it.
        by_backup = any(taken >= due.bound for taken in usable_times(history)[:1])
        drawn = limit if by_backup else None
        return Verdict(Outcome.PASS, message, observed, expected, limit=drawn)
    since = due.missed_after(newest)
    failure = Verdict(Outcome.FAIL, message, observed, expected, since=since, limit=limit)
    return unless_untimed(failure, history, phrase("a backup without a time may be newer"))


def _newest(history: History, moment: Moment) -> tuple[datetime, Phrase]:
    """Return the newest moment that can be restored, and how it is said."""
    times, window = usable_times(history), history.restorable
    if window and not (times and times[0] >= window.until):
        message = phrase(
            "point-in-time recovery until {until}, {age} ago",
            until=moment.say(window.until),
            age=age_of(window.until, moment.now),
        )
        return window.until, message
    return times[0], phrase("last success is {age} old", age=age_of(times[0], moment.now))


@dataclass(frozen=True, slots=True)
class _Due:
    """How new the newest backup must be."""

    bound: datetime
    expected: Phrase
    ticks: Ticks | None
    """None: by its age alone."""
    allowed: timedelta
    """How old it may be; with ticks, how long after one it may be missing."""

    def missed_after(self, newest: datetime) -> datetime:
        """Return since when a newer one than ``newest`` is missing."""
        return (self.ticks.next(newest) if self.ticks else newest) + self.allowed


def _due(resource: Resource, options: Options, moment: Moment) -> _Due | None:
    """Return what is asked for; None where only the source could tell."""
    if options.max is not None:
        return _Due(moment.now - options.max, _at_most(options.max), None, options.max)
    ticks = _ticks(resource, options, moment)
    if ticks is None:
        return None
    bound = ticks.last(moment.now - options.tolerance)
    expected = phrase("newer than {instant}", instant=moment.say(bound))
    return _Due(bound, expected, ticks, options.tolerance)


def _ticks(resource: Resource, options: Options, moment: Moment) -> Ticks | None:
    if options.schedule and options.schedule != _OF_THE_SOURCE:
        return Ticks(options.schedule, moment.timezone)
    return Ticks.told(resource.schedule) if resource.schedule else None


def _not_understood(resource: Resource) -> Phrase:
    if resource.schedule is None:
        return _NOBODY_SAYS
    cron, zone = resource.schedule.cron[:_QUOTED], resource.schedule.timezone[:_QUOTED]
    return phrase(
        "the schedule that the source tells is not understood: {schedule} in {zone}",
        schedule=repr(cron),
        zone=repr(zone),
    )


@lru_cache(64)  # one answer serves all resources of a policy
def _at_most(span: timedelta) -> Phrase:
    return phrase("at most {span}", span=span)
