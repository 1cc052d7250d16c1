"""MongoDB: rows that are one run, the strategy, the official SDK, and what may go wrong."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupState, GapReason, Resource, Scope
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.service import Instance as Listed
from backup_auditor.sources.ucloud.client.strategy import Strategy
from backup_auditor.sources.ucloud.umongodb import (
    ID,
    Options,
    build,
    cluster_of,
    runs_of,
    strategy_of,
)

from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.sources.cloud_ucloud import (
    ACCOUNT,
    Actions,
    Contract,
    audited,
    histories,
    honest,
    official_clients,
)

SCOPE = Scope(ID, "org-a", "hk")
NAMES = Actions("ListUMongoDBInstances", "ListUMongoDBBackup", "GetUMongoDBBackupParam")
ESTATE = ACCOUNT.estate["umongodb"]
logging.getLogger("ucloud").setLevel(logging.ERROR)
ROW = {
    "BackupId": "b-1",
    "BackupName": "auto",
    "ClusterId": "c-1",
    "Zone": "hk-02",
    "State": "Success",
    "BackupType": "Auto",
    "BackupSize": 1024,
    "StartTime": 1403249482,
    "EndTime": 1403249582,
    "VirtualClusterId": "c-1-a",
    "ReplicaType": "DataRepl",
    "BatchId": "batch-1",
    "DiskSize": 100,
}
CONTRACT = Contract(NAMES, "ClusterId", [*ROW, "CreateTime", "ClusterType", "Disabled"], newest=1)
FULL = {"Disabled": False, "AutoBackupToggleWeek": "3,7", "AutoBackupToggleTime": "5:00~6:00"}


REPLICA_SET = Resource("c-1", "c", ID, "org-a", "hk", kind="ReplicaSet")
SHARDED = replace(REPLICA_SET, kind="SharedCluster")


def runs(*changes: dict[str, Any], of: Resource = REPLICA_SET) -> list[Backup]:
    """Return the runs that rows with these changes are."""
    return runs_of((Row({**ROW, **change}) for change in changes), of)


def run(*changes: dict[str, Any]) -> Backup:
    """Return the one run that rows with these changes are, each with an id of its own."""
    (found,) = runs(*({"BackupId": f"b-{n}", **change} for n, change in enumerate(changes)))
    return found


def test_the_rows_of_a_run_are_one_backup() -> None:
    found = run(
        {"StartTime": 1403249500, "EndTime": 1403249600},
        {"BackupSize": "2048", "EndTime": 1403249700},
        {"ReplicaType": "ConfigRepl", "BackupSize": 1},
    )
    assert (found.id, found.resource_id, found.name) == ("batch-1", "c-1", "auto")
    assert (found.state, found.state_raw) == (BackupState.SUCCEEDED, "Success")
    assert (found.kind, found.kind_raw, found.size_bytes) == ("automatic", "Auto", 3073)
    assert found.taken_at
    assert found.finished_at
    assert found.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"
    assert (found.finished_at - found.taken_at).total_seconds() == 218


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["Success", "success"], "succeeded"),
        (["Success", "Failed"], "failed"),
        (["Success", "Backuping"], "running"),
        (["Success", "Expired"], "expired"),
        (["Success", "Merging"], "unknown"),
        (["Success", None], "unknown"),
        (["Success", ""], "unknown"),
        (["Success", 1], "unknown"),
        (["Backuping", "Failed"], "failed"),
        (["Backuping", "Merging"], "unknown"),
        (["Expired", "Merging"], "unknown"),
        (["Expired", "Backuping"], "running"),
        (["Merging", "Failed"], "failed"),
    ],
)
def test_a_run_is_as_good_as_the_worst_of_its_rows(words: list[object], state: str) -> None:
    for order in (words, words[::-1]):
        assert run(*[{"State": word} for word in order]).state == state


@pytest.mark.parametrize("word", ["Done", "Backup_Success", "Succeeded", "Error", "OK", None, 0])
def test_a_word_that_is_not_documented_for_other_databases_is_unknown(word: object) -> None:
    assert run({"State": word}).state == "unknown"


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_of_configuration_alone_is_not_known_to_be_good(number: int) -> None:
    found = run(*[{"ReplicaType": "ConfigRepl"}] * number)
    assert (found.state, found.state_raw) == ("unknown", "Success (ConfigRepl)")
    assert run({"ReplicaType": "ConfigRepl", "State": "Failed"}).state == "failed"


@pytest.mark.parametrize("cluster", [REPLICA_SET, SHARDED])
def test_a_run_with_fewer_rows_than_another_may_be_only_a_part(cluster: Resource) -> None:
    first, second = runs({}, {"State": "success"}, {"BatchId": "batch-2"}, of=cluster)
    assert (first.state, second.state) == ("succeeded", "unknown")
    assert second.state_raw == "Success (1 of 2 rows)"
    *_, failed = runs({}, {"BackupId": "b"}, {"BatchId": "c", "State": "Failed"}, of=cluster)
    assert failed.state == "failed"


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("ReplicaSet", "succeeded"),
        ("replicaset", "succeeded"),
        ("SharedCluster", "unknown"),
        ("ShardedCluster", "unknown"),
        ("", "unknown"),
    ],
)
def test_only_in_a_replica_set_a_row_is_a_run_without_saying_so(kind: str, state: str) -> None:
    (found,) = runs({"BatchId": None}, of=replace(REPLICA_SET, kind=kind))
    assert found.state == state


@pytest.mark.parametrize(
    ("changes", "name", "read"),
    [
        ([{}, {"BackupSize": None}], "size_bytes", None),
        ([{}, {"BackupSize": -1}], "size_bytes", None),
        ([{}, {"BackupSize": "big"}], "size_bytes", None),
        ([{}, {"StartTime": None}], "taken_at", None),
        ([{}, {"StartTime": 0}], "taken_at", None),
        ([{}, {"EndTime": 0}], "finished_at", None),
        ([{}, {"BackupType": "Manual"}], "kind", "unknown"),
        ([{"BackupType": "manual"}, {"BackupType": "Manual"}], "kind", "manual"),
        ([{"BackupType": 1}], "kind", "unknown"),
        ([{"BackupType": "full"}], "kind", "unknown"),
        ([{"State": f"w{n}"} for n in range(9)], "state_raw", "w0, w1, w2"),
    ],
)
def test_what_one_row_does_not_tell_the_run_does_not_tell(
    changes: list[dict[str, Any]], name: str, read: object
) -> None:
    assert getattr(run(*changes), name) == read


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        ([{}, {"BackupId": "b-2"}], ["batch-1"]),
        ([{}, {"BatchId": "batch-2"}], ["batch-1", "batch-2"]),
        ([{"BatchId": None}, {"BatchId": "", "BackupId": "b-2"}], ["b-1", "b-2"]),
        ([{"BatchId": None}, {"BatchId": None}], ["b-1"]),
        ([{"batchid": "x", "BatchId": None}], ["b-1"]),
        ([{"BatchId": 7}], ["7"]),
    ],
)
def test_rows_belong_together_by_batch_else_by_id(
    rows: list[dict[str, Any]], ids: list[str]
) -> None:
    assert [one.id for one in runs(*rows)] == ids


def test_rows_without_any_id_count_each() -> None:
    nameless = {"BatchId": None, "BackupId": None}
    found = runs(nameless, {**nameless, "State": "Failed"})
    assert [one.state for one in found] == ["succeeded", "failed"]
    assert all(one.id.startswith("unnamed-") for one in found)


@pytest.mark.parametrize(
    ("change", "auto", "cron"),
    [
        ({}, True, "0 5 * * 0,3"),
        ({"Disabled": "false"}, True, "0 5 * * 0,3"),
        ({"Disabled": "False"}, True, "0 5 * * 0,3"),
        ({"Disabled": True}, False, None),
        ({"Disabled": "true"}, False, None),
        ({"Disabled": None}, None, "0 5 * * 0,3"),
        ({"Disabled": 0}, None, "0 5 * * 0,3"),
        ({"Disabled": "no"}, None, "0 5 * * 0,3"),
        ({"Disabled": [False]}, None, "0 5 * * 0,3"),
        ({"AutoBackupToggleWeek": ""}, True, None),
        ({"AutoBackupToggleTime": None}, True, None),
        ({"ClusterId": "c-2"}, None, None),
        ({"ClusterId": "c-1"}, True, "0 5 * * 0,3"),
    ],
)
def test_the_strategy_says_whether_and_when(
    change: dict[str, Any], auto: bool | None, cron: str | None
) -> None:
    found = strategy_of(Row({**FULL, **change}), "c-1", "Asia/Shanghai")
    assert found.auto_backup is auto
    assert (found.schedule and found.schedule.cron) == cron


def test_no_strategy_says_nothing() -> None:
    assert strategy_of(Row(None), "c-1", "UTC") == Strategy()


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"ClusterId": "c", "ClusterType": "SharedCluster"}, Listed),
        ({"clusterid": 5}, Listed),
        ({"ClusterId": "c", "ClusterType": "New"}, Listed),
        ({"ClusterId": ""}, SourceError),
        ({"Name": "x"}, SourceError),
        ({}, SourceError),
    ],
)
def test_a_cluster_is_ours_or_a_gap(row: dict[str, Any], kind: type) -> None:
    assert isinstance(cluster_of(Row(row), SCOPE), kind)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_sdk_lists_the_same() -> None:
    official: dict[str, set[str]] = {}
    rows = 0
    with Simulator(ACCOUNT) as cloud:
        for client in official_clients(cloud):
            for row in client.umongodb().list_umon_go_db_instances()["DataSet"]:
                query = {"Zone": row["Zone"], "ClusterId": row["ClusterId"]}
                page = client.umongodb().list_umon_go_db_backup(query)["DataSet"]
                rows += len(page)
                official[row["ClusterId"]] = {r.get("BatchId") or r["BackupId"] for r in page}
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    assert {h.resource.id: {b.id for b in h.backups} for h in found} == official
    assert len(official) == len(ESTATE)
    assert rows > sum(map(len, official.values())) > 100


def test_whether_and_when_backups_are_made_is_told() -> None:
    with Simulator(ACCOUNT) as cloud:
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    told = {h.resource.name: h.resource for h in found}
    assert told["prod-catalog"].auto_backup is True
    assert told["prod-by-hand"].auto_backup is False
    assert told["prod-by-hand"].schedule is None
    assert told["生产-会话"].auto_backup is None
    legacy = told["prod-legacy"].schedule
    assert legacy
    assert (legacy.cron, legacy.timezone) == ("0 5 * * 0,3", "Asia/Shanghai")


def test_every_trouble_is_found_and_nothing_else_fails() -> None:
    found = {a.resource.id for a in honest(ID).assessments if a.outcome != "pass"}
    assert found == {one.id for one in ESTATE if one.trouble}
    assert honest(ID).gaps == ()


def test_a_strategy_that_is_refused_hides_no_cluster() -> None:
    found = audited(ID, faults=Faults(refused_actions=frozenset({NAMES.strategy})))
    assert {a.resource.id: a.outcome for a in found.assessments} == {
        a.resource.id: a.outcome for a in honest(ID).assessments
    }
    assert {gap.reason for gap in found.gaps} == {GapReason.REFUSED}
    assert all(a.resource.auto_backup is None for a in found.assessments)
