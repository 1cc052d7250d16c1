"""UDisk: the rows, how a disk is protected, the official SDK, and what may go wrong on the way."""

import logging
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupState, GapReason, History, Scope
from backup_auditor.sources import Unread
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.service import Instance as Listed
from backup_auditor.sources.ucloud.udisk import (
    ID,
    Options,
    backup_of,
    build,
    disk_of,
    is_of_ark,
    protection_of,
)

from tests.cloud import keys, outcomes
from tests.fakes import outside
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.sources.cloud_ucloud import (
    ACCOUNT,
    Actions,
    Contract,
    audited,
    honest,
    official_clients,
)

SCOPE = Scope(ID, "org-a", "hk")
NAMES = Actions("DescribeUDisk", "DescribeUDiskSnapshot", "DescribeSnapshotService")
ESTATE = ACCOUNT.estate["udisk"]
ARK = next(one for one in ESTATE if one.trouble == "restore points that nobody lists")
GONE = next(one for one in ESTATE if one.trouble == "deleted")
logging.getLogger("ucloud").setLevel(logging.ERROR)
ROW = {
    "SnapshotId": "snap-1",
    "Name": "nightly",
    "UDiskId": "bsi-1",
    "UDiskName": "data",
    "Zone": "hk-02",
    "CreateTime": 1403249482,
    "Size": 100,
    "Status": "Normal",
    "DiskType": 4,
}
CONTRACT = Contract(NAMES, "UDiskId", [*ROW, "BackupMode", "UDataArkMode", "IsExpire", "VDiskId"])


def read(**changes: Any) -> Backup:
    """Return the backup of a row with these changes."""
    return backup_of(Row({**ROW, **changes}), "bsi-1")


def listed(cloud: Simulator) -> list[History | Unread]:
    """Return what the source tells of all disks."""
    source = build(Options(projects="all"), outside(keys(cloud)))
    return [
        item
        for scope in source.scopes()
        for item in source.collect(scope, lambda _: True, orphans=True)  # type: ignore[arg-type]
        if isinstance(item, History | Unread)
    ]


def test_a_documented_row_is_read() -> None:
    found = read()
    assert found == Backup(
        id="snap-1",
        resource_id="bsi-1",
        state=BackupState.SUCCEEDED,
        taken_at=found.taken_at,
        state_raw="Normal",
        name="nightly",
        resource_name="data",
    )
    assert found.taken_at
    assert found.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"


