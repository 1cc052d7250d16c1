"""UCloud UDisk: disks, snapshots of a whole region or of one disk, snapshot services by zone."""

from __future__ import annotations

from typing import Any

from tests.simulator.account import Maker
from tests.simulator.actions import Api, ApiError, Params, lied, needed
from tests.simulator.making import DAY, HOUR, Change, made
from tests.simulator.world import Instance, Row

_PROTECTION = ("BackupMode", "UDataArkMode", "SnapshotCount")


def _inventory(api: Api, params: Params) -> dict[str, Any]:
    rows = [one.row for one in api.instances("udisk", params) if one.listed]
    if "Yes" in {params.get("IgnoreBackupMode"), params.get("UDiskBasicInfo")}:
        rows = [{key: row[key] for key in row if key not in _PROTECTION} for row in rows]
    if params.get("IgnoreUBillInfo") == "Yes":
        rows = [{key: row[key] for key in row if key != "ExpiredTime"} for row in rows]
    return api.page(rows, params, default=20)


def _snapshots(api: Api, params: Params) -> dict[str, Any]:
    owner = params.get("UDiskId", "")
    if owner:
        needed(params, "Zone")
    found = [one for one in api.instances("udisk", params) if owner in {one.id, ""}]
    if owner and not found:
        raise ApiError(17041, "UDisk not found")
    rows = [row for one in found for row in one.backups]
    return lied(api, params, api.page(rows, params, default=20), owner)


def _services(api: Api, params: Params) -> dict[str, Any]:
    needed(params, "Zone")
    found = api.instances("udisk", params)
    rows = [row for one in found for row in one.more.get("services", [])]
    return lied(api, params, api.page(rows, params, default=20), params["Zone"])


ACTIONS = {
    "DescribeUDisk": _inventory,
    "DescribeUDiskSnapshot": _snapshots,
    "DescribeSnapshotService": _services,
}


def make(maker: Maker) -> list[Instance]:
    """Return disks with every kind of trouble, and healthy ones of odd shapes."""
    return made(maker, _DISKS, _disk, _daily)


def _disk(maker: Maker, name: str, place: tuple[str, str, str]) -> Instance:
    project, region, zone = place
    id_ = f"bsi-{maker.random.getrandbits(40):010x}"
    row: Row = {
        "UDiskId": id_,
        "Name": name,
        "Zone": zone,
        "Size": 100,
        "Status": "InUse",
        "CreateTime": maker.now - 250 * DAY,
        "ExpiredTime": maker.now + 30 * DAY,
        "Tag": "Default",
        "IsBoot": "False",
        "HostId": "uhost-1",
        "BackupMode": "SnapshotService",
        "UDataArkMode": "No",
        "SnapshotCount": 7,
        "SnapshotLimit": 30,
        "SnapEnable": 1,
        "DiskType": "RSSDDataDisk",
    }
    service = {
        "ServiceId": f"snapsvc-{maker.random.getrandbits(40):010x}",
        "VDiskId": id_,
        "VDiskName": name,
        "VDiskType": "UDiskData",
        "VDiskStatus": 1,
        "VDiskSize": 100,
        "Zone": zone,
        "Status": "Available",
        "CreateTime": maker.now - 200 * DAY,
        "ExpiredTime": maker.now + 30 * DAY,
        "IsExpire": "No",
        "AutoRenew": "Yes",
    }
    return Instance(id_, project, region, row, more={"services": [service]})


def _snapshot(maker: Maker, one: Instance, age: float) -> Row:
    return {
        "SnapshotId": f"snap-{maker.random.getrandbits(48):012x}",
        "Name": "auto",
        "UDiskId": one.id,
        "UDiskName": one.row["Name"],
        "Zone": one.row["Zone"],
        "CreateTime": maker.now - int(age),
        "Size": one.row["Size"],
        "Status": "Normal",
        "DiskType": 4,
        "Comment": "",
        "IsUDiskAvailable": True,
        "UHostId": "uhost-1",
        "ChargeType": "Month",  # not documented, and there all the same
    }


