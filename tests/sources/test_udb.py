"""UDB: the rows, days and hours, the official SDK, and what may go wrong on the way."""

import logging
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Backup,
    BackupKind,
    BackupState,
    GapReason,
    History,
    Orphan,
    Schedule,
    Scope,
)
from backup_auditor.sources import Collected, Unread
from backup_auditor.sources.ucloud.client.api import ApiError
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.service import Instance as Listed
from backup_auditor.sources.ucloud.udb import (
    ID,
    Options,
    UDBScope,
    backup_of,
    build,
    instance_of,
)

from tests.simulator.server import Simulator
from tests.simulator.services.udb import NOT_OFFERED_IN
from tests.simulator.world import Instance
from tests.sources.cloud_ucloud import (
    ACCOUNT,
    Actions,
    Contract,
    changed,
    histories,
    honest,
    official_clients,
)

SCOPE = Scope(ID, "org-a", "hk")
NAMES = Actions("DescribeUDBInstance", "DescribeUDBBackup")
ESTATE = ACCOUNT.estate["udb"]
NO_RESOURCE = {"a slave", "a router", "deleted"}
logging.getLogger("ucloud").setLevel(logging.ERROR)
ROW = {
    "BackupId": 14003,
    "BackupName": "nightly",
    "DBId": "udb-1",
    "DBName": "orders",
    "BackupTime": 1403249482,
    "BackupEndTime": 1403249582,
    "BackupSize": 1024,
    "BackupType": 0,
    "State": "Success",
}
CONTRACT = Contract(
    NAMES,
    "DBId",
    [*ROW, "CreateTime", "Role", "ClusterRole", "SrcDBId", "BackupMethod", "BackupDate"],
)


def read(**changes: Any) -> Backup:
    """Return the backup of a row with these changes."""
    return backup_of(Row({**ROW, **changes}), "udb-1")


def listed(**row: Any) -> Listed:
    """Return the instance of a row."""
    found = instance_of(Row({"DBId": "udb-1", **row}), SCOPE, "Asia/Tokyo")
    assert isinstance(found, Listed)
    return found


def test_a_documented_row_is_read() -> None:
    found = read()
    assert found == Backup(
        id="14003",
        resource_id="udb-1",
        state=BackupState.SUCCEEDED,
        taken_at=found.taken_at,
        state_raw="Success",
        kind=BackupKind.AUTOMATIC,
        kind_raw="0",
        finished_at=found.finished_at,
        size_bytes=1024,
        name="nightly",
        resource_name="orders",
    )
    assert found.taken_at
    assert found.finished_at
    assert found.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"
    assert (found.finished_at - found.taken_at).total_seconds() == 100


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (0, "automatic"),
        ("0", "automatic"),
        (1, "manual"),
        ("1", "manual"),
        ("Auto", "automatic"),
        ("MANUAL", "manual"),
        (2, "unknown"),
        (False, "unknown"),
        (None, "unknown"),
        ("", "unknown"),
    ],
)
def test_zero_is_automatic_and_one_is_manual_the_reverse_of_upgsql(
    given: object, kind: str
) -> None:
    assert read(BackupType=given).kind == kind


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Backuping", "running"),
        ("success", "succeeded"),
        ("Failed", "failed"),
        ("Expired", "expired"),
        (0, "running"),
        ("1", "succeeded"),
        (2, "failed"),
        ("3", "expired"),
        (4, "unknown"),
        (1.0, "unknown"),
        ("Error", "unknown"),
        ("Done", "unknown"),
        (True, "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_word_that_is_not_known_is_never_a_success(word: object, state: str) -> None:
    assert read(State=word).state == state


@pytest.mark.parametrize(
    ("field", "value", "name", "found"),
    [
        ("BackupSize", "2048", "size_bytes", 2048),
        ("BackupSize", -1, "size_bytes", None),
        ("BackupSize", "big", "size_bytes", None),
        ("BackupEndTime", 0, "finished_at", None),
        ("BackupTime", "1403249482", "taken_at", read().taken_at),
        ("BackupTime", None, "taken_at", None),
        ("BackupId", "14003", "id", "14003"),
        ("BackupId", 10**30, "id", "1" + "0" * 30),
    ],
)
def test_a_field_is_read_or_not_told(field: str, value: object, name: str, found: object) -> None:
    assert getattr(read(**{field: value}), name) == found


def test_a_backup_without_an_id_counts_once_and_by_its_state() -> None:
    ids = [read(BackupId=None, **more).id for more in ({}, {}, {"State": "Failed"})]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2
    assert ids[0].startswith("unnamed-")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"DBId": "udb-1", "Role": "master"}, Listed),
        ({"DBId": "udb-1", "Role": "master", "SrcDBId": "0eebb346"}, Listed),
        ({"DBId": "udb-1", "Role": "slave"}, Listed),
        ({"DBId": "udb-1", "Role": "", "SrcDBId": "udb-2"}, Listed),
        ({"DBId": "udb-1", "ClusterRole": "shardsrv_datanode"}, Listed),
        ({"DBId": "udb-1", "ClusterRole": "configsrv_csrs"}, Listed),
        ({"DBId": 7}, Listed),
        ({"DBId": "udb-1", "Role": "slave", "SrcDBId": "udb-2"}, type(None)),
        ({"DBId": "udb-1", "ClusterRole": "mongos"}, type(None)),
        ({"DBId": "udb-1", "ClusterRole": "shardsrv_arbiter"}, type(None)),
        ({"Name": "x", "Role": "slave", "SrcDBId": "udb-2"}, SourceError),
        ({"DBId": True}, SourceError),
        ({}, SourceError),
    ],
)
def test_an_instance_is_ours_or_holds_no_data_of_its_own_or_is_a_gap(
    row: dict[str, Any], kind: type
) -> None:
    assert isinstance(instance_of(Row(row), SCOPE, "UTC"), kind)


