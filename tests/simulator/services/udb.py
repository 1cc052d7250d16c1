"""UCloud UDB: instances by class, backups of a whole region or of one instance.

``Offset`` and ``Limit`` are demanded. One region has no UDB at all: it answers RetCode 7203.
"""

from __future__ import annotations

from typing import Any

from tests.simulator.account import Maker
from tests.simulator.actions import Api, ApiError, Params, lied, needed
from tests.simulator.making import DAY, HOUR, MIB, Change, made
from tests.simulator.world import Instance, Row

NOT_OFFERED_IN = "sg"
_CLASSES = ("sql", "nosql", "postgresql", "sqlserver")
_TYPES = {"sql": "mysql-5.7", "nosql": "mongodb-2.6"}


def _checked(params: Params) -> None:
    if params["Region"] == NOT_OFFERED_IN:
        raise ApiError(7203, "UDB is not available in this region")
    needed(params, "Offset", "Limit")


def _inventory(api: Api, params: Params) -> dict[str, Any]:
    _checked(params)
    needed(params, "ClassType")
    if params["ClassType"].lower() not in _CLASSES:
        raise ApiError(230, "Params [ClassType] not available")
    rows = [
        one.row
        for one in api.instances("udb", params)
        if one.listed and one.more["ClassType"] == params["ClassType"].lower()
    ]
    return api.page(rows, params, default=20, most=100)


def _backups(api: Api, params: Params) -> dict[str, Any]:
    _checked(params)
    owner = params.get("DBId", "")
    found = [one for one in api.instances("udb", params) if owner in {one.id, ""}]
    if owner and not found:
        raise ApiError(230, "Params [DBId] not available")
    rows = [row for one in found for row in one.backups]
    if owner:
        rows = [row for row in rows if row.get("DBId") != f"{owner}-slave"]
    return lied(api, params, api.page(rows, params, default=20, most=100), owner)


ACTIONS = {"DescribeUDBInstance": _inventory, "DescribeUDBBackup": _backups}


def make(maker: Maker) -> list[Instance]:
    """Return instances with every kind of trouble, and healthy ones of odd shapes."""
    return made(maker, _INSTANCES, _instance, _daily, regions=("cn-bj2", "hk"))


def _instance(maker: Maker, name: str, place: tuple[str, str, str]) -> Instance:
    project, region, zone = place
    class_ = next((one for one in _CLASSES if f"-{one}-" in name), "sql")
    id_ = f"udb-{maker.random.getrandbits(40):010x}"
    row: Row = {
        "DBId": id_,
        "Name": name,
        "Zone": zone,
        "BackupZone": None,
        "DBTypeId": _TYPES.get(class_, class_),
        "Role": "master",
        "ClusterRole": "",
        "InstanceMode": "HA",
        "SrcDBId": f"{maker.random.getrandbits(64):016x}",  # a pair has an id of its own
        "State": "Running",
        "CreateTime": maker.now - 500 * DAY,
        "ExpiredTime": maker.now + 30 * DAY,
        "Tag": "Default",
        "VirtualIP": "10.9.0.5",
        "DiskSpace": 100,
        "BackupCount": 7,
        "BackupBeginTime": 3,
        "BackupDuration": 24,
        "BackupDate": "1111111",
        "BackupMethod": "xtrabackup",
        "DataSet": [],
    }
    return Instance(id_, project, region, row, more={"ClassType": class_})


def _backup(maker: Maker, one: Instance, age: float, size: int) -> Row:
    start = maker.now - int(age)
    return {
        "BackupId": maker.random.getrandbits(31),
        "BackupName": "auto",
        "DBId": one.id,
        "DBName": one.row["Name"],
        "Zone": one.row["Zone"],
        "BackupZone": None,
        "BackupTime": start,
        "BackupEndTime": start + 1800,
        "BackupSize": size,
        "BackupType": 0,
        "State": "Success",
        "ErrorInfo": "",
        "MD5": "",
    }


def _daily(maker: Maker, one: Instance) -> None:
    age = maker.random.uniform(3, 20) * HOUR
    for day in range(7):
        size = int(2000 * MIB * (1 - day * 0.004))
        one.backups.append(_backup(maker, one, age + day * DAY, size))


