"""The provider makes backups of the resource by itself.

Why: backups that somebody makes by hand end when that somebody is on holiday. This rule asks for
the setting, so it finds the mistake before the first backup is missing.

It has no options of its own.

Fails when the source says that automatic backup is off. Unknown when the source does not say.

What to do: switch automatic backup on in the console. If something else makes the backups, leave
this rule out and let ``last_success_age`` watch them.

Example::

    auto_backup: {severity: medium}
"""

from __future__ import annotations

from backup_auditor.model import Fact, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.speech import phrase

JUDGES_NEW = True
ADVICE = phrase("Switch automatic backup on in the console.")

_IS_ON, _ON = phrase("automatic backup is on"), phrase("on")
_IS_OFF, _OFF = phrase("automatic backup is off"), phrase("off")
_NOBODY_SAYS = phrase("the source does not say whether automatic backup is on")
_NOT_TOLD, _MUST = phrase("not told"), phrase("must be on")


class Options(RuleOptions):
    """This rule has no options of its own."""

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.AUTO_BACKUP


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge what the inventory says."""
    match history.resource.auto_backup:
        case True:
            return Verdict(Outcome.PASS, _IS_ON, _ON, _MUST)
        case False:
            return Verdict(Outcome.FAIL, _IS_OFF, _OFF, _MUST)
        case None:
            return Verdict(Outcome.UNKNOWN, _NOBODY_SAYS, _NOT_TOLD, _MUST)
