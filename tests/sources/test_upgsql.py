"""PostgreSQL: the rows, the schedule, the official SDK, and what may go wrong on the way."""

import logging
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, GapReason, Scope
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.service import Instance as Listed
from backup_auditor.sources.ucloud.upgsql import ID, Options, backup_of, build, instance_of

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
NAMES = Actions("ListUPgSQLInstance", "ListUPgSQLBackup", "GetUPgSQLBackupStrategy")
ESTATE = ACCOUNT.estate["upgsql"]
logging.getLogger("ucloud").setLevel(logging.ERROR)
ROW = {
    "BackupID": "b-1",
    "BackupName": "auto",
    "InstanceID": "i-1",
    "BackupStartTime": 1403249482,
    "BackupEndTime": 1403249582,
    "BackupSize": 1024,
    "BackupType": 1,
    "State": "Success",
}
CONTRACT = Contract(NAMES, "InstanceID", [*ROW, "CreateTime", "Zone", "InstanceMode", "BackupWeek"])


def test_a_documented_row_is_read() -> None:
    found = backup_of(Row(ROW), "i-1")
    assert found == Backup(
        id="b-1",
        resource_id="i-1",
        state=BackupState.SUCCEEDED,
        taken_at=found.taken_at,
        state_raw="Success",
        kind=BackupKind.AUTOMATIC,
        kind_raw="1",
        finished_at=found.finished_at,
        size_bytes=1024,
        name="auto",
    )
    assert found.taken_at
    assert found.finished_at
    assert found.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"
    assert (found.finished_at - found.taken_at).total_seconds() == 100


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (1, "automatic"),
        ("1", "automatic"),
        (2, "manual"),
        ("2", "manual"),
        ("Auto", "automatic"),
        ("MANUAL", "manual"),
        (0, "unknown"),
        (True, "unknown"),
        (None, "unknown"),
        ("full", "unknown"),
    ],
)
def test_one_is_automatic_and_two_is_manual_the_reverse_of_udb(given: object, kind: str) -> None:
    assert backup_of(Row({"BackupType": given}), "i").kind == kind


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Backuping", "running"),
        ("success", "succeeded"),
        ("Failed", "failed"),
        ("Expired", "expired"),
        ("Error", "unknown"),
        ("Done", "unknown"),
        ("", "unknown"),
        (1, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_word_that_is_not_known_is_never_a_success(word: object, state: str) -> None:
    assert backup_of(Row({"State": word}), "i").state == state


@pytest.mark.parametrize(
    ("field", "value", "name", "read"),
    [
        ("BackupSize", "2048", "size_bytes", 2048),
        ("BackupSize", -1, "size_bytes", None),
        ("BackupSize", "big", "size_bytes", None),
        ("BackupEndTime", 0, "finished_at", None),
        ("BackupStartTime", None, "taken_at", None),
        ("BackupStartTime", "soon", "taken_at", None),
    ],
)
def test_a_field_is_read_or_not_told(field: str, value: object, name: str, read: object) -> None:
    assert getattr(backup_of(Row(ROW | {field: value}), "i"), name) == read


def test_the_ids_are_read_in_any_case() -> None:
    drifted = {"BackupId": "b-2", "instanceid": "i-2"}
    assert backup_of(Row(drifted), "i").id == "b-2"


def test_a_backup_without_an_id_counts_once_and_by_its_state() -> None:
    def key(**fields: Any) -> str:
        return backup_of(Row({**ROW, "BackupID": None, **fields}), "i").id

    assert key() == key()
    assert key().startswith("unnamed-")
    assert len({key(), key(State="Failed"), key(BackupStartTime=5)}) == 3


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"InstanceID": "i", "InstanceMode": "ha"}, Listed),
        ({"InstanceId": "i"}, Listed),
        ({"InstanceID": 7, "InstanceMode": "new"}, Listed),
        ({"InstanceID": "i", "InstanceMode": "ReadOnly"}, type(None)),
        ({"Name": "x", "InstanceMode": "readonly"}, SourceError),
        ({"InstanceID": None}, SourceError),
        ({}, SourceError),
    ],
)
def test_an_instance_is_ours_or_a_replica_or_a_gap(row: dict[str, Any], kind: type) -> None:
    assert isinstance(instance_of(Row(row), SCOPE), kind)


