"""An inventory in a file as a source: what it becomes, and what is told of the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.aws import clients
from backup_auditor.model import (
    AuditVerdict,
    Backup,
    BackupKind,
    BackupState,
    GapReason,
    Resource,
    Restorable,
    Schedule,
)
from backup_auditor.outside import Outside
from backup_auditor.sources import load_sources
from backup_auditor.sources.json._reader import LONGEST

from tests.fakes import outside, stepping
from tests.sources.audited import Found, audited, collected, everything
from tests.sources.inventories import BACKUP, FULL, RESOURCE, written
from tests.store.bucket import BUCKET, backend, bucket, s3_server
from tests.store.keys import KEYS

KIND = "json.file"
OTHER: dict[str, Any] = {**RESOURCE, "id": "other", "name": "another"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the inventory lies."""
    return tmp_path / "inventory.json"


def found(file: Path, wanted: Any = everything, **options: Any) -> Found:
    """Return what the source gives."""
    return collected(KIND, {"path": str(file), **options}, outside(), wanted)


def test_everything_that_is_said_is_taken(file: Path) -> None:
    file.write_bytes(written(FULL))
    seen = found(file, account="dumps", region="cn-bj2")
    assert not seen.errors
    history = seen.histories["shop"]
    assert history.resource == Resource(
        id="shop",
        name="shop database",
        source=KIND,
        account="dumps",
        region="cn-bj2",
        zone="z-1",
        kind="mysql",
        state="running",
        created_at=datetime(2025, 1, 31, 8, tzinfo=UTC),
        auto_backup=False,
        tags={"team": "shop", "empty": ""},
        schedule=Schedule("0 3 * * *", "Asia/Shanghai"),
    )
    assert history.restorable == Restorable(
        datetime(2026, 11, 17, 6, tzinfo=UTC), datetime(2026, 11, 24, 5, 55, 0, 500_000, UTC)
    )
    newest, older = history.backups
    assert newest == Backup(
        id="b-1",
        resource_id="shop",
        state=BackupState.SUCCEEDED,
        taken_at=datetime(2026, 11, 23, 19, tzinfo=UTC),
        state_raw="succeeded",
        kind=BackupKind.AUTOMATIC,
        kind_raw="automatic",
        finished_at=datetime(2026, 11, 23, 19, 20, tzinfo=UTC),
        size_bytes=2**40,
        name="nightly",
        resource_name="shop database",
        account="vault",
        region="cn-bj2",
        encrypted=True,
        locked_until=datetime(2027, 1, 1, tzinfo=UTC),
        is_clean=False,
    )
    assert (older.state, older.size_bytes, older.kind) == ("expired", None, "unknown")
    assert (older.encrypted, older.locked_until, older.is_clean) == (None, None, None)
    assert history.copies is not None
    copies = {c.id: (c.region, c.account, c.state, c.size_bytes) for c in history.copies}
    assert copies == {
        "b-1 /eu-west-1": ("eu-west-1", "", "succeeded", 7),
        "c-2": ("", "other", "failed", None),
    }
    assert {copy.taken_at for copy in history.copies} == {newest.taken_at}


@pytest.mark.parametrize(
    ("copies", "known"), [({}, None), ({"copies": []}, 0), ({"copies": None}, "unread")]
)
def test_no_copies_are_not_the_same_as_none_told(copies: Any, known: Any, file: Path) -> None:
    file.write_bytes(written({**RESOURCE, "backups": [{**BACKUP, **copies}]}))
    seen = found(file)
    if known == "unread":
        assert list(seen.unread) == ["shop"]
    else:
        told = seen.histories["shop"].copies
        assert (told if told is None else len(told)) == known


def test_what_is_not_told_is_not_known(file: Path) -> None:
    file.write_bytes(written(RESOURCE))
    history = found(file).histories["shop"]
    resource = history.resource
    assert (resource.account, resource.region) == (str(file), "")
    assert (resource.created_at, resource.auto_backup, resource.schedule) == (None, None, None)
    assert (history.copies, history.restorable) == (None, None)


