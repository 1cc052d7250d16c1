"""From an address to a store: a folder, or ``s3://bucket/prefix``."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from backup_auditor.errors import StoreError, UsageError
from backup_auditor.outside import Outside
from backup_auditor.store import Store
from backup_auditor.store.folder import Folder, is_something_else
from backup_auditor.store.keys import check_key
from backup_auditor.store.s3 import S3

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_KMS_KEY = re.compile(r"[A-Za-z0-9:/_-]{1,400}", re.ASCII)
_HINT = "write a folder, s3://bucket/prefix, or s3://bucket/prefix?kms_key=KEY"


def open_store(address: str, outside: Outside) -> Store:
    """Return the store at ``address``; raises UsageError for what is none.

    Nothing is read or written yet: whether it can be reached shows when it is used. Of a path it is
    seen whether something else than a folder lies there. ``kms_key`` is the id, ARN or alias of the
    key that encrypts new objects instead of the bucket's own.
    """
    if not address.strip() or "\0" in address:
        raise UsageError(f"the store has no address; {_HINT}")
    if address.startswith("s3://"):
        return _s3(address, outside)
    if "://" in address:
        raise UsageError(f"the store {_shown(address)} is not known; {_HINT}")
    if is_something_else(Path(address)):
        raise UsageError(f"the store {_shown(address)} is not a folder; {_HINT}")
    return Folder(Path(address), outside)


def _s3(address: str, outside: Outside) -> Store:
    refused = UsageError(f"the store {_shown(address)} cannot be used; {_HINT}")
    try:
        where = urlsplit(address)
        options = dict(parse_qsl(where.query, strict_parsing=True) if where.query else ())
    except ValueError:
        raise refused from None
    kms_key = options.pop("kms_key", "")
    prefix = where.path.strip("/")
    if not _BUCKET.fullmatch(where.netloc) or options or where.fragment:
        raise refused
    if where.query and not _KMS_KEY.fullmatch(kms_key):
        raise refused
    if prefix:
        try:
            check_key(prefix)
        except StoreError as error:
            raise UsageError(f"the store {_shown(address)}: {error}") from None
    return S3(where.netloc, f"{prefix}/" if prefix else "", outside, kms_key=kms_key)


def _shown(address: str) -> str:
    """Return an address without what may be a password in it."""
    return ascii(re.sub(r"//[^/@]*@", "//***@", address)[:80])
