"""When a service makes backups: days of the week and a range of hours, as a schedule.

Days are the numbers 1 to 7, Monday to Sunday, with commas between them: ``3,7``. The range is that
in which a backup is started: ``5:00~6:00`` (UCloud API documentation, GetUPgSQLBackupStrategy and
GetUMongoDBBackupParam). The zone of the hours is not documented.
"""

from __future__ import annotations

import re

from backup_auditor.model import Schedule

_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[~-]\s*\d{1,2}:\d{2}", re.ASCII)
_DAYS = frozenset("1234567")
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
    # Cron counts from Sunday, which is 0.
    marked = sorted(int(number) % 7 for number in numbers)
    on = "*" if len(marked) == len(_DAYS) else ",".join(map(str, marked))
    return Schedule(f"{minute} {hour} * * {on}", timezone)
