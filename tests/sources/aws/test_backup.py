"""AWS Backup: what is protected, its recovery points, copies, locks and clean ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from backup_auditor.model import BackupKind, BackupState, History

from tests.builders import before
from tests.sources.aws_faults import refused
from tests.sources.backup_server import held
from tests.sources.cloud_aws import ACCOUNT, HOME, MEMBERS, OTHER, Ground, client

KIND = "aws.backup"
SILENT = True  # on whether backups are automatic


def volume(name: str, region: str = HOME) -> str:
    """Return the ARN of a volume."""
    return f"arn:aws:ec2:{region}:{ACCOUNT}:volume/{name}"


def point(name: str, age: str, region: str = HOME, account: str = ACCOUNT, **more: Any) -> None:
    """Add a recovery point of the volume ``name`` in HOME, taken ``age`` before NOW."""
    here = held(region, account)
    if not here.vaults:
        here.vault()
    number = sum(map(len, here.points.values()))
    id_ = f"arn:aws:backup:{region}:{account}:recovery-point:{number}"
    here.point(volume(name), id_, before(age), ResourceType="EBS", **more)


def protect(*names: str) -> None:
    """Protect volumes in HOME."""
    for name in names:
        held(HOME).protect(volume(name), "EBS", name)


def populate(_url: str) -> None:
    """Protect volumes of which one is well, and each other one is not in its own way."""
    protect("well", "stale", "sick", "bare")
    point("well", "4h")
    point("stale", "3d")
    point("sick", "28h")
    point("sick", "4h", Status="PARTIAL")


def one(ground: Ground, **options: Any) -> History:
    """Return the history of the only resource."""
    (found,) = ground.histories(KIND, **options).values()
    return found


def test_boto3_lists_the_same(ground: Ground) -> None:
    populate(ground.url)
    for number in range(120):
        point("well", f"{number + 30}h")
    backup = client(ground.url, "backup")
    pages = backup.get_paginator("list_recovery_points_by_backup_vault")
    listed = [
        p for page in pages.paginate(BackupVaultName="Default") for p in page["RecoveryPoints"]
    ]
    found = ground.histories(KIND)
    protected = backup.list_protected_resources()["Results"]
    assert set(found) == {row["ResourceArn"] for row in protected}
    ours = {b.id for history in found.values() for b in history.backups}
    assert ours == {row["RecoveryPointArn"] for row in listed}
    assert len(ours) == 124


def test_a_recovery_point_is_told_with_all_that_rules_ask(ground: Ground) -> None:
    protect("one")
    point("one", "4h", CompletionDate=before("3h"), IsEncrypted=True)
    found = one(ground)
    assert (found.resource.name, found.resource.kind) == ("one", "EBS")
    (made,) = found.backups
    assert (made.state, made.kind) == (BackupState.SUCCEEDED, BackupKind.AUTOMATIC)
    assert (made.taken_at, made.finished_at) == (before("4h"), before("3h"))
    assert (made.size_bytes, made.encrypted, made.is_clean) == (1 << 30, True, True)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("COMPLETED", BackupState.SUCCEEDED),
        ("AVAILABLE", BackupState.SUCCEEDED),
        ("CREATING", BackupState.RUNNING),
        ("PARTIAL", BackupState.FAILED),
        ("EXPIRED", BackupState.EXPIRED),
        ("DELETING", BackupState.EXPIRED),
        ("STOPPED", BackupState.UNKNOWN),
    ],
)
def test_states(ground: Ground, status: str, state: BackupState) -> None:
    protect("one")
    point("one", "4h", Status=status)
    (made,) = one(ground).backups
    assert (made.state, made.state_raw) == (state, status)


def test_completed_with_issues_is_not_clean(ground: Ground) -> None:
    protect("one")
    point("one", "4h", StatusMessage="Windows VSS Backup attempt failed")
    (made,) = one(ground).backups
    assert (made.is_usable, made.is_clean) == (True, False)


FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("vault", "lifecycle", "until"),
    [
        ({"Locked": False}, None, before("4h")),
        ({"Locked": True}, None, before("4h")),  # governance: who may can take it back
        ({"Locked": True, "LockDate": before("-1h")}, None, before("4h")),  # not yet
        ({"Locked": True, "LockDate": before("9d")}, None, FOREVER),
        (
            {"Locked": True, "LockDate": before("9d")},
            {"DeleteAt": before("-30d")},
            before("-30d"),
        ),
        ({"Locked": None}, None, None),
    ],
)
def test_locks_count_once_nobody_can_take_them_back(
    ground: Ground, vault: dict[str, Any], lifecycle: Any, until: datetime | None
) -> None:
    protect("one")
    held(HOME).vault(**vault)
    point("one", "4h", CalculatedLifecycle=lifecycle)
    (made,) = one(ground).backups
    assert made.locked_until == until


def test_a_recovery_point_in_another_region_or_account_is_a_copy(ground: Ground) -> None:
    protect("one")
    point("one", "4h")
    point("one", "5h", region=OTHER)
    point("one", "6h", account=MEMBERS[0])
    found = ground.histories(KIND, regions=[HOME, OTHER], accounts=[ACCOUNT, MEMBERS[0]])
    (history,) = found.values()
    assert [b.taken_at for b in history.backups] == [before("4h")]
    assert history.copies is not None
    places = [(b.taken_at, b.region, b.account) for b in history.copies]
    assert places == [
        (before("5h"), OTHER, ACCOUNT),
        (before("6h"), HOME, MEMBERS[0]),
    ]


def test_copies_are_not_known_where_a_region_does_not_answer(ground: Ground) -> None:
    protect("one")
    point("one", "4h")
    point("one", "5h", region=OTHER)
    assert one(ground, region=HOME, regions=[HOME, OTHER]).copies
    ground.proxy.fault = lambda asked, answer: (
        refused(asked, answer) if asked.region == OTHER and asked.service == "backup" else answer
    )
    assert one(ground, region=HOME, regions=[HOME, OTHER]).copies is None


def test_recovery_points_of_what_is_no_longer_protected_are_orphans(ground: Ground) -> None:
    protect("one")
    point("one", "4h")
    point("gone", "4h", ResourceName="old-data")
    (orphan,) = ground.orphans(KIND).values()
    assert (orphan.resource_id, orphan.name, orphan.backups) == (volume("gone"), "old-data", 1)


def test_a_vault_that_cannot_be_read_is_a_gap(ground: Ground) -> None:
    populate(ground.url)
    ground.proxy.fault = lambda asked, answer: (
        refused(asked, answer) if "recovery-points" in asked.operation else answer
    )
    found = ground.audit(ground.plan(KIND))
    assert found.assessments == () or not any(a.outcome == "pass" for a in found.assessments)
    assert [str(gap.reason) for gap in found.gaps] == ["refused"]
