import io
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import boto3
import pytest
from backup_auditor.aws import clients
from backup_auditor.errors import ConflictError, StoreError
from backup_auditor.outside import Outside
from backup_auditor.store import ANY, Store, Tag
from backup_auditor.store.records import Records
from backup_auditor.store.s3 import ACTIONS, S3
from botocore.exceptions import ClientError
from botocore.stub import ANY as ANYTHING
from botocore.stub import Stubber

from tests.fakes import outside
from tests.record.documents import DUE, SET, receipt, record
from tests.store.bucket import BUCKET, IS_MOTO, backend, bucket, moto_server, s3_server
from tests.store.contract import StoreContract
from tests.store.keys import KEYS


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve S3 over HTTP."""
    with s3_server() as url:
        yield url


@pytest.fixture
def world(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Return a world with an empty bucket in it."""
    TestS3.environ = {**KEYS, "AWS_ENDPOINT_URL": server}
    for name, value in TestS3.environ.items():
        monkeypatch.setenv(name, value)
    with bucket() as world:
        yield world


class TestS3(StoreContract):
    neighbour = StoreContract.neighbour if IS_MOTO else "audits/0-b/x"

    @pytest.fixture
    def store(self, world: Outside) -> Store:
        return S3(BUCKET, "memory/", world)

    def fill(self, store: Store, keys: list[str]) -> None:
        put({f"memory/{key}": b"x" for key in keys})

    def plant(self, store: Store, key: str, data: bytes) -> None:
        put({f"memory/{key}": data})


def put(objects: dict[str, bytes]) -> None:
    """Put objects into the bucket, past the store; where this process keeps it, also past HTTP."""
    if IS_MOTO:
        for key, data in objects.items():
            backend().put_object(BUCKET, key, data)
        return
    with closing(clients(KEYS)("s3")) as client, ThreadPoolExecutor(8) as pool:

        def one(key: str) -> object:
            return client.put_object(Bucket=BUCKET, Key=key, Body=objects[key])

        assert len(list(pool.map(one, objects))) == len(objects)


@pytest.fixture
def called(world: Outside) -> list[str]:
    """Return the operations that S3 is asked for, as they are asked."""
    names: list[str] = []
    client = world.aws("s3")

    def note(model: Any, **_: object) -> None:
        names.append(model.name)

    client.meta.events.register("before-call.s3", note)
    return names


def test_the_permissions_are_those_of_the_calls_that_are_made(
    world: Outside, called: list[str]
) -> None:
    store = S3(BUCKET, "", world)
    assert store.read("a") is None
    tag = store.write("a", b"1", replaces=None)
    with pytest.raises(ConflictError):
        store.write("a", b"2", replaces=None)
    with pytest.raises(ConflictError):
        store.write("none", b"2", replaces=tag)
    store.write("a", b"2", replaces=tag)
    store.write("a", b"3", replaces=ANY)
    assert list(store.keys("", after="0")) == ["a"]
    remember(Records(store, SET))
    names = {
        "get_object": "GetObject",
        "put_object": "PutObject",
        "list_objects_v2": "ListObjectsV2",
    }
    assert set(called) == {names[operation] for operation in ACTIONS}
    assert set(ACTIONS.values()) == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}


def remember(records: Records) -> None:
    """Do everything that a memory of audits does."""
    occasion = record().occasion
    for number in range(2):
        for _ in range(2):
            assert records.save(record(days=number)) == record(days=number)
    assert records.save_receipt(occasion, receipt())
    assert records.receipts(occasion) == [receipt()]
    assert records.latest() == record(days=1)
    assert records.before(DUE + timedelta(days=1)) == record()
    assert list(records.between(DUE.date(), DUE.date())) == [record()]


def test_what_is_locked_gives_way_to_new_versions_and_stays(world: Outside) -> None:
    """With a rule of Object Lock: what moves on does so by versions, and none can be deleted."""
    client = world.aws("s3")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=lock)
    records = Records(S3("locked", "", world), SET)
    remember(records)
    occasion = record().occasion
    for minutes in (0, 20):  # the second takes over from one that was stopped
        now = DUE + timedelta(minutes=minutes)
        assert records.claim(occasion, "slack", now=now, until=now + timedelta(minutes=2))
    versions = client.list_object_versions(Bucket="locked")["Versions"]
    kept = Counter(version["Key"].rpartition("/")[2] for version in versions)
    assert kept == {"default.json": 2, "record.json.xz": 2, "slack.json": 1 + 2}
    for version in versions:
        with pytest.raises(ClientError, match="AccessDenied"):
            client.delete_object(
                Bucket="locked", Key=version["Key"], VersionId=version["VersionId"]
            )


