import io
from pathlib import Path
from typing import ClassVar

import pytest
from backup_auditor.errors import UsageError
from backup_auditor.policy_file import read_policy

from tests.fakes import outside

TEXT = "version: 1\n"


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


def test_a_file_is_read_as_utf_8_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert read_policy(str(file), outside()) == (TEXT, str(file))


def test_text_with_a_line_break_is_the_policy_itself() -> None:
    assert read_policy(TEXT, outside()) == (TEXT, "inline policy")


def test_a_folder_with_one_policy_file_stands_for_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "p.yml").write_text(TEXT)
    assert read_policy(str(tmp_path), outside())[0] == TEXT


@pytest.mark.parametrize(("names", "found"), [([], "none"), (["a.yaml", "b.yml"], "a.yaml, b.yml")])
def test_a_folder_with_none_or_several_is_refused(
    tmp_path: Path, names: list[str], found: str
) -> None:
    for name in names:
        (tmp_path / name).write_text(TEXT)
    with pytest.raises(UsageError, match=f"exactly one .yaml file; found: {found}"):
        read_policy(str(tmp_path), outside())


def test_an_object_in_s3_is_read_by_bucket_and_key() -> None:
    bucket = Bucket(TEXT.encode())
    assert read_policy("s3://b/dir/p.yaml", outside(aws=lambda _: bucket))[0] == TEXT
    assert bucket.asked == {"Bucket": "b", "Key": "dir/p.yaml"}


@pytest.mark.parametrize(
    ("failure", "code"), [(RefusedError(), "AccessDenied"), (OSError("secret"), "OSError")]
)
def test_a_refused_object_names_the_code_and_no_more(failure: Exception, code: str) -> None:
    bucket = Bucket(failure=failure)
    with pytest.raises(UsageError) as caught:
        read_policy("s3://b/p.yaml", outside(aws=lambda _: bucket))
    assert str(caught.value) == f"policy s3://b/p.yaml: cannot be read ({code})"


@pytest.mark.parametrize("address", ["s3://", "s3://bucket", "s3://bucket/"])
def test_an_s3_address_needs_bucket_and_key(address: str) -> None:
    with pytest.raises(UsageError, match="write s3://bucket/key"):
        read_policy(address, outside())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"\xff\xfe", "not UTF-8 text"), (b"#" * 1_048_577, "longer than 1048576 bytes")],
)
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=sentence):
        read_policy(str(file), outside())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: No such file or directory"):
        read_policy(str(tmp_path / "none.yaml"), outside())
