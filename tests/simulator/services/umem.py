"""UCloud distributed Redis: listed with all Redis, backups by zone and instance, without owner.

Some instances tell one row for each shard of a backup.
"""

from __future__ import annotations

from typing import Any

from tests.simulator.account import Maker
from tests.simulator.actions import Api, ApiError, Params, lied, needed
from tests.simulator.making import DAY, HOUR, MIB, Change, made
from tests.simulator.world import Instance, Row


def _spaces(api: Api, params: Params) -> dict[str, Any]:
    """Answer the old inventory; it knows nothing of automatic backup."""
    rows = [_space(one.row) for one in api.instances("umem", params) if one.listed]
    return api.page(rows, params, default=20)


def _space(row: Row) -> Row:
    hidden = {"ResourceId", "ResourceType", "AutoBackup", "BackupTime"}
    kept = {key: value for key, value in row.items() if key not in hidden}
    return kept | {"SpaceId": row["ResourceId"], "Type": "double"}


def _backups(api: Api, params: Params) -> dict[str, Any]:
    needed(params, "Zone", "SpaceId")
    found = [one for one in api.instances("umem", params) if one.id == params["SpaceId"]]
    if not found:
        raise ApiError(230, "Params [SpaceId] not available")
    answer = api.page(found[0].backups, params, default=10)
    return lied(api, params, answer, params["SpaceId"])


ACTIONS = {"DescribeUMemSpace": _spaces, "DescribeUMemBackup": _backups}


def make(maker: Maker) -> list[Instance]:
    """Return instances with every kind of trouble, and healthy ones of odd shapes."""
    return made(maker, _INSTANCES, _instance, _daily)


def _instance(maker: Maker, name: str, place: tuple[str, str, str]) -> Instance:
    project, region, zone = place
    id_ = f"udredis-{maker.random.getrandbits(40):010x}"
    row: Row = {
        "ResourceId": id_,
        "Name": name,
        "Zone": zone,
        "Tag": "Default",
        "ResourceType": "distributed",
        "Protocol": "redis",
        "State": "Running",
        "CreateTime": maker.now - 300 * DAY,
        "ExpireTime": maker.now + 30 * DAY,
        "Size": 16,
        "UsedSize": 4000,
        "AutoBackup": "enable",
        "BackupTime": 4,
        "Version": "6.0",
    }
    return Instance(id_, project, region, row)


def _backup(maker: Maker, one: Instance, age: float, size: int) -> Row:
    return {
        "BackupId": f"umembackup-{maker.random.getrandbits(48):012x}",
        "BackupName": f"auto-{one.row['Name'][:20]}",
        "CreateTime": maker.now - int(age),
        "State": "Done",
        "BackupType": "auto",
        "BlockCount": 4,
        "BlockSize": size,
    }


def _daily(maker: Maker, one: Instance) -> None:
    age = maker.random.uniform(3, 20) * HOUR
    for day in range(14):
        size = int(800 * MIB * (1 - day * 0.004))
        one.backups.append(_backup(maker, one, age + day * DAY, size))


def _never(_: Maker, one: Instance) -> None:
    one.backups.clear()


def _stale(_: Maker, one: Instance) -> None:
    del one.backups[:5]


def _failed(_: Maker, one: Instance) -> None:
    for row in one.backups[:2]:
        row.update(State="Failed", BlockSize=0)


def _odd_state(_: Maker, one: Instance) -> None:
    one.backups[0]["State"] = "Checking"


def _stuck(maker: Maker, one: Instance) -> None:
    del one.backups[:2]
    one.backups.insert(0, _backup(maker, one, 40 * HOUR, 0) | {"State": "Starting"})


def _shrunk(_: Maker, one: Instance) -> None:
    one.backups[0]["BlockSize"] = 100 * MIB


def _sharded(_: Maker, one: Instance) -> None:
    """One row for each shard, all of the same size."""
    one.row["ResourceType"] = "cluster"
    one.backups[:] = [dict(row) for row in one.backups for _ in range(4)]


def _shard_failed(maker: Maker, one: Instance) -> None:
    _sharded(maker, one)
    for start in (0, 4, 8):
        one.backups[start + 2].update(State="Failed", BlockSize=0)


def _shard_sizes(maker: Maker, one: Instance) -> None:
    """Tell shards of different sizes: nobody tells how large the whole is."""
    _sharded(maker, one)
    for number, row in enumerate(one.backups):
        row["BlockSize"] += number % 4


def _running(maker: Maker, one: Instance) -> None:
    one.backups.insert(0, _backup(maker, one, 300, 0) | {"State": "Starting"})


def _auto_off(_: Maker, one: Instance) -> None:
    one.row.update(AutoBackup="disable", ResourceType="performance")
    for row in one.backups:
        row["BackupType"] = "manual"


def _texts(_: Maker, one: Instance) -> None:
    """Write numbers as text, keys in another case, and an owner, as an example has it."""
    one.row.update(BackupTime="23", CreateTime=str(one.row["CreateTime"]))
    for row in one.backups:
        row.update(BlockSize=str(row["BlockSize"]), BackupType="Auto", SpaceId=one.id)
        row["backupID"], row["createtime"] = row.pop("BackupId"), str(row.pop("CreateTime"))


def _many(maker: Maker, one: Instance) -> None:
    one.backups.clear()
    for number in range(230):
        row = _backup(maker, one, (2 + 12 * number) * HOUR, 900 * MIB - number)
        one.backups.append(row | {"BackupType": "manual" if number % 10 == 0 else "auto"})


def _silent(_: Maker, one: Instance) -> None:
    """Tell nothing of automatic backup."""
    del one.row["AutoBackup"], one.row["BackupTime"]


def _healthy(_: Maker, one: Instance) -> None:
    assert one.backups


_INSTANCES: tuple[tuple[str, str, Change], ...] = (
    ("prod-shard-cart", "never backed up", _never),
    ("prod-shard-feed", "last success is old", _stale),
    ("prod-shard-rank", "last backups failed", _failed),
    ("staging-shard-rank", "unknown state", _odd_state),
    ("prod-shard-geo", "stuck", _stuck),
    ("prod-shard-price", "shrunk", _shrunk),
    ("prod-shard-quota", "a shard failed", _shard_failed),
    ("prod-shard-uneven", "size not told", _shard_sizes),
    ("prod-shard-user", "", _healthy),
    ("prod-shard-even", "", _sharded),
    ("prod-shard-live", "", _running),
    ("prod-shard-by-hand", "", _auto_off),
    ("生产-分片缓存", "", _texts),
    ("prod-shard-archive", "", _many),
    ("prod-shard-silent", "", _silent),
)
