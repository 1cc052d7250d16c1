"""How often ``size_drift`` cries wolf, and how often it sleeps: many made-up series, many settings.

This is the counting: the real rule is asked about every day of every series. ``make drift``
(``tests.bench.drift``) does it for all and writes ``policies/size_drift.md`` and its plot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from backup_auditor.model import Backup, BackupState, History, Outcome, Resource
from backup_auditor.rules import Moment
from backup_auditor.rules.size_drift import Options, check

from tests.bench.drift_series import CALM, DAYS_TO_DECAY, KINDS, Series, series

SERIES_OF_A_KIND = 200
LIMITS = (("50%", "100%"), ("50%", "200%"), ("30%", "50%"))
SPANS = ((7, 3), (28, 7))
SENSITIVITIES: tuple[float | str, ...] = ("off", 2, 3.5, 5)
DAYS_TO_NOTICE = {"drop": 1, "doubling": 3, "decay": DAYS_TO_DECAY}
_DAY = timedelta(days=1)
_START = datetime(2026, 1, 1, 3, tzinfo=UTC)
_RESOURCE = Resource("r", "r", "bench", "", "")


@dataclass(frozen=True, slots=True)
class Setting:
    """Options of the rule, as a policy says them."""

    shrink: str
    growth: str
    baseline: int
    warm_up: int
    sensitivity: float | str

    @property
    def options(self) -> Options:
        """As the rule takes them."""
        said = {name: getattr(self, name) for name in self.__slots__}
        return Options.model_validate(said)


DEFAULTS = Setting("50%", "100%", 7, 3, "off")
WIDE = Setting("80%", "400%", 7, 3, "off")
"""Percentages that let the smallest and the largest weekend pass."""
SETTINGS = (
    *(
        Setting(*limits, *span, sensitivity)
        for limits, span, sensitivity in product(LIMITS, SPANS, SENSITIVITIES)
    ),
    WIDE,
)
_LONGEST = max(setting.baseline for setting in SETTINGS) + 1


@dataclass(slots=True)
class Tally:
    """What one setting did."""

    good_days: Counter[str] = field(default_factory=Counter)
    """By what the sizes are like."""
    alarms: Counter[str] = field(default_factory=Counter)
    """Those on good days."""
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind, and by what the sizes are like."""
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def alarm_rate(self, *bases: str) -> float:
        """Return the false alarms in 1,000 good days."""
        return 1000 * sum(self.alarms[b] for b in bases) / sum(self.good_days[b] for b in bases)

    def miss_rate(self, *kinds: str, bases: Collection[str] = CALM) -> float:
        """Return the missed faults in 100."""
        keys = list(product(kinds, bases))
        return 100 * sum(self.missed[k] for k in keys) / sum(self.faults[k] for k in keys)


def histories(sizes: Sequence[int], days: Iterable[int]) -> Iterator[tuple[int, History, Moment]]:
    """Yield what the rule sees on each of ``days``: the backup of that day and those before it."""
    backups = [
        Backup(str(day), "r", BackupState.SUCCEEDED, _START + day * _DAY, size_bytes=size)
        for day, size in enumerate(sizes)
    ]
    for day in days:
        seen = History.of(_RESOURCE, backups[max(0, day + 1 - _LONGEST) : day + 1])
        yield day, seen, Moment(_START + (day + 0.1) * _DAY, ZoneInfo("UTC"))


def flagged(
    sizes: Sequence[int], days: Iterable[int], options: Sequence[Options]
) -> list[set[int]]:
    """Return the days on which the rule fails, for each of ``options``."""
    found: list[set[int]] = [set() for _ in options]
    for day, seen, moment in histories(sizes, days):
        for at, one in zip(found, options, strict=True):
            if check(seen, one, moment).outcome is Outcome.FAIL:
                at.add(day)
    return found


def count(one: Series, options: Sequence[Options], tallies: Sequence[Tally]) -> None:
    """Add what the rule says about one series.

    A fault is noticed by an alarm on a faulty day that the same series without the fault does not
    raise: an alarm that comes anyway tells nobody anything.
    """
    good = [day for day in range(len(one.sizes)) if day not in one.wrong]
    watched = one.wrong[: DAYS_TO_NOTICE.get(one.kind, 0)]
    found = flagged(one.sizes, [*good, *watched], options)
    anyway = flagged(one.calm, watched, options)
    for tally, at, without in zip(tallies, found, anyway, strict=True):
        tally.good_days[one.base] += len(good)
        tally.alarms[one.base] += len(at.intersection(good))
        if watched:
            tally.faults[one.kind, one.base] += 1
            tally.missed[one.kind, one.base] += not (at - without).intersection(watched)


def simulate(settings: Sequence[Setting], number: int) -> list[Tally]:
    """Run every setting over ``number`` series of every kind."""
    tallies = [Tally() for _ in settings]
    options = [setting.options for setting in settings]
    for kind, index in product(KINDS, range(number)):
        count(series(kind, index), options, tallies)
    return tallies
