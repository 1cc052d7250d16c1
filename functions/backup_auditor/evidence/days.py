"""Days without an audit, and longer waits for the next one than were meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_LATE = 1.5
"""So many times the due span, as in ``memory.skipped``: a run may be late."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days one after the other, the last one included."""

    first: date
    last: date

    def __len__(self) -> int:
        """Return how many days these are."""
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        """Yield the days."""
        return (self.first + DAY * number for number in range(len(self)))

    def __str__(self) -> str:
        """Return one day, or the first and the last."""
        return str(self.first) if len(self) == 1 else f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that audits are due on."""

    zone: ZoneInfo
    audit_every: timedelta
    now: datetime
    first: date | None = None
    """None: the day of the first audit."""
    last: date | None = None
    """None: today."""

    def day(self, instant: datetime) -> date:
        """Return the day that ``instant`` is of."""
        return instant.astimezone(self.zone).date()

    def holds(self, day: date) -> bool:
        """Return whether ``day`` is in the range."""
        return (self.first or date.min) <= day <= (self.last or date.max)

    def missing(self, audits: Sequence[datetime]) -> list[date]:
        """Return the days of the range without one of ``audits``, which are in order.

        Today counts once the audit is late. With less than one audit a day no day is due.
        """
        if self.audit_every > DAY or not (audits or self.first):
            return []
        first = self.first or self.day(audits[0])
        today = self.day(self.now)
        is_late = bool(audits) and self.now - audits[-1] > self.audit_every * _LATE
        last = min(self.last or date.max, today if is_late else today - DAY)
        seen = {self.day(instant) for instant in audits}
        days = Span(first, last) if first <= last else ()
        return [day for day in days if day not in seen]

    def waits(self, audits: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
        """Return where it took far too long to the next audit, days that are missing aside."""
        missing = set(self.missing(audits))
        return [
            (before, after)
            for before, after in pairwise([*self._start(), *audits, *self._end()])
            if self.audit_every != DAY
            and after - before > self.audit_every * _LATE
            and not missing.intersection(Span(self.day(before), self.day(after)))
        ]

    def _start(self) -> list[datetime]:
        return [start_of(self.first, self.zone)] if self.first else []

    def _end(self) -> list[datetime]:
        end = start_of(self.last + DAY, self.zone) if self.last else self.now
        return [min(end, self.now)]


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant that ``day`` begins at."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def spans(days: Sequence[date]) -> list[Span]:
    """Return ``days``, which are in order, with those that follow each other put together."""
    found: list[Span] = []
    for day in days:
        if found and day - found[-1].last == DAY:
            found[-1] = Span(found[-1].first, day)
        else:
            found.append(Span(day, day))
    return found
