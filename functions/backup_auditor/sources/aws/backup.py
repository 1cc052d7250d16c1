"""AWS Backup: every resource that it protects, of whatever service, with its recovery points.

Lists what is protected with ``ListProtectedResources``, the vaults with ``ListBackupVaults``, and
their recovery points with ``ListRecoveryPointsByBackupVault``. A recovery point in another region
or account than its resource is a copy; copies are known only where all regions and accounts that
this source asks have answered. Locks count in compliance mode only: nobody can take them back.

A resource that was never protected is not seen here: that is what the source of its own service is
for, which counts the recovery points as well.

API: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, Fact, History, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources import Collected, Source, Unplanned, Wanted
from backup_auditor.sources.aws._source import PLACE_ACTIONS, AwsOptions, AwsSource
from backup_auditor.sources.aws.client import recovery_points
from backup_auditor.sources.aws.client.collecting import gone
from backup_auditor.sources.aws.client.owners import Identity, told_once
from backup_auditor.sources.aws.client.place import NEXT_TOKEN, Place
from backup_auditor.sources.aws.client.values import text
from backup_auditor.sources.orphans import by_owner

ID = "aws.backup"
ACTIONS = (*PLACE_ACTIONS, *recovery_points.ACTIONS, "backup:ListProtectedResources")
TELLS = (*recovery_points.TELLS, Fact.COPIES)

Points = list[tuple[str, Backup]]


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return _AwsBackup(options, outside)


class _AwsBackup:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._vaults = AwsSource(ID, options, outside, self._read)
        self._scopes: list[Scope] = []
        self._is_whole = True
        self._points: dict[Scope, Points | SourceError] = {}
        self._locks: dict[Scope, threading.Lock] = {}

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List account x region, and keep them: any of them may hold copies of another."""
        items = list(self._vaults.scopes())  # all of them, before the first is collected
        self._scopes = [item for item in items if isinstance(item, Scope)]
        self._locks = {scope: threading.Lock() for scope in self._scopes}
        self._is_whole = len(self._scopes) == len(items)
        self._points = {}
        yield from items

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield every protected resource of ``scope`` with its recovery points."""
        return self._vaults.collect(scope, wanted, orphans=orphans)

    def _read(
        self, place: Place, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        listed = place.rows("backup", "ListProtectedResources", "Results", NEXT_TOKEN)
        rows = yield from told_once(listed, lambda row: Identity(text(row, "ResourceArn")))
        found = {
            arn: _resource(place, arn, row)
            for row in rows
            if _is_of(arn := text(row, "ResourceArn"), place.scope)
        }
        points = self._points_of(place.scope)
        if isinstance(points, SourceError):
            raise points
        owners = by_owner(point for _, point in points)
        copies = self._copies(place.scope)
        for arn, resource in found.items():
            if wanted(resource):
                theirs = None if copies is None else copies.get(arn, [])
                yield History.of(resource, owners.get(arn, []), copies=theirs)
        if orphans:
            here = {arn: rows for arn, rows in owners.items() if _is_of(arn, place.scope)}
            yield from gone(place.scope, here, found.__contains__)

    def _copies(self, scope: Scope) -> Mapping[str, list[Backup]] | None:
        """Return what lies elsewhere of the resources of ``scope``; None unless all was seen."""
        if not self._is_whole:
            return None
        found: list[Backup] = []
        for other in self._scopes:
            if other == scope:
                continue
            points = self._points_of(other)
            if isinstance(points, SourceError):
                return None
            found += [
                replace(point, account=other.account, region=other.region)
                for arn, point in points
                if _is_of(arn, scope)
            ]
        return by_owner(found)

    def _points_of(self, scope: Scope) -> Points | SourceError:
        """Return the recovery points that lie in ``scope``; they are asked for once."""
        with self._locks[scope]:
            if scope not in self._points:
                try:
                    place = self._vaults.place(scope)
                    self._points[scope] = list(recovery_points.recovery_points(place))
                except SourceError as error:
                    self._points[scope] = error
            return self._points[scope]


def _is_of(arn: str, scope: Scope) -> bool:
    """Return whether the resource lies in ``scope``; some ARNs, as those of S3, do not tell."""
    parts = [*arn.split(":"), *[""] * 6]
    return parts[3] in {"", scope.region} and parts[4] in {"", scope.account}


def _resource(place: Place, arn: str, row: Mapping[str, Any]) -> Resource:
    own = arn.split(":", 5)[-1].replace(":", "/").rpartition("/")[2]
    return place.resource(
        arn, name=text(row, "ResourceName") or own, kind=text(row, "ResourceType")
    )