def test_only_what_is_below_the_prefix_is_seen(world: Outside) -> None:
    put(dict.fromkeys(("memory-2/a", "memory", "other/a"), b"x"))
    store = S3(BUCKET, "memory/", world)
    store.write("a", b"x", replaces=None)
    assert list(store.keys()) == ["a"]
    assert list(S3(BUCKET, "", world).keys("memory/")) == ["memory/a"]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a real client that sends nothing."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1")
    yield client
    client.close()


def stubbed(client: Any, slept: list[float] | None = None, kms_key: str = "") -> S3:
    """Return a store that talks to ``client``."""
    sleep = (slept if slept is not None else []).append
    return S3("b", "p/", outside(aws=lambda _: client, sleep=sleep), kms_key=kms_key)


PUT = {
    "Bucket": "b",
    "Key": "p/k",
    "Body": b"x",
    "Metadata": {"writer": ANYTHING},
    "ChecksumAlgorithm": "SHA256",
    "ChecksumSHA256": "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=",
}
READING = "s3:GetObject, and s3:ListBucket to see that nothing is there"
ASKING: dict[str, Callable[[S3], object]] = {
    "get_object": lambda store: store.read("k"),
    "put_object": lambda store: store.write("k", b"x", replaces=None),
    "list_objects_v2": lambda store: list(store.keys("k")),
}


