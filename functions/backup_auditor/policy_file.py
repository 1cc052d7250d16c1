"""Where the text of a policy comes from: a file, a folder, S3, or the request itself."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from backup_auditor.aws import call
from backup_auditor.errors import AwsError, UsageError
from backup_auditor.outside import Outside

_LONGEST = 1_048_576
_SUFFIXES = (".yaml", ".yml")


def read_policy(address: str, outside: Outside) -> tuple[str, str]:
    """Return (text, name) of the policy at ``address``; raises UsageError where there is none.

    An address with a line break is the YAML itself, ``s3://bucket/key`` an object, everything else
    a file, or a folder that holds exactly one ``.yaml`` file.
    """
    if "\n" in address:
        return _decoded(address.encode(), "inline policy"), "inline policy"
    if address.startswith("s3://"):
        return _decoded(_from_s3(address, outside), address), address
    path = _file_of(Path(address))
    try:
        with path.open("rb") as file:
            return _decoded(file.read(_LONGEST + 1), str(path)), str(path)
    except OSError as error:
        raise UsageError(f"policy {path}: {error.strerror or 'cannot be read'}") from error


def _file_of(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = sorted(f for f in path.iterdir() if f.suffix in _SUFFIXES)
    if len(files) != 1:
        names = ", ".join(f.name for f in files[:10]) or "none"
        raise UsageError(
            f"policy {path}: a folder must hold exactly one .yaml file; found: {names}"
        )
    return files[0]


def _from_s3(address: str, outside: Outside) -> bytes:
    where = urlsplit(address)
    key = where.path.lstrip("/")
    if not where.netloc or not key:
        raise UsageError(f"policy {address}: write s3://bucket/key")
    try:
        answer = call(outside.aws, "s3", "get_object", Bucket=where.netloc, Key=key)
        with answer["Body"] as body:
            return bytes(body.read(_LONGEST + 1))
    except (AwsError, OSError) as error:
        raise UsageError(f"policy {address}: cannot be read ({error})") from None


def _decoded(data: bytes, name: str) -> str:
    if len(data) > _LONGEST:
        raise UsageError(f"policy {name}: longer than {_LONGEST} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"policy {name}: not UTF-8 text (byte {error.start + 1})") from error
