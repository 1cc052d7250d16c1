"""Distributed Redis: the rows, shards, the official SDK, and what may go wrong on the way."""

import logging
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Schedule, Scope
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.service import Instance as Listed
from backup_auditor.sources.ucloud.umem import (
    ID,
    Options,
    backups_of,
    build,
    instance_of,
    space_of,
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
NAMES = Actions("DescribeUMem", "DescribeUMemBackup")
ESTATE = ACCOUNT.estate["umem"]
logging.getLogger("ucloud").setLevel(logging.ERROR)
ROW = {
    "BackupId": "b-1",
    "BackupName": "nightly",
    "CreateTime": 1403249482,
    "State": "Done",
    "BackupType": "auto",
    "BlockCount": 4,
    "BlockSize": 1024,
}
CONTRACT = Contract(NAMES, "ResourceId", [*ROW, "Zone", "AutoBackup", "BackupTime", "ResourceType"])


def read(**changes: Any) -> Backup:
    """Return the backup of one row with these changes."""
    (found,) = backups_of([Row({**ROW, **changes})], "s-1")
    return found


def test_a_documented_row_is_read() -> None:
    found = read()
    assert found == Backup(
        id="b-1",
        resource_id="s-1",
        state=BackupState.SUCCEEDED,
        taken_at=found.taken_at,
        state_raw="Done",
        kind=BackupKind.AUTOMATIC,
        kind_raw="auto",
        size_bytes=1024,
        name="nightly",
    )
    assert found.taken_at
    assert found.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Starting", "running"),
        ("DONE", "succeeded"),
        ("Failed", "failed"),
        ("error", "failed"),
        ("Expired", "expired"),
        ("Success", "unknown"),
        ("Fail", "unknown"),
        ("1", "unknown"),
        ("", "unknown"),
        (1, "unknown"),
        (True, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_word_that_is_not_known_is_never_a_success(word: object, state: str) -> None:
    assert read(State=word).state == state


@pytest.mark.parametrize(
    ("field", "value", "name", "found"),
    [
        ("BackupType", "MANUAL", "kind", "manual"),
        ("BackupType", 1, "kind", "unknown"),
        ("BackupType", None, "kind", "unknown"),
        ("BlockSize", "2048", "size_bytes", 2048),
        ("BlockSize", -1, "size_bytes", None),
        ("BlockSize", None, "size_bytes", None),
        ("CreateTime", "soon", "taken_at", None),
        ("CreateTime", 0, "taken_at", None),
        ("BackupId", 77, "id", "77"),
    ],
)
def test_a_field_is_read_or_not_told(field: str, value: object, name: str, found: object) -> None:
    assert getattr(read(**{field: value}), name) == found


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["Done", "Done", "Done"], "succeeded"),
        (["Done", "Failed", "Done"], "failed"),
        (["Starting", "Done", "Done"], "running"),
        (["Done", "Done", "Odd"], "unknown"),
        (["Expired", "Done"], "expired"),
        (["Odd", "Failed", "Starting"], "failed"),
        (["Odd", "Starting", "Expired"], "unknown"),
    ],
)
def test_a_backup_of_several_rows_is_as_good_as_the_worst(states: list[str], state: str) -> None:
    rows = [Row({**ROW, "State": one}) for one in states]
    (found,) = backups_of(rows, "s-1")
    assert found.state == state
    assert found.size_bytes == 1024


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([("b", 1, 2), ("b", 2, 2)], "succeeded"),
        ([("b", 1, 3), ("b", 2, 3)], "unknown"),
        ([("b", 1, 1), ("c", 1, 2), ("c", 2, 2)], "succeeded"),
        ([("b", 1, 2), ("c", 1, 2), ("c", 2, 2)], "unknown"),
        ([("b", 1, None), ("c", 1, 2), ("c", 2, 2)], "unknown"),
        ([("b", 1, 0), ("c", 1, 2), ("c", 2, 2)], "unknown"),
        ([(None, 1, 2), ("c", 1, 2), ("c", 2, 2)], "unknown"),
        ([("b", 1, 9), ("c", 1, 9)], "succeeded"),
    ],
)
def test_a_backup_that_lacks_shards_is_not_known_to_be_good(
    rows: list[tuple[str | None, int, int | None]], state: str
) -> None:
    given = [
        Row({**ROW, "BackupId": id_, "BlockSize": size, "BlockCount": count})
        for id_, size, count in rows
    ]
    assert backups_of(given, "s-1")[0].state == state


def test_what_the_rows_of_a_backup_do_not_agree_on_is_not_told() -> None:
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"BlockSize": 1025},
        {"BackupType": "manual"},
        {"CreateTime": None},
    )
    (found,) = backups_of([Row({**ROW, **one}) for one in changes], "s-1")
    assert (found.size_bytes, found.kind, found.taken_at) == (None, BackupKind.UNKNOWN, None)
    assert found.state is BackupState.SUCCEEDED


