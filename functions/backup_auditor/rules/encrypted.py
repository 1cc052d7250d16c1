"""The newest backup is encrypted where it lies.

Why: a backup holds all that the resource holds, and often lies where fewer eyes watch it. Who finds
an open copy needs no password of the database.

It has no options of its own.

Fails when the source says that the newest usable backup is not encrypted. Unknown when the source
does not say, or when there is no usable backup.

What to do: switch encryption on for the backups. Often it follows the resource: then copy the
newest backup with a key, or move the data to a resource that is encrypted.

Example::

    encrypted: {severity: medium}
"""

from __future__ import annotations

from backup_auditor.model import Backup, Fact, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._newest import NOT_TOLD, NOTHING, since_when
from backup_auditor.rules._times import NONE
from backup_auditor.speech import phrase

ADVICE = phrase("Switch encryption on for the backups; often it is a setting of the resource.")

_IS, _IS_NOT = (
    phrase("the newest backup is encrypted"),
    phrase("the newest backup is not encrypted"),
)
_NOBODY_SAYS = phrase("the source does not say whether the newest backup is encrypted")
_ENCRYPTED, _NOT_ENCRYPTED = phrase("encrypted"), phrase("not encrypted")
_MUST = phrase("must be encrypted")


class Options(RuleOptions):
    """This rule has no options of its own."""

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.ENCRYPTION


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge the newest usable backup."""
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, NOTHING, NONE, _MUST)
    match history.usable[0].encrypted:
        case True:
            return Verdict(Outcome.PASS, _IS, _ENCRYPTED, _MUST)
        case False:
            since = since_when(history.usable, _is_open)
            return Verdict(Outcome.FAIL, _IS_NOT, _NOT_ENCRYPTED, _MUST, since=since)
        case None:
            return Verdict(Outcome.UNKNOWN, _NOBODY_SAYS, NOT_TOLD, _MUST)


def _is_open(backup: Backup) -> bool:
    return backup.encrypted is False
