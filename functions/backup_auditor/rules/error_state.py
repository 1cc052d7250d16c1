"""The newest backups have not failed, and none hangs.

Why: an old success can hide that every backup since then has failed. And a backup that never ends
looks like one that is about to succeed.

Options:

* ``tolerate``: how many failed backups in a row are no finding (0).
* ``stuck_after``: how long a backup may run (24h).

Fails when more than ``tolerate`` failed backups are newer than the newest usable one, or when a
backup has been running longer than ``stuck_after`` and nothing newer succeeded. Unknown when the
state of the newest backup is not known, and when there is no backup at all.

What to do: read the error of the failed backup in the console; a full disk, a changed password and
a resource under load are the usual ones. Cancel a backup that hangs and start it again.

Example::

    error_state: {tolerate: 1, stuck_after: 12h}
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import Field

from backup_auditor.model import Backup, BackupState, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import NO_TIME, NONE
from backup_auditor.speech import Phrase, phrase, phrases

JUDGES_NEW = True
ADVICE = phrase(
    "Read the error of the last backup in the console, mend its cause, and run it again."
)

_FINE, _NO_FAILURE = phrase("the last backup has not failed"), phrase("no failure")


class Options(RuleOptions):
    """Options of this rule."""

    tolerate: int = Field(
        default=0,
        ge=0,
        strict=True,
        description="Failed backups in a row that are fine.",
        examples=[1],
    )
    stuck_after: Span = Field(
        default=timedelta(hours=24), description="How long a backup may run.", examples=["12h"]
    )


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the backups that are newer than the newest usable one."""
    if not history.backups:
        return _nothing(moment)
    newer = list(_since_success(history))
    failed = [b for b in newer if b.state is BackupState.FAILED]
    expected = _expected(options.tolerate)
    number = len(failed)
    if number > options.tolerate:
        times = [b.taken_at for b in failed if b.taken_at]
        message = phrases("the last backup has failed", "the last {n} backups have failed", number)
        observed = phrase("{n} failed", n=str(number))
        since = min(times, default=None)
        return Verdict(Outcome.FAIL, message, observed, expected, since=since)
    return _stuck(newer, options, moment) or _newest(history, expected)


@lru_cache(64)  # one answer serves all resources of a policy
def _expected(tolerated: int) -> Phrase:
    return phrase("at most {number} failed in a row", number=str(tolerated))


def _nothing(moment: Moment) -> Verdict:
    if moment.first_backup_due is None:
        nothing = phrase("there is no backup whose state could be asked")
        return Verdict(Outcome.UNKNOWN, nothing, NONE)
    due = moment.say(moment.first_backup_due)
    return Verdict(Outcome.PASS, phrase("new, first backup due by {due}", due=due))


def _since_success(history: History) -> Iterable[Backup]:
    """Yield what is newer than the newest usable backup; without a time counts as newer."""
    newest = history.usable[0].taken_at if history.usable else None
    for backup in history.backups:
        if newest is None or backup.taken_at is None or backup.taken_at > newest:
            yield backup


def _stuck(newer: Iterable[Backup], options: Options, moment: Moment) -> Verdict | None:
    def started(backup: Backup) -> datetime:
        return backup.taken_at or moment.now

    running = [b for b in newer if b.state is BackupState.RUNNING]
    if not running:
        return None
    oldest = started(min(running, key=started))
    expected = phrase("done within {span}", span=options.stuck_after)
    age = moment.now - oldest
    if age > options.stuck_after:
        since = oldest + options.stuck_after
        message = phrase("a backup has been running for {span}", span=age)
        return Verdict(Outcome.FAIL, message, phrase("{span}", span=age), expected, since=since)
    if any(backup.taken_at is None for backup in running):
        message = phrase("a backup is running, and it is not told since when")
        return Verdict(Outcome.UNKNOWN, message, NO_TIME, expected)
    return None


def _newest(history: History, expected: str) -> Verdict:
    last = history.backups[0].taken_at
    # One without a time may be the newest.
    newest = [b for b in history.backups if b.taken_at in {last, None}]
    strange = [b for b in newest if b.state is BackupState.UNKNOWN]
    if strange:
        word = strange[0].state_raw
        message = phrase("the state of the newest backup is not known: 'none'")
        if word:
            message = phrase("the state of the newest backup is not known: {word}", word=repr(word))
        return Verdict(Outcome.UNKNOWN, message, word or NONE, expected)
    return Verdict(Outcome.PASS, _FINE, _NO_FAILURE, expected)
