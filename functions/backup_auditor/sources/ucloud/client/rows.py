"""Reading what the API answers: key case drifts, numbers come as text, fields are missing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LONGEST_TEXT = 300
_LATEST = 7_258_118_400  # the year 2200: later is not a time
_MAX_DIGITS = 19


class Row:
    """One JSON object of an answer; every reader tolerates every type."""

    __slots__ = ("_folded", "_raw")

    def __init__(self, raw: object) -> None:
        """Take anything; what is no object reads as an empty one."""
        self._raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        self._folded: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        """Return the raw value of ``name`` in any case; None when missing."""
        if name in self._raw:
            return self._raw[name]
        if self._folded is None:
            self._folded = {key.casefold(): value for key, value in self._raw.items()}
        return self._folded.get(name.casefold())

    def text(self, *names: str) -> str:
        """Return the first of ``names`` that holds a text or number, bounded; else ""."""
        for name in names:
            value = self.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                # A lone surrogate is legal in JSON, and in nothing that we write.
                text = str(value).encode(errors="replace").decode().strip()
                if text:
                    return text[:_LONGEST_TEXT]
        return ""

    def integer(self, name: str) -> int | None:
        """Return an integer, also from text or a float; None for anything else."""
        value = self.get(name)
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            return value if abs(value) < 10**_MAX_DIGITS else None
        if isinstance(value, float):
            return int(value) if abs(value) < 10**_MAX_DIGITS else None
        return _from_text(value)

    def size(self, name: str) -> int | None:
        """Return an integer that is not negative; None for anything else."""
        value = self.integer(name)
        return value if value is not None and value >= 0 else None

    def time(self, name: str) -> datetime | None:
        """Return Unix seconds as an instant in UTC; 0 stands for "not yet"."""
        seconds = self.integer(name)
        if seconds is None or not 0 < seconds < _LATEST:
            return None
        return datetime.fromtimestamp(seconds, UTC)

    def rows(self, name: str) -> list[Row] | None:
        """Return a list of objects; one object counts as a list of one; None when missing."""
        value = self.get(name)
        if isinstance(value, dict):
            return [Row(value)]
        if isinstance(value, list):
            return [Row(item) for item in value]
        return None


def _from_text(value: object) -> int | None:
    if not isinstance(value, str) or len(value) > _MAX_DIGITS:
        return None
    try:
        return int(value.strip())
    except ValueError:
        return None


def content_key(row: Row, *names: str) -> str:
    """Return an id from what ``names`` hold: a row without one of its own still counts, once."""
    parts = (row.text(name) for name in names)
    return "unnamed-" + hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def printable(text: str) -> str:
    """Return ``text`` of the server on one line, without control characters, bounded."""
    kept = "".join(char if char.isprintable() else " " for char in text)
    return kept.strip()[:200]
