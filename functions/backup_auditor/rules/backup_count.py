"""There are enough usable backups.

Why: one backup is no backup. If the only one turns out to be damaged, or was made after the data
went wrong, there is nothing to go back to.

Options:

* ``min``: fewest usable backups.
* ``within``: only backups of the last so much time count, such as ``7d`` (all).

Fails when there are fewer usable backups, with "never backed up" or "no usable backup left" when
there is none. Unknown when? Never. A backup without a time is not counted: it cannot be told from
one that is long gone. One that lies in the future is counted.

What to do: look at the schedule and the retention of the backups in the console; raise the number
of backups that are kept.

Example::

    backup_count: {min: 3, within: 7d}
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from backup_auditor.model import History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import missing, usable_times
from backup_auditor.speech import Phrase, phrase, phrases

NOTICES_MISSING = True
ADVICE = phrase("Keep more backups, or make them more often; both are settings in the console.")


class Options(RuleOptions):
    """Options of this rule."""

    min: int = Field(ge=1, strict=True, description="Fewest usable backups.", examples=[3])
    within: Span | None = Field(
        default=None,
        description="Only backups of the last so much time count; without it all do.",
        examples=["7d"],
    )


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Count the usable backups that have a time."""
    expected = _expected(options)
    times = usable_times(history)
    if not times and not history.has_usable_without_time:
        return missing(history, expected, due_after=timedelta(0), now=moment.now)
    within = options.within
    counted = [t for t in times if within is None or moment.now - t <= within]
    message = _said(len(counted), within)
    if history.has_usable_without_time:
        message = phrase("{counted}, not counting those without a time", counted=message)
    if len(counted) >= options.min:
        return Verdict(Outcome.PASS, message, str(len(counted)), expected)
    since = None
    if within and len(times) >= options.min:
        # The fault began when the last one that is wanting left the span.
        since = times[options.min - 1] + within
    return Verdict(Outcome.FAIL, message, str(len(counted)), expected, since=since)


def _expected(options: Options) -> Phrase:
    least, within = str(options.min), options.within
    if within:
        return phrase("at least {number} in the last {span}", number=least, span=within)
    return phrase("at least {number}", number=least)


def _said(n: int, within: timedelta | None) -> Phrase:
    if not within:
        return phrases("{n} usable backup", "{n} usable backups", n)
    return phrases(
        "{n} usable backup in the last {span}",
        "{n} usable backups in the last {span}",
        n,
        span=within,
    )
