"""Instances of RDS: which snapshots are theirs, which are not, and what can be restored."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import BackupKind, BackupState, History, Restorable, Schedule, Scope

from tests.builders import before
from tests.sources.aws_faults import (
    Answer,
    Asked,
    Fault,
    both,
    edited,
    error,
    only,
    paged,
    refused,
    without,
)
from tests.sources.cloud_aws import (
    ACCOUNT,
    HOME,
    OTHER,
    Ground,
    ago,
    assert_no_better,
    client,
    moto,
)

KIND = "aws.rds"


def instance(
    url: str, name: str, *, region: str = HOME, account: str = ACCOUNT, **more: Any
) -> Any:
    """Make an instance that is 100 days old, without any snapshot; return what moto keeps of it."""
    given = {
        "DBInstanceIdentifier": name,
        "Engine": "postgres",
        "DBInstanceClass": "db.t3.micro",
        "AllocatedStorage": 20,
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "04:00-04:30",
        "AvailabilityZone": f"{region}a",
    }
    client(url, "rds", region, account).create_db_instance(**(given | more))
    kept = moto("rds", region, account)
    for id_, one in list(kept.database_snapshots.items()):
        if one.db_instance_identifier == name and one.created > ago("0s"):
            del kept.database_snapshots[id_]
    made = kept.databases[name]
    made.created = made.instance_create_time = ago("100d")
    made.dbi_resource_id = f"db-{name.upper()}"  # moto gives all of them the same
    return made


def snapshot(owner: Any, age: str, kind: str = "automated", **changes: Any) -> Any:
    """Add a snapshot of ``owner`` that was taken ``age`` before NOW; return what moto keeps."""
    made = owner.backend.create_db_snapshot(
        owner.db_instance_identifier, f"{owner.db_instance_identifier}-{age}-{kind}", kind
    )
    made.created = made.original_snapshot_create_time = ago(age)
    made.instance_create_time = owner.instance_create_time
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def populate(url: str) -> None:
    """Make instances of which one is well, and each other one is not in its own way."""
    snapshot(instance(url, "well"), "4h")
    snapshot(instance(url, "stale"), "3d")
    snapshot(instance(url, "off", BackupRetentionPeriod=0), "4h", "manual")
    sick = instance(url, "sick")
    snapshot(sick, "28h")
    snapshot(sick, "4h", status="failed")
    instance(url, "bare")
    copied = snapshot(instance(url, "copied"), "3d", "manual")
    copied.created = ago("1h")
    former = instance(url, "anew")
    snapshot(former, "4h", instance_create_time=ago("200d"), dbi_resource_id="db-FORMER")
    former.created = former.instance_create_time = ago("2h")


def tell_more(url: str) -> None:
    """Make an instance that can be restored to any moment, here and elsewhere."""
    made = instance(url, "whole")
    snapshot(made, "4h", full_snapshot_size_in_bytes=5_000_000_000)
    list_automated(automated("whole", made.dbi_resource_id))
    replicated(made)


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    rds = client(ground.url, "rds")
    listed = {one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]}
    arns = {one["DBSnapshotArn"] for one in rds.describe_db_snapshots()["DBSnapshots"]}
    found = ground.histories(KIND)
    assert set(found) == listed
    former = {arn for arn in arns if "anew" in arn}
    assert {b.id for history in found.values() for b in history.backups} == arns - former


def test_an_instance_is_told_with_all_that_the_policy_may_ask(ground: Ground) -> None:
    made = instance(
        ground.url, "well", StorageEncrypted=True, Tags=[{"Key": "team", "Value": "ops"}]
    )
    snapshot(made, "4h", full_snapshot_size_in_bytes=5_000_000_000)
    (found,) = ground.histories(KIND).values()
    told, (backup,) = found.resource, found.backups
    assert (told.id, told.name, told.kind, told.state) == ("well", "well", "postgres", "available")
    assert (told.account, told.region, told.zone) == (ACCOUNT, HOME, f"{HOME}a")
    assert (told.created_at, told.auto_backup) == (before("100d"), True)
    assert (told.tags, told.schedule) == ({"team": "ops"}, Schedule("0 4 * * *", "UTC"))
    assert (backup.state, backup.kind) == (BackupState.SUCCEEDED, BackupKind.AUTOMATIC)
    assert (backup.taken_at, backup.size_bytes) == (before("4h"), 5_000_000_000)
    assert backup.id == f"arn:aws:rds:{HOME}:{ACCOUNT}:snapshot:well-4h-automated"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("available", BackupState.SUCCEEDED),
        ("creating", BackupState.RUNNING),
        ("copying", BackupState.RUNNING),
        ("failed", BackupState.FAILED),
        ("incompatible-restore", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    snapshot(instance(ground.url, "one"), "4h", status=status)
    (backup,) = ground.histories(KIND)["one"].backups
    assert (backup.state, backup.state_raw) == (state, status)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("automated", BackupKind.AUTOMATIC),
        ("awsbackup", BackupKind.AUTOMATIC),
        ("manual", BackupKind.MANUAL),
        ("novel", BackupKind.UNKNOWN),
    ],
)
def test_kinds(ground: Ground, type_: str, kind: BackupKind) -> None:
    snapshot(instance(ground.url, "one"), "4h")
    ground.proxy.fault = edited("SnapshotType", type_)
    (backup,) = ground.histories(KIND)["one"].backups
    assert (backup.kind, backup.kind_raw) == (kind, type_)


def test_those_of_aws_backup_are_listed(ground: Ground) -> None:
    snapshot(instance(ground.url, "one"), "4h", "awsbackup")
    (backup,) = ground.histories(KIND)["one"].backups
    assert backup.kind_raw == "awsbackup"


def test_a_copy_is_as_old_as_its_original(ground: Ground) -> None:
    made = instance(ground.url, "one")
    snapshot(made, "3d", "manual", created=ago("1h"))
    snapshot(made, "5d", "manual", original_snapshot_create_time=None)
    times = [backup.taken_at for backup in ground.histories(KIND)["one"].backups]
    assert times == [before("3d"), None]


@pytest.mark.parametrize(
    "told",
    [
        {"dbi_resource_id": "db-FORMER"},
        {"dbi_resource_id": None, "instance_create_time": "200d"},
        {"dbi_resource_id": None, "instance_create_time": None},
    ],
    ids=["id", "creation", "time"],
)
def test_an_instance_made_anew_does_not_inherit(ground: Ground, told: dict[str, Any]) -> None:
    made = instance(ground.url, "anew")
    if created := told.get("instance_create_time"):
        told = {**told, "instance_create_time": ago(created)}
    snapshot(made, "4h", **told)
    made.created = made.instance_create_time = ago("2h")
    assert ground.histories(KIND)["anew"].backups == ()
    (orphan,) = ground.orphans(KIND).values()
    assert orphan.resource_id == told["dbi_resource_id"] or orphan.resource_id == "anew (deleted)"
    assert (orphan.name, orphan.backups, orphan.newest_at) == ("anew", 1, before("4h"))


def test_an_instance_that_was_renamed_keeps_its_snapshots(ground: Ground) -> None:
    snapshot(instance(ground.url, "new"), "4h", db_instance_identifier="old")
    assert len(ground.histories(KIND)["new"].backups) == 1
    assert not ground.orphans(KIND)


def test_snapshots_whose_instance_is_gone_are_orphans(ground: Ground) -> None:
    made = instance(ground.url, "gone")
    snapshot(made, "3d", "manual")
    snapshot(made, "4d", "manual")
    del moto("rds").databases["gone"]
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups, orphan.newest_at) == ("gone", 2, before("3d"))


@pytest.mark.parametrize("origin", [f"{OTHER}:{ACCOUNT}", f"{HOME}:111122223333"])
def test_copies_from_elsewhere_are_no_backups_of_a_namesake(ground: Ground, origin: str) -> None:
    source = f"arn:aws:rds:{origin}:snapshot:one"
    made = instance(ground.url, "one")
    snapshot(made, "4h", "manual", source_db_snapshot_identifier=source, dbi_resource_id=None)
    assert ground.histories(KIND)["one"].backups == ()
    assert not ground.orphans(KIND)


def automated(name: str, unique: str, region: str = HOME, **changes: Any) -> SimpleNamespace:
    """Return automated backups, as moto does not make them."""
    window = SimpleNamespace(earliest_time=ago("7d"), latest_time=ago("5m"))
    given = {
        "db_instance_identifier": name,
        "dbi_resource_id": unique,
        "region": region,
        "restore_window": window,
        "status": "active",
    }
    return SimpleNamespace(**(given | changes))


def list_automated(*rows: SimpleNamespace, region: str = HOME) -> None:
    """Make moto list ``rows``, until it is emptied."""
    moto("rds", region).describe_db_instance_automated_backups = lambda **_: rows


def test_the_window_of_recovery_is_that_of_this_instance(ground: Ground) -> None:
    made = instance(ground.url, "one")
    unique = made.dbi_resource_id
    list_automated(automated("one", unique), automated("one", "db-OTHER", region=OTHER))
    assert ground.histories(KIND)["one"].restorable == Restorable(before("7d"), before("5m"))
    list_automated(automated("one", "db-FORMER", status="retained"))
    assert ground.histories(KIND)["one"].restorable is None


def test_the_earlier_end_of_two_counts(ground: Ground) -> None:
    made = instance(ground.url, "one")
    list_automated(automated("one", made.dbi_resource_id))
    ground.proxy.fault = only(
        edited("LatestRestorableTime", before("2h").isoformat()), operation="DescribeDBInstances"
    )
    found = ground.histories(KIND)["one"].restorable
    assert found == Restorable(before("7d"), before("2h"))


def test_active_backups_of_an_instance_that_is_not_listed_are_a_gap(ground: Ground) -> None:
    list_automated(automated("lost", "db-LOST"), automated("gone", "db-G", status="retained"))
    (found,) = ground.collected(KIND)
    assert isinstance(found, SourceError)
    assert "lost" in str(found.detail)


def replicated(made: Any, **changes: Any) -> Any:
    """Let the automated backups of an instance be replicated to OTHER; return it."""
    arn = f"arn:aws:rds:{OTHER}:{ACCOUNT}:auto-backup:ab-1"
    made.db_instance_automated_backups_replications = [{"DBInstanceAutomatedBackupsArn": arn}]
    replica = automated(made.db_instance_identifier, made.dbi_resource_id, **changes)
    replica.db_instance_automated_backups_arn = arn
    list_automated(replica, region=OTHER)
    return made


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("replicating", BackupState.SUCCEEDED),
        ("active", BackupState.SUCCEEDED),
        ("pending", BackupState.RUNNING),
        ("novel", BackupState.UNKNOWN),
    ],
)
def test_a_replica_is_a_copy(ground: Ground, status: str, state: BackupState) -> None:
    replicated(instance(ground.url, "one"), status=status)
    (copy,) = ground.histories(KIND)["one"].copies or ()
    assert (copy.region, copy.account, copy.state) == (OTHER, ACCOUNT, state)
    assert copy.taken_at == before("5m")
    assert ground.histories(KIND)["one"].backups == ()


def test_without_replication_nothing_is_told_of_copies(ground: Ground) -> None:
    instance(ground.url, "one")
    assert ground.histories(KIND)["one"].copies is None


def test_a_replica_that_cannot_be_asked_is_a_gap(ground: Ground) -> None:
    replicated(instance(ground.url, "one"))
    ground.proxy.fault = only(refused, service="rds", region=OTHER)
    error, found = ground.collected(KIND)
    assert isinstance(error, SourceError)
    assert isinstance(found, History)
    assert found.copies is None


@pytest.mark.parametrize("arn", ["", "x", f"arn:aws:rds:{HOME}:1:auto-backup:a", "a:b:c:e.vil/:"])
def test_a_replica_that_names_no_region_is_a_gap(ground: Ground, arn: str) -> None:
    made = replicated(instance(ground.url, "one"))
    made.db_instance_automated_backups_replications = [{"DBInstanceAutomatedBackupsArn": arn}]
    error, found = ground.collected(KIND)
    assert isinstance(error, SourceError)
    assert isinstance(found, History)
    assert found.copies is None


def test_every_page_is_read(ground: Ground) -> None:
    for number in range(5):
        snapshot(instance(ground.url, f"db-{number}"), "4h")
    whole = ground.histories(KIND)
    ground.proxy.fault = both(paged("DBSnapshots", 2), paged("DBInstances", 2))
    assert ground.histories(KIND) == whole
    assert {len(history.backups) for history in whole.values()} == {1}


def is_of_some(asked: Asked) -> bool:
    """Return whether it is a question about some instances alone."""
    return any("Filters" in name for name in asked.params)


def asked_for(ground: Ground) -> list[set[str]]:
    """Return the ids or names of each question for automated snapshots, as they were put."""
    return [
        {value for name, value in asked.params.items() if ".Values." in name}
        for asked in ground.proxy.asked
        if asked.params.get("SnapshotType") == "automated"
    ]


def test_the_automated_ones_are_asked_for_by_many_instances_at_once(ground: Ground) -> None:
    for number in range(45):
        snapshot(instance(ground.url, f"db-{number}"), "4h")
    found = ground.histories(KIND)
    assert {len(history.backups) for history in found.values()} == {1}
    groups = asked_for(ground)
    assert sorted(map(len, groups)) == [5, 20, 20]
    assert set().union(*groups) == {f"db-DB-{number}" for number in range(45)}


def test_several_are_asked_at_the_same_time(ground: Ground) -> None:
    for number in range(45):
        instance(ground.url, f"db-{number}")
    meeting = threading.Barrier(3, timeout=20)

    def wait(asked: Asked, answer: Answer) -> Answer:
        if is_of_some(asked):
            meeting.wait()  # fails unless all three are on their way
        return answer

    ground.proxy.fault = wait
    assert len(ground.histories(KIND)) == 45


def test_one_whose_id_is_not_told_is_asked_for_by_name(ground: Ground) -> None:
    snapshot(instance(ground.url, "one"), "4h")
    snapshot(instance(ground.url, "two"), "4h")
    ground.proxy.fault = without("DbiResourceId")
    found = ground.histories(KIND)
    assert [len(history.backups) for history in found.values()] == [1, 1]
    assert asked_for(ground) == [{"one", "two"}]


@pytest.mark.parametrize(
    "answered",
    [
        error("InvalidParameterValue", 400),
        error("InvalidParameterCombination", 400),
        paged("DBSnapshots", 100, empty=0),
    ],
    ids=["value", "combination", "nothing"],
)
def test_where_a_question_about_some_is_of_no_use_the_whole_list_is_read(
    ground: Ground, answered: Fault
) -> None:
    """A filter that nothing passes is not believed: it must not be what says that nothing is."""
    populate(ground.url)
    whole, gone = ground.histories(KIND), ground.orphans(KIND)

    def deaf(asked: Asked, answer: Answer) -> Answer:
        return answered(asked, answer) if is_of_some(asked) else answer

    ground.proxy.fault = deaf
    assert ground.histories(KIND) == whole
    assert ground.orphans(KIND) == gone


def test_a_whole_list_that_is_not_taken_is_a_gap(ground: Ground) -> None:
    populate(ground.url)
    ground.proxy.fault = only(error("InvalidParameterValue", 400), operation="DescribeDBSnapshots")
    with pytest.raises(SourceError, match="InvalidParameterValue"):
        ground.collected(KIND)


def test_retained_backups_of_an_instance_that_is_gone_are_asked_for(ground: Ground) -> None:
    made = instance(ground.url, "gone")
    snapshot(made, "4h")
    list_automated(automated("gone", made.dbi_resource_id, status="retained"))
    del moto("rds").databases["gone"]
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.backups) == ("gone", 1)
    assert asked_for(ground) == [{made.dbi_resource_id}]


def test_an_audit_of_one_asks_for_that_one(ground: Ground) -> None:
    for name in ("one", "two"):
        snapshot(instance(ground.url, name), "4h")
    source = ground.source(KIND)
    (scope,) = source.scopes()
    assert isinstance(scope, Scope)
    (found,) = source.collect(scope, lambda one: getattr(one, "id", "") == "one", orphans=False)
    assert isinstance(found, History)
    assert len(found.backups) == 1
    assert asked_for(ground) == [{"db-ONE"}]


def test_a_list_that_does_not_end_is_a_gap(ground: Ground) -> None:
    for number in range(5):
        instance(ground.url, f"db-{number}")
    ground.proxy.fault = both(paged("DBInstances", 2), edited("Marker", "page-1"))
    with pytest.raises(SourceError, match="does not end"):
        ground.collected(KIND)


def test_a_page_that_is_lost_makes_nothing_better(ground: Ground) -> None:
    populate(ground.url)
    plan = ground.plan(KIND)
    sound = ground.audit(plan)
    for page in range(4):
        ground.proxy.fault = paged("DBSnapshots", 2, empty=page)
        assert_no_better(ground.audit(plan), sound)


@pytest.mark.parametrize("field", ["DbiResourceId", "DBInstanceIdentifier"])
def test_two_that_cannot_be_told_apart_are_a_gap(ground: Ground, field: str) -> None:
    instance(ground.url, "one")
    instance(ground.url, "two")
    ground.proxy.fault = edited(field, "same")
    assert any(isinstance(one, SourceError) for one in ground.collected(KIND))


def test_members_of_clusters_and_other_engines_are_left_to_other_sources(ground: Ground) -> None:
    instance(ground.url, "one").db_cluster_identifier = "cluster"
    instance(ground.url, "two").engine = "neptune"
    assert ground.collected(KIND) == []


def test_a_schedule_is_told_only_where_backups_are_made(ground: Ground) -> None:
    instance(ground.url, "off", BackupRetentionPeriod=0)
    assert ground.histories(KIND)["off"].resource.schedule is None
