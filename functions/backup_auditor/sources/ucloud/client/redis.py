"""All Redis groups of one project and region, with their backups, and backups without a group."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, History, Orphan
from backup_auditor.sources.ucloud.client import codes
from backup_auditor.sources.ucloud.client.api import ApiError
from backup_auditor.sources.ucloud.client.paging import Listing, Page, Query, fetch, list_all
from backup_auditor.sources.ucloud.client.redis_rows import (
    Group,
    backup_key,
    backup_of,
    group_id_of,
    group_key,
    group_of,
)
from backup_auditor.sources.ucloud.client.service import ServiceScope, no_sweep, only_of
from backup_auditor.sources.ucloud.client.signing import Value

_BACKUPS = "DescribeURedisBackup"


class RedisScope(ServiceScope[Group]):
    """Reads one scope."""

    _listed = 0
    """Backups seen that a region-wide listing must contain as well."""
    _sweep: Future[tuple[Page, dict[str, Value]] | None] | None = None

    def begin(self, pool: ThreadPoolExecutor, *, orphans: bool) -> None:
        """Ask for one page of everything: it tells whether there is more than the groups have."""
        if orphans:
            self._sweep = pool.submit(self._sweep_page)

    def inventory(self, pool: ThreadPoolExecutor) -> Iterator[Listing[Group | SourceError]]:
        """List the groups."""
        listing = list_all(
            self.client, self._inventory_query("DescribeUMem", trusted=True), run=pool.map
        )
        error = listing.error
        if isinstance(error, ApiError) and error.ret_code == codes.UNKNOWN_ACTION:
            # Deprecated, and its TotalCount is a number of nodes.
            listing = list_all(self.client, self._inventory_query("DescribeURedisGroup"))
        yield listing

    def _inventory_query(self, action: str, *, trusted: bool = False) -> Query[Group | SourceError]:
        return Query(
            action=action,
            params={**self.where, "Protocol": "redis" if trusted else None},
            key=group_key,
            parse=lambda row: group_of(row, self.scope, self.timezone),
            is_total_trusted=trusted,
        )

    def history(self, item: Group) -> History:
        """Fetch all backups of one group; TotalCount may be that of the whole account."""
        owner = item.resource.id
        query = Query(
            action=_BACKUPS,
            params={**self.where, "GroupId": owner, "SlaveZone": item.slave_zone},
            key=backup_key,
            parse=only_of(owner, lambda row: backup_of(row, group_id_of(row) or owner)),
        )
        return History.of(item.resource, self.all_of(query))

    def arrived(self, item: Group, history: History) -> None:
        """Count what a sweep must show; those of another zone may be left out of it."""
        if not item.slave_zone:
            self._listed += len(history.backups)

    def _sweep_page(self) -> tuple[Page, dict[str, Value]] | None:
        """Fetch the first page of a region-wide listing; None where there is no such listing.

        Today's generation wants RegionType for it, the first one ignores it or refuses it.
        """
        for extra in ({"RegionType": "normal"}, {}):
            params: dict[str, Value] = {**self.where, **extra}
            try:
                return fetch(self.client, self._sweep_query(params), 0), params
            except ApiError as error:
                if error.ret_code not in {codes.MISSING_PARAMETER, codes.BAD_PARAMETER}:
                    raise
        return None

    @staticmethod
    def _sweep_query(params: dict[str, Value]) -> Query[Backup]:
        return Query(
            action=_BACKUPS,
            params=params,
            key=backup_key,
            parse=lambda row: backup_of(row, group_id_of(row)),
        )

    def orphans(self, known: set[str]) -> Iterator[Orphan | SourceError]:
        """Yield what is of no group, where the first page leaves room for it."""
        try:
            begun = self._sweep.result() if self._sweep else None
        except SourceError as error:
            yield no_sweep(error)
            return
        if begun is None:  # this generation has no region-wide listing; the groups are the truth
            return
        page, params = begun
        total = page.total
        strange = any(group_id_of(row) not in known for row in page.rows)
        if not strange and total is not None and total <= max(self._listed, len(page.rows)):
            return  # no more rows than the groups account for
        listing = list_all(self.client, self._sweep_query(params), first=page)
        if listing.error:
            yield no_sweep(listing.error)
        yield from self.gone(listing.items.values(), known)
