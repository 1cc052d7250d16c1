"""The outside world as the edges may use it: environment, secrets, AWS, clock, sleep, time budget.

Doors make one ``Outside``; tests make one with fakes. Nothing else in the package reads the
environment, the clock, or sleeps.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.secret import Secret
from backup_auditor.speech import phrase

NOT_REACHED = phrase("not reached before the time was up")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _lookup(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Outside:
    """What a source or a channel needs from the world."""

    environ: Mapping[str, str]
    resolve: Callable[[str], Secret]
    """Resolve ``env:``, ``file:``, ``ssm:``, ``secretsmanager:``; raises SecretError."""
    aws: Callable[[str], Any]
    """Make (or reuse) a boto3 client by service name."""
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    lookup: Callable[[str, int], Sequence[str]] = _lookup
    """Resolve a host, for a port, to its addresses; raises OSError or ValueError."""
    deadline: float | None = field(default=None)
    """Instant on ``monotonic`` after which nothing more is collected; None: no limit."""
    end: float | None = field(default=None)
    """Instant on ``monotonic`` at which the program is stopped by others; None: never."""

    def seconds_left(self) -> float:
        """Seconds until the deadline; infinite without one, negative after it."""
        return float("inf") if self.deadline is None else self.deadline - self.monotonic()

    def seconds_to_end(self) -> float:
        """Seconds until the program is stopped; infinite where it is not."""
        return float("inf") if self.end is None else self.end - self.monotonic()

    def check_deadline(self) -> None:
        """Raise SourceError(DEADLINE) once the time is up."""
        if self.seconds_left() <= 0:
            raise SourceError(GapReason.DEADLINE, NOT_REACHED)