def test_a_backup_without_an_id_counts_once_and_by_its_state() -> None:
    ids = [read(BackupId=None, **more).id for more in ({}, {}, {"State": "Failed"})]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2
    assert ids[0].startswith("unnamed-")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"ResourceId": "udredis-1", "ResourceType": "distributed"}, Listed),
        ({"ResourceId": "udredis-1", "ResourceType": "Performance"}, Listed),
        ({"ResourceId": "udredis-1", "ResourceType": "cluster", "Protocol": "redis"}, Listed),
        ({"ResourceId": "uredis-1", "ResourceType": "distributed"}, Listed),
        ({"ResourceId": "udredis-1", "ResourceType": "distributed", "Protocol": 7}, Listed),
        ({"ResourceId": "umem-1", "ResourceType": "single", "Protocol": "redis"}, type(None)),
        ({"ResourceId": "umem-1", "ResourceType": "g4v6"}, type(None)),
        ({"ResourceId": "umem-1", "ResourceType": "cluster", "Protocol": "memcache"}, type(None)),
        ({"ResourceId": "uredis-1", "ResourceType": "new"}, type(None)),
        ({"ResourceId": "uredis-1"}, type(None)),
        ({"ResourceId": "x-1", "ResourceType": "new"}, SourceError),
        ({"ResourceId": "x-1", "ResourceType": 7}, SourceError),
        ({"ResourceId": "x-1"}, SourceError),
        ({"ResourceType": "distributed"}, SourceError),
        ({"ResourceType": "single", "ResourceId": True}, SourceError),
    ],
)
def test_an_instance_is_ours_or_anothers_or_a_gap(row: dict[str, Any], kind: type) -> None:
    assert isinstance(instance_of(Row(row), SCOPE, "UTC"), kind)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"SpaceId": "udredis-1", "Type": "double"}, Listed),
        ({"SpaceId": "udredis-1", "Type": "single", "Protocol": "redis"}, Listed),
        ({"SpaceId": "udredis-1", "Type": "new"}, Listed),
        ({"SpaceId": "umem-1", "Type": "single", "Protocol": "memcache"}, type(None)),
        ({"Type": "double"}, SourceError),
    ],
)
def test_what_the_old_inventory_shows_is_distributed(row: dict[str, Any], kind: type) -> None:
    assert isinstance(space_of(Row(row), SCOPE, "UTC"), kind)


@pytest.mark.parametrize(
    ("row", "auto", "cron"),
    [
        ({"AutoBackup": "enable", "BackupTime": 3}, True, "0 3 * * *"),
        ({"AutoBackup": "Enable", "BackupTime": "23"}, True, "0 23 * * *"),
        ({"AutoBackup": "enable", "BackupTime": 24}, True, None),
        ({"AutoBackup": "enable", "BackupTime": -1}, True, None),
        ({"AutoBackup": "enable", "BackupTime": None}, True, None),
        ({"AutoBackup": "disable", "BackupTime": 3}, False, None),
        ({"BackupTime": 3}, None, None),
        ({"AutoBackup": "maybe", "BackupTime": 3}, None, None),
        ({"AutoBackup": True, "BackupTime": 3}, None, None),
    ],
)
def test_the_hour_of_backups_is_told_where_they_are_on(
    row: dict[str, Any], auto: bool | None, cron: str | None
) -> None:
    base = {"ResourceId": "udredis-1", "ResourceType": "cluster", "Tag": "Shop", "Zone": "hk-02"}
    found = instance_of(Row(base | row), SCOPE, "Asia/Tokyo")
    assert isinstance(found, Listed)
    assert found.resource.auto_backup is auto
    assert found.resource.schedule == (Schedule(cron, "Asia/Tokyo") if cron else None)
    assert (found.resource.kind, found.resource.zone) == ("cluster", "hk-02")
    assert found.resource.tags == {"Tag": "Shop"}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_sdk_lists_the_same() -> None:
    official: dict[str, set[str]] = {}
    with Simulator(ACCOUNT) as cloud:
        for client in official_clients(cloud):
            umem = client.umem()
            query = {"Protocol": "redis", "Limit": 100}
            for row in umem.describe_umem(query)["DataSet"]:
                if row["ResourceType"] in {"distributed", "performance", "cluster"}:
                    official[row["ResourceId"]] = _by_official_sdk(umem, row)
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    assert {h.resource.id: {b.id for b in h.backups} for h in found} == official
    assert len(official) == len(ESTATE)
    assert max(map(len, official.values())) == 230


def _by_official_sdk(umem: Any, instance: dict[str, Any]) -> set[str]:
    query = {"Zone": instance["Zone"], "SpaceId": instance["ResourceId"], "Limit": 100}
    ids: list[str] = []
    while True:
        rows = umem.describe_umem_backup({**query, "Offset": len(ids)})["DataSet"]
        if not rows:
            return set(ids)
        ids += [row["BackupId"] for row in rows]


def test_the_old_inventory_is_asked_where_there_is_no_other() -> None:
    old = audited(ID, faults=Faults(unsupported_actions=frozenset({NAMES.inventory})))
    assert {a.resource.id: a.outcome for a in old.assessments} == {
        a.resource.id: a.outcome for a in honest(ID).assessments
    }
    assert {a.resource.auto_backup for a in old.assessments} == {None}
    assert old.gaps == ()


def test_every_trouble_is_found_and_nothing_else_fails() -> None:
    found = {a.resource.id for a in honest(ID).assessments if a.outcome != "pass"}
    assert found == {one.id for one in ESTATE if one.trouble}
    assert honest(ID).gaps == ()
