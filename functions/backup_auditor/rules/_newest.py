"""What the rules that ask for a property of the newest usable backup have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import takewhile

from backup_auditor.model import Backup
from backup_auditor.speech import phrase

NOTHING = phrase("there is no usable backup to look at")
NOT_TOLD = phrase("not told")


def since_when(usable: Sequence[Backup], is_bad: Callable[[Backup], bool]) -> datetime | None:
    """Return when the oldest was taken of those, from the newest on, that are all bad."""
    bad = list(takewhile(is_bad, usable))
    return bad[-1].taken_at if bad else None
