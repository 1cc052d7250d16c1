"""UCloud TiDB: everything by pages, without zones, and backups of at most 30 rows a page.

One region answers under ``BackupData`` instead of ``Data``, and a single backup stands there as an
object, as the documentation has it. ``Offset`` and ``Limit`` of the inventory are texts.
"""

from __future__ import annotations

from typing import Any

from tests.simulator.account import Maker
from tests.simulator.actions import Api, ApiError, Params, needed
from tests.simulator.making import DAY, HOUR, Change, made
from tests.simulator.world import Instance, Row

_ODD_REGION = "sg"
_LARGEST_PAGE = 30


def _inventory(api: Api, params: Params) -> dict[str, Any]:
    rows = [one.row for one in api.instances("tidb", params) if one.listed]
    answer = api.page(rows, params, default=20, most=100, key="Data")
    del answer["TotalCount"]
    return answer


def _backups(api: Api, params: Params) -> dict[str, Any]:
    needed(params, "Id")
    if int(params.get("Limit", _LARGEST_PAGE)) > _LARGEST_PAGE:
        raise ApiError(230, "Params [Limit] not available")
    found = [one for one in api.instances("tidb", params) if one.id == params["Id"]]
    if not found:
        raise ApiError(230, "Params [Id] not available")
    key = "BackupData" if params["Region"] == _ODD_REGION else "Data"
    rows = found[0].backups
    answer = api.page(rows, params, default=_LARGEST_PAGE, key=key)
    if api.faults.lying_total and api.faults.concerns(params["Action"]):
        lies = (0, 10 * len(rows), str(len(rows)), None)
        answer["TotalCount"] = lies[sum(params["Id"].encode()) % len(lies)]
    if len(rows) <= 1 and not int(params.get("Offset", 0)):
        answer[key] = rows[0] if rows else {}
    return answer


ACTIONS = {"ListTiDBClusterService": _inventory, "ListTiDBClusterBackup": _backups}


def make(maker: Maker) -> list[Instance]:
    """Return clusters with every kind of trouble, and healthy ones of odd shapes."""
    return made(maker, _CLUSTERS, _cluster, _daily)


def _cluster(maker: Maker, name: str, place: tuple[str, str, str]) -> Instance:
    project, region, _ = place
    id_ = f"utidb-{maker.random.getrandbits(40):010x}"
    row: Row = {
        "Id": id_,
        "Name": name,
        "Ip": "10.9.0.9",
        "Port": 4000,
        "State": "Running",
        "TiFlashState": "",
        "BinlogState": "",
        "AutoBackup": "Enabled",
        "Version": "v6.5.3",
        "DTType": 1,
        "CreateTime": maker.now - 200 * DAY,
    }
    return Instance(id_, project, region, row)


def _backup(maker: Maker, age: float, megabytes: int) -> Row:
    start = maker.now - int(age)
    return {
        "BackupId": f"tbackup-{maker.random.getrandbits(48):012x}",
        "BackupStartTime": start,
        "BackupEndTime": start + 1200,
        "BackupSize": megabytes,
        "State": "Success",
        "BackupType": "Auto",
    }


def _daily(maker: Maker, one: Instance) -> None:
    age = maker.random.uniform(3, 20) * HOUR
    one.backups += [_backup(maker, age + day * DAY, 5000 - 20 * day) for day in range(14)]


def _never(_: Maker, one: Instance) -> None:
    one.backups.clear()


def _stale(_: Maker, one: Instance) -> None:
    del one.backups[:4]


def _failed(_: Maker, one: Instance) -> None:
    for row in one.backups[:2]:
        row.update(State="Failed", BackupSize=0, BackupEndTime=0)


def _odd_state(_: Maker, one: Instance) -> None:
    one.backups[0]["State"] = "Finished"


def _shrunk(_: Maker, one: Instance) -> None:
    one.backups[0]["BackupSize"] = 900


def _single(_: Maker, one: Instance) -> None:
    del one.backups[1:]


def _running(maker: Maker, one: Instance) -> None:
    row = _backup(maker, 600, 0)
    one.backups.insert(0, row | {"State": "Backuping", "BackupEndTime": 0})


def _many(maker: Maker, one: Instance) -> None:
    one.backups.clear()
    for number in range(95):
        row = _backup(maker, (2 + 12 * number) * HOUR, 6000 - number)
        one.backups.append(row | {"BackupType": "Manual" if number % 10 == 0 else "Auto"})


def _full_page(_: Maker, one: Instance) -> None:
    one.backups += [
        row | {"BackupId": f"{row['BackupId']}-{copy}"} for copy in (1, 2) for row in one.backups
    ]
    del one.backups[30:]


def _texts(_: Maker, one: Instance) -> None:
    for row in one.backups:
        row.update(BackupSize=str(row["BackupSize"]), BackupStartTime=str(row["BackupStartTime"]))
        row["backupid"] = row.pop("BackupId")
    one.row.update(AutoBackup="disable")


def _auto_odd(_: Maker, one: Instance) -> None:
    one.row["AutoBackup"] = "Configuring"


def _healthy(_: Maker, one: Instance) -> None:
    assert one.backups


_CLUSTERS: tuple[tuple[str, str, Change], ...] = (
    ("prod-payments", "never backed up", _never),
    ("prod-risk", "last success is old", _stale),
    ("prod-reports", "last backups failed", _failed),
    ("staging-risk", "unknown state", _odd_state),
    ("prod-pricing", "shrunk", _shrunk),
    ("prod-young", "only one backup", _single),
    ("prod-orders", "", _healthy),
    ("prod-feeds", "", _running),
    ("prod-history", "", _many),
    ("prod-archive", "", _many),
    ("prod-even", "", _full_page),
    ("生产-风控", "", _texts),
    ("staging-odd", "", _auto_odd),
)
