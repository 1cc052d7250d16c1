"""Where templates of a user are read from, and what is said of those that cannot be."""

import io
from pathlib import Path
from typing import Any, ClassVar

import pytest
from backup_auditor.report.overrides import Overrides
from backup_auditor.template_files import beside, read_templates

from tests.fakes import outside


def refused(overrides: Overrides) -> list[str]:
    """Return what is said of templates that cannot be read."""
    return [str(one) for one in overrides.refused]


def test_the_templates_right_in_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    for name in ("report.txt.j2", "_a.j2", ".hidden.j2", "notes.txt", "deeper/b.j2"):
        (tmp_path / name).write_text(f"{name} \u00fc", "utf-8")
    found = read_templates(str(tmp_path), outside())
    assert found.texts == {"report.txt.j2": "report.txt.j2 ü", "_a.j2": "_a.j2 ü"}
    assert not found.refused


def test_one_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_bytes(b"fine")
    (tmp_path / "b.j2").write_bytes(b"fine\n\xff")
    (tmp_path / "c.j2").write_bytes(b"x" * 262_145)
    found = read_templates(str(tmp_path), outside())
    assert found.texts == {"a.j2": "fine"}
    assert refused(found) == [
        "template b.j2, line 2: it is not UTF-8",
        "template c.j2: it is longer than 262,144 bytes",
    ]


def test_a_folder_without_templates_is_told(tmp_path: Path) -> None:
    (said,) = refused(read_templates(str(tmp_path), outside()))
    assert said == f"template {tmp_path}: the folder holds no *.j2"
    (said,) = refused(read_templates(f"{tmp_path}/none", outside()))
    assert said == f"template {tmp_path}/none: it cannot be read: No such file or directory"


def test_a_folder_with_too_many_templates_is_told(tmp_path: Path) -> None:
    for number in range(51):
        (tmp_path / f"{number}.j2").touch()
    (said,) = refused(read_templates(str(tmp_path), outside()))
    assert "it holds 51 templates; 50 are allowed" in said.replace("the folder", "it")


class Bucket:
    """An S3 client that holds some objects."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = {name.replace("__", "."): data for name, data in objects.items()}
        self.asked: list[dict[str, Any]] = []

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        """Answer as boto3 does."""
        self.asked.append(asked)
        return {"Contents": [{"Key": f"{asked['Prefix']}{name}"} for name in self.objects]}

    def get_object(self, **asked: Any) -> dict[str, Any]:
        """Answer as boto3 does."""
        self.asked.append(asked)
        return {"Body": io.BytesIO(self.objects[asked["Key"].rpartition("/")[2]])}


class RefusedError(Exception):
    """Looks like a botocore ClientError."""

    response: ClassVar = {"Error": {"Code": "AccessDenied", "Message": "may not"}}


@pytest.mark.parametrize("address", ["s3://b/team/t", "s3://b/team/t/"])
def test_an_s3_prefix_is_a_folder(address: str) -> None:
    bucket = Bucket(report__txt__j2=b"text", policy__yaml=b"no")
    found = read_templates(address, outside(aws=lambda _service: bucket))
    assert found.texts == {"report.txt.j2": "text"}
    assert bucket.asked[0]["Prefix"] == "team/t/"
    assert bucket.asked[1:] == [{"Bucket": "b", "Key": "team/t/report.txt.j2"}]


def test_a_bucket_that_refuses_is_told() -> None:
    class Closed(Bucket):
        def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
            raise RefusedError

    found = read_templates("s3://b/t/", outside(aws=lambda _service: Closed()))
    assert refused(found) == ["template s3://b/t/: it cannot be read: AccessDenied"]


@pytest.mark.parametrize(
    ("folder", "file", "address"),
    [
        ("t", "policies/p.yaml", "policies/t"),
        ("../t", "policies/p.yaml", "policies/../t"),
        ("/t", "policies/p.yaml", "/t"),
        ("t", "p.yaml", "t"),
        ("t", "inline policy", "t"),
        ("t/", "s3://b/team/p.yaml", "s3://b/team/t/"),
        ("s3://c/t/", "p.yaml", "s3://c/t/"),
    ],
)
def test_a_folder_is_seen_from_its_policy_file(folder: str, file: str, address: str) -> None:
    assert beside(folder, file) == address
