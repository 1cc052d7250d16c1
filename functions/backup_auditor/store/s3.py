"""A store in S3: one object a key, below a prefix of a bucket.

Writes are conditional (``If-None-Match: *`` or ``If-Match``), so of several writers S3 lets one
through. S3 compares a SHA-256 of what arrives, and the client of what it reads. The bucket's own
encryption is used unless the address names a key.

The role needs what ``ACTIONS`` lists, for these objects and their bucket, and nothing else; with a
key of KMS also ``kms:GenerateDataKey`` and ``kms:Decrypt``. Nothing is ever deleted: a lifecycle
rule of the bucket ends what is too old.

Some servers that speak S3 take a condition and do not look at it; with one of these each of several
writers would take itself for the winner. So the first write with a condition is made once more, the
same bytes under the same key, where every server that looks must refuse it.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any, NoReturn

from backup_auditor.aws import call, read_body
from backup_auditor.errors import AwsError, ConflictError, StoreError, TooLargeError
from backup_auditor.outside import Outside
from backup_auditor.store import ANY, LARGEST, Replaces, Stored, Tag
from backup_auditor.store.keys import check_key, check_prefix, is_key
from backup_auditor.store.listing import in_order, start_after

ACTIONS = {
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "list_objects_v2": "s3:ListBucket",
}
"""Operation -> the permission that it needs. ``s3:ListBucket`` also lets S3 say "not found"."""

_WRITER = "writer"
_NEVER = {"IfNoneMatch": "*", "IfMatch": '"00000000000000000000000000000000"'}
"""Conditions that do not hold for what has just been written."""
_HEADERS = {"IfNoneMatch": "If-None-Match", "IfMatch": "If-Match"}
_ATTEMPTS = 4
_PAUSE_SECONDS = 0.2
_LOST = frozenset({"PreconditionFailed", "412"})
_BUSY = frozenset({"ConditionalRequestConflict", "OperationAborted", "409"})
_NOTHING = frozenset({"NoSuchKey", "404"})
_REFUSED = frozenset({"AccessDenied", "AllAccessDisabled", "403"})
_ELSEWHERE = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "301"})


class S3:
    """A store in a bucket."""

    def __init__(self, bucket: str, prefix: str, outside: Outside, *, kms_key: str = "") -> None:
        """``prefix`` is empty or ends with ``/``; nothing is asked yet."""
        self.address = f"s3://{bucket}/{prefix}"
        self._bucket = bucket
        self._prefix = prefix
        self._outside = outside
        self._heeded: set[str] = set()
        self._encryption: dict[str, str] = {}
        if kms_key:
            self._encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}

    def read(self, key: str) -> Stored | None:
        """Return what lies under ``key``; see ``Store``."""
        check_key(key)
        try:
            answer = self._get(key)
            data = read_body(answer, LARGEST + 1)
        except AwsError as error:
            if error.code in _NOTHING:
                return None
            self._fail("get_object", key, error)
        if len(data) > LARGEST:
            raise self._too_large(key)
        return Stored(data, Tag(str(answer["ETag"])))

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Put ``data`` under ``key``; see ``Store``."""
        check_key(key)
        if len(data) > LARGEST:
            raise self._too_large(key)
        writer = uuid.uuid4().hex
        condition: dict[str, str] = {}
        if replaces is None:
            condition = {"IfNoneMatch": "*"}
        elif replaces is not ANY:
            condition = {"IfMatch": replaces}
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        put = {"Body": data, "Metadata": {_WRITER: writer}}
        put |= {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum}
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._call("put_object", key, **put, **condition)
            except AwsError as error:
                if error.code not in _BUSY:
                    return self._settle(key, error, writer, replaces)
            else:
                self._doubt(key, put, condition)
                return Tag(str(answer["ETag"]))
            self._outside.sleep(_PAUSE_SECONDS * 2**attempt)
        raise self._conflict(key)

    def _doubt(self, key: str, put: dict[str, Any], condition: dict[str, str]) -> None:
        """Raise StoreError if the server does not look at such a condition; ask it once for each.

        A server that cannot be asked now is asked after the next write.
        """
        for name in condition.keys() - self._heeded:
            try:
                self._call("put_object", key, **put, **{name: _NEVER[name]})
            except AwsError as error:
                if error.code in _LOST | _BUSY | _NOTHING:
                    self._heeded.add(name)
            else:
                raise StoreError(
                    f"store {self.address}: {key}: the server writes in spite of {_HEADERS[name]},"
                    " so two audits could overwrite each other; use one with conditional writes"
                )

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """Yield keys in order, page by page; see ``Store``."""
        check_prefix(prefix)
        for key in in_order(self._pages(prefix, after), self.address):
            if key > after:
                yield key

    def _pages(self, prefix: str, after: str) -> Iterator[list[str]]:
        start = start_after(prefix, after)
        more: dict[str, str] = {"StartAfter": self._prefix + start} if start else {}
        while True:
            page = self._list(prefix, more)
            keys = (str(item["Key"]) for item in page.get("Contents", ()))
            yield [key for key in (key.removeprefix(self._prefix) for key in keys) if is_key(key)]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": str(page["NextContinuationToken"])}

    def _settle(self, key: str, error: AwsError, writer: str, replaces: Replaces) -> Tag:
        """Return the tag where a refused write is our own all the same; else raise what it means.

        An answer can get lost. The client then writes again, and S3 refuses it for the sake of
        what it has just written.
        """
        if replaces is ANY or error.code not in _LOST | _NOTHING:
            self._fail("put_object", key, error)
        try:
            found = self._get(key)
            found["Body"].close()
        except AwsError as other:
            if other.code in _NOTHING:
                raise self._conflict(key) from None
            self._fail("get_object", key, other)
        if found.get("Metadata", {}).get(_WRITER) != writer:
            raise self._conflict(key) from None
        return Tag(str(found["ETag"]))

    def _get(self, key: str) -> Any:
        aws = self._outside.aws
        name = self._prefix + key
        return call(aws, "s3", "get_object", Bucket=self._bucket, Key=name, ChecksumMode="ENABLED")

    def _call(self, operation: str, key: str, **params: Any) -> Any:
        name = self._prefix + key
        params |= self._encryption
        return call(self._outside.aws, "s3", operation, Bucket=self._bucket, Key=name, **params)

    def _list(self, prefix: str, more: dict[str, str]) -> Any:
        aws = self._outside.aws
        try:
            return call(
                aws,
                "s3",
                "list_objects_v2",
                Bucket=self._bucket,
                Prefix=self._prefix + prefix,
                **more,
            )
        except AwsError as error:
            self._fail("list_objects_v2", prefix, error)

    def _fail(self, operation: str, key: str, error: AwsError) -> NoReturn:
        raise StoreError(
            f"store {self.address}: {key}: {self._why(operation, error.code)}"
        ) from None

    def _why(self, operation: str, code: str) -> str:
        action = ACTIONS[operation]
        if code == "NoSuchBucket":
            return "there is no such bucket"
        if code in _ELSEWHERE:
            return "the bucket lies in another region; set AWS_REGION"
        if code in _REFUSED:
            return f"refused ({code}); the role needs {self._needs(operation, action)}"
        if code.startswith("KMS.") or code == "KMSAccessDenied":
            return f"the key that encrypts the bucket cannot be used ({code})"
        return f"{action.removeprefix('s3:')} failed ({code})"

    def _needs(self, operation: str, action: str) -> str:
        if operation == "get_object":
            return f"{action}, and s3:ListBucket to see that nothing is there"
        if self._encryption:
            return f"{action}, and kms:GenerateDataKey and kms:Decrypt for the key"
        return action

    def _conflict(self, key: str) -> ConflictError:
        return ConflictError(f"store {self.address}: {key} has been written by somebody else")

    def _too_large(self, key: str) -> TooLargeError:
        return TooLargeError(f"store {self.address}: {key} has more than {LARGEST:,} bytes")
