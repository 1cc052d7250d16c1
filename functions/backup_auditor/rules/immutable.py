"""The newest backup cannot be deleted for long enough, by anybody.

Why: who takes over an account deletes the backups first, and only then the data. A lock that not
even an administrator can lift (Vault Lock, Object Lock in compliance mode) is what remains.

Options:

* ``min``: for how long after it was taken nobody may be able to delete a backup, such as ``30d``.

Fails when the newest usable backup is locked for less than ``min`` after it was taken, or its lock
has ended: also one that was long enough, when no newer backup came. Unknown when the source does
not say until when it is locked, or when there is no usable backup.

What to do: lock the vault or the bucket that the backups lie in, for at least so long. Try it with
a short time first: a lock of this kind cannot be taken back.

Example::

    immutable: {min: 30d}
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from pydantic import Field

from backup_auditor.model import Backup, Fact, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._newest import NOT_TOLD, NOTHING, since_when
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import NONE
from backup_auditor.speech import Phrase, phrase

ADVICE = phrase("Lock the vault or the bucket that the backups lie in, for at least so long.")

_NOBODY_SAYS = phrase("the source does not say until when the newest backup is locked")
_UNLOCKED = phrase("the newest backup is not locked: it can be deleted at any time")
_NOT_LOCKED = phrase("not locked")


class Options(RuleOptions):
    """Options of this rule."""

    min: Span = Field(
        description="For how long after it was taken nobody may be able to delete a backup.",
        examples=["30d"],
    )

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.LOCK


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the lock of the newest usable backup."""
    expected = _expected(options.min)
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, NOTHING, NONE, expected)
    newest = history.usable[0]
    if newest.locked_until is None:
        return Verdict(Outcome.UNKNOWN, _NOBODY_SAYS, NOT_TOLD, expected)
    locked = _locked_for(newest)
    observed = phrase("{span}", span=locked) if locked else _NOT_LOCKED
    if newest.locked_until < moment.now and locked:
        over = moment.now - newest.locked_until
        message = phrase("the lock of the newest backup ended {span} ago", span=over)
        return Verdict(Outcome.FAIL, message, observed, expected, since=newest.locked_until)
    message = phrase("the newest backup is locked for {span}", span=locked) if locked else _UNLOCKED
    if locked >= options.min:
        return Verdict(Outcome.PASS, message, observed, expected)
    since = since_when(history.usable, lambda backup: _is_short(backup, options.min))
    return Verdict(Outcome.FAIL, message, observed, expected, since=since)


@lru_cache(64)  # one answer serves all resources of a policy
def _expected(least: timedelta) -> Phrase:
    return phrase("locked for at least {span}", span=least)


def _locked_for(backup: Backup) -> timedelta:
    """Return how long after it was taken; nothing where no lock protects it."""
    taken, until = backup.taken_at, backup.locked_until
    return max(until - taken, timedelta(0)) if taken and until else timedelta(0)


def _is_short(backup: Backup, least: timedelta) -> bool:
    return backup.locked_until is not None and _locked_for(backup) < least