def test_the_type_of_the_database_is_its_kind() -> None:
    found = listed(DBTypeId="mysql-5.7", Tag="Shop", Zone="hk-02", CreateTime="1403249482")
    assert (found.resource.kind, found.resource.zone) == ("mysql-5.7", "hk-02")
    assert found.resource.tags == {"Tag": "Shop"}
    assert found.resource.created_at == read().taken_at
    assert listed(DBTypeId=1).resource.kind == "1"


@pytest.mark.parametrize(
    ("date", "cron"),
    [
        ("1111111", "0 3 * * *"),
        ("1100000", "0 3 * * 5,6"),
        ("0000001", "0 3 * * 0"),
        ("1000001", "0 3 * * 0,6"),
        ("0000110", "0 3 * * 1,2"),
        (110, "0 3 * * 1,2"),
        ("110", "0 3 * * 1,2"),
        (1, "0 3 * * 0"),
        (1111111, "0 3 * * *"),
        ("11111111", None),
        ("1210000", None),
        ("Mon", None),
        (-110, None),
        ("", None),
        (None, None),
    ],
)
def test_days_are_read_from_right_to_left_and_from_sunday(date: object, cron: str | None) -> None:
    found = listed(BackupMethod="logic", BackupBeginTime=3, BackupDuration=24, BackupDate=date)
    assert found.resource.schedule == (Schedule(cron, "Asia/Tokyo") if cron else None)
    assert found.resource.auto_backup is True


@pytest.mark.parametrize(
    ("row", "auto", "cron"),
    [
        ({"BackupBeginTime": "23"}, True, "0 23 * * *"),
        ({"BackupBeginTime": 24}, True, None),
        ({"BackupBeginTime": None}, True, None),
        ({"BackupDuration": None}, True, "0 3 * * *"),
        ({"BackupDuration": "24"}, True, "0 3 * * *"),
        ({"BackupDuration": 12}, True, None),
        ({"BackupDuration": "often"}, True, None),
        ({"BackupMethod": "snapshot"}, True, "0 3 * * *"),
        ({"BackupMethod": "ark_snapshot"}, True, "0 3 * * *"),
        ({"BackupMethod": "NoBackup"}, False, None),
        ({"BackupMethod": "physical"}, None, None),
        ({"BackupMethod": ""}, None, None),
        ({"BackupMethod": None}, None, None),
        ({"BackupDate": "0000000"}, None, None),
        ({"BackupDate": 0}, None, None),
        ({"BackupDate": "0000000", "BackupMethod": "nobackup"}, False, None),
    ],
)
def test_what_is_not_clear_of_a_strategy_is_not_told(
    row: dict[str, Any], auto: bool | None, cron: str | None
) -> None:
    whole = {
        "BackupMethod": "xtrabackup",
        "BackupDate": "1111111",
        "BackupBeginTime": 3,
        "BackupDuration": 24,
    }
    found = listed(**whole | row)
    assert found.resource.auto_backup is auto
    assert found.resource.schedule == (Schedule(cron, "Asia/Tokyo") if cron else None)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_sdk_lists_the_same() -> None:
    official: dict[str, set[str]] = {}
    with Simulator(ACCOUNT) as cloud:
        for client in official_clients(cloud):
            if client.config.region == NOT_OFFERED_IN:
                continue
            for class_ in ("SQL", "NOSQL", "postgresql", "sqlserver"):
                query = {"ClassType": class_, "Offset": 0, "Limit": 100}
                for row in client.udb().describe_udb_instance(query)["DataSet"]:
                    is_slave = row["Role"] == "slave"
                    if not is_slave and row["ClusterRole"] != "mongos":
                        official[row["DBId"]] = _by_official_sdk(client.udb(), row["DBId"])
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    assert {h.resource.id: {b.id for b in h.backups} for h in found} == official
    assert len(official) == sum(one.trouble not in NO_RESOURCE for one in ESTATE)
    assert max(map(len, official.values())) == 230


