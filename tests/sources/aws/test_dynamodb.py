"""Tables of DynamoDB: whose backups are whose, and what point-in-time recovery covers."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.model import BackupKind, BackupState
from backup_auditor.sources import Unread

from tests.builders import before
from tests.sources.aws_faults import only, refused
from tests.sources.backup_server import held
from tests.sources.cloud_aws import ACCOUNT, HOME, Ground, ago, client, moto

KIND = "aws.dynamodb"


def table(url: str, name: str) -> Any:
    """Make a table that is 100 days old; return what moto keeps of it."""
    client(url, "dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    kept = moto("dynamodb").tables[name]
    kept.created_at = ago("100d")
    return kept


def backup(url: str, name: str, age: str, **changes: Any) -> Any:
    """Make a backup that was taken ``age`` before NOW; return what moto keeps of it."""
    told = client(url, "dynamodb").create_backup(TableName=name, BackupName=f"{name}-{age}")
    kept = moto("dynamodb").backups[told["BackupDetails"]["BackupArn"]]
    kept.creation_date_time = ago(age)
    for field, value in changes.items():
        setattr(kept, field, value)
    return kept


def populate(url: str) -> None:
    """Make tables of which one is well, and each other one is not in its own way."""
    table(url, "well")
    backup(url, "well", "4h")
    client(url, "dynamodb").update_continuous_backups(
        TableName="well", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    table(url, "stale")
    backup(url, "stale", "3d")
    table(url, "bare")


def tell_more(_url: str) -> None:
    """Let AWS Backup hold a table, too."""
    arn = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/well"
    held(HOME).vault(Locked=False)
    held(HOME).point(arn, "arn:point-1", before("4h"), ResourceType="DynamoDB")


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    dynamodb = client(ground.url, "dynamodb")
    listed = dynamodb.list_backups(BackupType="ALL")["BackupSummaries"]
    found = ground.histories(KIND)
    assert set(found) == set(dynamodb.list_tables()["TableNames"])
    ours = {b.id for history in found.values() for b in history.backups}
    assert ours == {one["BackupArn"] for one in listed}


def test_point_in_time_recovery_is_a_window_and_automatic_backup(ground: Ground) -> None:
    populate(ground.url)
    found = ground.histories(KIND)
    window = found["well"].restorable
    assert window is not None
    assert window.since <= window.until
    assert found["well"].resource.auto_backup is True
    assert (found["stale"].restorable, found["stale"].resource.auto_backup) == (None, None)


def test_a_backup_is_told_with_its_kind_and_size(ground: Ground) -> None:
    table(ground.url, "one")
    backup(ground.url, "one", "4h")
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.state, made.kind) == (BackupState.SUCCEEDED, BackupKind.MANUAL)
    assert (made.taken_at, made.encrypted) == (before("4h"), True)
    assert made.size_bytes is not None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("AVAILABLE", BackupState.SUCCEEDED),
        ("CREATING", BackupState.RUNNING),
        ("DELETED", BackupState.EXPIRED),
        ("MELTED", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    table(ground.url, "one")
    backup(ground.url, "one", "4h", status=status)
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.state, made.state_raw) == (state, status)


def test_a_table_made_anew_does_not_inherit_the_backups_of_the_first(ground: Ground) -> None:
    table(ground.url, "one")
    backup(ground.url, "one", "101d")
    assert ground.histories(KIND)["one"].backups == ()
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.name, orphan.backups) == ("one", 1)


def test_what_only_aws_backup_lists_counts(ground: Ground) -> None:
    table(ground.url, "one")
    here = held(HOME)
    here.vault()
    arn = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/one"
    point = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:1"
    here.point(arn, point, before("4h"), ResourceType="DynamoDB")
    (made,) = ground.histories(KIND)["one"].backups
    assert (made.id, made.resource_id, made.is_usable) == (point, "one", True)


def test_a_table_that_cannot_be_described_is_unread_and_the_others_go_on(ground: Ground) -> None:
    populate(ground.url)
    ground.proxy.fault = only(refused, operation="DescribeTable", TableName="stale")
    found = ground.collected(KIND)
    (unread,) = [one for one in found if isinstance(one, Unread)]
    assert unread.resource.id == "stale"
    assert len(found) == 3
