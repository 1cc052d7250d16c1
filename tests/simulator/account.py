"""A believable account, from a seed and relative to now: 60 groups, every kind of trouble."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import datetime

from tests.simulator.services import services
from tests.simulator.world import Account, Group, Project, Row

_HOUR, _DAY = 3600, 86_400
_MIB = 1 << 20
REGIONS = {
    "cn-bj2": ["cn-bj2-02", "cn-bj2-03", "cn-bj2-05"],
    "hk": ["hk-02", "hk-03"],
    "sg": ["sg-01", "sg-02"],
}
PROJECTS = [Project("org-shop", "Shop", is_default=True), Project("org-data", "Data platform")]
_STAGES = ("prod", "prod", "prod", "staging", "dev")
_NOUNS = (
    *("orders", "cart", "sessions", "catalog", "search", "pricing", "payments", "inventory"),
    *("profiles", "feeds", "ranking", "quota", "tokens", "geo", "mailer", "ledger"),
)


class Maker:
    """Makes groups and backups with one random generator and one present."""

    def __init__(self, seed: int, now: datetime) -> None:
        """Everything that is made depends on ``seed`` and ``now`` alone."""
        self.random = random.Random(seed)  # noqa: S311 - a believable world, not a secret
        self.now = int(now.timestamp())

    def group(self, name: str, project: str, region: str, *, age_days: float = 400) -> Group:
        """Make a healthy group without backups."""
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        suffix = "".join(self.random.choices(letters, k=8))
        zone = self.random.choice(REGIONS.get(region, [f"{region}-01"]))
        row: Row = {
            "ResourceId": f"uredis-{suffix}",
            "Name": name,
            "Zone": zone,
            "Tag": "Default",
            "ResourceType": "single",
            "Protocol": "redis",
            "Role": "master",
            "State": "Running",
            "CreateTime": self.now - int(age_days * _DAY),
            "ExpireTime": self.now + 30 * _DAY,
            "Size": 4,
            "UsedSize": 900,
            "AutoBackup": "enable",
            "BackupTime": 3,
            "HighAvailability": "enable",
            "Version": "6.0",
        }
        return Group(project, region, row)

    def backup(self, group: Group, age: float, size: int, state: str = "Success") -> Row:
        """Make one backup that was started ``age`` seconds ago."""
        return {
            "BackupId": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "Zone": group.row["Zone"],
            "GroupId": group.id,
            "GroupName": group.row["Name"],
            "BackupName": f"auto-{group.row['Name'][:20]}",
            "BackupTime": self.now - int(age),
            "BackupSize": size,
            "BackupType": "Auto",
            "State": state,
            "SrcRegionName": "",
            "DstRegionName": "",
            "MemorySize": group.row["Size"],
            "RedisVersion": "6.0",
        }

    def daily(self, group: Group, days: int = 14, newest_age: float | None = None) -> None:
        """Give ``group`` one backup a day, slowly growing, newest first."""
        base = self.random.randint(40, 900) * _MIB
        age = self.random.uniform(2, 20) * _HOUR if newest_age is None else newest_age
        for day in range(days):
            size = int(base * (1 - day * 0.004) * self.random.uniform(0.99, 1.01))
            group.backups.append(self.backup(group, age + day * _DAY, size))


Trouble = Callable[[Maker, Group], None]


def _never(_: Maker, group: Group) -> None:
    group.backups.clear()


def _new(maker: Maker, group: Group) -> None:
    group.backups.clear()
    group.row["CreateTime"] = maker.now - 2 * _HOUR


def _stale(_: Maker, group: Group) -> None:
    for row in group.backups:
        row["BackupTime"] -= 4 * _DAY


def _errors(_: Maker, group: Group) -> None:
    for row in group.backups[:3]:
        row.update(State="Error", BackupSize=0)


def _stuck(maker: Maker, group: Group) -> None:
    del group.backups[:2]
    group.backups.insert(0, maker.backup(group, 30 * _HOUR, 0, "Backuping"))


def _running(maker: Maker, group: Group) -> None:
    group.backups.insert(0, maker.backup(group, 300, 0, "Backuping"))


def _shrunk(_: Maker, group: Group) -> None:
    group.backups[0]["BackupSize"] = int(group.backups[0]["BackupSize"] * 0.3)


def _grown(_: Maker, group: Group) -> None:
    group.backups[0]["BackupSize"] *= 3


def _empty(_: Maker, group: Group) -> None:
    for row in group.backups:
        row["BackupSize"] = 18


def _expired(_: Maker, group: Group) -> None:
    for row in group.backups:
        row["State"] = "Expired"


def _odd_state(_: Maker, group: Group) -> None:
    group.backups[0]["State"] = "Verifying"


def _auto_off(_: Maker, group: Group) -> None:
    group.row["AutoBackup"] = "disable"


def _auto_untold(_: Maker, group: Group) -> None:
    del group.row["AutoBackup"]


def _timeless(_: Maker, group: Group) -> None:
    for row in group.backups:
        row["BackupTime"] = None


def _future(maker: Maker, group: Group) -> None:
    group.backups[0]["BackupTime"] = maker.now + 3 * _HOUR


def _sizeless(_: Maker, group: Group) -> None:
    del group.backups[0]["BackupSize"]


def _ageless(_: Maker, group: Group) -> None:
    group.backups.clear()
    group.row["CreateTime"] = 0


def _odd_type(_: Maker, group: Group) -> None:
    group.row["ResourceType"] = "hybrid"
    _stale(_, group)


# Not wrong, but shaped so that a careless client goes wrong.


def _cross_zone(_: Maker, group: Group) -> None:
    group.row["SlaveZone"] = REGIONS[group.region][-1]


def _legacy(_: Maker, group: Group) -> None:
    group.row["ResourceType"] = "g4v6"
    for row in group.backups:
        row.update(BackupType=1, BackupSize=str(row["BackupSize"]), RedisVersion=None)
        row["backuptime"] = str(row.pop("BackupTime"))


def _many(maker: Maker, group: Group) -> None:
    group.backups.clear()
    for number in range(230):
        row = maker.backup(group, (1 + number * 12) * _HOUR, 300 * _MIB - number * 1000)
        group.backups.append(row | {"BackupType": "Manual" if number % 10 == 0 else "Auto"})


def _with_replica(_: Maker, group: Group) -> None:
    replica = {"GroupId": f"{group.id}-ro", "MasterGroupId": group.id, "Name": "replica"}
    group.row["DataSet"] = [replica | {"Role": "slave", "State": "Running"}]


TROUBLES: tuple[tuple[str, str, Trouble], ...] = (
    ("prod-billing", "never backed up", _never),
    ("prod-checkout", "last success is old", _stale),
    ("prod-notify", "last backups failed", _errors),
    ("prod-fraud", "stuck", _stuck),
    ("prod-feature-flags", "shrunk", _shrunk),
    ("prod-events", "grown", _grown),
    ("prod-locks", "empty", _empty),
    ("prod-legacy-crm", "all expired", _expired),
    ("staging-audit", "unknown state", _odd_state),
    ("prod-vouchers", "automatic backup off", _auto_off),
    ("staging-auth", "automatic backup not told", _auto_untold),
    ("staging-i18n", "no time", _timeless),
    ("staging-clock", "future", _future),
    ("staging-metrics", "no size", _sizeless),
    ("dev-scratch", "never backed up, age unknown", _ageless),
    ("prod-hybrid", "unknown type", _odd_type),
    ("<script>alert(1)</script>", "last success is old", _stale),
    ('=HYPERLINK("http://example.com","x")', "last backups failed", _errors),
)
ODDITIES: tuple[tuple[str, Trouble], ...] = (
    ("prod-launch", _new),
    ("prod-stream", _running),
    ("prod-cross-zone", _cross_zone),
    ("prod-old-hardware", _legacy),
    ("prod-archive", _many),
    ("prod-read-mostly", _with_replica),
    ("生产-订单缓存", lambda *_: None),
    ("prod-🚀-rockets", lambda *_: None),
    ("staging-" + "very-" * 40 + "long", lambda *_: None),
)


def make_account(now: datetime, seed: int = 7) -> Account:
    """Return the account of the demo and the tests, the same for the same ``seed`` and ``now``."""
    maker = Maker(seed, now)
    scopes = [(project.id, region) for project in PROJECTS for region in REGIONS]
    groups: list[Group] = []

    def add(name: str, trouble: str, change: Trouble | None) -> None:
        project, region = scopes[len(groups) % len(scopes)]
        group = maker.group(name, project, region)
        maker.daily(group)
        if change:
            change(maker, group)
        group.trouble = trouble
        groups.append(group)

    for name, trouble, change in TROUBLES:
        add(name, trouble, change)
    for name, change in ODDITIES:
        add(name, "", change)
    for number in range(60 - len(groups)):
        add(f"{_STAGES[number % 5]}-{_NOUNS[number % 16]}-{number // 16 + 1}", "", None)
    groups += _others(maker)
    account = Account(REGIONS, PROJECTS, groups)
    for service in services():
        name = service.__name__.rpartition(".")[2]
        account.estate[name] = service.make(Maker(seed, now))
    return account


def _others(maker: Maker) -> list[Group]:
    """Return what is not ours to audit, a memcache; and an orphan."""
    memcache = maker.group("prod-memcache", "org-shop", "hk")
    memcache.row.update(Protocol="memcache", ResourceId="umem-41hhq0bd")
    gone = maker.group("prod-retired", "org-shop", "hk")
    maker.daily(gone, days=3, newest_age=40 * _DAY)
    gone.listed = False
    return [memcache, gone]


def make_large_account(groups: int, backups_each: int, now: datetime) -> Account:
    """Return one project and region with many healthy groups, for measurements."""
    maker = Maker(1, now)
    made = []
    for number in range(groups):
        group = maker.group(f"prod-{number:05}", "org-large", "cn-bj2")
        group.row["ResourceId"] = f"uredis-{number:08x}"
        maker.daily(group, days=backups_each)
        made.append(group)
    project = Project("org-large", "Large", is_default=True)
    return Account({"cn-bj2": REGIONS["cn-bj2"]}, [project], made)
