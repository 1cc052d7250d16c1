"""Files in a bucket as backups, over HTTP: what is seen, and what is told of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import boto3
import pytest
from backup_auditor.aws import clients
from backup_auditor.model import AuditVerdict, BackupState, GapReason, Outcome
from backup_auditor.outside import Outside
from backup_auditor.references import resolver
from backup_auditor.sources import load_sources
from backup_auditor.sources.s3._bucket import NEVER_LOCKED
from pydantic import ValidationError

from tests.builders import NOW
from tests.channels.answers import Answer
from tests.fakes import outside, stepping
from tests.sources.audited import Found, audited, collected
from tests.sources.web import Web, web
from tests.store.bucket import BUCKET, backend, bucket, s3_server
from tests.store.keys import KEYS

KIND = "s3.objects"
PATTERN = "{resource}-{date}-{time}.dump"
PLAIN: dict[str, Any] = {"bucket": BUCKET, "prefix": "pg", "pattern": PATTERN}


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
        yield outside({**KEYS})


def put(key: str, size: int = 10, *, modified: datetime = NOW, storage: str = "STANDARD") -> None:
    """Put an object into the bucket."""
    stored = backend().put_object(BUCKET, key, b"x" * size, storage=storage)
    stored.last_modified = modified.replace(tzinfo=None)


def found(world: Outside, **changes: Any) -> Found:
    """Return what the source gives."""
    return collected(KIND, PLAIN | changes, world)


def test_files_are_backups_of_the_resources_that_their_names_tell(world: Outside) -> None:
    put("pg/shop-20261124-020000.dump", 7, modified=NOW - timedelta(hours=4))
    put("pg/shop-20261123-020000.dump", 5, storage="DEEP_ARCHIVE")
    put("pg/orders-20261124-030000.dump", 0)
    put("mysql/other-20261124-030000.dump")
    put("pg-old/other-20261124-030000.dump")
    seen = found(world, timezone="Asia/Shanghai")
    assert not seen.errors
    assert set(seen.histories) == {"shop", "orders"}
    shop = seen.histories["shop"]
    assert (shop.resource.account, shop.resource.region) == (f"{BUCKET}/pg", "")
    assert (shop.resource.name, shop.resource.auto_backup) == ("shop", None)
    assert (shop.resource.created_at, shop.copies, shop.restorable) == (None, None, None)
    newest, older = shop.backups
    assert newest.id == newest.name == "pg/shop-20261124-020000.dump"
    assert newest.taken_at == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert (newest.size_bytes, newest.state_raw) == (7, "STANDARD")
    assert (newest.encrypted, newest.locked_until, newest.is_clean) == (None, None, None)
    assert (older.size_bytes, older.state, older.state_raw) == (
        *(5, BackupState.SUCCEEDED),
        "DEEP_ARCHIVE",
    )
    (empty,) = seen.histories["orders"].backups
    assert empty.size_bytes == 0


DAY = {"pattern": "{resource}-{date}.dump"}
NAMED = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "name", "modified", "taken"),
    [
        ({}, "x-20261124-020000.dump", NOW, datetime(2026, 11, 24, 2, tzinfo=UTC)),
        # What a file holds cannot be newer than the file.
        ({}, "x-20261124-020000.dump", NOW - timedelta(days=9), NOW - timedelta(days=9)),
        ({}, "x-21991231-235959.dump", None, None),
        (DAY, "x-20261124.dump", NOW, NOW),
        (DAY, "x-20261124.dump", NOW + timedelta(days=3), NAMED),
        (DAY, "x-20261124.dump", NAMED + timedelta(days=1), NAMED),
        (DAY, "x-20261124.dump", NAMED + timedelta(days=1, seconds=-1), None),
        (DAY, "x-20261124.dump", NAMED - timedelta(seconds=1), None),
        ({"pattern": "{resource}.dump"}, "x.dump", NOW, NOW),
    ],
)
def test_the_time_is_that_of_the_name_and_no_later_than_the_object(
    changes: dict[str, Any],
    name: str,
    modified: datetime | None,
    taken: datetime | None,
    world: Outside,
) -> None:
    put(f"pg/{name}", modified=modified or NOW)
    (backup,) = found(world, **changes).histories["x"].backups
    assert backup.taken_at == (taken or modified or NOW)


def test_a_file_that_is_written_over_is_another_backup(world: Outside) -> None:
    ids = set()
    for days in range(2):
        put("pg/shop.dump", modified=NOW - timedelta(days=days))
        (backup,) = found(world, pattern="{resource}.dump").histories["shop"].backups
        ids.add(backup.id)
    assert len(ids) == 2


def test_all_pages_are_read(world: Outside) -> None:
    for number in range(2100):
        put(f"pg/r{number % 3}-{NOW - timedelta(hours=number):%Y%m%d-%H%M%S}.dump")
    seen = found(world)
    assert not seen.errors
    assert [len(seen.histories[f"r{n}"].backups) for n in range(3)] == [700] * 3
    assert seen.order == found(world).order


def test_what_matches_no_pattern_is_told_once_and_hides_nothing(world: Outside) -> None:
    put("pg/shop-20261124-020000.dump")
    for name in ("a\nb", "MANIFEST", "shop-20261399-020000.dump", "deep/shop-20261124-020000.dump"):
        put(f"pg/{name}")
    put("pg/shop-20261124-020000.dump.sha256")
    put("pg/deep/", 0)
    seen = found(world)
    (error,) = seen.errors
    assert (set(seen.histories), error.reason) == ({"shop"}, GapReason.MALFORMED)
    assert error.detail == (
        "5 objects match no pattern and are not ignored, such as"
        r" 'pg/MANIFEST', 'pg/a\nb', 'pg/deep/shop-20261124-020000.dump'"
    )
    rest = {"ignore": ["*.sha256", "MANIFEST", "a?b", "*/*"]}
    (error,) = found(world, **rest).errors
    assert error.detail == (
        "1 object matches no pattern and is not ignored: 'pg/shop-20261399-020000.dump'"
    )


@pytest.mark.parametrize("key", ["pg/deep", "pg/deep/x", "pg/x"])
def test_an_empty_object_is_no_folder_unless_it_ends_like_one(key: str, world: Outside) -> None:
    put(key, 0)
    assert found(world).reasons == ["malformed"]


@pytest.mark.parametrize(
    "key",
    [
        *("pg/../../etc/passwd", "pg/\u202egpj.dump", "pg/<script>", "pg/%2e%2e", "pg/a b+c&d"),
        *("pg/" + "x" * 1021, "pg//", "pg/\u0085", "pg/'; DROP TABLE", "pg/{resource}-*.dump"),
    ],
)
def test_hostile_keys_are_told_escaped_and_short(key: str, world: Outside) -> None:
    put(key)
    (error,) = found(world).errors
    assert error.detail.isprintable()
    assert len(error.detail) < 200
    put(key + "-20261124-020000.dump")
    for history in found(world).histories.values():
        assert len(history.resource.id) <= 200


def test_a_resource_of_the_inventory_without_a_file_was_never_backed_up(world: Outside) -> None:
    put("pg/shop-20261124-020000.dump")
    put("pg/extra-20261124-020000.dump")
    seen = found(world, expect_resources=["shop", "orders"])
    assert {name: len(h.backups) for name, h in seen.histories.items()} == {
        "shop": 1,
        "orders": 0,
        "extra": 1,
    }
    listed = f"[{{s3.objects: {{bucket: {BUCKET}, prefix: pg, pattern: '{PATTERN}'%s}}}}]"
    audit = audited(listed % ", expect_resources: [orders]", world)
    outcomes = {a.resource.id: a for r in audit.results for a in r.assessments}
    assert outcomes["orders"].outcome is Outcome.FAIL
    assert "never backed up" in outcomes["orders"].checks[0].message
    assert outcomes["shop"].outcome is Outcome.PASS


def test_an_empty_bucket_is_no_clean_sheet(world: Outside) -> None:
    audit = audited(f"[{{s3.objects: {{bucket: {BUCKET}, pattern: '{PATTERN}'}}}}]", world)
    assert audit.verdict is AuditVerdict.INCOMPLETE
    assert [gap.reason for gap in audit.gaps] == [GapReason.EMPTY]


def test_without_a_resource_in_the_name_all_is_of_the_place(world: Outside) -> None:
    put("pg/20261124.dump")
    seen = found(world, pattern=["{date}.dump", "{resource}-{date}.dump"])
    assert set(seen.histories) == {f"{BUCKET}/pg"}
    assert set(found(world, pattern="{date}.dump", account="dumps").histories) == {"dumps"}


def test_only_what_is_wanted_is_given(world: Outside) -> None:
    put("pg/shop-20261124-020000.dump")
    put("pg/orders-20261124-020000.dump")
    seen = collected(KIND, PLAIN, world, lambda resource: resource.id == "shop")
    assert set(seen.histories) == {"shop"}


def test_a_bucket_that_is_not_there_is_a_gap(world: Outside) -> None:
    seen = found(world, bucket="another-one", expect_resources=["shop"])
    assert seen.reasons == ["not-found"]
    assert seen.errors[0].detail == "s3:ListObjectsV2: NoSuchBucket"
    assert list(seen.unread) == ["shop"]


def test_only_current_versions_are_seen(world: Outside) -> None:
    client = boto3.client("s3")
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    put("pg/shop-20261123-020000.dump", 1)
    put("pg/shop-20261123-020000.dump", 2)
    put("pg/shop-20261124-020000.dump", 3)
    client.delete_object(Bucket=BUCKET, Key="pg/shop-20261124-020000.dump")
    client.create_multipart_upload(Bucket=BUCKET, Key="pg/shop-20261124-030000.dump")
    assert [b.size_bytes for b in found(world).histories["shop"].backups] == [2]
    client.close()


def test_boto3_lists_the_same(world: Outside) -> None:
    for number in range(1001):
        put(f"pg/備 &+%2F{number % 7}-{NOW - timedelta(hours=number):%Y%m%d-%H%M%S}.dump", number)
    client = boto3.client("s3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="pg/")
    theirs = {(o["Key"], o["Size"]) for page in pages for o in page["Contents"]}
    client.close()
    histories = found(world).histories.values()
    assert {(b.name, b.size_bytes) for h in histories for b in h.backups} == theirs


# What no real server does when it is asked to.


@pytest.fixture
def end(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Serve what a test says, and let botocore try again without waiting."""
    backoff = "botocore.retries.standard.ExponentialBackoff.delay_amount"
    monkeypatch.setattr(backoff, lambda *_: 0)
    with web() as running:
        yield running


