"""The newest backup is about as large as those before it.

Why: a backup of a database that lost half of its data succeeds as well as any other. A sudden
change of size is often the first sign of lost data, a wrong target, or a dump that was cut off.

Options:

* ``shrink``: how much smaller than usual is fine (50%), up to 100%.
* ``growth``: how much larger than usual is fine (100%). Growth is reported one severity lower.
* ``baseline``: how many earlier backups say what is usual (7); their median is taken.
* ``warm_up``: with fewer earlier backups than this, nothing is judged yet (3).
* ``sensitivity``: how many robust deviations from usual are fine as well (off), such as 2.
* ``floor``: differences smaller than this many bytes are fine (0 B).
* ``frozen``: so many equal sizes in a row are a finding (off): nothing is written any more.

Fails when the newest usable backup has size 0, or leaves these limits. Only earlier backups of the
same kind, of a size above 0, count. Unknown when the newest usable backup has no size, or when
there is no usable backup.

The percentages alone suit sizes that stay close to each other from day to day: everybody can tell
what they allow. ``sensitivity`` is for sizes that jump by themselves. It measures how far the
earlier sizes lie apart, and a size must leave the percentages and this as well. So it never adds a
finding; it allows for tighter percentages. Where most earlier sizes are equal, there is nothing to
measure, and the percentages decide alone. It knows no calendar: a small backup every Sunday needs
percentages that let it pass.

A robust deviation is the modified z-score, 0.6745 x distance from the median / MAD, where MAD is
the median distance of the earlier sizes from their median. It and its usual limit of 3.5 are those
of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers, ASQC Quality Press 1993. Mind
that no size can fall by more than all of it: with 3.5, once the MAD is above a fifth of the median,
only an empty backup is too small; with 2 that point is a third. So start with 2, and let
``minimum_size`` stand beside it. ``policies/size_drift.md`` has the figures.

What to do: compare the data of the resource with what is expected before the older, larger backups
expire. If the change is intended, it becomes the new usual by itself.

Example::

    size_drift: {shrink: 50%, growth: 200%, floor: 10MiB}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from statistics import median
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from backup_auditor.model import Backup, History, Limit, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.values import Percentage, Size, say_percentage, say_size

ADVICE = "Compare the data with what is expected before the older backups expire."

_NORMAL = Fraction("0.6745")
"""MAD of normal noise, in standard deviations: scores compare with those."""


def _unless_off(value: object) -> object:
    return None if value == "off" else value


_Count = Annotated[int, Field(ge=1, le=1000, strict=True)]
_Streak = Annotated[int, Field(ge=2, le=1000, strict=True)]
_Score = Annotated[float, Field(gt=0, le=1000, strict=True)]
_StreakOrOff = Annotated[
    _Streak | None,
    BeforeValidator(_unless_off, json_schema_input_type=_Streak | Literal["off"] | None),
]
_ScoreOrOff = Annotated[
    _Score | None,
    BeforeValidator(_unless_off, json_schema_input_type=_Score | Literal["off"] | None),
]


class Options(RuleOptions):
    """Options of this rule."""

    shrink: Percentage = Field(
        default=0.5, description="How much smaller than usual is fine.", examples=["50%", "20%"]
    )
    growth: Percentage = Field(
        default=1.0, description="How much larger than usual is fine.", examples=["100%", "200%"]
    )
    baseline: _Count = Field(
        default=7, description="Earlier backups to compare with.", examples=[7, 28]
    )
    warm_up: _Count = Field(
        default=3, description="Fewest earlier backups to judge.", examples=[3, 7]
    )
    sensitivity: _ScoreOrOff = Field(
        default=None,
        description="How many robust deviations from usual are fine, besides the percentages.",
        examples=[2, 3.5, "off"],
    )
    floor: Size = Field(
        default=0, description="Differences below this are fine.", examples=["10MiB", 0]
    )
    frozen: _StreakOrOff = Field(
        default=None, description="So many equal sizes in a row are a finding.", examples=[7, "off"]
    )

    @field_validator("shrink")
    @classmethod
    def _can_happen(cls, shrink: float) -> float:
        if shrink > 1:
            said = say_percentage(shrink)
            raise ValueError(f"shrink is {said}, but nothing can shrink by more than 100%")
        return shrink

    @model_validator(mode="after")
    def _warms_up_some_day(self) -> Self:
        if self.warm_up > self.baseline:
            found = f"warm_up {self.warm_up} can never end with baseline {self.baseline}"
            raise ValueError(f"{found}; lower it or raise baseline")
        return self


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge the size of the newest usable backup."""
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, "there is no usable backup to measure", "none")
    newest = history.usable[0]
    size = newest.size_bytes
    if size is None:
        return Verdict(Outcome.UNKNOWN, "the newest backup has no size", "no size")
    if size == 0:
        message = "the newest backup is empty"
        return Verdict(Outcome.FAIL, message, "0 B", "more than 0 B", since=newest.taken_at)
    return _frozen(history.usable, size, options) or _drift(newest, size, history, options)


