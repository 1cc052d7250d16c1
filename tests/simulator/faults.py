"""What can go wrong between a client and the cloud, as switches.

Rates are fractions of requests. Whether a request is hit depends on the seed, the fault, the
request and how often this very request was seen: not on threads or time. So a repeat of a request
can succeed, and a rate of 1 never does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

TRANSIENT = (
    *("dropped", "http_500", "http_429", "throttled", "backend_timeout", "truncated"),
    *("html", "empty_body", "missing_retcode"),
)
"""Names of the switches that are rates."""


@dataclass(frozen=True)
class Faults:
    """All switches; the default is a cloud without faults."""

    latency: float = 0.0
    """Seconds before each answer."""
    dropped: float = 0.0
    http_500: float = 0.0
    http_429: float = 0.0
    throttled: float = 0.0
    """RetCode 153."""
    backend_timeout: float = 0.0
    """RetCode 110."""
    truncated: float = 0.0
    html: float = 0.0
    empty_body: float = 0.0
    missing_retcode: float = 0.0
    shifting_pages: bool = False
    """A row appears between two pages, so that all others move by one."""
    silent_cap: int | None = None
    """At most so many rows a page, whatever Limit says."""
    lying_total: bool = False
    """TotalCount of backups ignores the filter, or is missing, or is text."""
    refused_regions: frozenset[str] = frozenset()
    """RetCode 293."""
    refused_projects: frozenset[str] = frozenset()
    """RetCode 299."""
    refused_actions: frozenset[str] = frozenset()
    """RetCode 299."""
    unsupported_actions: frozenset[str] = frozenset()
    """RetCode 161."""
    actions: frozenset[str] | None = None
    """Rates and page faults hit only these actions; None: all."""
    seed: int = 1

    @classmethod
    def everything(cls, rate: float = 0.04) -> Faults:
        """Return every fault that passes at once, each at ``rate``."""
        rates: dict[str, Any] = dict.fromkeys(TRANSIENT, rate)
        return cls(shifting_pages=True, silent_cap=30, lying_total=True, latency=0.001, **rates)

    def hit(self, request: str, seen: int) -> str:
        """Return the transient fault that hits ``request`` for the ``seen``-th time, or nothing."""
        for name in TRANSIENT:
            rate: float = getattr(self, name)
            if rate and _draw(f"{self.seed}/{name}/{seen}/{request}") < rate:
                return name
        return ""

    def concerns(self, action: str) -> bool:
        """Return whether rates and page faults hit ``action``."""
        return self.actions is None or action in self.actions


def _draw(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest()) / 2**48


assert {field.name for field in fields(Faults)} >= set(TRANSIENT)