def failure(status: int, code: str) -> Answer:
    """Return an error as S3 answers it."""
    return Answer(status, f"<Error><Code>{code}</Code><Message>T0P</Message></Error>".encode())


def page(*keys: str, token: str = "", truncated: bool | None = None) -> Answer:
    """Return a page of a listing; ``token`` names the next one."""
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>9</Size>"
        "<LastModified>2026-11-24T05:00:00.000Z</LastModified></Contents>"
        for key in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    is_truncated = str(bool(token) if truncated is None else truncated).lower()
    body = f"<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{rows}{more}"
    return Answer(200, f"{body}</ListBucketResult>".encode())


def elsewhere(end: Web, world: Outside | None = None, **changes: Any) -> Found:
    """Return what the source gives of a server of somebody else."""
    own = {
        "endpoint_url": end.url,
        "path_style": True,
        "credentials": {"access_key_id": "env:ID", "secret_access_key": "env:KEY"},
        "expect_resources": ["shop"],
    }
    return found(world or outside({"ID": "minio", "KEY": "T0PSECRET"}), **own | changes)


SHOP, LATER = "pg/shop-20261124-020000.dump", "pg/shop-20261124-030000.dump"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([failure(403, "AccessDenied")], "refused"),
        ([failure(403, "InvalidAccessKeyId")], "credentials"),
        ([failure(403, "SignatureDoesNotMatch")], "credentials"),
        ([failure(404, "NoSuchBucket")], "not-found"),
        ([failure(503, "SlowDown")], "throttled"),
        ([failure(500, "InternalError")], "provider-error"),
        ([Answer(raw=b"")], "unreachable"),
        ([Answer(200, b"<html>")], "provider-error"),
        ([Answer(200, b"<html></html>")], "malformed"),
        ([Answer(200, b"")], "malformed"),
        ([page(SHOP, token="a"), failure(403, "AccessDenied")], "refused"),
        ([page(SHOP, token="a"), failure(503, "SlowDown")], "throttled"),
        ([page(SHOP, token="a"), page(LATER, token="a")], "incomplete"),
        ([page(SHOP, truncated=True)], "incomplete"),
        ([page("")], "malformed"),
    ],
)
def test_a_list_that_fails_leaves_what_is_known_unread(
    answers: list[Answer], reason: str, end: Web
) -> None:
    end.answers = answers
    seen = elsewhere(end)
    assert seen.reasons == [reason]
    assert not seen.histories
    assert {str(error.reason) for error in seen.unread.values()} == {reason}
    assert list(seen.unread) == ["shop"]
    assert "T0P" not in seen.errors[0].detail


