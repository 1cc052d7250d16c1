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

from backup_auditor.model import History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions

JUDGES_NEW = True
ADVICE = "Switch automatic backup on in the console."


class Options(RuleOptions):
    """This rule has no options of its own."""


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge what the inventory says."""
    match history.resource.auto_backup:
        case True:
            return Verdict(Outcome.PASS, "automatic backup is on", "on", "must be on")
        case False:
            return Verdict(Outcome.FAIL, "automatic backup is off", "off", "must be on")
        case None:
            message = "the source does not say whether automatic backup is on"
            return Verdict(Outcome.UNKNOWN, message, "not told", "must be on")
