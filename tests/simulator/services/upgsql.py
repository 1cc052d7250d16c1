"""UCloud PostgreSQL: instances are not paged, backups are listed by zone and instance.

One region answers under ``Data`` instead of ``DataSet``, as the documentation's example does.
"""

from __future__ import annotations

from typing import Any

from tests.simulator.account import Maker
from tests.simulator.actions import Api, ApiError, Params, needed
from tests.simulator.making import DAY, HOUR, MIB, Change, made
from tests.simulator.world import Instance, Row

_ODD_REGION = "hk"
_STRATEGY = {"BackupTimeRange": "3:00~4:00", "BackupWeek": "1,2,3,4,5,6,7", "BackupMethod": "full"}


def _key(params: Params) -> str:
    return "Data" if params["Region"] == _ODD_REGION else "DataSet"


def _inventory(api: Api, params: Params) -> dict[str, Any]:
    return {_key(params): [one.row for one in api.instances("upgsql", params) if one.listed]}


def _backups(api: Api, params: Params) -> dict[str, Any]:
    one = _one(api, params)
    wanted = params.get("BackupType", "0")
    rows = one.backups if one else []
    if wanted != "0":
        rows = [row for row in rows if str(row.get("BackupType")) == wanted]
    answer = api.page(rows, params, default=20, most=100, key=_key(params))
    if api.faults.lying_total and api.faults.concerns(params["Action"]):
        lies = (0, 10 * len(rows), str(len(rows)), None)
        answer["TotalCount"] = lies[sum(params["InstanceID"].encode()) % len(lies)]
    return answer


def _strategy(api: Api, params: Params) -> dict[str, Any]:
    one = _one(api, params)
    return dict(one.more) if one else {}


def _one(api: Api, params: Params) -> Instance | None:
    needed(params, "Zone", "InstanceID")
    found = [one for one in api.instances("upgsql", params) if one.id == params["InstanceID"]]
    if not found:
        raise ApiError(230, "Params [InstanceID] not available")
    return found[0]


ACTIONS = {
    "ListUPgSQLInstance": _inventory,
    "ListUPgSQLBackup": _backups,
    "GetUPgSQLBackupStrategy": _strategy,
}


def make(maker: Maker) -> list[Instance]:
    """Return instances with every kind of trouble, and healthy ones of odd shapes."""
    return made(maker, _INSTANCES, _instance, _daily)


def _instance(maker: Maker, name: str, place: tuple[str, str, str]) -> Instance:
    project, region, zone = place
    id_ = f"upgsql-{maker.random.getrandbits(40):010x}"
    row: Row = {
        "InstanceID": id_,
        "Name": name,
        "Zone": zone,
        "DBVersion": "postgresql-13.4",
        "InstanceMode": "ha",
        "State": "Running",
        "CreateTime": maker.now - 400 * DAY,
        "ExpiredTime": maker.now + 30 * DAY,
        "MachineType": "o.pgsql2m.medium",
        "IP": "10.9.0.7",
        "VPCID": "uvnet-1",
        "SubnetID": "subnet-1",
        "Remark": "",
        "DataSet": [],
    }
    return Instance(id_, project, region, row, more=dict(_STRATEGY))


def _backup(maker: Maker, one: Instance, age: float, size: int) -> Row:
    start = maker.now - int(age)
    return {
        "BackupID": f"pgbackup-{maker.random.getrandbits(48):012x}",
        "BackupName": "auto",
        "InstanceID": one.id,
        "Region": one.region,
        "BackupStartTime": start,
        "BackupEndTime": start + 900,
        "BackupSize": size,
        "BackupType": 1,
        "State": "Success",
    }


def _daily(maker: Maker, one: Instance) -> None:
    age = maker.random.uniform(3, 20) * HOUR
    for day in range(14):
        size = int(900 * MIB * (1 - day * 0.004))
        one.backups.append(_backup(maker, one, age + day * DAY, size))


def _never(_: Maker, one: Instance) -> None:
    one.backups.clear()


def _stale(_: Maker, one: Instance) -> None:
    del one.backups[:5]


def _failed(_: Maker, one: Instance) -> None:
    for row in one.backups[:2]:
        row.update(State="Failed", BackupSize=0, BackupEndTime=0)


def _expired(_: Maker, one: Instance) -> None:
    for row in one.backups:
        row["State"] = "Expired"


def _odd_state(_: Maker, one: Instance) -> None:
    one.backups[0]["State"] = "Verifying"


def _only_manual(_: Maker, one: Instance) -> None:
    for row in one.backups:
        row.update(BackupType=2, BackupName="by-hand")


def _running(maker: Maker, one: Instance) -> None:
    row = _backup(maker, one, 300, 0)
    one.backups.insert(0, row | {"State": "Backuping", "BackupEndTime": 0})


def _texts(_: Maker, one: Instance) -> None:
    """Numbers come as text, keys in another case, and the strategy only for two days."""
    one.row["CreateTime"] = str(one.row["CreateTime"])
    for row in one.backups:
        row.update(BackupSize=str(row["BackupSize"]), BackupType="1")
        row["InstanceId"], row["BackupId"] = row.pop("InstanceID"), row.pop("BackupID")
    one.more.update(BackupWeek="3,7", BackupTimeRange="23:30~00:30")


def _no_strategy(_: Maker, one: Instance) -> None:
    one.more.clear()


def _many(maker: Maker, one: Instance) -> None:
    one.backups.clear()
    for number in range(230):
        row = _backup(maker, one, (2 + 12 * number) * HOUR, 900 * MIB - number)
        one.backups.append(row | {"BackupType": 2 if number % 10 == 0 else 1})


def _with_replica(_: Maker, one: Instance) -> None:
    one.row["DataSet"] = [{"InstanceID": f"{one.id}-ro", "Name": "replica", "State": "Running"}]


def _replica(_: Maker, one: Instance) -> None:
    one.row["InstanceMode"] = "readonly"
    one.backups.clear()


def _healthy(_: Maker, one: Instance) -> None:
    assert one.backups


_INSTANCES: tuple[tuple[str, str, Change], ...] = (
    ("prod-ledger", "never backed up", _never),
    ("prod-crm", "last success is old", _stale),
    ("prod-billing", "last backups failed", _failed),
    ("prod-archive", "all expired", _expired),
    ("staging-bi", "unknown state", _odd_state),
    ("prod-orders", "", _healthy),
    ("prod-by-hand", "", _only_manual),
    ("prod-users", "", _running),
    ("prod-geo", "", _texts),
    ("prod-mail", "", _no_strategy),
    ("prod-history", "", _many),
    ("生产-报表", "", _with_replica),
    ("prod-users-ro", "a replica", _replica),
)
