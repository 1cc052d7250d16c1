"""When a service makes backups, as a schedule: days of the week, and an hour or a range of hours.

Numbers are 1 to 7, Monday to Sunday, with commas between them: ``3,7``. Flags are seven digits, of
which the last one is Sunday and the first one Saturday: ``1100000`` is Friday and Saturday. The
range is that in which a backup is started: ``5:00~6:00`` (UCloud API documentation,
GetUPgSQLBackupStrategy, GetUMongoDBBackupParam, DescribeUDBInstance and DescribeUMem). The zone of
the hours is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from backup_auditor.model import Schedule

_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[~-]\s*\d{1,2}:\d{2}", re.ASCII)
_DAYS = frozenset("1234567")
_FLAGS = re.compile(r"[01]{1,7}", re.ASCII)
_HOURS, _MINUTES = 24, 60


def weekly(days: str, span: str, timezone: str) -> Schedule | None:
    """Return a schedule that ticks at the beginning of ``span``; None where a part is not clear.

    A part that cannot be read makes the whole not told: fewer days would ask for fewer backups.
    """
    match = _RANGE.fullmatch(span)
    numbers = {day.strip() for day in days.split(",")}
    if match is None or not numbers <= _DAYS:
        return None
    hour, minute = int(match[1]), int(match[2])
    if hour >= _HOURS or minute >= _MINUTES:
        return None
    return Schedule(f"{minute} {hour} * * {_on(int(n) % 7 for n in numbers)}", timezone)


def daily(hour: int | None, timezone: str) -> Schedule | None:
    """Return a schedule that ticks every day at ``hour``; None for what is no hour of a day."""
    return flagged("1111111", hour, timezone)


def flagged(flags: str, hour: int | None, timezone: str) -> Schedule | None:
    """Return a schedule that ticks at ``hour`` on the days that have a 1; None where unclear.

    Flags that were sent as a number have lost their zeros on the left.
    """
    if hour is None or not 0 <= hour < _HOURS or not _FLAGS.fullmatch(flags):
        return None
    marked = [day for day, flag in enumerate(reversed(flags)) if flag == "1"]
    return Schedule(f"0 {hour} * * {_on(marked)}", timezone) if marked else None


def _on(days: Iterable[int]) -> str:
    """Return the last field of cron, which counts from Sunday: that is 0."""
    marked = sorted(days)
    return "*" if len(marked) == len(_DAYS) else ",".join(map(str, marked))
