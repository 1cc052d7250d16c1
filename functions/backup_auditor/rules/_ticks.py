"""When backups are due: the ticks of a cron schedule in a time zone.

Two datetimes of one time zone are compared by what the wall shows, as if no hour were ever
repeated: so ticks are compared in UTC. And cronsim does not know which of the two repeated hours it
is started in: so it is started off well before or after, and what is passed over is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from backup_auditor.model import Schedule

_CRON_FIELDS = 5
_LONGEST = 200
"""Characters of a schedule that a source tells."""
_ANY_INSTANT = datetime(2026, 1, 1)  # noqa: DTZ001 - only to see whether the text is a schedule
_CLOCK_CHANGE = timedelta(hours=3)  # longer than any clock is set back


@lru_cache(maxsize=256)
def is_schedule(text: str) -> bool:
    """Return whether ``text`` is five cron fields that tick at some time."""
    try:
        next(CronSim(text, _ANY_INSTANT))
    # A number may be too long for int(), and a schedule may end without a single tick.
    except (CronSimError, ValueError, StopIteration):
        return False
    return len(text.split()) == _CRON_FIELDS


@dataclass(frozen=True, slots=True)
class Ticks:
    """The ticks of five cron fields that are sound."""

    cron: str
    zone: ZoneInfo

    @classmethod
    def told(cls, schedule: Schedule) -> Ticks | None:
        """Return the ticks of a schedule that a source tells; None for one that is not sound."""
        cron, zone = schedule.cron, schedule.timezone
        if len(cron) > _LONGEST or not is_schedule(cron) or zone not in _zones():
            return None
        return cls(cron, ZoneInfo(zone))

    def last(self, until: datetime) -> datetime:
        """Return the last tick that is not after ``until``."""
        return _last(self.cron, until, self.zone)

    def next(self, after: datetime) -> datetime:
        """Return the first tick after ``after``."""
        start = (after - _CLOCK_CHANGE).astimezone(self.zone)
        ticks = (tick.astimezone(UTC) for tick in CronSim(self.cron, start))
        return next(tick for tick in ticks if tick > after)


@lru_cache(maxsize=1024)
def _last(cron: str, until: datetime, zone: ZoneInfo) -> datetime:
    """See ``Ticks.last``; one answer serves a whole audit."""
    start = (until + _CLOCK_CHANGE).astimezone(zone)
    ticks = (tick.astimezone(UTC) for tick in CronSim(cron, start, reverse=True))
    return next(tick for tick in ticks if tick <= until)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
