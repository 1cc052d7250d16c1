"""Audits of made-up days, told and kept as a run does it, over a store in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backup_auditor.delivery import Target
from backup_auditor.keeping import Keeping, Kept
from backup_auditor.model import Audit, DeliveryOutcome
from backup_auditor.outside import Outside
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.model import Report
from backup_auditor.run import Manner, tell
from backup_auditor.store import Store
from backup_auditor.store.folder import Folder
from backup_auditor.store.records import Records

from tests.fakes import NOW, FakeChannel, outside
from tests.memory.days import at, audit

SET = "default"
DAY = timedelta(days=1)


@dataclass
class Clock:
    """A clock that goes on only while somebody sleeps, or when it is set."""

    at: datetime = NOW
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    """What happens while somebody sleeps."""

    def now(self) -> datetime:
        """Return the time of day."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds since NOW."""
        return (self.at - NOW).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Go on."""
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        self.meanwhile()

    def world(self, **changes: Any) -> Outside:
        """Return a world with this clock."""
        return outside(now=self.now, sleep=self.sleep, monotonic=self.monotonic, **changes)


class Keeper:
    """Makes audits one after the other."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        """Keep them in ``folder``, or in another store."""
        self.clock = Clock()
        self.store = store or Folder(folder, outside())
        self.records = Records(self.store, SET)

    def kept(self, found: Audit, *, accept_shrink: bool = False, every: timedelta = DAY) -> Kept:
        """Hold an audit against the one before."""
        world = self.clock.world()
        keeping = Keeping(self.records, world, every, accept_shrink)
        return keeping.compared(found, found.run.started_at)

    def day(
        self,
        number: int,
        resources: dict[str, str],
        targets: Sequence[Target] = (),
        *,
        end: float | None = None,
        accept_shrink: bool = False,
        **more: Any,
    ) -> Report:
        """Make the audit of a day, tell and keep it; a repeated day is a repeated run."""
        self.clock.at = max(self.clock.at, at(number))
        kept = self.kept(audit(number, resources, **more), accept_shrink=accept_shrink)
        left = None if end is None else self.clock.monotonic() + end
        return tell(kept.audit, targets, self.clock.world(end=left), Manner(kept=kept))


def target(
    channel: FakeChannel, name: str = "slack", when: SendWhen = SendWhen.ALWAYS, **fields: Any
) -> Target:
    """Return a target."""
    return replace(Target(name, channel, when), **fields)


def outcomes(report: Report) -> dict[str, tuple[DeliveryOutcome, str]]:
    """Return what became of each channel."""
    return {d.channel: (d.outcome, d.reason) for d in report.audit.deliveries}


def kinds(report: Report) -> list[str]:
    """Return the kinds of the notices."""
    return [notice.kind for notice in report.audit.notices]


def names(prints: Iterable[str], report: Report) -> list[str]:
    """Return the resources that fingerprints are of."""
    return sorted(report.audit.changes.known[print_].resource_id for print_ in prints)
