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
same kind, of a size above 0, count, those too that earlier audits saw and the provider has deleted
since, where audits are kept. Unknown when the newest usable backup has no size, or when
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
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from backup_auditor.model import Backup, Fact, History, Limit, Outcome, Reach, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.rules._median import doubled_median
from backup_auditor.rules._sizes import NO_SIZE, NOTHING, UNMEASURED
from backup_auditor.rules._times import NONE
from backup_auditor.speech import Phrase, phrase
from backup_auditor.values import Percentage, Size, say_percentage, say_size

ADVICE = phrase("Compare the data with what is expected before the older backups expire.")

_EMPTY, _NOT_EMPTY = phrase("the newest backup is empty"), phrase("more than 0 B")
_MOVING = phrase("a size that moves")

_NORMAL = Fraction("0.6745")
"""MAD of normal noise, in standard deviations: scores compare with those."""
_PARTS = 10**8  # a percentage has at most six decimals
_UNIT = 2 * _PARTS
"""Sizes are compared as whole numbers of so many to a byte, so that limits are exact."""


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

    def needs(self) -> Fact:
        """Return what the source must tell."""
        return Fact.SIZE


def reach(options: Options) -> Reach:
    """Ask for sizes of two kinds: only those of one kind are held against each other."""
    return Reach(sizes=2 * max(options.baseline, options.frozen or 0))


def check(history: History, options: Options, moment: Moment) -> Verdict:  # noqa: ARG001 - the form
    """Judge the size of the newest usable backup."""
    if not history.usable:
        return Verdict(Outcome.UNKNOWN, NOTHING, NONE)
    newest = history.usable[0]
    size = newest.size_bytes
    if size is None:
        return Verdict(Outcome.UNKNOWN, UNMEASURED, NO_SIZE)
    if size == 0:
        return Verdict(Outcome.FAIL, _EMPTY, "0 B", _NOT_EMPTY, since=newest.taken_at)
    return _frozen(history.usable, size, options) or _drift(newest, size, history, options)


def _frozen(usable: Sequence[Backup], size: int, options: Options) -> Verdict | None:
    streak = usable[: options.frozen]
    if options.frozen is None or len(streak) < options.frozen:
        return None
    if any(backup.size_bytes != size for backup in streak):
        return None
    observed = say_size(size)
    message = phrase(
        "the last {number} backups have the same size of {size}",
        number=str(options.frozen),
        size=observed,
    )
    return Verdict(Outcome.FAIL, message, observed, _MOVING, since=streak[-1].taken_at)


def _drift(newest: Backup, size: int, history: History, options: Options) -> Verdict:
    earlier = (b.size_bytes for b in history.usable_ever[1:] if b.kind is newest.kind)
    sizes = list(islice((s for s in earlier if s), options.baseline))
    observed = say_size(size)
    if len(sizes) < options.warm_up:
        message = phrase(
            "warming up ({known} of {wanted})", known=str(len(sizes)), wanted=str(options.warm_up)
        )
        return Verdict(Outcome.PASS, message, observed)
    usual = _Usual.of(sizes, options)
    score = usual.score(size) if options.sensitivity else None
    expected, limit = _expected(usual, score, options), usual.limit(options)
    # Exactly at a limit passes, so limits are no floats.
    if usual.distance(size) < options.floor * _UNIT or usual.low <= size * _UNIT <= usual.high:
        message = phrase("the newest backup is {size}, as usual", size=observed)
        return Verdict(Outcome.PASS, message, observed, expected, limit=limit)
    message = _change(size, observed, usual)
    if score is not None:
        within = score <= Fraction(str(options.sensitivity))
        message = _scored(message, score, within=within)
        if within:
            return Verdict(Outcome.PASS, message, observed, expected, limit=limit)
    failure = Verdict(Outcome.FAIL, message, observed, expected, newest.taken_at)
    return replace(failure, lowered=size * _UNIT > usual.high, limit=limit)


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is usual, and the percentages around it, as whole numbers of ``_UNIT`` to a byte."""

    sizes: Sequence[int]
    median: int
    low: int
    high: int

    @classmethod
    def of(cls, sizes: Sequence[int], options: Options) -> Self:
        doubled = doubled_median(sizes)
        smaller, larger = round(options.shrink * _PARTS), round(options.growth * _PARTS)
        low, high = doubled * (_PARTS - smaller), doubled * (_PARTS + larger)
        return cls(sizes, doubled * _PARTS, low, high)

    def distance(self, size: int) -> int:
        """Return how far a size is from the usual one."""
        return abs(size * _UNIT - self.median)

    def score(self, size: int) -> Fraction | None:
        """Return the modified z-score of a size; None when the MAD is zero."""
        mad = self._mad()
        return _NORMAL * self.distance(size) / mad if mad else None

    def limit(self, options: Options) -> Limit:
        """Return the sizes that pass, whichever option lets them."""
        spread: int | Fraction = options.floor * _UNIT
        if options.sensitivity:
            spread = max(spread, Fraction(str(options.sensitivity)) * self._mad() / _NORMAL)
        smallest, largest = (
            min(self.low, self.median - spread),
            max(self.high, self.median + spread),
        )
        return Limit(
            smallest_bytes=max(float(smallest / _UNIT), 0), largest_bytes=float(largest / _UNIT)
        )

    def _mad(self) -> Fraction:
        return Fraction(doubled_median([self.distance(size) for size in self.sizes]), 2)


def _expected(usual: _Usual, score: Fraction | None, options: Options) -> Phrase:
    low, high = say_size(usual.low / _UNIT), say_size(usual.high / _UNIT)
    if score is None:
        return phrase("{low} to {high}", low=low, high=high)
    return phrase(
        "{low} to {high}, or at most {score} robust deviations from the usual size",
        low=low,
        high=high,
        score=str(options.sensitivity),
    )


def _change(size: int, observed: str, usual: _Usual) -> Phrase:
    share = say_percentage(usual.distance(size) / usual.median)
    before = say_size(usual.median / _UNIT)
    if size * _UNIT < usual.low:
        return phrase(
            "the newest backup is {size}, {share} smaller than the usual {usual}",
            size=observed,
            share=share,
            usual=before,
        )
    return phrase(
        "the newest backup is {size}, {share} larger than the usual {usual}",
        size=observed,
        share=share,
        usual=before,
    )


def _scored(change: Phrase, score: Fraction, *, within: bool) -> Phrase:
    said = f"{float(score):.1f}"
    if within:
        return phrase(
            "{change}, but only {score} robust deviations from it", change=change, score=said
        )
    return phrase("{change} and {score} robust deviations from it", change=change, score=said)
