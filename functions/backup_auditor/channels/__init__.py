"""The channels: one way to deliver a report each, one module each, found by listing this folder.

A channel module has

* a docstring that is its manual: limits, success test, what is a permanent failure, sources,
* ``class Options(ChannelOptions)``, or ``HttpOptions`` for one that posts to a configured address,
* ``def build(options, outside) -> Channel``: no network call; secrets are resolved when sending.

A channel over HTTP sends through ``posting``, which is where all dangers of that live. A chat takes
what it says from ``_chat``, escapes every part of a ``Row`` for its own markup, and cuts there.
``send`` tries once and raises ``DeliveryError``; retries live in ``delivery`` alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from backup_auditor.outside import Outside
from backup_auditor.plugins import modules_of
from backup_auditor.policy.model import ChannelOptions
from backup_auditor.report.model import Report


class Channel(Protocol):
    """A way to deliver a report."""

    def send(self, report: Report) -> None:
        """Deliver once; return when the target has accepted, else raise DeliveryError."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A channel module as the program uses it."""

    id: str
    options: type[ChannelOptions]
    build: Callable[[Any, Outside], Channel]
    manual: str


def load_channels() -> dict[str, ChannelKind]:
    """Return all channels by id."""
    return {
        name: ChannelKind(name, module.Options, module.build, module.__doc__ or "")
        for name, module in modules_of(sys.modules[__name__])
    }
