"""The newest backup did not take too long.

Why: a backup that takes longer every day runs into working hours, into the next one, and at last
into a time-out. And one that takes far longer than usual often tells of a fault before it fails.

Options:

* ``max``: how long a backup may take, such as ``4h``.
* ``growth``: how much longer than usual is fine, such as ``100%``. Usual is the median of earlier
  backups.
* ``baseline``: with ``growth``, how many earlier backups say what is usual (7).
* ``warm_up``: with ``growth``, fewer earlier backups than this say nothing yet (3).

At least one of ``max`` and ``growth`` is needed.

Fails when the newest usable backup took longer than ``max``, or longer than usual by more than
``growth``. Only earlier usable backups of the same kind count that took longer than no time at all.
Unknown when the source does not tell when the newest usable backup was finished, tells a time from
before it was started, or when there is no usable backup. One that is still running is judged by
``error_state``.

What to do: look what has grown: the data, the load while the backup is made, or the way to where it
is stored. Move its time, or split the resource, before it runs into the next one.

Example::

    duration: {max: 4h, growth: 200%}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from backup_auditor.model import Backup, Fact, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._median import doubled_median
from backup_auditor.rules._newest import NOT_TOLD, NOTHING
from backup_auditor.rules._spans import Span
from backup_auditor.rules._times import NONE
from backup_auditor.speech import Phrase, phrase
from backup_auditor.values import Percentage, say_percentage

ADVICE = phrase("Look what has grown, and make room for it before it runs into the next backup.")

_NOBODY_SAYS = phrase("the source does not say when the newest backup was finished")
_BACKWARDS = phrase("the newest backup was finished before it was started: clocks disagree")
_PARTS = 10**8  # a percentage has at most six decimals
_INSTANT, _LONGEST = timedelta.resolution, 10**18  # 30,000 years are all that can be said

_Count = Annotated[int, Field(ge=1, le=1000, strict=True)]


class Options(RuleOptions):
    """Options of this rule."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["max"]}, {"required": ["growth"]}],
            "dependencies": {"baseline": ["growth"], "warm_up": ["growth"]},
        }
    )

    max: Span | None = Field(
        default=None, description="How long a backup may take.", examples=["4h"]
    )
    growth: Percentage | None = Field(
        default=None, description="How much longer than usual is fine.", examples=["100%"]
    )
    baseline: _Count = Field(
        default=7, description="Earlier backups to compare with.", examples=[7, 28]
    )
    warm_up: _Count = Field(
        default=3, description="Fewest earlier backups to compare with.", examples=[3, 7]
    )

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        if self.max is None and self.growth is None:
            raise ValueError("duration needs max or growth, or both")
        idle = sorted({"baseline", "warm_up"} & self.model_fields_set)
        if self.growth is None and idle:
            raise ValueError(f"{idle[0]} is only used with growth")
        if self.warm_up > self.baseline:
            found = f"warm_up {self.warm_up} can never end with baseline {self.baseline}"
            raise ValueError(f"{found}; lower it or raise baseline")
        return self

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.END


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge how long the newest usable backup took."""
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, NOTHING, NONE, _expected(options.max, None))
    newest = history.usable[0]
    took = _took(newest)
    if took is None or took < timedelta(0):
        message = _NOBODY_SAYS if took is None else _BACKWARDS
        return Verdict(Outcome.UNKNOWN, message, NOT_TOLD, _expected(options.max, None))
    usual = list(_usual(history.usable, options)) if options.growth is not None else []
    is_warm = len(usual) >= options.warm_up
    limit = _limit(usual, options.growth) if is_warm and options.growth is not None else None
    observed, expected = phrase("{span}", span=took), _expected(options.max, limit)
    message = phrase("the newest backup took {span}", span=took)
    broken = [most for most in (options.max, limit) if most is not None and took > most]
    if broken:
        if limit in broken:
            message = _change(took, usual)
        since = newest.taken_at and newest.taken_at + min(broken)
        return Verdict(Outcome.FAIL, message, observed, expected, since=since)
    if options.growth is not None and not is_warm:
        message = phrase(
            "{took}; warming up ({known} of {wanted})",
            took=message,
            known=str(len(usual)),
            wanted=str(options.warm_up),
        )
    return Verdict(Outcome.PASS, message, observed, expected)


def _took(backup: Backup) -> timedelta | None:
    if backup.taken_at is None or backup.finished_at is None:
        return None
    return backup.finished_at - backup.taken_at


def _usual(usable: Sequence[Backup], options: Options) -> Sequence[int]:
    """Return how many microseconds earlier ones took that are comparable."""
    spans = (_took(b) for b in usable[1:] if b.kind is usable[0].kind)
    finished = (span // _INSTANT for span in spans if span is not None and span > timedelta(0))
    return list(islice(finished, options.baseline))


def _limit(usual: Sequence[int], growth: float) -> timedelta:
    """Return what is just fine: cut to the microsecond, below which no backup can differ."""
    longest = doubled_median(usual) * (_PARTS + round(growth * _PARTS))
    return min(longest // (2 * _PARTS), _LONGEST) * _INSTANT


def _expected(longest: timedelta | None, limit: timedelta | None) -> Phrase | str:
    limits = [span for span in (longest, limit) if span is not None]
    return phrase("at most {span}", span=min(limits)) if limits else ""


def _change(took: timedelta, usual: Sequence[int]) -> Phrase:
    median = doubled_median(usual)
    return phrase(
        "the newest backup took {span}, {share} longer than the usual {usual}",
        span=took,
        share=say_percentage((2 * (took // _INSTANT) - median) / median),
        usual=median * _INSTANT // 2,
    )