def test_what_passes_by_itself_is_tried_again(end: Web) -> None:
    end.answers = [failure(503, "SlowDown"), page(SHOP, token="a"), failure(500, "x"), page(LATER)]
    seen = elsewhere(end)
    assert not seen.errors
    assert [b.name for b in seen.histories["shop"].backups] == [LATER, SHOP]


def test_keys_of_its_own_sign_and_the_bucket_stands_in_the_path(end: Web) -> None:
    end.answers = [page(SHOP)]
    assert elsewhere(end, region="cn-bj").histories
    path, headers = end.got[0]
    assert path.startswith(f"/{BUCKET}?list-type=2&prefix=pg%2F")
    assert "Credential=minio/" in headers["authorization"]
    assert "/cn-bj/s3/" in headers["authorization"]
    assert "x-amz-security-token" not in headers
    lent = {"access_key_id": "env:ID", "secret_access_key": "env:KEY", "session_token": "env:T"}
    elsewhere(end, outside({"ID": "i", "KEY": "k", "T": "lent"}), credentials=lent)
    assert end.got[1][1]["x-amz-security-token"] == "lent"


def test_keys_that_are_nowhere_are_told_and_nothing_is_asked(end: Web) -> None:
    seen = elsewhere(end, outside(resolve=resolver({}, clients({}))))
    assert (seen.reasons, list(seen.unread), end.got) == (["credentials"], ["shop"], [])
    assert "env:ID" in seen.errors[0].detail


