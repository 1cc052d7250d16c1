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

from pydantic import Field

from backup_auditor.model import Backup, BackupState, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._spans import Span
from backup_auditor.values import say_duration

JUDGES_NEW = True
ADVICE = "Read the error of the last backup in the console, mend its cause, and run it again."


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
    expected = f"at most {options.tolerate} failed in a row"
    if len(failed) > options.tolerate:
        times = [b.taken_at for b in failed if b.taken_at]
        plural = "backup has" if len(failed) == 1 else f"{len(failed)} backups have"
        message = f"the last {plural} failed"
        since = min(times, default=None)
        return Verdict(Outcome.FAIL, message, f"{len(failed)} failed", expected, since=since)
    return _stuck(newer, options, moment) or _newest(history, expected)


def _nothing(moment: Moment) -> Verdict:
    if moment.first_backup_due is None:
        return Verdict(Outcome.UNKNOWN, "there is no backup whose state could be asked", "none")
    return Verdict(Outcome.PASS, f"new, first backup due by {moment.say(moment.first_backup_due)}")


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
    expected = f"done within {say_duration(options.stuck_after)}"
    if moment.now - oldest > options.stuck_after:
        age = say_duration(moment.now - oldest)
        since = oldest + options.stuck_after
        message = f"a backup has been running for {age}"
        return Verdict(Outcome.FAIL, message, age, expected, since=since)
    if any(backup.taken_at is None for backup in running):
        message = "a backup is running, and it is not told since when"
        return Verdict(Outcome.UNKNOWN, message, "no time", expected)
    return None


def _newest(history: History, expected: str) -> Verdict:
    last = history.backups[0].taken_at
    # One without a time may be the newest.
    newest = [b for b in history.backups if b.taken_at in {last, None}]
    strange = [b for b in newest if b.state is BackupState.UNKNOWN]
    if strange:
        word = strange[0].state_raw or "none"
        message = f"the state of the newest backup is not known: {word!r}"
        return Verdict(Outcome.UNKNOWN, message, word, expected)
    return Verdict(Outcome.PASS, "the last backup has not failed", "no failure", expected)
