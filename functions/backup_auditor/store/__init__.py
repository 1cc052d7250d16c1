"""Where audits are remembered: small pieces of data under keys, in a local folder or in S3.

A store knows nothing of audits. It gives two promises on which everything above it rests: a piece
is there as a whole or not at all, and of several writers who want the same, exactly one wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NewType, Protocol

Tag = NewType("Tag", str)
"""Stands for what lies under a key: it changes when that changes. Opaque."""

LARGEST = 64 << 20
"""Bytes of one piece. A compressed record of 100,000 resources has a tenth of it."""


class Whatever(Enum):
    """The type of ``ANY``."""

    ANY = "any"


ANY: Final = Whatever.ANY
"""Replaces what is there, whatever it is, or nothing."""

Replaces = Tag | Whatever | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies under a key."""

    data: bytes
    tag: Tag


class Store(Protocol):
    """A store. Safe to use from several threads and processes.

    Keys are like ``audits/default/2026/11/25/x/record.json.xz``; ``store.keys`` says which are
    allowed. Everything raises StoreError where the store cannot be reached, may not be used, or
    does not take the key.
    """

    address: str
    """Where it is, for people."""

    def read(self, key: str) -> Stored | None:
        """Return what lies under ``key``; None for nothing.

        Raises TooLargeError for more than ``LARGEST`` bytes.
        """
        ...

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Put ``data`` under ``key`` and return its tag, else change nothing.

        ``replaces`` is what must lie there now: None for nothing, a tag for just that, ``ANY`` for
        no matter what. Raises ConflictError where something else lies there, and TooLargeError for
        more than ``LARGEST`` bytes.
        """
        ...

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Yield all keys that begin with ``prefix`` and come after ``after``.

        They come in the order of their bytes. What is written meanwhile may be among them or not.
        """
        ...
