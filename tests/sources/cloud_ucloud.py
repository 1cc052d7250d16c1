"""The believable account seen by one UCloud source, and what may go wrong on the way.

``faults_of`` and ``GARBAGE`` are tables of faults; ``assert_no_better`` says what they may not do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from backup_auditor.model import Audit, AuditVerdict, History, Orphan, Outcome, Scope
from backup_auditor.sources import Source
from ucloud.client import Client as OfficialClient

from tests.builders import NOW
from tests.cloud import keys, outcomes, run
from tests.fakes import outside
from tests.simulator.account import make_account
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.simulator.world import Account, Instance

ACCOUNT = make_account(NOW)
_POLICY = """
version: 1
sources:
  - {source}: {{concurrency: 4, projects: all}}
policies:
  - name: everything
    match: {{}}
    rules:
      last_success_age: {{max: 26h}}
      error_state: {{}}
      backup_count: {{min: 3}}
      {more}: {{}}
"""
_MORE = {"ucloud.udisk": "auto_backup"}
"""The rule that is about what a source tells best; where nothing else is said, sizes."""


@cache
def honest(source: str) -> Audit:
    """Audit the account with one source, when nothing goes wrong."""
    return audited(source)


def audited(source: str, account: Account = ACCOUNT, faults: Faults | None = None) -> Audit:
    """Audit ``account`` with one source."""
    with Simulator(account, faults=faults) as cloud:
        return run(
            cloud, policy=_POLICY.format(source=source, more=_MORE.get(source, "size_drift"))
        )


def histories(source: Callable[[Any], Source], cloud: Simulator) -> list[History]:
    """Return what a source tells of all instances; whatever it tells but orphans is an error."""
    built = source(outside(keys(cloud)))
    found: list[History] = []
    for scope in built.scopes():
        assert isinstance(scope, Scope)
        for item in built.collect(scope, lambda _: True, orphans=True):
            assert isinstance(item, History | Orphan), item
            if isinstance(item, History):
                found.append(item)
    return found


def official_clients(cloud: Simulator) -> Iterator[OfficialClient]:
    """Yield the official SDK's client for every project and region."""
    for project in cloud.account.projects:
        for region in cloud.account.regions:
            yield OfficialClient(
                {
                    "region": region,
                    "project_id": project.id,
                    "public_key": cloud.public_key,
                    "private_key": cloud.private_key,
                    "base_url": cloud.url,
                }
            )


@dataclass(frozen=True)
class Actions:
    """The actions of a service, by what they are for."""

    inventory: str
    backups: str
    strategy: str = ""


@dataclass(frozen=True)
class Contract:
    """What ``test_every_ucloud_source.py`` must know of a source: CONTRACT of its own test."""

    actions: Actions
    id: str
    """The field of the inventory that holds the id of an instance."""
    fields: Sequence[str]
    """Every field that is read, of the inventory, of backups and of what else is asked."""
    newest: int = 0
    """Which backup garbage is put into, from the newest."""


def faults_of(actions: Actions) -> dict[str, Faults]:
    """Return the faults of the way to the cloud, by name, that concern a service."""
    own = [one for one in (actions.inventory, actions.backups, actions.strategy) if one]
    found = {
        "a region is refused": Faults(refused_regions=frozenset({"hk"})),
        "a project is refused": Faults(refused_projects=frozenset({"org-data"})),
        "pages are capped": Faults(silent_cap=3),
        "pages are shifting": Faults(shifting_pages=True),
        "totals lie": Faults(lying_total=True),
        "totals lie and pages are capped": Faults(lying_total=True, silent_cap=7),
        "everything at once": Faults.everything(),
    }
    for action in own:
        only = frozenset({action})
        found[f"{action} is refused"] = Faults(refused_actions=only)
        found[f"{action} is not offered"] = Faults(unsupported_actions=only)
        for switch in ("throttled", "dropped", "http_500", "html", "truncated", "missing_retcode"):
            always: Any = {switch: 1.0}
            found[f"{action}: {switch}"] = Faults(actions=only, **always)
    return found


GARBAGE: Mapping[str, Any] = {
    "nothing": None,
    "another word": "Verifying",
    "a number": 7,
    "a bool": True,
    "a list": [1, "x"],
    "an object": {"x": 1},
    "no text": "",
    "a negative number": -5,
    "a number that is too large": 10**30,
}
"""What may stand in any field instead of what is documented."""


def changed(service: str, change: Callable[[Instance], None]) -> Account:
    """Return the account after ``change`` of every instance of ``service``."""
    account = Account(ACCOUNT.regions, ACCOUNT.projects, [])
    account.estate[service] = deepcopy(ACCOUNT.estate[service])
    for one in account.estate[service]:
        change(one)
    return account


def assert_no_better(source: str, found: Audit) -> None:
    """No resource passes that did not, and none is lost without a gap where it is."""
    before, after = outcomes(honest(source)), outcomes(found)
    passing = {id_ for id_, outcome in after.items() if outcome == Outcome.PASS}
    assert passing <= {id_ for id_, outcome in before.items() if outcome == Outcome.PASS}
    gaps = {(gap.account, gap.region) for gap in found.gaps}
    for one in honest(source).assessments:
        place = (one.resource.account, one.resource.region)
        assert one.resource.id in after or place in gaps, one.resource
    assert found.verdict is not AuditVerdict.PASS