@pytest.mark.parametrize(
    ("operation", "code", "sentence"),
    [
        ("get_object", "AccessDenied", f"refused (AccessDenied); the role needs {READING}"),
        ("put_object", "AccessDenied", "refused (AccessDenied); the role needs s3:PutObject"),
        ("list_objects_v2", "AccessDenied", "refused (AccessDenied); the role needs s3:ListBucket"),
        ("get_object", "NoSuchBucket", "there is no such bucket"),
        ("put_object", "NoSuchBucket", "there is no such bucket"),
        ("list_objects_v2", "NoSuchBucket", "there is no such bucket"),
        ("get_object", "PermanentRedirect", "the bucket lies in another region; set AWS_REGION"),
        ("put_object", "SlowDown", "PutObject failed (SlowDown)"),
        ("get_object", "InternalError", "GetObject failed (InternalError)"),
        ("list_objects_v2", "ExpiredToken", "ListBucket failed (ExpiredToken)"),
        (
            "put_object",
            "KMS.DisabledException",
            "the key that encrypts the bucket cannot be used (KMS.DisabledException)",
        ),
    ],
)
def test_what_s3_refuses_is_told_in_a_sentence(
    client: Any, operation: str, code: str, sentence: str
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(operation, code, "T0PSECRET arn:aws:iam::1:role/x", 403)
        with pytest.raises(StoreError) as caught:
            ASKING[operation](stubbed(client))
    assert str(caught.value) == f"store s3://b/p/: k: {sentence}"
    assert not isinstance(caught.value, ConflictError)


def test_a_key_of_kms_is_used_and_its_permissions_are_named(client: Any) -> None:
    store = stubbed(client, kms_key="alias/audits")
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/audits"}
    with Stubber(client) as stub:
        stub.add_response("put_object", {"ETag": "t"}, PUT | encryption)
        assert store.write("k", b"x", replaces=ANY) == "t"
        stub.add_client_error("put_object", "AccessDenied", "", 403)
        with pytest.raises(StoreError, match="s3:PutObject, and kms:GenerateDataKey and kms:Decr"):
            store.write("k", b"x", replaces=ANY)


def test_the_encryption_of_the_bucket_is_used(world: Outside) -> None:
    client = world.aws("s3")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    store = S3(BUCKET, "", world)
    tag = store.write("a", b"first", replaces=None)
    tag = store.write("a", b"second", replaces=tag)
    found = store.read("a")
    assert found is not None
    assert (found.data, found.tag) == (b"second", tag)
    assert client.head_object(Bucket=BUCKET, Key="a")["ServerSideEncryption"] == "AES256"


def test_the_conditions_and_the_checksum_are_sent(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("put_object", {"ETag": "1"}, PUT | {"IfNoneMatch": "*"})
        refuse(stub, {"IfNoneMatch": "*"})
        stub.add_response("put_object", {"ETag": "2"}, PUT | {"IfMatch": "1"})
        refuse(stub, {"IfMatch": '"00000000000000000000000000000000"'})
        stub.add_response("put_object", {"ETag": "3"}, PUT | {"IfMatch": "2"})
        store = stubbed(client)
        tag = store.write("k", b"x", replaces=None)
        tag = store.write("k", b"x", replaces=tag)
        assert store.write("k", b"x", replaces=tag) == "3", "it is asked once"
        stub.assert_no_pending_responses()


def refuse(stub: Stubber, condition: dict[str, str], code: str = "PreconditionFailed") -> None:
    """Answer the next write so."""
    stub.add_client_error("put_object", code, "", 412, expected_params=PUT | condition)


@pytest.mark.parametrize("code", ["SlowDown", "AccessDenied"])
def test_a_server_that_cannot_be_asked_now_is_asked_after_the_next_write(
    client: Any, code: str
) -> None:
    store = stubbed(client)
    with Stubber(client) as stub:
        for answer in (code, "ConditionalRequestConflict"):
            stub.add_response("put_object", {"ETag": "1"}, PUT | {"IfNoneMatch": "*"})
            refuse(stub, {"IfNoneMatch": "*"}, answer)
            assert store.write("k", b"x", replaces=None) == "1"
        stub.assert_no_pending_responses()


def create_and_replace(store: Store) -> None:
    """Write under both conditions."""
    store.write("a", b"y", replaces=store.write("a", b"x", replaces=None))


@pytest.mark.parametrize(
    ("deaf_to", "name"), [("HTTP_IF_NONE_MATCH", "If-None-Match"), ("HTTP_IF_MATCH", "If-Match")]
)
@pytest.mark.skipif(not IS_MOTO, reason="it is moto that can be made deaf")
def test_a_server_that_does_not_look_at_conditions_is_refused(
    deaf_to: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moto_server(deaf_to) as url:
        for variable, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(variable, value)
        with bucket() as world, pytest.raises(StoreError) as caught:
            create_and_replace(S3(BUCKET, "", world))
    assert str(caught.value) == (
        f"store s3://{BUCKET}/: a: the server writes in spite of {name}, so two audits could"
        " overwrite each other; use one with conditional writes"
    )


def test_two_writes_at_once_are_settled_by_trying_again(client: Any) -> None:
    slept: list[float] = []
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "ConditionalRequestConflict", "", 409)
        stub.add_response("put_object", {"ETag": "1"}, PUT | {"IfNoneMatch": "*"})
        refuse(stub, {"IfNoneMatch": "*"})
        assert stubbed(client, slept).write("k", b"x", replaces=None) == "1"
        assert slept == [0.2]
        for _ in range(4):
            stub.add_client_error("put_object", "ConditionalRequestConflict", "", 409)
        with pytest.raises(ConflictError):
            stubbed(client, slept).write("k", b"x", replaces=None)
        stub.assert_no_pending_responses()


def body(data: bytes, metadata: dict[str, str]) -> dict[str, Any]:
    """Return an answer with an object."""
    return {"Body": io.BytesIO(data), "Metadata": metadata, "ETag": "mine"}


@pytest.mark.parametrize("replaces", [None, Tag("t")])
def test_a_write_whose_answer_got_lost_is_a_write(client: Any, replaces: Tag | None) -> None:
    """boto3 writes again, and S3 refuses that for the sake of what is there: our own."""
    sent: dict[str, str] = {}

    def note(params: dict[str, Any], **_: object) -> None:
        sent.update(params["Metadata"])

    client.meta.events.register("provide-client-params.s3.PutObject", note)
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "PreconditionFailed", "", 412)
        stub.add_response("get_object", body(b"x", sent))
        assert stubbed(client).write("k", b"x", replaces=replaces) == "mine"
        stub.add_client_error("put_object", "PreconditionFailed", "", 412)
        stub.add_response("get_object", body(b"x", {"writer": "another"}))
        with pytest.raises(ConflictError):
            stubbed(client).write("k", b"x", replaces=replaces)
        stub.add_client_error("put_object", "PreconditionFailed", "", 412)
        stub.add_client_error("get_object", "AccessDenied", "", 403)
        with pytest.raises(StoreError, match="the role needs s3:GetObject"):
            stubbed(client).write("k", b"x", replaces=replaces)


class BrokenBody(io.BytesIO):
    """A stream that ends too early, as urllib3 tells it."""

    def read(self, _size: int | None = -1) -> bytes:
        """Fail."""
        raise ConnectionResetError("T0PSECRET")


def test_an_answer_that_breaks_off_is_told(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("get_object", {"Body": BrokenBody(), "ETag": "t"})
        with pytest.raises(StoreError) as caught:
            stubbed(client).read("k")
    assert str(caught.value) == "store s3://b/p/: k: GetObject failed (ConnectionResetError)"


@pytest.mark.skipif(not IS_MOTO, reason="reaches into what moto keeps")
def test_what_was_changed_on_its_way_is_not_taken(world: Outside) -> None:
    """The client compares the checksum that S3 keeps."""
    store = S3(BUCKET, "", world)
    store.write("a", b"as it was", replaces=None)
    backend().get_object(BUCKET, "a").value = b"altered!!"
    with pytest.raises(StoreError, match=r"a: GetObject failed \(FlexibleChecksumError\)"):
        store.read("a")


def test_a_bucket_that_is_not_there_is_told_by_the_server(world: Outside) -> None:
    store = S3("no-such-bucket", "", world)
    for ask in ASKING.values():
        with pytest.raises(StoreError, match="there is no such bucket"):
            ask(store)