def test_automatic_backup_is_not_told() -> None:
    found = instance_of(Row({"InstanceID": "i", "CreateTime": "1403249482"}), SCOPE)
    assert isinstance(found, Listed)
    assert found.resource.auto_backup is None
    assert found.resource.created_at is not None


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_sdk_lists_the_same() -> None:
    official: dict[str, set[str]] = {}
    with Simulator(ACCOUNT) as cloud:
        for client in official_clients(cloud):
            # One region answers under "Data", on which the typed methods choke.
            answer = client.invoke("ListUPgSQLInstance", {})
            for row in answer.get("DataSet") or answer.get("Data") or []:
                if row["InstanceMode"] == "readonly":
                    continue
                query = {"Zone": row["Zone"], "InstanceID": row["InstanceID"], "Limit": 100}
                ids: list[str] = []
                while True:
                    page = client.invoke("ListUPgSQLBackup", {**query, "Offset": len(ids)})
                    rows = page.get("DataSet") or page.get("Data")
                    if not rows:
                        break
                    ids += [one.get("BackupID") or one["BackupId"] for one in rows]
                official[row["InstanceID"]] = set(ids)
        found = histories(lambda world: build(Options(projects="all"), world), cloud)
    assert {h.resource.id: {b.id for b in h.backups} for h in found} == official
    assert len(official) == len(ESTATE) - 1
    assert sum(map(len, official.values())) > 300


def test_the_schedule_is_told_in_the_zone_of_the_policy() -> None:
    with Simulator(ACCOUNT) as cloud:
        options = Options(projects="all", schedule_timezone="Asia/Tokyo")
        found = histories(lambda world: build(options, world), cloud)
    told = {
        history.resource.name: history.resource.schedule and history.resource.schedule.cron
        for history in found
    }
    assert told["prod-orders"] == "0 3 * * *"
    assert told["prod-geo"] == "30 23 * * 0,3"
    assert told["prod-mail"] is None
    assert {h.resource.schedule.timezone for h in found if h.resource.schedule} == {"Asia/Tokyo"}


def test_every_trouble_is_found_and_nothing_else_fails() -> None:
    troubles = {one.id for one in ESTATE if one.trouble}
    found = {a.resource.id for a in honest(ID).assessments if a.outcome != "pass"}
    replica = next(one.id for one in ESTATE if one.trouble == "a replica")
    assert found == troubles - {replica}
    assert honest(ID).gaps == ()


@pytest.mark.parametrize(
    ("faults", "reasons"),
    [
        (Faults(refused_actions=frozenset({NAMES.strategy})), {GapReason.REFUSED}),
        (Faults(unsupported_actions=frozenset({NAMES.strategy})), set()),
        (Faults(actions=frozenset({NAMES.strategy}), html=1.0), {GapReason.MALFORMED}),
    ],
    ids=["refused", "not offered", "garbled"],
)
def test_a_strategy_that_cannot_be_read_hides_no_instance(
    faults: Faults, reasons: set[GapReason]
) -> None:
    found = audited(ID, faults=faults)
    assert {a.resource.id: a.outcome for a in found.assessments} == {
        a.resource.id: a.outcome for a in honest(ID).assessments
    }
    assert {gap.reason for gap in found.gaps} == reasons
    assert all(a.resource.schedule is None for a in found.assessments)
    per_scope = [(gap.account, gap.region) for gap in found.gaps]
    assert len(per_scope) == len(set(per_scope)) == (6 if reasons else 0)
