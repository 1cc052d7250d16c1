"""Which keys a store takes: those that mean the same in every store, and stay inside of it.

A key is a path of parts with ``/`` between them. A part has letters, digits, ``.``, ``-`` and ``_``
of ASCII, begins with a letter or digit and does not end with a dot. So no part is ``..``, none is
hidden, and none is taken for an option, a drive or a pattern. Keys that differ by case alone are
one file on some systems: do not make such.
"""

from __future__ import annotations

import re

from backup_auditor.errors import StoreError

LONGEST_KEY = 400
"""Characters; with a prefix of as many, S3 still takes it."""

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?"
_KEY = re.compile(f"{_PART}(?:/{_PART})*", re.ASCII)
_PREFIX = re.compile(f"(?:{_PART}/)*(?:[A-Za-z0-9][A-Za-z0-9._-]{{0,99}})?", re.ASCII)


def is_key(key: str) -> bool:
    """Return whether a store takes ``key``."""
    return len(key) <= LONGEST_KEY and _KEY.fullmatch(key) is not None


def check_key(key: str) -> None:
    """Raise StoreError for a key that a store does not take."""
    if not is_key(key):
        raise StoreError(
            f"the key {key[:80]!a} is not allowed: write up to {LONGEST_KEY} letters, digits,"
            " dots, - and _, in parts with / between them that begin with a letter or digit"
        )


def check_prefix(prefix: str) -> None:
    """Raise StoreError for what is not the beginning of a key."""
    if len(prefix) > LONGEST_KEY or not _PREFIX.fullmatch(prefix):
        raise StoreError(f"{prefix[:80]!a} is not the beginning of a key")
