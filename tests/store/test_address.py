from pathlib import Path

import pytest
from backup_auditor.errors import UsageError
from backup_auditor.store.address import open_store
from backup_auditor.store.folder import Folder
from backup_auditor.store.s3 import S3

from tests.fakes import outside


@pytest.mark.parametrize(
    ("address", "kind", "shown"),
    [
        ("memory", Folder, "memory"),
        ("/var/lib/audits", Folder, "/var/lib/audits"),
        ("C:\\audits", Folder, str(Path("C:\\audits"))),
        ("s3://a-bucket", S3, "s3://a-bucket/"),
        ("s3://a-bucket/", S3, "s3://a-bucket/"),
        ("s3://a-bucket/team/audits", S3, "s3://a-bucket/team/audits/"),
        ("s3://a-bucket/team/?kms_key=alias/x", S3, "s3://a-bucket/team/"),
    ],
)
def test_an_address_names_a_store_and_asks_nothing(address: str, kind: type, shown: str) -> None:
    store = open_store(address, outside())
    assert isinstance(store, kind)
    assert store.address == shown


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "the store has no address; write a folder, s3://bucket/prefix"),
        (" ", "has no address"),
        ("a\0b", "has no address"),
        ("gs://bucket", "the store 'gs://bucket' is not known; write a folder"),
        ("https://me:T0PSECRET@host/x", r"'https://\*\*\*@host/x' is not known"),
        ("s3://", "cannot be used"),
        ("s3://B", "cannot be used"),
        ("s3://me:T0PSECRET@bucket/x", r"'s3://\*\*\*@bucket/x' cannot be used"),
        ("s3://[bucket/x", "cannot be used"),
        ("s3://bucket/x?kms_key=", "cannot be used"),
        ("s3://bucket/x?kms_key=a b", "cannot be used"),
        ("s3://bucket/x?region=eu", "cannot be used"),
        ("s3://bucket/x?", None),
        ("s3://bucket/x#y", "cannot be used"),
        ("s3://bucket/../x", "is not allowed"),
        ("s3://bucket/a//b", "is not allowed"),
    ],
)
def test_what_is_no_address_is_refused(address: str, sentence: str | None) -> None:
    if sentence is None:
        assert open_store(address, outside()).address == "s3://bucket/x/"
        return
    with pytest.raises(UsageError, match=sentence) as caught:
        open_store(address, outside())
    assert "T0PSECRET" not in str(caught.value)


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("x")
    link.symlink_to(tmp_path / "nothing")
    for path in (file, link):
        with pytest.raises(UsageError, match=r"' is not a folder; write a folder, s3://bucket/pre"):
            open_store(str(path), outside())
    (tmp_path / "nothing").mkdir()
    assert open_store(str(link), outside()).address == str(link)
