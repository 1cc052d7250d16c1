"""Thirty days of a simulated cloud, audited each morning: what is new, goes on, and is gone.

``HAPPENS`` is what happens to the cloud and to the policy, ``EXPECTED`` what the audit of each day
says of it, in the JSON contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.handler import respond
from backup_auditor.outside import Outside

from tests.cloud import keys
from tests.contract import assert_valid
from tests.fakes import outside
from tests.simulator.account import REGIONS, Maker
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.simulator.world import Account, Group, Project

FIRST = datetime(2026, 11, 1, 6, tzinfo=UTC)
DAYS = 30
DAY = timedelta(days=1)
BACKUP_AGE = 2 * 3600
"""A backup is made at 4 o'clock, and the audit is at 6."""
POLICY = """
version: 1
sources: [ucloud.uredis: {{regions: [cn-bj2, hk]}}]
policies:
  - name: all
    match: {{}}
    rules:
      last_success_age: {{max: 25h, severity: {severity}}}
      {auto_backup}
exemptions:
  - {{match: {{name: g}}, owner: jane, reason: is being moved, until: 2026-11-10}}
"""
AUTO_BACKUP = "auto_backup: {severity: low}"


@dataclass
class World:
    """The cloud, the policy and the clock."""

    cloud: Simulator
    policy: Path
    groups: Mapping[str, Group]
    maker: Maker
    outside: Outside = field(default_factory=outside)
    broken: set[str] = field(default_factory=lambda: {"g"})
    """Groups that get no backup."""
    event: dict[str, Any] = field(default_factory=dict)
    """What the schedule says besides the instant, today."""

    def breaks(self, *names: str) -> None:
        """Let backups stop."""
        self.broken |= set(names)

    def works(self, *names: str) -> None:
        """Let backups go on."""
        self.broken -= set(names)

    def lists(self, names: str, *, listed: bool) -> None:
        """Let groups go, or come back."""
        for name in names:
            self.groups[name].listed = listed

    def refuses(self, *regions: str) -> None:
        """Let nobody look into some regions, and everybody into others."""
        self.cloud.api.faults = Faults(refused_regions=frozenset(regions))

    def asks(self, severity: str = "critical", auto_backup: str = AUTO_BACKUP) -> None:
        """Change the policy."""
        text = POLICY.format(severity=severity, auto_backup=auto_backup)
        self.policy.write_text(text, encoding="utf-8")

    def turns_off(self, name: str) -> None:
        """Switch automatic backups off; somebody makes them by hand."""
        self.groups[name].row["AutoBackup"] = "disable"


HAPPENS: dict[int, tuple[Callable[[World], None], ...]] = {
    3: (lambda w: w.breaks("a"),),
    4: (lambda w: w.turns_off("b"),),
    6: (lambda w: w.works("a"),),
    9: (lambda w: w.lists("c", listed=False),),
    12: (lambda w: w.asks(severity="critical"),),
    16: (lambda w: w.lists("defg", listed=False),),
    17: (lambda w: w.event.update(accept_shrink=True),),
    19: (lambda w: w.lists("defg", listed=True),),
    20: (lambda w: w.breaks("h"),),
    22: (lambda w: w.refuses("hk"),),
    23: (lambda w: w.refuses(), lambda w: w.breaks("i")),
    24: (lambda w: w.works("h", "i"),),
    25: (lambda w: w.breaks("i"),),
    26: (lambda w: w.works("i"),),
    27: (lambda w: w.breaks("i"),),
    28: (lambda w: w.works("i"), lambda w: w.asks(auto_backup="")),
}
SKIPPED = 7


@dataclass(frozen=True)
class Row:
    """What one audit says; a text of names, such as ``ab``."""

    new: str = ""
    ongoing: str = ""
    worse: str = ""
    resolved: str = ""
    lapsed: str = ""
    vanished: str = ""
    appeared: int = 0
    flapping: str = ""
    gaps: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    past: str = ""
    """``b4/5``: since the 4th day, in 5 audits; of all that is new, worse or goes on."""


EXPECTED: dict[int, Row] = {
    0: Row(),  # g fails, and somebody answers for it until the 9th day
    1: Row(),
    2: Row(),
    3: Row(new="a", past="a3/1"),
    4: Row(new="b", ongoing="a", past="a3/2 b4/1"),
    5: Row(ongoing="ab", past="a3/3 b4/2"),
    6: Row(ongoing="b", resolved="a", past="b4/3"),
    8: Row(ongoing="b", notices=("audits-missing",), past="b4/4"),
    9: Row(ongoing="b", vanished="c", past="b4/5"),
    10: Row(new="g", ongoing="b", past="b4/6 g-4/1"),  # the exemption has ended
    11: Row(ongoing="bg", past="b4/7 g-4/2"),
    12: Row(ongoing="b", worse="g", past="b4/8 g-4/3"),  # the policy says how bad it is
    13: Row(ongoing="bg", past="b4/9 g-4/4"),
    14: Row(ongoing="bg", past="b4/10 g-4/5"),
    15: Row(ongoing="bg", past="b4/11 g-4/6"),
    16: Row(ongoing="b", gaps=("inventory-shrank",), past="b4/12"),  # g is out of sight
    17: Row(ongoing="b", lapsed="g", vanished="defg", past="b4/13"),  # somebody vouches for it
    18: Row(ongoing="b", past="b4/14"),
    19: Row(new="g", ongoing="b", appeared=4, past="b4/15 g-4/1"),
    20: Row(new="h", ongoing="bg", past="b4/16 g-4/2 h20/1"),
    21: Row(ongoing="bgh", past="b4/17 g-4/3 h20/2"),
    22: Row(ongoing="bg", gaps=("refused",), past="b4/18 g-4/4"),  # h is not resolved
    23: Row(new="i", ongoing="bgh", past="b4/19 g-4/5 h20/3 i23/1"),
    24: Row(ongoing="bg", resolved="hi", past="b4/20 g-4/6"),
    25: Row(new="i", ongoing="bg", past="b4/21 g-4/7 i25/1"),
    26: Row(ongoing="bg", resolved="i", flapping="i", past="b4/22 g-4/8"),
    27: Row(new="i", ongoing="bg", flapping="i", past="b4/23 g-4/9 i27/1"),
    28: Row(ongoing="g", resolved="i", lapsed="b", flapping="i", past="g-4/10"),
    29: Row(ongoing="g", past="g-4/11"),
}


