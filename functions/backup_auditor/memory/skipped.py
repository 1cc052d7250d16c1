"""The audits that should have been made since the last one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from backup_auditor.speech import Phrase, phrase

_LATE = 1.5
"""So many times the due span; a schedule may be moved, and a run may be late."""
_DAY = timedelta(days=1)
_MOST_DAYS = 7


def skipped(last: datetime, now: datetime, *, every: timedelta, zone: ZoneInfo) -> Phrase | None:
    """Say that audits are missing between ``last`` and ``now``; None where none is."""
    if now - last <= every * _LATE:
        return None
    first, today = last.astimezone(zone).date(), now.astimezone(zone).date()
    days = [first + _DAY * number for number in range(1, (today - first).days)]
    if every > _DAY or not 0 < len(days) <= _MOST_DAYS:
        return phrase(
            "no audit was recorded for {span}, though one is due every {every}",
            span=now - last,
            every=every,
        )
    return phrase("no audit was recorded on {days}", days=[str(day) for day in days])