def _never(_: Maker, one: Instance) -> None:
    one.backups.clear()


def _stale(_: Maker, one: Instance) -> None:
    del one.backups[:3]


def _failed(_: Maker, one: Instance) -> None:
    for row in one.backups[:2]:
        row.update(State="Failed", BackupSize=0, BackupEndTime=0, ErrorInfo="disk full")


def _expired(_: Maker, one: Instance) -> None:
    for row in one.backups:
        row["State"] = "Expired"


def _odd_state(_: Maker, one: Instance) -> None:
    one.backups[0]["State"] = "Verifying"


def _shrunk(_: Maker, one: Instance) -> None:
    one.backups[0]["BackupSize"] = 100 * MIB


def _slave_only(_: Maker, one: Instance) -> None:
    """Backups are those of the slave: nobody says that they are the master's too."""
    _with_slave(_, one)
    for row in one.backups:
        row["DBId"] = f"{one.id}-slave"


def _stopped(_: Maker, one: Instance) -> None:
    one.row["BackupMethod"] = "nobackup"
    del one.backups[:4]


def _digits(maker: Maker, one: Instance) -> None:
    """Write states as digits, the newest one failed; days as a number, which loses its zeros."""
    one.row.update(BackupDate=110, BackupBeginTime="2")
    for row in one.backups:
        row.update(State="1", BackupType="0", BackupSize=str(row["BackupSize"]))
        row["backupId"] = str(row.pop("BackupId"))
    one.backups[0]["State"] = 2


def _running(maker: Maker, one: Instance) -> None:
    row = _backup(maker, one, 300, 0)
    one.backups.insert(0, row | {"State": "Backuping", "BackupEndTime": 0})


def _weekend(_: Maker, one: Instance) -> None:
    one.row["BackupDate"] = "1100001"


def _by_hand(_: Maker, one: Instance) -> None:
    one.row["BackupMethod"] = "nobackup"
    for row in one.backups:
        row.update(BackupType=1, BackupName="by-hand")


def _with_slave(_: Maker, one: Instance) -> None:
    slave = {"DBId": f"{one.id}-slave", "Name": "slave_01", "Role": "slave", "SrcDBId": one.id}
    one.row["DataSet"] = [slave | {"State": "Running", "BackupDate": "1111111"}]


def _slave(_: Maker, one: Instance) -> None:
    one.row.update(Role="slave", SrcDBId="udb-elsewhere")
    one.backups.clear()


def _router(_: Maker, one: Instance) -> None:
    one.row.update(ClusterRole="mongos", Role="")
    one.backups.clear()


def _many(maker: Maker, one: Instance) -> None:
    one.backups.clear()
    for number in range(230):
        row = _backup(maker, one, (2 + 12 * number) * HOUR, 2000 * MIB - number)
        one.backups.append(row | {"BackupType": 1 if number % 10 == 0 else 0})


def _gone(_: Maker, one: Instance) -> None:
    one.listed = False


def _healthy(_: Maker, one: Instance) -> None:
    assert one.backups


_INSTANCES: tuple[tuple[str, str, Change], ...] = (
    ("prod-sql-billing", "never backed up", _never),
    ("prod-sql-crm", "last success is old", _stale),
    ("prod-nosql-feed", "last backups failed", _failed),
    ("prod-sql-archive", "all expired", _expired),
    ("staging-sqlserver-bi", "unknown state", _odd_state),
    ("prod-postgresql-geo", "shrunk", _shrunk),
    ("prod-sql-of-slave", "backups of a slave alone", _slave_only),
    ("prod-sql-stopped", "switched off", _stopped),
    ("prod-sql-digits", "the last one failed, in digits", _digits),
    ("prod-sql-orders", "", _healthy),
    ("prod-nosql-log", "", _running),
    ("prod-postgresql-map", "", _weekend),
    ("prod-sqlserver-erp", "", _by_hand),
    ("生产-订单库", "", _with_slave),
    ("prod-sql-history", "", _many),
    ("prod-sql-replica", "a slave", _slave),
    ("prod-nosql-router", "a router", _router),
    ("prod-sql-retired", "deleted", _gone),
)
