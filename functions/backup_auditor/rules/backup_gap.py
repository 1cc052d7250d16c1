"""There was no long time without a usable backup.

Why: the newest backup may be fresh, and yet last week nothing was backed up for three days. What
was lost or changed in such a gap can never be restored.

Options:

* ``max``: the longest time without a usable backup that is fine, such as ``50h``.
* ``within``: how far to look back (14d). It must be longer than ``max``.

Fails when the longest time without a usable backup is longer than ``max``. Looked at is the time
from the start of the window to its first usable backup, between each two, and from the last one
to now. The window starts ``within`` ago, but not before the resource was made and not before the
oldest backup of any state that is still listed: retention deletes old backups, and their absence
proves nothing. Where audits are kept, usable backups that earlier ones saw count as well, and the
window goes back as far as audits followed each other closely enough for no backup to escape them.
What point-in-time recovery covers is no time without a backup. The message says which part could
be judged. Fails also when there is no usable backup and nothing else that could be restored.

Unknown when the newest usable backup lies more than 5 minutes in the future. Where a usable backup
has no time, unknown takes the place of a fail: it may lie in the gap.

What to do: find out what kept the backups from being made at that time, before it happens again.

Example::

    backup_gap: {max: 50h, within: 14d}
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from backup_auditor.model import History, Outcome, Reach, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import nothing_to_go_by, past_times, unless_untimed
from backup_auditor.rules._window import Window
from backup_auditor.speech import Phrase, phrase
from backup_auditor.values import say_duration

NOTICES_MISSING = True
ADVICE = phrase(
    "Find out what kept the backups from being made at that time, before it happens again."
)


class Options(RuleOptions):
    """Options of this rule."""

    max: Span = Field(
        description="Longest time without a usable backup that is fine.", examples=["50h"]
    )
    within: Span = Field(
        default=timedelta(days=14),
        description="How far to look back; longer than max.",
        examples=["14d"],
    )

    @model_validator(mode="after")
    def _can_fail(self) -> Self:
        if self.max >= self.within:
            found = f"max ({say_duration(self.max)}) must be shorter than within"
            reason = "no gap could be longer"
            raise ValueError(f"{found} ({say_duration(self.within)}); {reason}")
        return self


def reach(options: Options) -> Reach:
    """Ask for the window, and for one backup from before it, to know that nothing is missing."""
    return Reach(options.within + options.max)


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the longest stretch of the window without a usable backup."""
    expected = phrase("at most {span}", span=options.max)
    verdict = nothing_to_go_by(history, expected, due_after=options.max, now=moment.now)
    if verdict is not None:
        return verdict
    window = Window.of(history, options.within, moment.now)
    begin, end = _longest_stretch(past_times(history), window)
    until = None if end == window.end else moment.say(end)
    message = _said(end - begin, until, window.say(moment))
    observed = phrase("{span}", span=end - begin)
    if end - begin <= options.max:
        return Verdict(Outcome.PASS, message, observed, expected)
    since = begin + options.max
    failure = Verdict(Outcome.FAIL, message, observed, expected, since=since)
    return unless_untimed(failure, history, phrase("a backup without a time may lie in between"))


def _said(span: timedelta, until: str | None, judged: Phrase) -> Phrase:
    if until is None:
        return phrase(
            "the longest time without a usable backup was {span}, until now; {judged}",
            span=span,
            judged=judged,
        )
    return phrase(
        "the longest time without a usable backup was {span}, until {until}; {judged}",
        span=span,
        until=until,
        judged=judged,
    )


def _longest_stretch(times: Iterable[datetime], window: Window) -> tuple[datetime, datetime]:
    """Return the longest, of several the first. What lies outside the window shortens nothing."""
    covered = window.covered
    ends = (covered.since, covered.until) if covered else ()
    inside = sorted(t for t in (*times, *ends) if window.start < t < window.end)
    stretches = pairwise([window.start, *inside, window.end])
    # A stretch lies in what is covered as a whole, or not at all.
    bare = (
        s for s in stretches if not (covered and covered.since <= s[0] and s[1] <= covered.until)
    )
    now = (window.end, window.end)
    return max(bare, key=lambda stretch: stretch[1] - stretch[0], default=now)
