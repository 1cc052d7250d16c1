"""How many requests may be in flight: shrinks when the provider throttles, and recovers.

No limit is published; the only signals are RetCode 153 and HTTP 429. Additive increase and
multiplicative decrease, as in TCP (RFC 5681), finds what the provider bears.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets at most ``limit`` holders in; ``limit`` moves between 1 and the most allowed."""

    def __init__(self, most: int) -> None:
        """Begin with ``most``."""
        self._most = float(most)
        self._limit = float(most)
        self._inside = 0
        self._epoch = 0
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """How many may be inside now."""
        return int(self._limit)

    @contextmanager
    def slot(self) -> Iterator[int]:
        """Wait for a place; yield the epoch, which ``throttled`` wants back."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self.limit)
            self._inside += 1
            epoch = self._epoch
        try:
            yield epoch
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def throttled(self, epoch: int) -> None:
        """Halve the limit, once for all requests that were in flight together."""
        with self._changed:
            if epoch == self._epoch:
                self._epoch += 1
                self._limit = max(1.0, self._limit / 2)

    def succeeded(self) -> None:
        """Let the limit grow by one for each full round of successes."""
        if self._limit < self._most:
            with self._changed:
                self._limit = min(self._most, self._limit + 1 / self._limit)
                self._changed.notify_all()
