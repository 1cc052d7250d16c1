import io
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import boto3
import pytest
from backup_auditor import compose
from backup_auditor.aws import clients
from backup_auditor.errors import PolicyError, UsageError
from backup_auditor.outside import Outside
from backup_auditor.policy_file import read_policy
from moto.server import ThreadedMotoServer

from tests.fakes import outside

TEXT = b"version: 1\n"
SOURCES = "version: 1\nsources: [ucloud.uredis]\n"
POLICIES = "version: 1\npolicies: [{name: a, match: {}, rules: {auto_backup: {}}}]\n"


class Bucket:
    """An S3 client that holds one object, or fails with a code."""

    def __init__(self, data: bytes = b"", failure: Exception | None = None) -> None:
        self.data = data
        self.failure = failure
        self.asked: dict[str, str] = {}

    def get_object(self, **asked: str) -> dict[str, io.BytesIO]:
        """Answer as boto3 does."""
        self.asked = asked
        if self.failure:
            raise self.failure
        return {"Body": io.BytesIO(self.data)}


class RefusedError(Exception):
    """Looks like a botocore ClientError."""

    response: ClassVar = {"Error": {"Code": "AccessDenied", "Message": "arn:aws:iam::1:x may not"}}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Serve a bucket that holds a policy in parts, and lists two keys a page."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket="policies")
    for number in range(5):
        client.put_object(Bucket="policies", Key=f"team/{number}.txt", Body=b"x")
    client.put_object(Bucket="policies", Key="team/a.yaml", Body=SOURCES.encode())
    client.put_object(Bucket="policies", Key="team/z.yml", Body=POLICIES.encode())
    client.put_object(Bucket="policies", Key="team/z.test.yaml", Body=b"cases: []")
    client.put_object(Bucket="policies", Key="team/old/b.yaml", Body=b"not read")
    client.put_object(Bucket="policies", Key="root.yaml", Body=TEXT)
    assert client.list_objects_v2(Bucket="policies")["IsTruncated"]
    yield url
    client.close()
    server.stop()
    patch.undo()


@pytest.fixture
def world(s3: str, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Return a world whose AWS is that server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return outside(aws=clients({"AWS_REGION": "us-east-1"}))


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT)
    assert read_policy(str(file), outside()) == [(str(file), b"\xef\xbb\xbf" + TEXT)]


def test_text_with_a_line_break_is_the_policy_itself() -> None:
    assert read_policy("version: 1\n", outside()) == [("inline policy", "version: 1\n")]


def test_a_folder_is_its_yaml_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Cases of a policy, hidden files and everything else are no policy."""
    for name in ("b.yml", "a.yaml", "a.test.yaml", "notes.txt", ".hidden.yaml"):
        (tmp_path / name).write_bytes(TEXT)
    found = read_policy(str(tmp_path), outside())
    assert found == [(str(tmp_path / "a.yaml"), TEXT), (str(tmp_path / "b.yml"), TEXT)]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(0, "it holds no .yaml file"), (101, "it holds 101 files; 100 are allowed")],
)
def test_a_folder_with_none_or_far_too_many_is_refused(
    tmp_path: Path, number: int, sentence: str
) -> None:
    for one in range(number):
        (tmp_path / f"{one}.yaml").write_bytes(TEXT)
    with pytest.raises(UsageError, match=sentence):
        read_policy(str(tmp_path), outside())


def test_an_s3_prefix_is_its_yaml_files_from_all_pages(world: Outside) -> None:
    found = read_policy("s3://policies/team/", world)
    assert [name for name, _ in found] == ["s3://policies/team/a.yaml", "s3://policies/team/z.yml"]
    loaded = compose.load_policies("s3://policies/team/", world)
    assert (len(loaded.sources), len(loaded.policies)) == (1, 1)
    assert str(loaded.policies[0].place) == "s3://policies/team/z.yml:2:12"


def test_a_whole_bucket_is_the_files_at_its_top(world: Outside) -> None:
    assert read_policy("s3://policies/", world) == [("s3://policies/root.yaml", TEXT)]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("s3://policies/none/", "it holds no .yaml file"),
        ("s3://policies/none.yaml", r"cannot be read \(NoSuchKey\)"),
        ("s3://no-bucket/", r"cannot be read \(NoSuchBucket\)"),
    ],
)
def test_what_is_not_in_s3_is_named(address: str, sentence: str, world: Outside) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_policy(address, world)


def test_an_object_in_s3_is_read_by_bucket_and_key() -> None:
    bucket = Bucket(TEXT)
    found = read_policy("s3://b/dir/p.yaml", outside(aws=lambda _: bucket))
    assert found == [("s3://b/dir/p.yaml", TEXT)]
    assert bucket.asked == {"Bucket": "b", "Key": "dir/p.yaml"}


@pytest.mark.parametrize(
    ("failure", "code"), [(RefusedError(), "AccessDenied"), (OSError("secret"), "OSError")]
)
def test_a_refused_object_names_the_code_and_no_more(failure: Exception, code: str) -> None:
    bucket = Bucket(failure=failure)
    with pytest.raises(UsageError) as caught:
        read_policy("s3://b/p.yaml", outside(aws=lambda _: bucket))
    assert str(caught.value) == f"policy s3://b/p.yaml: cannot be read ({code})"


@pytest.mark.parametrize("address", ["s3://", "s3://bucket", "s3:///key"])
def test_an_s3_address_needs_bucket_and_key(address: str) -> None:
    with pytest.raises(UsageError, match="write s3://bucket/key, or s3://bucket/prefix/"):
        read_policy(address, outside())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"a: 1\n\xff\xfe", "2:1: not UTF-8 text: byte 0xff"), (b"#" * 1_048_577, "longer than")],
)
def test_a_file_that_is_no_text_or_too_long_is_a_problem_of_the_policy(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(data)
    with pytest.raises(PolicyError, match=sentence):
        compose.load_policies(str(file), outside())


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(UsageError, match="x: File name too long"):
        read_policy("x" * 300, outside())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: No such file or directory"):
        read_policy(str(tmp_path / "none.yaml"), outside())