@pytest.fixture
def made(tmp_path: Path) -> World:
    """Return the world on the evening before."""
    maker = Maker(7, FIRST - DAY)
    groups = {name: maker.group(name, "org", "cn-bj2") for name in "abcdefg"}
    groups |= {name: maker.group(name, "org", "hk") for name in "hi"}
    for name, group in groups.items():
        maker.daily(group, newest_age=BACKUP_AGE + (4 * 86_400 if name == "g" else 0))
    regions = {region: REGIONS[region] for region in ("cn-bj2", "hk")}
    cloud = Simulator(Account(regions, [Project("org", "Org", is_default=True)], groups.values()))
    return World(cloud, tmp_path / "policy.yaml", groups, maker)


def morning(world: World, day: int) -> datetime:
    """Let a day begin; return when its audit is due."""
    now = FIRST + day * DAY
    world.maker.now = int(now.timestamp())
    world.event.clear()
    for happen in HAPPENS.get(day, ()):
        happen(world)
    for name in world.groups.keys() - world.broken:
        group = world.groups[name]
        group.backups.insert(0, world.maker.backup(group, BACKUP_AGE, 100 << 20))
    return now


def said(document: dict[str, Any]) -> Row:
    """Return the row that a document is."""
    assert_valid(document)
    checks = {
        check["fingerprint"]: (resource["name"], check)
        for resource in document["resources"]
        for check in resource["checks"]
        if check["fingerprint"]
    }
    changes = document["changes"]

    def names(kind: str) -> str:
        # What has lapsed has no check any more: its place is known by an earlier document.
        return "".join(sorted(checks[print_][0] for print_ in changes[kind] if print_ in checks))

    found = sorted(
        checks[print_] for kind in ("new", "ongoing", "worse") for print_ in changes[kind]
    )
    return Row(
        **{kind: names(kind) for kind in ("new", "ongoing", "worse", "resolved", "flapping")},
        vanished="".join(one["name"] for one in document["vanished"]),
        appeared=changes["appeared"],
        gaps=tuple(gap["reason"] for gap in document["gaps"]),
        notices=tuple(notice["kind"] for notice in document["notices"]),
        past=" ".join(f"{name}{day_of(check['since'])}/{check['audits']}" for name, check in found),
    )


def day_of(instant: str) -> int:
    """Return the number of a day."""
    return (datetime.fromisoformat(instant).date() - FIRST.date()).days


def test_each_day_says_what_it_should(made: World, tmp_path: Path) -> None:
    made.asks(severity="high")
    told: dict[int, dict[str, Any]] = {}
    found: dict[int, Row] = {}
    names: dict[str, str] = {}
    with made.cloud as cloud:
        environ = {
            **keys(cloud),
            "BACKUP_AUDITOR_POLICY": str(made.policy),
            "BACKUP_AUDITOR_STORE": str(tmp_path / "store"),
        }
        for day in range(DAYS):
            now = morning(made, day)
            if day == SKIPPED:
                continue
            event = {"schedule": {"scheduled_time": now.isoformat()}, **made.event}
            told[day] = respond(event, outside(environ, now=lambda now=now: now))
            row = said(told[day])
            lapsed = "".join(sorted(names[one] for one in told[day]["changes"]["lapsed"]))
            found[day] = replace(row, lapsed=lapsed)
            names |= prints_of(told[day])
            if day == 14:  # somebody looks at one of them, at noon
                noon = now + timedelta(hours=6)
                event = {"select": {"name": "a"}, "deliver": False}
                part = respond(event, outside(environ, now=lambda noon=noon: noon))
                assert part["changes"]["compared_with"] == told[14]["run"]["id"]
                assert said(part) == Row()
    assert found == EXPECTED
    compared = {day: document["changes"]["compared_with"] for day, document in told.items()}
    days = list(told)
    ids = {day: document["run"]["id"] for day, document in told.items()}
    assert compared == {0: None} | {day: ids[before] for before, day in pairwise(days)}
    assert told[8]["notices"][0]["detail"] == "no audit was recorded on 2026-11-08"


def prints_of(document: dict[str, Any]) -> dict[str, str]:
    """Return whose the fingerprints of a document are."""
    return {
        check["fingerprint"]: resource["name"]
        for resource in document["resources"]
        for check in resource["checks"]
        if check["fingerprint"]
    }
