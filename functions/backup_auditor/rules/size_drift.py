"""The newest backup is about as large as those before it.

Why: a backup of a database that lost half of its data succeeds as well as any other. A sudden
change of size is often the first sign of lost data, a wrong target, or a dump that was cut off.

Options:

* ``shrink``: how much smaller than usual is fine (50%).
* ``growth``: how much larger than usual is fine (100%). Growth is reported one severity lower.
* ``baseline``: how many earlier backups say what is usual (7); their median is taken.
* ``warm_up``: with fewer earlier backups than this, nothing is judged yet (3).
* ``floor``: differences smaller than this many bytes are fine (0 B).
* ``frozen``: so many equal sizes in a row are a finding (off): nothing is written any more.

Fails when the newest usable backup has size 0, or leaves these limits. Only earlier backups of the
same kind, of a size above 0, count. Unknown when the newest usable backup has no size, or when
there is no usable backup.

What to do: compare the data of the resource with what is expected before the older, larger backups
expire. If the change is intended, it becomes the new usual by itself.

Example::

    size_drift: {shrink: 50%, growth: 200%, floor: 10MiB}
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from statistics import median

from pydantic import Field

from backup_auditor.model import Backup, History, Outcome, Verdict
from backup_auditor.rules import Moment, RuleOptions
from backup_auditor.values import Percentage, Size, say_percentage, say_size

ADVICE = "Compare the data with what is expected before the older backups expire."


class Options(RuleOptions):
    """Options of this rule."""

    shrink: Percentage = Field(default=0.5, description="How much smaller than usual is fine.")
    growth: Percentage = Field(default=1.0, description="How much larger than usual is fine.")
    baseline: int = Field(default=7, ge=1, le=1000, description="Earlier backups to compare with.")
    warm_up: int = Field(default=3, ge=1, le=1000, description="Fewest earlier backups to judge.")
    floor: Size = Field(default=0, description="Differences below this are fine.")
    frozen: int | None = Field(
        default=None, ge=2, le=1000, description="So many equal sizes in a row are a finding."
    )


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
    return _frozen(history.usable, options) or _drift(newest, size, history, options)


def _frozen(usable: Sequence[Backup], options: Options) -> Verdict | None:
    if options.frozen is None:
        return None
    sizes = [b.size_bytes for b in usable[: options.frozen]]
    if len(sizes) < options.frozen or set(sizes) != {sizes[0]} or sizes[0] is None:
        return None
    message = f"the last {options.frozen} backups have the same size of {say_size(sizes[0])}"
    since = usable[options.frozen - 1].taken_at
    return Verdict(Outcome.FAIL, message, say_size(sizes[0]), "a size that moves", since=since)


def _drift(newest: Backup, size: int, history: History, options: Options) -> Verdict:
    earlier = (b.size_bytes for b in history.usable[1:] if b.kind is newest.kind)
    sizes = list(islice((s for s in earlier if s), options.baseline))
    observed = say_size(size)
    if len(sizes) < options.warm_up:
        return Verdict(Outcome.PASS, f"warming up ({len(sizes)} of {options.warm_up})", observed)
    usual = Fraction(median(sizes))
    low, high = (1 - _exact(options.shrink)) * usual, (1 + _exact(options.growth)) * usual
    expected = f"{say_size(max(0.0, float(low)))} to {say_size(float(high))}"
    # Exactly at a limit passes, so limits are no floats.
    if abs(size - usual) >= options.floor and not low <= size <= high:
        said = say_size(float(usual))
        share = say_percentage(float(abs(size - usual) / usual))
        change = "smaller" if size < low else "larger"
        return Verdict(
            Outcome.FAIL,
            f"the newest backup is {observed}, {share} {change} than the usual {said}",
            observed,
            expected,
            since=newest.taken_at,
            lowered=size > high,
        )
    return Verdict(Outcome.PASS, f"the newest backup is {observed}, as usual", observed, expected)


def _exact(share: float) -> Fraction:
    """Return the percentage as it was written: 0.45 is 45/100 again."""
    return Fraction(share).limit_denominator(10**8)