@pytest.mark.parametrize("size", [100, "100", "100GB", 0, None])
def test_the_size_of_a_disk_is_not_that_of_a_backup(size: object) -> None:
    assert read(Size=size).size_bytes is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Normal", "succeeded"),
        ("creating", "running"),
        ("FAILED", "failed"),
        ("Success", "unknown"),
        ("Available", "unknown"),
        ("Expired", "unknown"),
        ("", "unknown"),
        (1, "unknown"),
        (True, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_word_that_is_not_known_is_never_a_success(word: object, state: str) -> None:
    assert read(Status=word).state == state
    assert read(Status="Merging", State="Normal").state == "unknown"


@pytest.mark.parametrize("value", ["soon", 0, None, True])
def test_a_time_is_read_or_not_told(value: object) -> None:
    assert read(CreateTime=value).taken_at is None
    assert read(CreateTime="1403249482").taken_at == read().taken_at


def test_a_snapshot_without_an_id_counts_once_and_by_its_state() -> None:
    ids = [read(SnapshotId=None, **more).id for more in ({}, {}, {"Status": "Failed"})]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2
    assert ids[0].startswith("unnamed-")


@pytest.mark.parametrize("row", [{}, {"UDiskId": ""}, {"UDiskId": None}, {"UDiskId": True}])
def test_a_disk_without_an_id_is_an_error(row: dict[str, Any]) -> None:
    assert isinstance(disk_of(Row(row), SCOPE), SourceError)


def test_the_type_of_a_disk_is_its_kind() -> None:
    row = {"UDiskId": "bsi-1", "DiskType": "RSSDDataDisk", "Tag": "Shop", "Status": "InUse"}
    found = disk_of(Row(row), SCOPE)
    assert isinstance(found, Listed)
    assert (found.resource.kind, found.resource.state) == ("RSSDDataDisk", "InUse")
    assert found.resource.tags == {"Tag": "Shop"}
    assert (found.resource.name, found.resource.schedule) == ("bsi-1", None)


ON = {"VDiskId": "bsi-1", "Status": "Available", "IsExpire": "No"}
OFF = {"VDiskId": "bsi-1", "Status": "Expired", "IsExpire": "Yes"}
OF_ANOTHER = {"VDiskId": "bsi-2", "Status": "Available", "IsExpire": "No"}


@pytest.mark.parametrize(
    ("services", "is_on"),
    [
        ([ON], True),
        ([OF_ANOTHER, ON], True),
        ([OFF, ON], True),
        ([{"VDiskId": "bsi-1", "Status": "available"}], True),
        ([OFF], False),
        ([OFF, OFF], False),
        ([OF_ANOTHER, OFF], False),
        ([ON | {"Status": "Expired"}], False),
        ([ON | {"IsExpire": "Yes"}], False),
        ([], None),
        ([OF_ANOTHER], None),
        ([ON | {"Status": "InAvailable"}], None),
        ([ON | {"Status": "Failed"}], None),
        ([ON | {"Status": "Creating"}, OFF], None),
        ([ON | {"Status": None}], None),
        ([ON | {"Status": True}], None),
        ([ON | {"IsExpire": "perhaps"}], None),
        ([{"Status": "Available"}], None),
    ],
)
def test_a_snapshot_service_protects_while_it_is_paid_for(
    services: list[dict[str, Any]], is_on: bool | None
) -> None:
    disk = Row({"UDiskId": "bsi-1", "BackupMode": "SnapshotService", "UDataArkMode": "No"})
    assert protection_of(disk, [Row(one) for one in services]) is is_on


@pytest.mark.parametrize(
    ("row", "is_on"),
    [
        ({"BackupMode": ""}, False),
        ({"BackupMode": " ", "UDataArkMode": "No"}, False),
        ({"BackupMode": "", "UDataArkMode": "Yes"}, None),
        ({"BackupMode": "", "UDataArkMode": "perhaps"}, None),
        ({"BackupMode": "UDataArk", "UDataArkMode": "Yes"}, True),
        ({"BackupMode": "udataark"}, True),
        ({"BackupMode": "UDataArk", "UDataArkMode": "No"}, None),
        ({"BackupMode": None}, None),
        ({"BackupMode": True}, None),
        ({"BackupMode": []}, None),
        ({"BackupMode": "NONE"}, None),
        ({"BackupMode": 7}, None),
        ({}, None),
    ],
)
def test_the_mode_of_a_disk_tells_whether_it_is_protected(
    row: dict[str, Any], is_on: bool | None
) -> None:
    assert protection_of(Row({"UDiskId": "bsi-1", **row}), [Row(ON)]) is is_on


@pytest.mark.parametrize(
    ("row", "is_ark"),
    [
        ({"BackupMode": "UDataArk"}, True),
        ({"UDataArkMode": "Yes"}, True),
        ({"BackupMode": "", "UDataArkMode": "yes"}, True),
        ({"BackupMode": "SnapshotService", "UDataArkMode": "No"}, False),
        ({"UDataArkMode": None}, False),
        ({}, False),
    ],
)
def test_a_disk_has_udataark_when_it_says_so(row: dict[str, Any], *, is_ark: bool) -> None:
    assert is_of_ark(Row(row)) is is_ark


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_sdk_lists_the_same() -> None:
    official: dict[str, set[str]] = {}
    services: set[str] = set()
    with Simulator(ACCOUNT) as cloud:
        for client in official_clients(cloud):
            for row in client.udisk().describe_udisk({"Limit": 100})["DataSet"]:
                official[row["UDiskId"]] = _by_official_sdk(client.udisk(), row)
                # The official SDK has no method for it.
                query = {"Zone": row["Zone"], "Limit": 100}
                answer = client.invoke("DescribeSnapshotService", query)
                services |= {one["VDiskId"] for one in answer["DataSet"] if _is_on(one)}
        found = listed(cloud)
    ours = {h.resource.id: {b.id for b in h.backups} for h in found if isinstance(h, History)}
    assert ours | {ARK.id: set()} == official
    assert [one.resource.id for one in found if isinstance(one, Unread)] == [ARK.id]
    assert len(official) == len(ESTATE) - 1
    assert max(map(len, official.values())) == 230
    named = {
        one.resource.id
        for one in found
        if one.resource.auto_backup and one.resource.name != "prod-disk-old"
    }
    silent = next(one.id for one in ESTATE if one.trouble == "automatic backup not told")
    assert named == services - {silent, GONE.id}


def _is_on(service: dict[str, Any]) -> bool:
    return bool(service["Status"] == "Available")


def _by_official_sdk(udisk: Any, disk: dict[str, Any]) -> set[str]:
    ids: list[str] = []
    while True:
        query = {"Zone": disk["Zone"], "UDiskId": disk["UDiskId"], "Limit": 100}
        rows = udisk.describe_udisk_snapshot({**query, "Offset": len(ids)})["DataSet"]
        if not rows:
            return set(ids)
        ids += [row["SnapshotId"] for row in rows]


def test_every_trouble_is_found_and_nothing_else_fails() -> None:
    found = {a.resource.id for a in honest(ID).assessments if a.outcome != "pass"}
    assert found == {one.id for one in ESTATE if one.trouble and one is not GONE}


def test_an_expired_service_is_told_as_backup_that_is_off() -> None:
    unpaid = next(one.id for one in ESTATE if "not paid" in one.trouble)
    (found,) = (a for a in honest(ID).assessments if a.resource.id == unpaid)
    assert [(c.rule, c.outcome) for c in found.checks if c.outcome != "pass"] == [
        ("auto_backup", "fail")
    ]


def test_what_udataark_keeps_is_a_gap_and_not_a_disk_without_backups() -> None:
    (gap,) = honest(ID).gaps
    assert (gap.account, gap.region, gap.reason) == (ARK.project, ARK.region, "unsupported")
    assert "UDataArk" in gap.detail
    assert outcomes(honest(ID))[ARK.id] == "unknown"


def test_snapshots_of_a_deleted_disk_are_an_orphan() -> None:
    assert [(o.resource_id, o.name, o.backups) for o in honest(ID).orphans] == [
        (GONE.id, "prod-disk-retired", 7)
    ]


def test_services_are_listed_once_for_each_zone_that_has_some() -> None:
    with Simulator(ACCOUNT) as cloud:
        listed(cloud)
        asked = cloud.counts["DescribeSnapshotService"]
    wanted = [one for one in ESTATE if one.listed]
    zones = {
        (one.project, one.row["Zone"])
        for one in wanted
        if one.row.get("BackupMode") == "SnapshotService"
    }
    assert asked == len(zones) < len(wanted)


@pytest.mark.parametrize(
    ("faults", "reasons"),
    [
        (Faults(refused_actions=frozenset({NAMES.strategy})), {GapReason.REFUSED}),
        (Faults(unsupported_actions=frozenset({NAMES.strategy})), set()),
        (Faults(actions=frozenset({NAMES.strategy}), html=1.0), {GapReason.MALFORMED}),
    ],
    ids=["refused", "not offered", "garbled"],
)
def test_services_that_cannot_be_read_hide_no_disk(faults: Faults, reasons: set[GapReason]) -> None:
    found = audited(ID, faults=faults)
    assert set(outcomes(found)) == set(outcomes(honest(ID)))
    assert {gap.reason for gap in found.gaps} - {GapReason.UNSUPPORTED} == reasons
    told = {a.resource.name for a in found.assessments if a.resource.auto_backup}
    assert told == {"prod-disk-old"}
