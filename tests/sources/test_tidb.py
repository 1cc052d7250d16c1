"""TiDB: the rows, pages of 30, the official SDK, and what may go wrong on the way."""

import logging
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Scope
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.service import Instance as Listed
from backup_auditor.sources.ucloud.tidb import ID, Options, backup_of, build, cluster_of

from tests.simulator.server import Simulator
from tests.sources.cloud_ucloud import (
    ACCOUNT,
    Actions,
    Contract,
    histories,
    honest,
    official_clients,
)

SCOPE = Scope(ID, "org-a", "hk")
NAMES = Actions("ListTiDBClusterService", "ListTiDBClusterBackup")
ESTATE = ACCOUNT.estate["tidb"]
logging.getLogger("ucloud").setLevel(logging.ERROR)
ROW = {
    "BackupId": "b-1",
    "BackupStartTime": 1403249482,
    "BackupEndTime": 1403249582,
    "BackupSize": 12,
    "State": "Success",
    "BackupType": "Auto",
}
CONTRACT = Contract(NAMES, "Id", [*ROW, "CreateTime", "AutoBackup"])


def read(**changes: Any) -> Backup:
    """Return the backup of a row with these changes."""
    found = backup_of(Row({**ROW, **changes}), "t-1")
    assert found is not None
    return found


def test_a_documented_row_is_read() -> None:
    found = read()
    assert found == Backup(
        id="b-1",
        resource_id="t-1",
        state=BackupState.SUCCEEDED,
        taken_at=found.taken_at,
        state_raw="Success",
        kind=BackupKind.AUTOMATIC,
        kind_raw="Auto",
        finished_at=found.finished_at,
        size_bytes=12_000_000,
    )
    assert found.taken_at
    assert found.finished_at
    assert found.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"
    assert (found.finished_at - found.taken_at).total_seconds() == 100


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("success", "succeeded"),
        ("Backuping", "running"),
        ("BackingUp", "running"),
        ("Failed", "failed"),
        ("BackupFailed", "failed"),
        ("Expired", "expired"),
        ("Running", "unknown"),
        ("Finished", "unknown"),
        ("Done", "unknown"),
        ("Complete", "unknown"),
        ("1", "unknown"),
        (1, "unknown"),
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
        ("BackupSize", "12", "size_bytes", 12_000_000),
        ("BackupSize", 0, "size_bytes", 0),
        ("BackupSize", -1, "size_bytes", None),
        ("BackupSize", "12MB", "size_bytes", None),
        ("BackupSize", None, "size_bytes", None),
        ("BackupEndTime", 0, "finished_at", None),
        ("BackupStartTime", "soon", "taken_at", None),
        ("BackupType", "MANUAL", "kind", "manual"),
        ("BackupType", "full", "kind", "unknown"),
        ("BackupType", 1, "kind", "unknown"),
        ("BackupId", 77, "id", "77"),
    ],
)
def test_a_field_is_read_or_not_told(field: str, value: object, name: str, found: object) -> None:
    assert getattr(read(**{field: value}), name) == found


def test_an_object_with_nothing_in_it_is_no_backup() -> None:
    assert backup_of(Row({}), "t") is None
    assert backup_of(Row({"State": "Success"}), "t") is not None


def test_a_backup_without_an_id_counts_once_and_by_its_state() -> None:
    ids = [read(BackupId=None, **more).id for more in ({}, {}, {"State": "Failed"})]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2
    assert ids[0].startswith("unnamed-")


@pytest.mark.parametrize(
    ("word", "auto"),
    [
        ("enable", True),
        ("Enabled", True),
        ("ON", True),
        (True, True),
        ("disable", False),
        (" Disabled ", False),
        ("off", False),
        (False, False),
        ("Configuring", None),
        ("1", None),
        (0, None),
        ("", None),
        (None, None),
        (["enable"], None),
    ],
)
def test_automatic_backup_is_told_by_clear_words_only(word: object, auto: bool | None) -> None:
    found = cluster_of(Row({"Id": "t", "AutoBackup": word}), SCOPE)
    assert isinstance(found, Listed)
    assert found.resource.auto_backup is auto
    assert found.resource.schedule is None


@pytest.mark.parametrize("row", [{}, {"Id": ""}, {"Id": None, "Name": "x"}, {"Id": True}])
def test_a_cluster_without_an_id_is_an_error(row: dict[str, Any]) -> None:
    assert isinstance(cluster_of(Row(row), SCOPE), SourceError)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_sdk_lists_the_same() -> None:
    official: dict[str, set[str]] = {}
    with Simulator(ACCOUNT) as cloud:
        for client in official_clients(cloud):
            for row in client.tidb().list_ti_db_cluster_service({"Limit": "100"})["Data"]:
                official[row["Id"]] = set(_by_official_sdk(client, row["Id"]))
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    assert {h.resource.id: {b.id for b in h.backups} for h in found} == official
    assert len(official) == len(ESTATE)
    assert max(map(len, official.values())) == 95


def _by_official_sdk(client: Any, cluster: str) -> list[str]:
    """List with ``invoke``: the typed method takes the list for one object, and fails."""
    ids: list[str] = []
    while True:
        query = {"Id": cluster, "Offset": len(ids), "Limit": 30}
        page = client.invoke("ListTiDBClusterBackup", query)
        rows = page.get("Data") or page.get("BackupData") or []
        rows = rows if isinstance(rows, list) else [rows]
        if not rows:
            return ids
        ids += [row.get("BackupId") or row["backupid"] for row in rows]


def test_pages_are_of_thirty_and_read_to_the_end() -> None:
    with Simulator(ACCOUNT) as cloud:
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    lengths = {h.resource.name: len(h.backups) for h in found}
    assert (lengths["prod-history"], lengths["prod-even"]) == (95, 30)
    assert (lengths["prod-young"], lengths["prod-payments"]) == (1, 0)


def test_every_trouble_is_found_and_nothing_else_fails() -> None:
    found = {a.resource.id for a in honest(ID).assessments if a.outcome != "pass"}
    assert found == {one.id for one in ESTATE if one.trouble}
    assert honest(ID).gaps == ()