def test_a_broken_resource_hides_no_other(file: Path) -> None:
    wrong = {**OTHER, "backups": [{**BACKUP, "state": "ok"}]}
    file.write_bytes(written(wrong, {"id": 7}, RESOURCE, {"name": "x"}, errors=["db-7 is away"]))
    seen = found(file)
    assert set(seen.histories) == {"shop"}
    assert set(seen.unread) == {"other"}
    assert "/resources/0/backups/0/state" in seen.unread["other"].detail
    assert seen.reasons == ["malformed", "malformed", "provider-error"]
    assert "/resources/1/id" in seen.errors[0].detail
    assert seen.errors[2].detail == "the inventory says: db-7 is away"


def test_an_id_that_stands_twice_is_nobody_s(file: Path) -> None:
    file.write_bytes(written(RESOURCE, OTHER, {**RESOURCE, "backups": []}))
    seen = found(file)
    assert (set(seen.histories), set(seen.unread)) == ({"other"}, {"shop"})
    assert seen.unread["shop"].detail.endswith("2 resources have the id 'shop'")


def test_a_resource_may_say_that_it_could_not_be_read(file: Path) -> None:
    file.write_bytes(written({"id": "shop", "name": "shop", "error": "no answer"}))
    error = found(file).unread["shop"]
    assert (error.reason, error.detail) == (
        GapReason.PROVIDER_ERROR,
        "the inventory says: no answer",
    )


def test_only_what_is_wanted_is_given_and_what_may_be_wanted_is_told(file: Path) -> None:
    file.write_bytes(written(RESOURCE, OTHER, {**OTHER, "id": "third", "kind": 7}))
    seen = found(file, lambda resource: resource.id == "shop")
    assert (set(seen.histories), seen.unread) == ({"shop"}, {})
    assert seen.reasons == ["malformed"]


@pytest.mark.parametrize(
    ("options", "generated_at", "reason"),
    [
        ({}, "2026-11-23T04:07:00Z", None),
        ({}, "2026-11-23T04:06:59Z", "incomplete"),
        ({}, "2026-11-24T06:12:00Z", None),
        ({}, "2026-11-24T06:12:01Z", "malformed"),
        ({"max_age": "1h"}, "2026-11-24T13:07:00+08:00", None),
        ({"max_age": "1h"}, "2026-11-24T05:06:59Z", "incomplete"),
    ],
)
def test_an_old_inventory_is_an_error(
    options: dict[str, Any], generated_at: str, reason: str | None, file: Path
) -> None:
    file.write_bytes(written(RESOURCE, generated_at=generated_at))
    seen = found(file, **options)
    assert seen.reasons == ([reason] if reason else [])
    assert bool(seen.histories) == (reason is None)


def test_a_file_that_cannot_be_read_is_a_gap(file: Path, tmp_path: Path) -> None:
    assert found(file).reasons == ["not-found"]
    assert found(tmp_path).reasons == ["not-found"]
    os.mkfifo(file)
    seen = found(file)
    assert (seen.reasons, seen.errors[0].detail) == (
        ["not-found"],
        "the inventory cannot be read (not a file)",
    )
    assert str(file) not in seen.errors[0].detail


def test_a_file_that_is_too_long_is_refused(file: Path) -> None:
    file.write_bytes(written(RESOURCE) + b" " * LONGEST)
    assert found(file).errors[0].detail == "the inventory is wrong: longer than 8,388,608 bytes"


def test_nothing_is_read_when_the_time_is_up(file: Path) -> None:
    world = outside(monotonic=stepping(9.0), deadline=5.0)
    assert collected(KIND, {"path": str(file)}, world).reasons == ["deadline"]


def test_what_is_not_read_in_time_is_a_gap(file: Path) -> None:
    file.write_bytes(written(RESOURCE, OTHER))
    world = outside(monotonic=stepping(0.0, 0.0, 9.0), deadline=5.0)
    seen = collected(KIND, {"path": str(file)}, world)
    assert (set(seen.histories), seen.reasons) == ({"shop"}, ["deadline"])


