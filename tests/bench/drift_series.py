"""Made-up sizes of daily backups, calm and faulty, for ``tests.bench.drift``.

Every series has a seed of its own, made of its kind and number: the same name is the same series on
every machine, and one more kind leaves the others as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

SEED = 1993
FIRST_FAULT = 30
"""No fault starts before this day: every baseline is full by then."""
DAYS_TO_DECAY = 30
LENGTHS = (FIRST_FAULT + DAYS_TO_DECAY + 10, 120)
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Series:
    """Sizes in bytes, one a day, and what is wrong with them."""

    kind: str
    base: str
    """What the sizes are like but for the fault; the kind itself where there is none."""
    sizes: tuple[int, ...]
    calm: tuple[int, ...]
    """The same sizes without the fault."""
    wrong: range
    """The days whose backup is faulty."""


def _steady(random: Random) -> Iterator[float]:
    noise = random.uniform(0.005, 0.05)
    for _ in count():
        yield random.lognormvariate(0, noise)


def _growing(random: Random) -> Iterator[float]:
    rate = 1 + random.uniform(0.005, 0.02)
    for day, size in enumerate(_steady(random)):
        yield size * rate**day


def _weekly(random: Random) -> Iterator[float]:
    weekend = random.choice((random.uniform(0.2, 0.6), random.uniform(1.6, 3)))
    first = random.randrange(7)
    for day, size in enumerate(_steady(random), first):
        yield size * (weekend if day % 7 >= 5 else 1)


def _restless(random: Random) -> Iterator[float]:
    noise = random.uniform(0.15, 0.5)
    for _ in count():
        yield random.lognormvariate(0, noise)


CALM: dict[str, Callable[[Random], Iterator[float]]] = {
    "steady": _steady,
    "growing": _growing,
    "weekly": _weekly,
    "restless": _restless,
}
CALM_SAID = {
    "steady": "noise of 0.5 % to 5 %",
    "growing": "the same noise, and 0.5 % to 2 % more every day",
    "weekly": "the same noise, and weekends of 20 % to 60 % or 160 % to 300 % of a weekday",
    "restless": "noise of 15 % to 50 %",
}


def _drop(random: Random, days: int) -> list[float]:
    return [random.uniform(0.05, 0.4)] + [1.0] * (days - 1)


def _decay(random: Random, days: int) -> list[float]:
    kept = 1 - random.uniform(0.01, 0.03)
    return [kept ** (day + 1) for day in range(days)]


def _doubling(random: Random, days: int) -> list[float]:
    return [random.uniform(1.6, 2.5)] * days


FAULTS: dict[str, Callable[[Random, int], list[float]]] = {
    "drop": _drop,
    "decay": _decay,
    "doubling": _doubling,
}
FAULTS_SAID = {
    "drop": "one backup is 60 % to 95 % smaller, as one that was cut off",
    "decay": "1 % to 3 % of the data is lost every day from some day on",
    "doubling": "every backup from some day on is 1.6 to 2.5 times as large, as encrypted data is",
}
KINDS = (*CALM, *FAULTS)


def series(kind: str, number: int) -> Series:
    """Return one series; the same arguments always give the same one."""
    random = Random(f"{SEED} {kind} {number}")  # noqa: S311 - made-up sizes, no secrets
    days = random.randint(*LENGTHS)
    start = random.randint(FIRST_FAULT, days - DAYS_TO_DECAY)
    usual = _GIB * 10 ** random.uniform(-2, 2)
    base = kind if kind in CALM else tuple(CALM)[number % len(CALM)]
    shape = CALM[base](random)
    calm = tuple(round(usual * next(shape)) for _ in range(days))
    if kind in CALM:
        return Series(kind, base, calm, calm, range(0))
    factors = [1.0] * start + FAULTS[kind](random, days - start)
    sizes = tuple(round(size * factor) for size, factor in zip(calm, factors, strict=True))
    wrong = range(start, start + 1 if kind == "drop" else days)
    return Series(kind, base, sizes, calm, wrong)