def _daily(maker: Maker, one: Instance) -> None:
    age = maker.random.uniform(3, 20) * HOUR
    one.backups += [_snapshot(maker, one, age + day * DAY) for day in range(7)]


def _unprotected(_: Maker, one: Instance) -> None:
    one.row["BackupMode"] = ""
    one.more.clear()


def _never(maker: Maker, one: Instance) -> None:
    _unprotected(maker, one)
    one.backups.clear()


def _stale(_: Maker, one: Instance) -> None:
    del one.backups[:3]


def _unpaid(_: Maker, one: Instance) -> None:
    one.more["services"][0].update(Status="Expired", IsExpire="Yes")


def _failed(_: Maker, one: Instance) -> None:
    for row in one.backups[:2]:
        row["Status"] = "Failed"


def _odd_state(_: Maker, one: Instance) -> None:
    one.backups[0]["Status"] = "Merging"


def _no_service(_: Maker, one: Instance) -> None:
    one.more["services"].clear()


def _odd_service(_: Maker, one: Instance) -> None:
    one.more["services"][0]["Status"] = "InAvailable"


def _silent(_: Maker, one: Instance) -> None:
    del one.row["BackupMode"]


def _ark(maker: Maker, one: Instance) -> None:
    """Protect by UDataArk, whose restore points nobody can list."""
    one.row.update(BackupMode="UDataArk", UDataArkMode="Yes")
    one.more.clear()
    one.backups.clear()


def _ark_and_snapshots(maker: Maker, one: Instance) -> None:
    kept = list(one.backups)
    _ark(maker, one)
    one.backups += kept


def _running(maker: Maker, one: Instance) -> None:
    one.backups.insert(0, _snapshot(maker, one, 300) | {"Status": "Creating"})


def _texts(_: Maker, one: Instance) -> None:
    """Write sizes and times as text, keys in another case."""
    one.row.update(Size="100", CreateTime=str(one.row["CreateTime"]))
    for row in one.backups:
        row.update(Size="100", CreateTime=str(row["CreateTime"]))
        row["snapshotid"] = row.pop("SnapshotId")


def _renewed(_: Maker, one: Instance) -> None:
    """Keep the service of before, which has expired, beside the one of today."""
    (today,) = one.more["services"]
    before = today | {"ServiceId": "snapsvc-before", "Status": "Expired", "IsExpire": "Yes"}
    one.more["services"].insert(0, before)


def _many(maker: Maker, one: Instance) -> None:
    one.backups[:] = [_snapshot(maker, one, (2 + 12 * number) * HOUR) for number in range(230)]


def _boot(_: Maker, one: Instance) -> None:
    one.row.update(IsBoot="True", DiskType="RSSDSystemDisk")
    one.more["services"][0]["VDiskType"] = "UDiskBoot"


def _gone(_: Maker, one: Instance) -> None:
    one.listed = False
    for row in one.backups:
        row["IsUDiskAvailable"] = False


def _healthy(_: Maker, one: Instance) -> None:
    assert one.backups


_DISKS: tuple[tuple[str, str, Change], ...] = (
    ("prod-disk-mail", "never backed up", _never),
    ("prod-disk-web", "last success is old", _stale),
    ("prod-disk-log", "the snapshot service is not paid", _unpaid),
    ("prod-disk-search", "last backups failed", _failed),
    ("staging-disk-search", "unknown state", _odd_state),
    ("prod-disk-lost", "no service of the disk", _no_service),
    ("prod-disk-paused", "the service is not available", _odd_service),
    ("prod-disk-bare", "automatic backup off", _unprotected),
    ("prod-disk-silent", "automatic backup not told", _silent),
    ("prod-disk-ark", "restore points that nobody lists", _ark),
    ("prod-disk-orders", "", _healthy),
    ("prod-disk-live", "", _running),
    ("生产-数据盘", "", _texts),
    ("prod-disk-renewed", "", _renewed),
    ("prod-disk-archive", "", _many),
    ("prod-disk-boot", "", _boot),
    ("prod-disk-old", "", _ark_and_snapshots),
    ("prod-disk-retired", "deleted", _gone),
)