def test_the_path_is_seen_from_the_policy(tmp_path: Path, file: Path) -> None:
    file.write_bytes(written(RESOURCE, OTHER))
    audit = audited("[{json.file: {path: inventory.json}}]", outside(), str(tmp_path / "p.yaml"))
    assert (audit.verdict, audit.gaps) == (AuditVerdict.INCOMPLETE, ())  # no size is told
    assert {a.resource.account for r in audit.results for a in r.assessments} == {"inventory.json"}
    audit = audited("[{json.file: {path: inventory.json}}]", outside(), "elsewhere/p.yaml")
    assert [gap.reason for gap in audit.gaps] == [GapReason.NOT_FOUND]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve S3 over HTTP."""
    with s3_server() as url:
        yield url


@pytest.fixture
def world(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Return a world with an empty bucket in it."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    with bucket():
        aws = clients(KEYS)
        yield outside(aws=aws)
        aws("s3").close()


def test_it_may_lie_in_s3(world: Outside) -> None:
    backend().put_object(BUCKET, "a/inventory.json", written(RESOURCE))
    address = f"s3://{BUCKET}/a/inventory.json"
    assert set(collected(KIND, {"path": address}, world).histories) == {"shop"}
    audit = audited("[{json.file: {path: inventory.json}}]", world, f"s3://{BUCKET}/a/policy.yaml")
    assert [a.resource.id for r in audit.results for a in r.assessments] == ["shop"]
    missing = collected(KIND, {"path": f"{address}.gone"}, world)
    assert missing.errors[0].detail == "s3:GetObject: NoSuchKey"
    nowhere = collected(KIND, {"path": "s3://another-bucket/x"}, world)
    assert nowhere.reasons == ["not-found"]


def test_only_an_object_that_is_named_is_granted() -> None:
    kind = load_sources()[KIND]
    for path, granted in (
        ("inventory.json", []),
        ("s3://backups/a/b.json", [("s3:GetObject", "arn:aws:s3:::backups/a/b.json")]),
    ):
        options = kind.options.model_validate({"path": path})
        assert list(options.grants(kind.actions)) == granted


SIZED = {**RESOURCE, "backups": [{**BACKUP, "size_bytes": 7}]}
OLD = {**OTHER, "backups": [{**BACKUP, "size_bytes": 7, "taken_at": "2026-10-01T00:00:00Z"}]}
TRUTH = written(SIZED, OLD)


@pytest.mark.parametrize("byte", [b"", b" ", b'"', b"}", b"]", b",", b"x"], ids=repr)
def test_no_broken_byte_hides_what_is_wrong(byte: bytes, file: Path) -> None:
    """One byte after the other; digits would be another truth and no fault."""
    for at in range(0, len(TRUTH), 3):
        file.write_bytes(TRUTH[:at] + byte + TRUTH[at + 1 :])
        audit = audited(f"[{{json.file: {{path: {file}}}}}]", outside())
        assert audit.verdict is not AuditVerdict.PASS


def test_the_same_file_gives_the_same(file: Path) -> None:
    file.write_bytes(written(FULL, OTHER, {"id": 7}, errors=["x"]))
    assert found(file).order[:2] == found(file).order[:2]
    told = [str(error) for error in found(file).errors]
    assert told == [str(error) for error in found(file).errors]


def test_an_empty_inventory_is_no_clean_sheet(file: Path) -> None:
    file.write_bytes(written())
    audit = audited(f"[{{json.file: {{path: {file}}}}}]", outside())
    assert [gap.reason for gap in audit.gaps] == [GapReason.EMPTY]


def test_the_day_after_it_is_too_old(file: Path) -> None:
    file.write_bytes(written(SIZED))
    text = f"[{{json.file: {{path: {file}}}}}]"
    assert audited(text, outside()).verdict is AuditVerdict.PASS
    tomorrow = outside(now=lambda: datetime(2026, 11, 25, 9, tzinfo=UTC))
    assert audited(text, tomorrow).verdict is AuditVerdict.INCOMPLETE
