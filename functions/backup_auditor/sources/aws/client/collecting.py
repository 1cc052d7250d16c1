"""What most AWS services have in common: resources, their snapshots by owner, and orphans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, History, Orphan, Resource, Restorable, Scope
from backup_auditor.sources import Wanted
from backup_auditor.sources.aws.client.place import Place
from backup_auditor.sources.aws.client.recovery_points import recovery_points
from backup_auditor.sources.orphans import orphans_of


@dataclass(frozen=True, slots=True)
class Found:
    """One resource of an inventory."""

    resource: Resource
    arn: str = ""
    restorable: Restorable | None = None
    copies: tuple[Backup, ...] | None = None
    """Those in other regions or accounts; None where they are not told."""


def histories(
    found: Iterable[Found], owners: Mapping[str, list[Backup]], wanted: Wanted
) -> Iterator[History]:
    """Yield the history of each resource that is wanted."""
    for one in found:
        if wanted(one.resource):
            backups = owners.get(one.resource.id, [])
            yield History.of(one.resource, backups, copies=one.copies, restorable=one.restorable)


def gone(
    scope: Scope, owners: Mapping[str, list[Backup]], known: Callable[[str], bool]
) -> Iterator[Orphan]:
    """Yield an orphan for each owner of backups that is not ``known``, by its id without a name."""
    for one in orphans_of(scope, owners, known):
        yield replace(one, name=one.name or one.resource_id)


def add_recovery_points(
    place: Place, kind: str, found: Iterable[Found], owners: dict[str, list[Backup]]
) -> Iterator[SourceError]:
    """Add what AWS Backup holds of ``found`` to ``owners``: either mechanism counts.

    A snapshot that both list has one id and counts once. Where AWS Backup cannot be asked, that is
    yielded as what could not be seen; what the service itself lists is judged all the same.
    """
    by_arn = {one.arn: one.resource for one in found if one.arn}
    try:
        points = list(recovery_points(place, kind))
    except SourceError as error:
        yield error
        return
    for arn, point in points:
        resource = by_arn.get(arn)
        if resource:
            own = replace(point, resource_id=resource.id, resource_name=resource.name)
            owners.setdefault(resource.id, []).append(own)
