"""One backup that the provider tells in several rows, one for each shard or replica."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from backup_auditor.model import BackupState
from backup_auditor.sources.ucloud.client.rows import Row

# The whole is what the first of these is that any of its parts is.
_WORST_FIRST = (
    BackupState.FAILED,
    BackupState.UNKNOWN,
    BackupState.RUNNING,
    BackupState.EXPIRED,
    BackupState.SUCCEEDED,
)
_MOST_WORDS = 3


def worst(states: Iterable[BackupState]) -> BackupState:
    """Return the state of the whole; unknown for nothing at all."""
    found = set(states)
    return next((state for state in _WORST_FIRST if state in found), BackupState.UNKNOWN)


def all_told(
    times: Sequence[datetime | None], pick: Callable[[list[datetime]], datetime]
) -> datetime | None:
    """Return the time that ``pick`` picks; None when one is missing, which might be that one."""
    known = [time for time in times if time]
    return pick(known) if len(known) == len(times) else None


def words(parts: Sequence[Row], name: str) -> str:
    """Return the different words of the rows, a few of them, as the provider writes them."""
    found = dict.fromkeys(word for row in parts if (word := row.text(name)))
    return ", ".join(list(found)[:_MOST_WORDS])
