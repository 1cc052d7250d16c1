"""Backups that are files in a bucket: pg_dump, mysqldump, exports of any tool, on any S3 server.

Lists every object below ``prefix`` with ``ListObjectsV2``, to the last page. ``pattern`` says what
their names mean, from the prefix on; a list of patterns is tried in order. Its parts are:

* ``{resource}``: whose backup it is, 1 to 200 characters without ``/``. ``{group}`` beside it gives
  resources of two levels, ``group/resource``. Without it, everything is of one resource.
* ``{year}``, ``{month}``, ``{day}``, ``{hour}``, ``{minute}``, ``{second}``: digits, in
  ``timezone``. ``{date}`` is short for ``{year}{month}{day}``, ``{time}`` for
  ``{hour}{minute}{second}``. ``{unix}`` is seconds since 1970.
* ``*``: anything without ``/``. All else stands for itself.

A part that stands twice must be the same both times. Open parts take as little as they can.

Example::

    s3.objects: {bucket: backups, prefix: pg, pattern: "{resource}/{date}-{time}.dump"}

The time of a backup is that of its name, and never later than the object's ``LastModified``, which
is also taken where the name has no time. A name with a day alone means ``LastModified`` on that
day, and else the first moment of the day. Of an hour that comes twice the first is taken.

Every object is taken for a finished backup, because S3 shows an object only when all of it is
there. An upload that was never finished is not seen. An object of 0 bytes stays a backup of 0
bytes: ask ``minimum_size`` or ``size_drift``. The storage class (such as ``DEEP_ARCHIVE``) is kept
beside the state; what must be thawed first counts as usable. Of a versioned bucket the current
versions are seen, so what was deleted is gone. Whether an object is encrypted the listing does not
tell, and what the bucket is set to says nothing of each object: it is not told. Nothing is read of
what is in the files.

``expect_resources`` is the inventory: each of them is audited, also without a single object. A
resource that is not in it is audited where it has objects. Without the list, a resource whose files
are all gone is known only to the memory of audits, and where audits are not kept, to nobody.

Objects whose name matches no pattern are one gap that tells how many and some names, unless
``ignore`` has a glob for them (over the name from the prefix on; its ``*`` also takes ``/``).
Empty objects that end in ``/``, which consoles make for folders, are left out.

With ``read_locks`` the newest backup of each resource is asked for its Object Lock
(``GetObjectRetention``). Only compliance mode counts, because governance mode can be lifted.

The account of these resources is the place: the bucket with its prefix, after the host of
``endpoint_url`` where that is given, such as ``minio.example.com/backups/pg``; their region is
``region``. Both make the fingerprint of a finding: ``account`` keeps it when files move. Two
entries must not have the same place; give one entry several patterns.

API: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from backup_auditor.model import Fact
from backup_auditor.outside import Outside
from backup_auditor.policy.extent import Extent
from backup_auditor.policy.fields import Globs, Name, Server, zone
from backup_auditor.policy.model import SourceOptions
from backup_auditor.sources import Source
from backup_auditor.sources.aws.client.place import partition_of
from backup_auditor.sources.s3._pattern import compiled
from backup_auditor.sources.s3._source import (
    ID,
    Credentials,
    Filing,
    ObjectsSource,
    Whereabouts,
)

__all__ = ["ACTIONS", "ID", "Options", "build"]

_RETENTION = "s3:GetObjectRetention"
ACTIONS = ("s3:ListBucket", _RETENTION)
TELLS = (Fact.SIZE, Fact.LOCK)
_AMAZON = (".amazonaws.com", ".amazonaws.com.cn")
_MOST_PATTERNS, _MOST_RESOURCES = 20, 10_000
_PATTERN_HINT = "write a pattern such as {resource}-{date}.dump, or a list of them"


def _patterns(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not 0 < len(items) <= _MOST_PATTERNS or not all(isinstance(i, str) for i in items):
        raise ValueError(_PATTERN_HINT)
    for item in items:
        compiled(item)
    return tuple(items)


def _zone(name: str) -> str:
    return zone(name).key


_PATTERN_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 500}
Patterns = Annotated[
    tuple[str, ...],
    BeforeValidator(_patterns),
    WithJsonSchema(
        {
            **_PATTERN_SCHEMA,
            "type": ["string", "array"],
            "items": _PATTERN_SCHEMA,
            "minItems": 1,
            "maxItems": _MOST_PATTERNS,
            "errorMessage": _PATTERN_HINT,
        }
    ),
]
"""A pattern, or a list of patterns."""


class Options(SourceOptions):
    """What a policy file may say about this source."""

    bucket: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$",
        description="Name of the bucket.",
        examples=["backups"],
    )
    pattern: Patterns = Field(
        description=(
            "What names mean, from prefix on: {resource}, {group}, {year}, {month}, {day}, {hour},"
            " {minute}, {second}, {date}, {time}, {unix}, and * for anything without a slash."
        ),
        examples=["{resource}-{date}-{time}.dump", ["{resource}/{date}.gz", "{resource}.latest"]],
    )
    prefix: str = Field(
        default="",
        max_length=500,
        description="The folder that is looked at, with all that is below; default: the bucket.",
        examples=["pg"],
    )
    ignore: Globs = Field(
        default=(),
        description="Files that are no backups, by their name from prefix on.",
        examples=[["*.sha256", "*/MANIFEST"]],
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="Of the times in the names.", examples=["Asia/Shanghai"]
    )
    expect_resources: Annotated[list[Name], Field(max_length=_MOST_RESOURCES)] | None = Field(
        default=None,
        description="The inventory: who must have backups, as {resource} is called.",
        examples=[["shop", "orders"]],
    )
    read_locks: bool = Field(
        default=False,
        strict=True,
        description="true: ask until when the newest backup of each resource is locked.",
        examples=[True],
    )
    endpoint_url: Server | None = Field(
        default=None,
        description="Another server than AWS's, such as MinIO or UCloud US3.",
        examples=["https://minio.example.com"],
    )
    path_style: bool = Field(
        default=False,
        strict=True,
        description="true: the bucket stands in the path of the address, as MinIO wants it.",
        examples=[True],
    )
    region: str = Field(
        default="",
        max_length=100,
        description="Region of the bucket; default: that of the environment.",
        examples=["eu-central-1"],
    )

    def told(self, facts: Collection[Fact]) -> Collection[Fact]:
        """Leave out locks unless they are asked for."""
        return [fact for fact in facts if fact is not Fact.LOCK or self.read_locks]

    credentials: Credentials | None = Field(
        default=None,
        description="Keys of their own; default: the usual AWS_* and roles.",
        examples=[{"access_key_id": "env:MINIO_ID", "secret_access_key": "env:MINIO_KEY"}],
    )
    account: Name | None = Field(
        default=None,
        description="What reports and match call the place; default: host, bucket and prefix.",
        examples=["dumps"],
    )

    @property
    def folder(self) -> str:
        """What the keys of all files begin with: empty, or a text that ends in a slash."""
        inner = self.prefix.strip("/")
        return f"{inner}/" if inner else ""

    @property
    def place(self) -> str:
        """The account of all resources of this entry."""
        host = urlsplit(self.endpoint_url).netloc if self.endpoint_url else ""
        found = "/".join(filter(None, (host, self.bucket, self.folder.rstrip("/"))))
        return self.account or found

    def extent(self) -> Extent:
        """Return the one place that is asked about."""
        return Extent(accounts=(self.place,), regions=(self.region,))

    def grants(self, actions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield what AWS must allow, of this bucket alone; another server has its own ways."""
        host = urlsplit(self.endpoint_url).hostname or "" if self.endpoint_url else ""
        if host and not host.endswith(_AMAZON):
            return
        arn = f"arn:{partition_of(self.region)}:s3:::{self.bucket}"
        for action in actions:
            if action != _RETENTION:
                yield action, arn
            elif self.read_locks:
                yield action, f"{arn}/{self.folder}*"


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    filing = Filing(
        folder=options.folder,
        patterns=options.pattern,
        ignore=options.ignore,
        zone=zone(options.timezone),
        expected=tuple(options.expect_resources or ()),
    )
    where = Whereabouts(
        place=options.place,
        region=options.region,
        bucket=options.bucket,
        endpoint_url=options.endpoint_url or "",
        is_path_style=options.path_style,
        credentials=options.credentials,
    )
    return ObjectsSource(where, filing, outside, read_locks=options.read_locks)
