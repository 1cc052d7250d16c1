"""Audits of past days in a store, made by the real parts: collected, compared, told and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from backup_auditor import compose
from backup_auditor.delivery import Target, Targets
from backup_auditor.evidence.days import Calendar
from backup_auditor.keeping import Keeping
from backup_auditor.model import History, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.load import load
from backup_auditor.policy.model import SendWhen
from backup_auditor.policy.selector import Selector
from backup_auditor.recording import witnessed
from backup_auditor.report.model import Report
from backup_auditor.report.parts import Part
from backup_auditor.run import Manner, Plan, audit, tell
from backup_auditor.sealing import Sealing
from backup_auditor.sources import Collected
from backup_auditor.store import Store
from backup_auditor.store.chain import Chain
from backup_auditor.store.evidence import EvidenceStore
from backup_auditor.store.records import Records

from tests import fakes
from tests.builders import resource, succeeded
from tests.store.memory import MemoryStore

START = datetime(2026, 11, 1, 6, tzinfo=ZoneInfo("UTC"))
SET = "shop"
SCOPE = Scope("ucloud.uredis", "org-test", "cn-bj2")
POLICY = """\
version: 1
name: shop
sources: [ucloud.uredis]
policies:
  - name: daily
    match: {}
    rules: {last_success_age: {max: 26h}}
"""
DAY = timedelta(days=1)


def fine(now: datetime, *names: str, days: int = 5) -> list[Collected]:
    """Return resources with a good backup for each of the last days."""
    return [history(name, now, *range(days)) for name in names]


def history(name: str, now: datetime, *ages: int) -> History:
    """Return a resource with a backup of each of so many days ago, two hours before the audit."""
    taken = [now - timedelta(days=age, hours=2) for age in ages]
    backups = [
        replace(succeeded(), id=f"{name}-{at:%Y%m%d}", resource_id=name, taken_at=at, name="auto")
        for at in taken
    ]
    return History.of(resource(name, created_at=START - 100 * DAY), backups)


@dataclass
class Past:
    """A store, and audits that go into it."""

    store: Store = field(default_factory=MemoryStore)
    policy: str = POLICY
    channels: Iterable[str] = ("slack",)
    send: fakes.FakeChannel = field(default_factory=fakes.FakeChannel)
    remembers: bool = False
    """Backups that earlier audits saw are remembered, as they are where a door runs the audit."""

    def audit(
        self,
        day: float,
        collected: Callable[[datetime], list[Collected]] | None = None,
        *,
        partial: bool = False,
        due: datetime | None = None,
    ) -> Report:
        """Audit so many days after ``START``; ``collected`` gives what the source lists then."""
        now = START + day * DAY
        world = fakes.outside(now=lambda: now)
        items = collected(now) if collected else fine(now, "a", "b", "c")
        policies = load(self.policy, "policies/shop.yaml", compose.kinds())
        source = fakes.FakeSource({SCOPE: items})
        recalled = self.keeping(world, policies.texts).recalled(due or now)
        plan = Plan(
            policies,
            [(policies.sources[0], source)],
            compose.plan(policies, world).rules,
            Selector() if partial else None,
            past=recalled.past if self.remembers else None,
        )
        with witnessed(plan, world, needed=True) as (watched, witness):
            finished = audit(watched, world, fakes.FakeWatcher(), instant=due)
            kept = recalled.compared(finished, witness)
            return tell(finished, self._targets(), world, Manner(kept=kept))

    def keeping(self, world: Outside, texts: tuple[tuple[str, str], ...] = ()) -> Keeping:
        """Return what keeps audits in the store."""
        sealing = Sealing(Chain(self.store, SET), EvidenceStore(self.store, SET), world, texts)
        return Keeping(Records(self.store, SET), world, DAY, sealing=sealing)

    def _targets(self) -> Targets:
        return [Target(name, self.send, SendWhen.ALWAYS, Part()) for name in self.channels]


def days(count: int, **changes: object) -> Past:
    """Return a store with so many days of audits in which all is well."""
    past = Past(**changes)  # type: ignore[arg-type]
    for day in range(count):
        past.audit(day)
    return past


def pieces(past: Past) -> dict[str, bytes]:
    """Return what lies in the store in memory."""
    assert isinstance(past.store, MemoryStore)
    return past.store.pieces


def calendar(last_day: float, first: date | None = None, last: date | None = None) -> Calendar:
    """Return the range as seen an hour after the audit of ``last_day``."""
    return Calendar(ZoneInfo("UTC"), DAY, START + last_day * DAY + DAY / 24, first, last)