def _by_official_sdk(udb: Any, instance: str) -> set[str]:
    ids: list[str] = []
    while True:
        query = {"DBId": instance, "Offset": len(ids), "Limit": 100}
        rows = udb.describe_udb_backup(query)["DataSet"]
        if not rows:
            return set(ids)
        ids += [str(row["BackupId"]) for row in rows]


def test_every_trouble_is_found_and_nothing_else_fails() -> None:
    found = {a.resource.id for a in honest(ID).assessments if a.outcome != "pass"}
    assert found == {one.id for one in ESTATE if one.trouble and one.trouble not in NO_RESOURCE}


def test_a_region_without_udb_is_no_gap() -> None:
    assert honest(ID).gaps == ()
    assert {result.scope.region for result in honest(ID).results} == set(ACCOUNT.regions)
    assert NOT_OFFERED_IN in ACCOUNT.regions


def test_backups_of_a_deleted_instance_are_an_orphan_and_those_of_a_slave_are_not() -> None:
    gone = next(one for one in ESTATE if one.trouble == "deleted")
    assert [(o.resource_id, o.name, o.backups) for o in honest(ID).orphans] == [
        (gone.id, gone.row["Name"], 7)
    ]


def test_a_region_is_swept_and_only_what_it_does_not_show_is_asked_for() -> None:
    with Simulator(ACCOUNT) as cloud:
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
        asked = cloud.counts["DescribeUDBBackup"]
    without = [h for h in found if not h.backups]
    assert len(without) == 2
    assert asked < len(found)


@pytest.mark.parametrize("value", [None, "", [], True])
def test_a_backup_of_nobody_makes_everybody_be_asked(value: object) -> None:
    """The newest backup of an instance has failed, and does not say in a sweep whose it is."""
    failed = next(one.id for one in ESTATE if one.trouble == "last backups failed")

    def change(one: Instance) -> None:
        if one.id == failed:
            one.backups[0]["DBId"] = value

    with Simulator(changed("udb", change)) as cloud:
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    history = next(h for h in found if h.resource.id == failed)
    assert [b.state for b in history.backups[:3]] == ["failed", "failed", "succeeded"]


class Brand:
    """A gateway with one instance, that answers as told. Stands in for the client."""

    def __init__(self, answers: dict[tuple[str, str], int], message: str = "") -> None:
        """``answers`` are RetCodes by action and class."""
        self.answers, self.message = answers, message
        self.largest_page: dict[str, int] = {}

    def call(self, action: str, params: dict[str, Any]) -> Row:
        """Answer one page."""
        code = self.answers.get((action, params.get("ClassType", "")), 0)
        if code:
            reason = GapReason.PROVIDER_ERROR
            raise ApiError(reason, f"{action}: {self.message} (RetCode {code})", ret_code=code)
        if action == "DescribeUDBInstance":
            # A server that ignores the class lists everything each time.
            return Row({"DataSet": [{"DBId": "udb-1"}], "TotalCount": 1})
        return Row({"DataSet": [ROW], "TotalCount": 1})


def collected(brand: Brand) -> list[Collected]:
    """Return what the source tells of one scope."""
    scope = UDBScope(brand, SCOPE, 2, timezone="UTC")  # type: ignore[arg-type]
    return list(scope.collect(lambda _: True, orphans=True))


def test_an_instance_that_every_class_lists_counts_once() -> None:
    (only,) = collected(Brand({}))
    assert isinstance(only, History)
    assert [b.id for b in only.backups] == ["14003"]


ALL = [("DescribeUDBInstance", one) for one in ("sql", "nosql", "postgresql", "sqlserver")]
SWEEP = ("DescribeUDBBackup", "")
NO_CLASS = "Params [ClassType] not available"


@pytest.mark.parametrize(
    ("answers", "message", "kinds"),
    [
        (dict.fromkeys([*ALL, SWEEP], 7203), "not here", []),
        (dict.fromkeys(ALL, 7203), "not here", [Orphan]),
        (dict.fromkeys([*ALL, SWEEP], 161), "no such action", [ApiError] * 4),
        ({ALL[3]: 230}, NO_CLASS, [History]),
        ({ALL[3]: 230}, "Params [Zone] not available", [ApiError, History]),
        ({ALL[0]: 230}, NO_CLASS, [ApiError, History]),
        ({ALL[1]: 7011}, "read failure", [ApiError, History]),
        # The instance is there, so it is not said that it has no backups.
        ({SWEEP: 7203}, "not here", [Unread]),
    ],
    ids=[
        *("UDB is not offered", "only instances are not offered", "the action is unknown"),
        *("SQL Server is no class", "another parameter is wrong", "MySQL is no class"),
        *("a class fails", "only backups are not offered"),
    ],
)
def test_only_what_is_not_offered_is_no_gap(
    answers: dict[tuple[str, str], int], message: str, kinds: list[type]
) -> None:
    assert [type(one) for one in collected(Brand(answers, message))] == kinds
