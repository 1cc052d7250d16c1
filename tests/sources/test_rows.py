import json
from pathlib import Path

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupKind, BackupState, Scope
from backup_auditor.sources.ucloud.client.redis_rows import (
    Group,
    backup_key,
    backup_of,
    group_of,
)
from backup_auditor.sources.ucloud.client.rows import Row, printable

SCOPE = Scope("ucloud.uredis", "org-a", "hk")
DOCUMENTED = json.loads((Path(__file__).parent / "documented.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (" a ", "a"), (5, "5"), (None, ""), (True, ""), ([], ""), ("x" * 999, "x" * 300)],
)
def test_text_is_tolerant_and_bounded(value: object, text: str) -> None:
    assert Row({"Name": value}).text("name") == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" 5 ", 5),
        (5.9, 5),
        ("x", None),
        (None, None),
        (True, None),
        (1e300, None),
        (10**30, None),
        ("9" * 30, None),
        ({}, None),
    ],
)
def test_integers_are_read_from_anything(value: object, number: int | None) -> None:
    assert Row({"Size": value}).integer("Size") == number


@pytest.mark.parametrize("value", [0, None, -1, "x", 10**12])
def test_what_is_no_time_is_none(value: object) -> None:
    assert Row({"T": value}).time("T") is None


def test_lists_and_single_objects_are_rows() -> None:
    assert Row({"A": None}).rows("A") is None
    assert [r.text("x") for r in Row({"A": {"x": 1}}).rows("A") or []] == ["1"]
    assert [r.text("x") for r in Row({"a": [{"X": 1}, 5]}).rows("A") or []] == ["1", ""]


def test_messages_of_the_server_stay_on_one_line() -> None:
    assert printable("a\r\nb\x1b[31m" + "x" * 500) == ("a  b [31m" + "x" * 500)[:200]


def test_both_documented_rows_are_read() -> None:
    first, second = (backup_of(Row(row), row["GroupId"]) for row in DOCUMENTED["DataSet"])
    assert first == Backup(
        id="24149c99-4df6-4b5a-99b4-8ab1ca2d7aaa",
        resource_id="uredis-2cwmyb",
        state=BackupState.SUCCEEDED,
        taken_at=first.taken_at,
        state_raw="Success",
        kind=BackupKind.MANUAL,
        kind_raw="1",
        size_bytes=1024,
        name="backup-test",
        resource_name="uredis-one",
    )
    assert first.taken_at is not None
    assert first.taken_at.isoformat() == "2014-06-20T07:31:22+00:00"
    assert second.state is BackupState.FAILED


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Backuping", BackupState.RUNNING),
        ("SUCCESS", BackupState.SUCCEEDED),
        ("Error", BackupState.FAILED),
        ("Expired", BackupState.EXPIRED),
        ("Done", BackupState.UNKNOWN),
        (None, BackupState.UNKNOWN),
        (2, BackupState.UNKNOWN),
    ],
)
def test_a_word_that_is_not_known_is_never_a_success(word: object, state: BackupState) -> None:
    assert backup_of(Row({"State": word}), "g").state is state


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Auto", "automatic"),
        ("manual", "manual"),
        (0, "automatic"),
        ("1", "manual"),
        (7, "unknown"),
    ],
)
def test_kinds_are_read_in_all_generations(kind: object, expected: str) -> None:
    assert backup_of(Row({"BackupType": kind}), "g").kind == expected


def test_a_backup_without_an_id_still_counts_once() -> None:
    row = Row({"GroupId": "g", "BackupTime": 5})
    assert backup_key(row) == backup_key(row)
    assert backup_key(row) != backup_key(Row({"GroupId": "g", "BackupTime": 6}))


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"ResourceId": "uredis-1", "ResourceType": "single", "Protocol": "redis"}, Group),
        ({"ResourceId": "uredis-1", "ResourceType": "g4v6"}, Group),
        ({"GroupId": "uredis-1", "Type": "double"}, Group),
        ({"ResourceId": "uredis-1", "ResourceType": "new"}, Group),
        ({"ResourceId": "x-1", "ResourceType": "new"}, SourceError),
        ({"ResourceType": "single"}, SourceError),
        ({"ResourceId": "udredis-1", "ResourceType": "distributed"}, type(None)),
        ({"ResourceId": "umem-1", "ResourceType": "single", "Protocol": "memcache"}, type(None)),
    ],
)
def test_an_instance_is_ours_or_anothers_or_a_gap(row: dict[str, str], kind: type) -> None:
    assert isinstance(group_of(Row(row), SCOPE, "Asia/Shanghai"), kind)
