"""UCloud MongoDB: nothing is paged; a run of a sharded cluster has a row for each replica."""

from __future__ import annotations

from typing import Any

from tests.simulator.account import Maker
from tests.simulator.actions import Api, ApiError, Params, needed
from tests.simulator.making import DAY, HOUR, MIB, Change, made
from tests.simulator.world import Instance, Row

_SHARDS = (("config", "ConfigRepl"), ("shard-1", "DataRepl"), ("shard-2", "DataRepl"))
_DAYS = 14


def _inventory(api: Api, params: Params) -> dict[str, Any]:
    return {"DataSet": [one.row for one in api.instances("umongodb", params) if one.listed]}


def _backups(api: Api, params: Params) -> dict[str, Any]:
    return {"DataSet": _one(api, params).backups}


def _strategy(api: Api, params: Params) -> dict[str, Any]:
    return {"DataSet": dict(_one(api, params).more)}


def _one(api: Api, params: Params) -> Instance:
    needed(params, "Zone", "ClusterId")
    found = [one for one in api.instances("umongodb", params) if one.id == params["ClusterId"]]
    if not found:
        raise ApiError(230, "Params [ClusterId] not available")
    return found[0]


ACTIONS = {
    "ListUMongoDBInstances": _inventory,
    "ListUMongoDBBackup": _backups,
    "GetUMongoDBBackupParam": _strategy,
}


def make(maker: Maker) -> list[Instance]:
    """Return clusters with every kind of trouble, and healthy ones of odd shapes."""
    return made(maker, _CLUSTERS, _cluster, _daily)


def _cluster(maker: Maker, name: str, place: tuple[str, str, str]) -> Instance:
    project, region, zone = place
    id_ = f"umongodb-{maker.random.getrandbits(40):010x}"
    row: Row = {
        "ClusterId": id_,
        "Name": name,
        "Zone": zone,
        "CrossZones": [],
        "DBVersion": "MongoDB-6.0",
        "ClusterType": "SharedCluster" if "shard" in name else "ReplicaSet",
        "State": "Running",
        "CreateTime": maker.now - 300 * DAY,
        "ExpiredTime": maker.now + 30 * DAY,
        "DiskSpace": 100,
        "Tag": "Default",
        "ConnectURL": "10.9.0.8:27017",
        "DataComputeType": {"MachineTypeId": "o.mongo2m.medium", "Cpu": 1, "Memory": 2},
    }
    strategy = {
        "ClusterId": id_,
        "AutoBackupToggleWeek": "1,2,3,4,5,6,7",
        "AutoBackupToggleTime": "5:00~6:00",
        "AutoBackupCopies": _DAYS,
        "ManualBackupCopies": 3,
        "Disabled": False,
    }
    return Instance(id_, project, region, row, more=strategy)


def _run(maker: Maker, one: Instance, age: float, size: int) -> list[Row]:
    """Return the rows of one run, as many as the cluster has replicas."""
    sharded = one.row["ClusterType"] == "SharedCluster"
    batch = f"batch-{maker.random.getrandbits(48):012x}"
    rows = []
    for number, (node, kind) in enumerate(_SHARDS if sharded else (("rs", "DataRepl"),)):
        start = maker.now - int(age) + 60 * number
        rows.append(
            {
                "BackupId": f"mbackup-{maker.random.getrandbits(48):012x}",
                "BackupName": "auto",
                "ClusterId": one.id,
                "Zone": one.row["Zone"],
                "State": "Success",
                "BackupType": "Auto",
                "BackupSize": size if kind == "DataRepl" else MIB,
                "StartTime": start,
                "EndTime": start + 600,
                "VirtualClusterId": f"{one.id}-{node}",
                "ReplicaType": kind,
                "BatchId": batch,
                "DiskSize": 100,
            }
        )
    return rows


def _daily(maker: Maker, one: Instance) -> None:
    age = maker.random.uniform(3, 20) * HOUR
    for day in range(_DAYS):
        one.backups += _run(maker, one, age + day * DAY, int(700 * MIB * (1 - day * 0.004)))


def _never(_: Maker, one: Instance) -> None:
    one.backups.clear()


def _stale(_: Maker, one: Instance) -> None:
    newest = {row["BatchId"] for row in one.backups[:12]}
    one.backups[:] = [row for row in one.backups if row["BatchId"] not in newest]


def _shard_failed(_: Maker, one: Instance) -> None:
    """One shard of three has failed, in the three newest runs."""
    for row in one.backups[:9]:
        if row["VirtualClusterId"].endswith("shard-2"):
            row.update(State="Failed", BackupSize=0)


def _shard_odd(_: Maker, one: Instance) -> None:
    one.backups[1]["State"] = "Merging"


def _shard_expired(_: Maker, one: Instance) -> None:
    for row in one.backups[::3]:
        row["State"] = "Expired"


def _shard_lost(_: Maker, one: Instance) -> None:
    """Leave one shard out of the three newest runs."""
    del one.backups[8], one.backups[5], one.backups[2]


def _only_configuration(_: Maker, one: Instance) -> None:
    one.backups[:] = [row for row in one.backups if row["ReplicaType"] == "ConfigRepl"]


def _switched_off(_: Maker, one: Instance) -> None:
    one.more["Disabled"] = True


def _shard_running(maker: Maker, one: Instance) -> None:
    rows = _run(maker, one, 600, 700 * MIB)
    rows[2].update(State="Backuping", BackupSize=0, EndTime=0)
    one.backups[:0] = rows


def _no_batches(_: Maker, one: Instance) -> None:
    """Show rows as the generation before does: no batch, no replica, and numbers as text."""
    for row in one.backups:
        for name in ("BatchId", "VirtualClusterId", "ReplicaType", "DiskSize", "Zone"):
            del row[name]
        row.update(BackupSize=str(row["BackupSize"]), StartTime=str(row["StartTime"]))
    one.more.update(Disabled="false", AutoBackupToggleWeek="3,7")


def _no_strategy(_: Maker, one: Instance) -> None:
    one.more.clear()


def _one_id(_: Maker, one: Instance) -> None:
    """All rows of a run share their id."""
    for row in one.backups:
        row["BackupId"] = row["BatchId"]


def _healthy(_: Maker, one: Instance) -> None:
    assert one.backups


_CLUSTERS: tuple[tuple[str, str, Change], ...] = (
    ("prod-sessions", "never backed up", _never),
    ("prod-shards-events", "last success is old", _stale),
    ("prod-shards-orders", "a shard failed", _shard_failed),
    ("staging-shards-logs", "a shard has an unknown state", _shard_odd),
    ("prod-shards-old", "a shard is expired", _shard_expired),
    ("prod-shards-lost", "a shard is missing", _shard_lost),
    ("prod-shards-unbatched", "rows of no run", _no_batches),
    ("prod-shards-config", "only the configuration is backed up", _only_configuration),
    ("prod-catalog", "", _healthy),
    ("prod-shards-catalog", "", _healthy),
    ("prod-by-hand", "", _switched_off),
    ("prod-shards-running", "", _shard_running),
    ("prod-legacy", "", _no_batches),
    ("prod-shards-shared-id", "", _one_id),
    ("生产-会话", "", _no_strategy),
)
