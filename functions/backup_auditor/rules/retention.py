"""Backups are kept long enough, and not too long.

Why: a fault is often noticed weeks after it happened, and then only an old backup helps. And
backups of personal data that are kept for ever are a finding of their own.

Options:

* ``min``: how old the oldest usable backup must at least be, such as ``30d``.
* ``max``: how old the oldest usable backup may at most be, such as ``365d``.

At least one of them is needed.

Fails when the oldest usable backup is younger than ``min``, unless the resource itself is not
older than that; when it is older than ``max``; and when there is no usable backup. A resource
whose creation is not told counts as older. Where point-in-time recovery reaches back further than
the oldest usable backup, its first moment takes the place of that.

Unknown when the newest usable backup lies more than 5 minutes in the future. Where a usable backup
has no time, unknown takes the place of a fail.

What to do: set how long backups are kept in the console. If old ones are kept that should be gone,
look for backups that were made by hand.

Example::

    retention: {min: 30d, max: 365d}
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from backup_auditor.model import History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import (
    age_of,
    creation,
    nothing_to_go_by,
    unless_untimed,
    usable_times,
)
from backup_auditor.speech import Phrase, phrase
from backup_auditor.values import say_duration

NOTICES_MISSING = True
ADVICE = phrase("Set how long backups are kept, and look for old ones that were made by hand.")


class Options(RuleOptions):
    """Options of this rule."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["min"]}, {"required": ["max"]}]}
    )

    min: Span | None = Field(
        default=None,
        description="How old the oldest usable backup must at least be.",
        examples=["30d"],
    )
    max: Span | None = Field(
        default=None,
        description="How old the oldest usable backup may at most be.",
        examples=["365d"],
    )

    @model_validator(mode="after")
    def _has_limits_in_order(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("retention needs min or max, or both")
        if self.min and self.max and self.min > self.max:
            found = f"min ({say_duration(self.min)}) must not be longer than max"
            raise ValueError(f"{found} ({say_duration(self.max)})")
        return self


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the age of the oldest usable backup that has a time."""
    expected = _expected(options)
    verdict = nothing_to_go_by(history, expected, due_after=timedelta(0), now=moment.now)
    if verdict is not None:
        return verdict
    oldest, message = _oldest(history, moment)
    age = moment.now - oldest
    observed = phrase("{span}", span=age_of(oldest, moment.now))
    since = None
    if options.max and age > options.max:
        since = oldest + options.max
    elif not options.min or age >= options.min:
        return Verdict(Outcome.PASS, message, observed, expected)
    elif not _is_older(history, options.min, moment):
        message = phrase(
            "{oldest}, and the resource is not older than {span}",
            oldest=message,
            span=options.min,
        )
        return Verdict(Outcome.PASS, message, observed, expected)
    failure = Verdict(Outcome.FAIL, message, observed, expected, since=since)
    return unless_untimed(failure, history, phrase("a backup without a time may be older"))


def _oldest(history: History, moment: Moment) -> tuple[datetime, Phrase]:
    """Return the oldest moment that can be restored, and how it is said."""
    times, window = usable_times(history), history.restorable
    if window and not (times and times[-1] <= window.since):
        message = phrase(
            "point-in-time recovery until {until} reaches {age} back",
            until=moment.say(window.until),
            age=age_of(window.since, moment.now),
        )
        return window.since, message
    age = age_of(times[-1], moment.now)
    return times[-1], phrase("the oldest usable backup is {age} old", age=age)


def _expected(options: Options) -> Phrase:
    least, most = options.min, options.max
    if least and most:
        return phrase("at least {least} and at most {most}", least=least, most=most)
    if most:
        return phrase("at most {span}", span=most)
    return phrase("at least {span}", span=least or timedelta(0))


def _is_older(history: History, span: timedelta, moment: Moment) -> bool:
    made = creation(history.resource, moment.now)
    return made is None or moment.now - made > span
