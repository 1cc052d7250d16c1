"""At nearly every moment there was a backup that was new enough.

Why: the recovery point objective says how much work may be lost at most, for example that of one
day. Whether the newest backup is fresh today says nothing about the other days of the month. This
rule asks for which share of the time the objective was met; auditors ask the same.

Options:

* ``target``: how old the newest usable backup may be at any moment, such as ``26h``.
* ``within``: how far to look back (30d).
* ``min``: the share of the time in which the target must have been met (99%).

Fails when the share of the window in which the newest usable backup was at most ``target`` old is
below ``min``. The window ends now and starts ``within`` ago, but not before one ``target`` after
the creation of the resource, and not before the oldest backup of any state that is still listed:
retention deletes old backups, and their absence proves nothing. Where audits are kept, usable
backups that earlier ones saw count as well, and the window goes back as far as audits followed each
other closely enough for no backup to escape them. A backup from before the window counts for what
it covers inside. Each moment that point-in-time recovery covers counts as a backup. The message
says which part could be judged; if the window has no length, it is judged whether the target is met
now. Fails also when there is no usable backup and nothing else that could be restored.

Unknown when the newest usable backup lies more than 5 minutes in the future. Where a usable backup
has no time, unknown takes the place of a fail: it may cover more.

What to do: make backups more often than the target, so that a single failure does not break it.

Example::

    rpo: {target: 26h, within: 30d, min: 99%}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from pydantic import Field, field_validator

from backup_auditor.model import History, Outcome, Reach, Restorable, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import nothing_to_go_by, past_times, unless_untimed
from backup_auditor.rules._window import Window
from backup_auditor.speech import phrase
from backup_auditor.values import Percentage

NOTICES_MISSING = True
ADVICE = phrase(
    "Make backups more often than the target, so that a single failure does not break it."
)

_PARTS = 10**8  # a percentage has at most six decimals


class Options(RuleOptions):
    """Options of this rule."""

    target: Span = Field(
        description="How old the newest usable backup may be at any moment.", examples=["26h"]
    )
    within: Span = Field(
        default=timedelta(days=30), description="How far to look back.", examples=["30d"]
    )
    min: Percentage = Field(
        default=0.99,
        description="Share of the time in which the target must have been met.",
        examples=["99%"],
    )

    @field_validator("min")
    @classmethod
    def _is_a_share(cls, share: float) -> float:
        if not 0 < share <= 1:
            raise ValueError("min must be above 0% and at most 100%")
        return share


def reach(options: Options) -> Reach:
    """Ask for the window, and for the backup that covers its beginning."""
    return Reach(options.within + options.target)


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the share of the window in which the target was met."""
    wanted = Fraction(round(options.min * _PARTS), _PARTS)
    expected = phrase(
        "a backup of at most {target} for at least {share} of the time",
        target=options.target,
        share=_say(wanted, wanted),
    )
    verdict = nothing_to_go_by(history, expected, due_after=options.target, now=moment.now)
    if verdict is not None:
        return verdict
    window = Window.of(history, options.within, moment.now, lead=options.target)
    share = _share(_restorable(history), options.target, window)
    observed = _say(share, wanted)
    message = phrase(
        "there was a backup of at most {target} for {share} of the time; {judged}",
        target=options.target,
        share=observed,
        judged=window.say(moment),
    )
    if share >= wanted:
        return Verdict(Outcome.PASS, message, observed, expected)
    failure = Verdict(Outcome.FAIL, message, observed, expected)
    return unless_untimed(failure, history, phrase("a backup without a time may cover more"))


def _restorable(history: History) -> Sequence[Restorable]:
    """Return what can be restored, oldest first: moments, and a stretch of them."""
    found = [Restorable(taken, taken) for taken in past_times(history)]
    if history.restorable:
        found.append(history.restorable)
    return sorted(found, key=lambda one: one.since)


def _share(found: Sequence[Restorable], target: timedelta, window: Window) -> Fraction:
    """Return the covered share; lengths are whole microseconds, so that it is exact."""
    if not window.length:
        return Fraction(window.end - max(one.until for one in found) <= target)
    covered, reached = timedelta(0), window.start
    for one in found:
        begin, end = max(one.since, reached), min(one.until + target, window.end)
        if begin < end:
            covered += end - begin
            reached = end
    return Fraction(covered // timedelta.resolution, window.length // timedelta.resolution)


def _say(share: Fraction, wanted: Fraction) -> str:
    """Say ``share`` with the decimals of ``wanted``, one at least; cut, so that a miss shows."""
    decimals = 1
    while (wanted * 100 * 10**decimals).denominator != 1:
        decimals += 1
    whole, rest = divmod(int(share * 100 * 10**decimals), 10**decimals)
    part = f"{rest:0{decimals}}".rstrip("0")
    return f"{whole}.{part} %" if part else f"{whole} %"
