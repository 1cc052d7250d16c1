"""Files of a bucket as backups: sorted by resource, with the times that their names tell."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from backup_auditor.aws import Keys, Server, clients_of
from backup_auditor.errors import SecretError, SourceError
from backup_auditor.model import Backup, BackupState, GapReason, History, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.reference import Reference
from backup_auditor.policy.selector import matcher
from backup_auditor.shape import Shape
from backup_auditor.sources import Collected, Unplanned, Unread, Wanted
from backup_auditor.sources.s3._bucket import Bucket, Stored
from backup_auditor.sources.s3._pattern import Named, match
from backup_auditor.speech import phrases
from backup_auditor.values import write_instant

ID = "s3.objects"
_CONNECTIONS = 10
_HOME = "us-east-1"
_MOST_EXAMPLES, _LONGEST_EXAMPLE = 3, 80


class Credentials(Shape):
    """Where a key and its secret lie."""

    access_key_id: Reference = Field(description="The key.", examples=["env:MINIO_ID"])
    secret_access_key: Reference = Field(
        description="The secret of the key.", examples=["secretsmanager:minio#secret_access_key"]
    )
    session_token: Reference | None = Field(
        default=None, description="The token of temporary keys.", examples=["env:MINIO_TOKEN"]
    )


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One bucket, what reports call it, and how it is reached."""

    place: str
    region: str
    bucket: str
    endpoint_url: str
    is_path_style: bool
    credentials: Credentials | None
    """None: the usual ones of AWS."""


@dataclass(frozen=True, slots=True)
class Filing:
    """How backups are filed in it."""

    folder: str
    patterns: tuple[str, ...]
    ignore: tuple[str, ...]
    zone: ZoneInfo
    expected: tuple[str, ...]
    """Resources that must be there."""


@dataclass(frozen=True, slots=True)
class _File:
    """An object that is a backup, and when it was taken."""

    stored: Stored
    taken_at: datetime | None


@dataclass(slots=True)
class _Files:
    """What has been listed so far."""

    filing: Filing
    place: str
    by_resource: dict[str, list[_File]] = field(default_factory=dict)
    strangers: int = 0
    examples: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in self.filing.expected:
            self.by_resource.setdefault(name, [])

    def add(self, stored: Stored) -> None:
        """File ``stored``, or count it among those that nobody knows."""
        name = stored.key.removeprefix(self.filing.folder)
        if self._is_none(name, stored):
            return
        found = self._named(name) if stored.key.startswith(self.filing.folder) else None
        if found is None:
            self.strangers += 1
            if len(self.examples) < _MOST_EXAMPLES:
                self.examples.append(repr(stored.key)[:_LONGEST_EXAMPLE])
            return
        file = _File(stored, _taken(found, stored.modified_at))
        self.by_resource.setdefault(found.resource or self.place, []).append(file)

    def _named(self, name: str) -> Named | None:
        tried = (match(pattern, name, self.filing.zone) for pattern in self.filing.patterns)
        return next(filter(None, tried), None)

    def _is_none(self, name: str, stored: Stored) -> bool:
        if stored.size_bytes == 0 and (not name or name.endswith("/")):
            return True
        return bool(self.filing.ignore) and bool(matcher(self.filing.ignore)(name))

    def complaint(self) -> SourceError | None:
        """Return what is to be told of objects that nobody knows."""
        if not self.strangers:
            return None
        detail = phrases(
            "{n} object matches no pattern and is not ignored: {examples}",
            "{n} objects match no pattern and are not ignored, such as {examples}",
            self.strangers,
            examples=self.examples,
        )
        return SourceError(GapReason.MALFORMED, detail)


class ObjectsSource:
    """One bucket is one scope; credentials are looked at when it is read."""

    def __init__(
        self, where: Whereabouts, filing: Filing, outside: Outside, *, read_locks: bool
    ) -> None:
        """``read_locks``: ask for the lock of the newest backup of each resource."""
        self._where = where
        self._filing = filing
        self._outside = outside
        self._read_locks = read_locks

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List the one scope."""
        yield Scope(ID, self._where.place, self._where.region)

    def collect(
        self,
        scope: Scope,
        wanted: Wanted,
        *,
        orphans: bool,  # noqa: ARG002 - no resource is gone
    ) -> Generator[Collected, None, None]:
        """Yield every resource with its files; those that are known also where listing fails."""
        files = _Files(self._filing, scope.account)
        try:
            bucket = self._bucket()
            for stored in bucket.objects():
                files.add(stored)
        except SourceError as error:
            for name in files.by_resource:
                if wanted(resource := _resource(name, scope)):
                    yield Unread(resource, error)
            raise
        for name, found in files.by_resource.items():
            if wanted(resource := _resource(name, scope)):
                history = History.of(resource, [_backup(file, name) for file in found])
                yield from self._locked(history, bucket)
        if complaint := files.complaint():
            yield complaint

    def _locked(self, history: History, bucket: Bucket) -> Iterator[Collected]:
        """Yield ``history`` with the lock of its newest backup, where that is asked for."""
        if not self._read_locks or not history.backups:
            yield history
            return
        newest, *others = history.backups
        try:
            newest = replace(newest, locked_until=bucket.locked_until(newest.name))
        except SourceError as error:
            yield error
        yield History.of(history.resource, [newest, *others])

    def _bucket(self) -> Bucket:
        where = self._where
        client = clients_of(
            self._outside.environ,
            self._region(),
            self._keys(),
            _CONNECTIONS,
            Server(where.endpoint_url, where.is_path_style),
        )
        return Bucket(where.bucket, self._filing.folder, client, self._outside)

    def _region(self) -> str:
        environ = self._outside.environ
        named = self._where.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        return named or _HOME  # a signature needs one; S3 says where the bucket really is

    def _keys(self) -> Keys | None:
        given = self._where.credentials
        if given is None:
            return None
        resolve = self._outside.resolve
        try:
            key, secret = resolve(given.access_key_id), resolve(given.secret_access_key)
            token = resolve(given.session_token) if given.session_token else None
        except SecretError as error:
            raise SourceError(GapReason.CREDENTIALS, error.detail) from error
        return Keys(key.reveal(), secret, token)


def _resource(name: str, scope: Scope) -> Resource:
    return Resource(
        id=name, name=name, source=scope.source, account=scope.account, region=scope.region
    )


def _taken(named: Named, modified: datetime | None) -> datetime | None:
    """Return when a backup was taken: what it holds cannot be newer than the object."""
    if named.at is None or modified is None:
        return named.at or modified
    is_of_that_day = named.ends is not None and named.at <= modified < named.ends
    return modified if is_of_that_day else min(named.at, modified)


def _backup(file: _File, owner: str) -> Backup:
    stored, taken = file.stored, file.taken_at
    # A file that is written over is another backup, unless its name tells when it was taken.
    is_by_object = taken is not None and taken == stored.modified_at
    return Backup(
        id=f"{stored.key} {write_instant(taken)}" if is_by_object else stored.key,
        resource_id=owner,
        state=BackupState.SUCCEEDED,
        taken_at=taken,
        state_raw=stored.storage_class,
        size_bytes=stored.size_bytes,
        name=stored.key,
        resource_name=owner,
    )
