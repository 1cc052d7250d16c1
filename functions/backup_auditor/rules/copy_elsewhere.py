"""A recent copy lies in another region or account.

Why: backups that lie beside the resource are lost with it - when the region burns, when somebody
takes over the account, when a script deletes everything that it finds.

Options:

* ``max_age``: the greatest age of the newest copy, such as ``26h``: that of its data, not of the
  copying. A copy needs time, so allow for more than for the backup itself.
* ``where``: what must be another one, ``region`` or ``account``; ``any``: one of the two (any).

Only usable copies count, as the source tells them; a backup that lies beside the resource is none.

Fails when the source tells which copies there are, and the newest usable one is older than
``max_age``, or there is none. Unknown when the source does not tell, when the newest copy lies more
than 5 minutes in the future, and, in place of a fail, where a usable copy has no time: it may be
newer.

What to do: set up a rule that copies each backup into another region, or better into an account
that nobody works in. If there is one, look why its last copies are missing.

Example::

    copy_elsewhere: {max_age: 50h, where: account}
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from pydantic import Field

from backup_auditor.model import Backup, Fact, History, Outcome, Resource, Verdict
from backup_auditor.rules import FUTURE_TOLERANCE, Moment, RuleOptions
from backup_auditor.rules._newest import NOT_TOLD
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import NO_TIME, NONE, age_of
from backup_auditor.speech import Phrase, phrase

ADVICE = phrase("Copy each backup into another region, or better into an account of its own.")

_NOBODY_SAYS = phrase("the source does not tell which copies there are")
_UNTIMED = phrase("no usable copy has a time, so no age can be told")


class Where(StrEnum):
    """What must be another one."""

    REGION = "region"
    ACCOUNT = "account"
    ANY = "any"


_NO_COPY = {
    Where.REGION: phrase("there is no usable copy in another region"),
    Where.ACCOUNT: phrase("there is no usable copy in another account"),
    Where.ANY: phrase("there is no usable copy in another region or account"),
}


class Options(RuleOptions):
    """Options of this rule."""

    max_age: Span = Field(description="Greatest age of the newest copy.", examples=["50h"])
    where: Where = Field(
        default=Where.ANY,
        description="What must be another one: the region, the account, or any of them.",
        examples=["account"],
    )

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.COPIES


def check(history: History, options: Options, moment: Moment) -> Verdict:
    """Judge the age of the newest usable copy that lies elsewhere."""
    expected = _expected(options.max_age)
    if history.copies is None:
        return Verdict(Outcome.UNKNOWN, _NOBODY_SAYS, NOT_TOLD, expected)
    of, where = history.resource, options.where
    copies = [c for c in history.copies if c.is_usable and _is_elsewhere(c, of, where)]
    times = [c.taken_at for c in copies if c.taken_at]
    if times:
        verdict = _judge(max(times), options, moment.now)
        return _doubted(verdict) if len(times) < len(copies) else verdict
    if copies:
        return Verdict(Outcome.UNKNOWN, _UNTIMED, NO_TIME, expected)
    return Verdict(Outcome.FAIL, _NO_COPY[where], NONE, expected)


def _judge(newest: datetime, options: Options, now: datetime) -> Verdict:
    expected, ahead = _expected(options.max_age), newest - now
    if ahead > FUTURE_TOLERANCE:
        message = phrase("the newest copy lies {span} in the future: clocks disagree", span=ahead)
        return Verdict(Outcome.UNKNOWN, message, phrase("in {span}", span=ahead), expected)
    age = age_of(newest, now)
    message, observed = _said(options.where, age), phrase("{span}", span=age)
    if age <= options.max_age:
        return Verdict(Outcome.PASS, message, observed, expected)
    since = newest + options.max_age
    return Verdict(Outcome.FAIL, message, observed, expected, since=since)


def _doubted(verdict: Verdict) -> Verdict:
    """Return unknown in place of a fail that a copy without a time may refute."""
    if verdict.outcome is not Outcome.FAIL:
        return verdict
    doubt = phrase("a copy without a time may be newer")
    message = phrase("{finding}, but {doubt}", finding=verdict.message, doubt=doubt)
    return replace(verdict, outcome=Outcome.UNKNOWN, message=message, since=None)


def _is_elsewhere(copy: Backup, of: Resource, where: Where) -> bool:
    """Return whether ``copy`` lies in another place; one that is not told is that of ``of``."""
    other_region = copy.region not in {"", of.region}
    other_account = copy.account not in {"", of.account}
    match where:
        case Where.REGION:
            return other_region
        case Where.ACCOUNT:
            return other_account
        case Where.ANY:
            return other_region or other_account


def _said(where: Where, age: timedelta) -> Phrase:
    match where:
        case Where.REGION:
            return phrase("the newest copy in another region is {age} old", age=age)
        case Where.ACCOUNT:
            return phrase("the newest copy in another account is {age} old", age=age)
        case Where.ANY:
            return phrase("the newest copy in another region or account is {age} old", age=age)


@lru_cache(64)  # one answer serves all resources of a policy
def _expected(span: timedelta) -> Phrase:
    return phrase("a copy elsewhere of at most {span}", span=span)
