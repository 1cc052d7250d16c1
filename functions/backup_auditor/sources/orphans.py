"""Backups by their owner, and those whose owner is gone: the same for every provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from backup_auditor.model import Backup, Orphan, Scope


def by_owner(backups: Iterable[Backup]) -> dict[str, list[Backup]]:
    """Return backups by the id of their resource."""
    owners: dict[str, list[Backup]] = {}
    for backup in backups:
        owners.setdefault(backup.resource_id, []).append(backup)
    return owners


def orphans_of(
    scope: Scope, owners: Mapping[str, Sequence[Backup]], known: Callable[[str], bool]
) -> Iterator[Orphan]:
    """Yield an orphan for each owner of backups that is not ``known``; not for no owner at all."""
    for owner, backups in owners.items():
        if owner and not known(owner):
            times = [one.taken_at for one in backups if one.taken_at]
            yield Orphan(
                source=scope.source,
                account=scope.account,
                region=scope.region,
                resource_id=owner,
                name=backups[0].resource_name,
                backups=len(backups),
                newest_at=max(times, default=None),
            )
