"""The newest backup is not smaller than it can possibly be.

Why: a backup of an empty database succeeds. An empty Redis makes a file of 18 bytes, and the
provider calls it a success.

Options:

* ``min``: the smallest size that is believable, such as ``1KiB``.

Fails when the newest usable backup is smaller. Unknown when it has no size, or when there is no
usable backup.

What to do: look whether the resource holds data at all. If it is meant to be empty, give it a
policy of its own.

Example::

    minimum_size: {min: 1KiB}
"""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field, field_validator

from backup_auditor.model import Fact, History, Limit, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._sizes import NO_SIZE, NOTHING, UNMEASURED
from backup_auditor.rules._times import NONE
from backup_auditor.speech import Phrase, phrase
from backup_auditor.values import Size, say_size

ADVICE = phrase("Look whether the resource holds data at all; its backup does not.")


class Options(RuleOptions):
    """Options of this rule."""

    min: Size = Field(description="Smallest size that is believable.", examples=["1KiB"])

    @field_validator("min")
    @classmethod
    def _can_fail(cls, size: int) -> int:
        if size < 1:
            raise ValueError("min must be above 0 bytes; no backup is smaller than that")
        return size

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.SIZE


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge the size of the newest usable backup."""
    expected = _expected(options.min)
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, NOTHING, NONE, expected)
    newest = history.usable[0]
    if newest.size_bytes is None:
        return Verdict(Outcome.UNKNOWN, UNMEASURED, NO_SIZE, expected)
    observed = say_size(newest.size_bytes)
    message = phrase("the newest backup is {size}", size=observed)
    limit = Limit(smallest_bytes=options.min)
    if newest.size_bytes < options.min:
        since = newest.taken_at
        return Verdict(Outcome.FAIL, message, observed, expected, since=since, limit=limit)
    return Verdict(Outcome.PASS, message, observed, expected, limit=limit)


@lru_cache(64)  # one answer serves all resources of a policy
def _expected(least: int) -> Phrase:
    return phrase("at least {size}", size=say_size(least))
