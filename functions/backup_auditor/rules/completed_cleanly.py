"""The newest backup was completed without any issue.

Why: a provider may call a backup a success that left something out: a file that was open, an
application that could not be brought to rest, a part that timed out. It can be restored, and what
it left out cannot.

It has no options of its own.

Fails when the source says that the newest usable backup was completed with issues. Unknown when
the source does not say, or when there is no usable backup.

What to do: read the messages of the backup in the console, mend what they name, and make a backup
by hand to see that they are gone.

Example::

    completed_cleanly: {severity: medium}
"""

from __future__ import annotations

from backup_auditor.model import Backup, Fact, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._newest import NOT_TOLD, NOTHING, since_when
from backup_auditor.rules._times import NONE
from backup_auditor.speech import phrase

ADVICE = phrase("Read the messages of the backup in the console, and mend what they name.")

_WAS = phrase("the newest backup was completed without issues")
_WAS_NOT = phrase("the newest backup was completed with issues")
_NOBODY_SAYS = phrase("the source does not say whether the newest backup was completed cleanly")
_CLEAN, _ISSUES = phrase("without issues"), phrase("with issues")
_MUST = phrase("must be completed without issues")


class Options(RuleOptions):
    """This rule has no options of its own."""

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.CLEANLINESS


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge the newest usable backup."""
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, NOTHING, NONE, _MUST)
    match history.usable[0].is_clean:
        case True:
            return Verdict(Outcome.PASS, _WAS, _CLEAN, _MUST)
        case False:
            since = since_when(history.usable, _has_issues)
            return Verdict(Outcome.FAIL, _WAS_NOT, _ISSUES, _MUST, since=since)
        case None:
            return Verdict(Outcome.UNKNOWN, _NOBODY_SAYS, NOT_TOLD, _MUST)


def _has_issues(backup: Backup) -> bool:
    return backup.is_clean is False
