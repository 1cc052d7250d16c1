"""A bucket that is only read: every object below a prefix, and how long one of them is locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backup_auditor.aws import call
from backup_auditor.errors import AwsError, SourceError
from backup_auditor.model import GapReason
from backup_auditor.outside import Outside
from backup_auditor.sources.aws.client.failures import source_error
from backup_auditor.sources.aws.client.values import instant, number, text
from backup_auditor.speech import phrase

NEVER_LOCKED = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_OBJECTS, _MOST_PAGES = 500_000, 20_000
# What S3 answers for an object without a lock, and for a bucket that knows none.
_NO_LOCK = frozenset(
    {
        *("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
        *("ObjectLockConfigurationNotFound", "InvalidRequest"),
    }
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One object, in its current version."""

    key: str
    modified_at: datetime | None
    size_bytes: int | None
    storage_class: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket and the folder in it that is looked at."""

    name: str
    prefix: str
    client: Callable[[str], Any]
    outside: Outside

    def objects(self) -> Iterator[Stored]:
        """Yield everything below the prefix; raises SourceError, also midway.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
        """
        asked: set[str] = set()
        more: dict[str, str] = {}
        listed = 0
        for _ in range(_MOST_PAGES):
            page = self._page(more)
            rows = page.get("Contents", [])
            if not isinstance(rows, list):
                raise _malformed()
            listed += len(rows)
            if listed > _MOST_OBJECTS:
                raise _too_many()
            for row in rows:
                yield _stored(row)
            token = page.get("NextContinuationToken")
            if not page.get("IsTruncated") and not token:
                return
            if not isinstance(token, str) or not token or token in asked:
                break
            asked.add(token)
            more = {"ContinuationToken": token}
        raise _endless()

    def locked_until(self, key: str) -> datetime | None:
        """Return until when nobody can delete the object; raises SourceError.

        Only a lock in compliance mode counts: one in governance mode can be lifted by whoever has
        the permission. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html
        """
        self.outside.check_deadline()
        try:
            answer = call(self.client, "s3", "get_object_retention", Bucket=self.name, Key=key)
        except AwsError as error:
            if error.code in _NO_LOCK:
                return NEVER_LOCKED
            raise source_error(error, "s3", "GetObjectRetention") from None
        retention = answer.get("Retention") if isinstance(answer, dict) else None
        if not isinstance(retention, dict) or not retention:
            return NEVER_LOCKED
        if retention.get("Mode") != "COMPLIANCE":
            return NEVER_LOCKED
        return instant(retention, "RetainUntilDate")

    def _page(self, more: dict[str, str]) -> dict[str, Any]:
        self.outside.check_deadline()
        where = {"Bucket": self.name, "Prefix": self.prefix}
        try:
            page = call(self.client, "s3", "list_objects_v2", **where, **more)
        except AwsError as error:
            raise source_error(error, "s3", "ListObjectsV2") from None
        # Whatever else answers in XML, such as a web page, would look like an empty bucket.
        if not isinstance(page, dict) or not isinstance(page.get("IsTruncated"), bool):
            raise _malformed()
        return page


def _stored(row: object) -> Stored:
    key = row.get("Key") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(key, str) or not key:
        raise _malformed()
    # What is no text in UTF-8 could not be written down anywhere.
    key = key.encode(errors="replace").decode()
    return Stored(key, instant(row, "LastModified"), number(row, "Size"), text(row, "StorageClass"))


def _malformed() -> SourceError:
    detail = phrase(
        "{service}:{operation}: the answer is not what the API describes",
        service="s3",
        operation="ListObjectsV2",
    )
    return SourceError(GapReason.MALFORMED, detail)


def _endless() -> SourceError:
    detail = phrase(
        "{service}:{operation}: the list does not end", service="s3", operation="ListObjectsV2"
    )
    return SourceError(GapReason.INCOMPLETE, detail)


def _too_many() -> SourceError:
    detail = phrase(
        "there are more than {most} objects below the prefix; audit a narrower one",
        most=f"{_MOST_OBJECTS:,}",
    )
    return SourceError(GapReason.INCOMPLETE, detail)