def test_the_end_of_time_is_a_gap(end: Web) -> None:
    end.answers = [page(SHOP, token="a"), page(LATER)]
    world = outside({"ID": "i", "KEY": "k"}, monotonic=stepping(0.0, 9.0), deadline=5.0)
    assert elsewhere(end, world).reasons == ["deadline"]
    assert len(end.got) == 1


@pytest.mark.parametrize("key", ["mysql/shop-20261124-020000.dump", "shop-20261124-020000.dump"])
def test_what_was_not_asked_for_is_no_backup(key: str, end: Web) -> None:
    end.answers = [page(SHOP, key)]
    seen = elsewhere(end)
    assert seen.reasons == ["malformed"]
    assert [b.name for b in seen.histories["shop"].backups] == [SHOP]


def retention(mode: str, until: str = "2027-01-01T00:00:00Z") -> Answer:
    """Return the lock of an object."""
    inner = f"<Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate>"
    return Answer(200, f"<Retention>{inner}</Retention>".encode())


@pytest.mark.parametrize(
    ("answer", "until"),
    [
        (retention("COMPLIANCE"), datetime(2027, 1, 1, tzinfo=UTC)),
        (retention("GOVERNANCE"), NEVER_LOCKED),
        (Answer(200, b"<Retention></Retention>"), NEVER_LOCKED),
        (failure(404, "NoSuchObjectLockConfiguration"), NEVER_LOCKED),
        (failure(400, "InvalidRequest"), NEVER_LOCKED),
    ],
)
def test_the_newest_backup_is_asked_for_its_lock(answer: Answer, until: datetime, end: Web) -> None:
    end.answers = [page(SHOP, LATER), answer]
    seen = elsewhere(end, read_locks=True)
    assert not seen.errors
    newest, older = seen.histories["shop"].backups
    assert (newest.locked_until, older.locked_until) == (until, None)
    assert [path.partition("?")[0] for path, _ in end.got[1:]] == [f"/{BUCKET}/{LATER}"]