def _frozen(usable: Sequence[Backup], size: int, options: Options) -> Verdict | None:
    streak = usable[: options.frozen]
    if options.frozen is None or len(streak) < options.frozen:
        return None
    if any(backup.size_bytes != size for backup in streak):
        return None
    message = f"the last {options.frozen} backups have the same size of {say_size(size)}"
    since = streak[-1].taken_at
    return Verdict(Outcome.FAIL, message, say_size(size), "a size that moves", since=since)


def _drift(newest: Backup, size: int, history: History, options: Options) -> Verdict:
    earlier = (b.size_bytes for b in history.usable[1:] if b.kind is newest.kind)
    sizes = list(islice((s for s in earlier if s), options.baseline))
    observed = say_size(size)
    if len(sizes) < options.warm_up:
        return Verdict(Outcome.PASS, f"warming up ({len(sizes)} of {options.warm_up})", observed)
    usual = Fraction(median(sizes))
    low, high = (1 - _exact(options.shrink)) * usual, (1 + _exact(options.growth)) * usual
    score = _score(size, usual, sizes) if options.sensitivity else None
    expected = f"{say_size(float(low))} to {say_size(float(high))}"
    if score is not None:
        expected += f", or at most {options.sensitivity} robust deviations from the usual size"
    limit = _limit(usual, low, high, sizes=sizes, options=options)
    # Exactly at a limit passes, so limits are no floats.
    if abs(size - usual) < options.floor or low <= size <= high:
        message = f"the newest backup is {observed}, as usual"
        return Verdict(Outcome.PASS, message, observed, expected, limit=limit)
    share = say_percentage(float(abs(size - usual) / usual))
    change = f"{share} {'smaller' if size < low else 'larger'}"
    message = f"the newest backup is {observed}, {change} than the usual {say_size(float(usual))}"
    if score is not None:
        within = score <= Fraction(str(options.sensitivity))
        link = ", but only" if within else " and"
        message += f"{link} {float(score):.1f} robust deviations from it"
        if within:
            return Verdict(Outcome.PASS, message, observed, expected, limit=limit)
    failure = Verdict(Outcome.FAIL, message, observed, expected, newest.taken_at)
    return replace(failure, lowered=size > high, limit=limit)


def _limit(
    usual: Fraction, low: Fraction, high: Fraction, *, sizes: Sequence[int], options: Options
) -> Limit:
    """Return the sizes that pass, whichever option lets them."""
    mad = median(abs(earlier - usual) for earlier in sizes)
    robust = Fraction(str(options.sensitivity or 0)) * mad / _NORMAL
    spread = max(Fraction(options.floor), robust)
    smallest, largest = min(low, usual - spread), max(high, usual + spread)
    return Limit(smallest_bytes=max(float(smallest), 0), largest_bytes=float(largest))


def _score(size: int, usual: Fraction, sizes: Sequence[int]) -> Fraction | None:
    """Return the modified z-score of a size; None when the MAD is zero."""
    mad = median(abs(earlier - usual) for earlier in sizes)
    return _NORMAL * abs(size - usual) / mad if mad else None


def _exact(share: float) -> Fraction:
    """Return the percentage as it was written: 0.45 is 45/100 again."""
    return Fraction(share).limit_denominator(10**8)
