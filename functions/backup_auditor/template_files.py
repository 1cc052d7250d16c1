"""Where the text of a user's templates comes from: a folder beside the policy, or below S3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from backup_auditor.errors import AwsError
from backup_auditor.outside import Outside
from backup_auditor.policy_file import names_below, read_object
from backup_auditor.report.overrides import BrokenTemplate, Overrides

SUFFIX = ".j2"
_LONGEST = 262_144
_MOST_FILES = 50

_Files = Sequence[tuple[str, bytes]]


def read_templates(address: str, outside: Outside) -> Overrides:
    """Return the templates at ``address``: all ``*.j2`` right in a folder, or below an S3 prefix.

    What cannot be read is among ``refused``, for the report to tell: an audit is made all the same.
    """
    refused: list[BrokenTemplate] = []
    texts: dict[str, str] = {}
    try:
        files = _from_s3(address, outside) if address.startswith("s3://") else _in(Path(address))
    except BrokenTemplate as broken:
        return Overrides(refused=(broken,))
    for name, data in files:
        try:
            texts[name] = _text(name, data)
        except BrokenTemplate as broken:
            refused.append(broken)
    return Overrides(texts, outside.monotonic, refused=tuple(refused))


def beside(folder: str, file: str) -> str:
    """Return the address of ``folder`` as the policy file ``file`` means it."""
    if folder.startswith("s3://") or Path(folder).is_absolute():
        return folder
    if file.startswith("s3://"):
        return f"{file.rpartition('/')[0]}/{folder.strip('/')}/"
    return str(Path(file).parent / folder)


def _in(folder: Path) -> _Files:
    try:
        names = _some((file.name for file in folder.iterdir()), str(folder))
    except OSError as error:
        raise _unread(str(folder), error.strerror or "no reason given") from None
    return [(name, _file(folder / name)) for name in names]


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST + 1)
    except OSError as error:
        raise _unread(str(path), error.strerror or "no reason given") from None


def _from_s3(address: str, outside: Outside) -> _Files:
    where = urlsplit(address if address.endswith("/") else f"{address}/")
    bucket, prefix = where.netloc, where.path.lstrip("/")
    try:
        names = _some(names_below(bucket, prefix, outside), address)
        return [(name, read_object(bucket, prefix + name, outside)) for name in names]
    except AwsError as error:
        raise _unread(address, str(error)) from None


def _some(names: Iterable[str], where: str) -> list[str]:
    found = sorted(name for name in names if name.endswith(SUFFIX) and name[0] != ".")
    if not found:
        raise BrokenTemplate(where, 0, f"the folder holds no *{SUFFIX}")
    if len(found) > _MOST_FILES:
        cause = f"the folder holds {len(found)} templates; {_MOST_FILES} are allowed"
        raise BrokenTemplate(where, 0, cause)
    return found


def _text(name: str, data: bytes) -> str:
    if len(data) > _LONGEST:
        raise BrokenTemplate(name, 0, f"it is longer than {_LONGEST:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(data[: error.start].split(b"\n"))
        raise BrokenTemplate(name, line, "it is not UTF-8") from None


def _unread(where: str, why: str) -> BrokenTemplate:
    return BrokenTemplate(where, 0, f"it cannot be read: {why}")