def test_a_lock_that_may_not_be_seen_is_a_gap_and_not_told(end: Web) -> None:
    end.answers = [page(SHOP), failure(403, "AccessDenied")]
    seen = elsewhere(end, read_locks=True)
    assert seen.reasons == ["refused"]
    assert seen.errors[0].detail == "s3:GetObjectRetention: AccessDenied"
    assert seen.histories["shop"].backups[0].locked_until is None


def test_locks_are_asked_for_only_where_somebody_wants_them(end: Web) -> None:
    end.answers = [page(SHOP)]
    elsewhere(end)
    assert len(end.got) == 1


@pytest.mark.parametrize(
    ("changes", "account"),
    [
        ({}, f"{BUCKET}/pg"),
        ({"prefix": ""}, BUCKET),
        ({"prefix": "/pg/daily/"}, f"{BUCKET}/pg/daily"),
        ({"endpoint_url": "https://minio.example:9000/"}, f"minio.example:9000/{BUCKET}/pg"),
        ({"account": "dumps"}, "dumps"),
    ],
)  # fmt: skip
def test_the_account_is_the_place(changes: dict[str, Any], account: str) -> None:
    kind = load_sources()[KIND]
    options = kind.options.model_validate(PLAIN | changes)
    (scope,) = kind.build(options, outside({})).scopes()
    assert (scope.account, options.extent().accounts) == (account, (account,))


ARN = f"arn:aws:s3:::{BUCKET}"


@pytest.mark.parametrize(
    ("changes", "granted"),
    [
        ({}, {("s3:ListBucket", ARN)}),
        (
            {"read_locks": True},
            {("s3:ListBucket", ARN), ("s3:GetObjectRetention", f"{ARN}/pg/*")},
        ),
        ({"region": "cn-north-1"}, {("s3:ListBucket", f"arn:aws-cn:s3:::{BUCKET}")}),
        ({"endpoint_url": "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com"},
         {("s3:ListBucket", ARN)}),
        ({"endpoint_url": "https://minio.example.com"}, set()),
    ],
)  # fmt: skip
def test_no_more_is_granted_than_is_asked(
    changes: dict[str, Any], granted: set[tuple[str, str]]
) -> None:
    kind = load_sources()[KIND]
    options = kind.options.model_validate(PLAIN | changes)
    assert set(options.grants(kind.actions)) == granted


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"credentials": {"access_key_id": "env:ID"}}, "secret_access_key"),
        ({"credentials": {"access_key_id": "x"}}, "a secret does not belong in a policy"),
        ({"pattern": []}, "write a pattern such as"),
        ({"pattern": "{x}"}, "'{x}' is not a part of a pattern"),
        ({"bucket": "a/b"}, "bucket"),
        ({"endpoint_url": "https://user:pw@host"}, "without user, query and fragment"),
        ({"timezone": "Shanghai"}, "did you mean Asia/Shanghai?"),
    ],
)
def test_wrong_options_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        load_sources()[KIND].options.model_validate(PLAIN | changes)
    assert said in str(caught.value)
