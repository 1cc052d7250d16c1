"""Where the text of a policy comes from: a file, a folder, S3, or the request itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from backup_auditor.aws import call, read_body
from backup_auditor.errors import AwsError, UsageError
from backup_auditor.outside import Outside
from backup_auditor.policy.load import Files

T = TypeVar("T")

CASES_SUFFIX = ".test.yaml"
"""What the cases of a policy end in; they lie beside it and are no policy."""

_LONGEST = 1_048_576
_MOST_FILES = 100
_SUFFIXES = (".yaml", ".yml")


def read_policy(address: str, outside: Outside) -> Files:
    """Return the files of the policy at ``address``; raises UsageError where there is none.

    An address with a line break is the YAML itself; ``s3://bucket/key`` is an object and
    ``s3://bucket/prefix/`` all YAML files right below it; everything else is a file, or a folder
    of YAML files. Several files come in the order of their names. Each is read up to one byte
    more than a policy may have, so that a longer one is found out.
    """
    if "\n" in address:
        return [("inline policy", address)]
    if address.startswith("s3://"):
        return _from_s3(address, outside)
    path = Path(address)
    if not _is_folder(path):
        return [(address, read_file(path, "policy"))]
    return [(str(file), read_file(file, "policy")) for file in _policies_in(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long: reading it says what is wrong
        return False


def read_file(path: Path, what: str) -> bytes:
    """Return up to one byte more than ``what`` (a policy, say) may have; raises UsageError."""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"{what} {path}: {error.strerror or 'cannot be read'}") from error


def _policies_in(folder: Path) -> list[Path]:
    try:
        files = sorted(file for file in folder.iterdir() if is_policy(file.name))
    except OSError as error:
        raise UsageError(f"policy {folder}: {error.strerror or 'cannot be read'}") from error
    return _some(files, str(folder))


def is_policy(name: str) -> bool:
    """Return whether a file of that name is a policy, or a part of one, in a folder of them."""
    return name.endswith(_SUFFIXES) and not name.endswith(CASES_SUFFIX) and name[0] != "."


def _some(files: list[T], where: str) -> list[T]:
    if not files:
        raise UsageError(f"policy {where}: it holds no .yaml file")
    if len(files) > _MOST_FILES:
        raise UsageError(f"policy {where}: it holds {len(files)} files; {_MOST_FILES} are allowed")
    return files


def _from_s3(address: str, outside: Outside) -> Files:
    where = urlsplit(address)
    bucket, key = where.netloc, where.path.lstrip("/")
    if not bucket or not (key or where.path == "/"):
        raise UsageError(f"policy {address}: write s3://bucket/key, or s3://bucket/prefix/")
    try:
        keys = [key]
        if not key or key.endswith("/"):
            names = sorted(filter(is_policy, names_below(bucket, key, outside)))
            keys = [key + name for name in _some(names, address)]
        return [(f"s3://{bucket}/{one}", read_object(bucket, one, outside)) for one in keys]
    except AwsError as error:
        raise UsageError(f"policy {address}: cannot be read ({error})") from None


def names_below(bucket: str, prefix: str, outside: Outside) -> Iterator[str]:
    """Yield the names of all objects right below ``prefix``; raises AwsError."""
    token: dict[str, str] = {}
    while True:
        page = call(
            outside.aws,
            "s3",
            "list_objects_v2",
            Bucket=bucket,
            Prefix=prefix,
            Delimiter="/",
            **token,
        )
        names = (str(item["Key"]).removeprefix(prefix) for item in page.get("Contents", ()))
        yield from filter(None, names)
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": str(page["NextContinuationToken"])}


def read_object(bucket: str, key: str, outside: Outside) -> bytes:
    """Return up to one byte more of an object than a policy may have; raises AwsError."""
    answer = call(outside.aws, "s3", "get_object", Bucket=bucket, Key=key)
    return read_body(answer, _LONGEST + 1)
