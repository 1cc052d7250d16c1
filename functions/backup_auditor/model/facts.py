"""What sources tell beside the states and times of backups; few tell all of it."""

from __future__ import annotations

from enum import StrEnum


class Fact(StrEnum):
    """Something that a rule may need; the value says it in a sentence."""

    SIZE = "the size of a backup"
    END = "when a backup was finished"
    AUTO_BACKUP = "whether backups are made automatically"
    SCHEDULE = "when backups are due"
    RECOVERY = "what point-in-time recovery covers"
    ENCRYPTION = "whether a backup is encrypted"
    CLEANLINESS = "whether a backup completed cleanly"
    COPIES = "whether there are copies elsewhere"
    LOCK = "until when a backup is locked"
