"""All Redis groups of one project and region, with their backups, and backups without a group."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, History, Orphan, Scope
from backup_auditor.sources import Collected, Unread, Wanted
from backup_auditor.sources.ucloud.client import codes
from backup_auditor.sources.ucloud.client.api import ApiError, Client
from backup_auditor.sources.ucloud.client.paging import Listing, Page, Query, fetch, list_all
from backup_auditor.sources.ucloud.client.redis_rows import (
    Group,
    backup_key,
    backup_of,
    group_id_of,
    group_key,
    group_of,
)
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.signing import Value
from backup_auditor.speech import phrase

_BACKUPS = "DescribeURedisBackup"
# Groups asked for ahead of the one that is judged: keeps all connections busy and memory flat.
_AHEAD = 4


class RedisScope:
    """Reads one scope; not shared between threads, but it uses threads of its own."""

    def __init__(self, client: Client, scope: Scope, concurrency: int) -> None:
        """``concurrency`` is the number of threads; the client's gate limits the requests."""
        self._client = client
        self._scope = scope
        self._concurrency = concurrency
        self._where: dict[str, Value] = {"Region": scope.region, "ProjectId": scope.account}
        self._listed = 0
        """Backups seen that a region-wide listing must contain as well."""

    def collect(self, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
        """Yield histories, then orphans; what could not be read is yielded as an error."""
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="ucloud")
        try:
            sweep = pool.submit(self._sweep_page) if orphans else None
            inventory = self._inventory(pool)
            if inventory.error:
                yield inventory.error
            yield from (g for g in inventory.items.values() if isinstance(g, SourceError))
            groups = [
                group
                for group in inventory.items.values()
                if isinstance(group, Group) and wanted(group.resource)
            ]
            yield from self._histories(groups, pool)
            if sweep and not inventory.error:
                yield from self._orphans(sweep, inventory.keys)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _inventory(self, pool: ThreadPoolExecutor) -> Listing[Group | SourceError]:
        listing = list_all(
            self._client, self._inventory_query("DescribeUMem", trusted=True), run=pool.map
        )
        error = listing.error
        if isinstance(error, ApiError) and error.ret_code == codes.UNKNOWN_ACTION:
            # Deprecated, and its TotalCount is a number of nodes.
            return list_all(self._client, self._inventory_query("DescribeURedisGroup"))
        return listing

    def _inventory_query(self, action: str, *, trusted: bool = False) -> Query[Group | SourceError]:
        return Query(
            action=action,
            params={**self._where, "Protocol": "redis" if trusted else None},
            key=group_key,
            parse=lambda row: group_of(row, self._scope),
            is_total_trusted=trusted,
        )

    def _histories(
        self, groups: Iterable[Group], pool: ThreadPoolExecutor
    ) -> Iterator[History | Unread]:
        waiting = iter(groups)
        ahead: deque[tuple[Group, Future[History]]] = deque()

        def ask(number: int) -> None:
            ahead.extend((g, pool.submit(self._history, g)) for g in islice(waiting, number))

        ask(_AHEAD * self._concurrency)
        while ahead:
            group, future = ahead.popleft()
            ask(1)
            try:
                history = future.result()
            except SourceError as error:
                yield Unread(group.resource, error)
                continue
            if not group.slave_zone:  # those of another zone may be left out of a sweep
                self._listed += len(history.backups)
            yield history

    def _history(self, group: Group) -> History:
        """Fetch all backups of one group; raises SourceError."""
        params = {"GroupId": group.resource.id, "SlaveZone": group.slave_zone}
        listing = list_all(
            self._client,
            Query(
                action=_BACKUPS,
                params={**self._where, **params},
                key=backup_key,
                parse=lambda row: _own(row, group.resource.id),
                is_total_trusted=False,  # it may count the backups of the whole account
            ),
        )
        if listing.error:
            raise listing.error
        return History.of(group.resource, listing.items.values())

    def _sweep_page(self) -> tuple[Page, dict[str, Value]] | None:
        """Fetch the first page of a region-wide listing; None where there is no such listing.

        Today's generation wants RegionType for it, the first one ignores it or refuses it.
        """
        for extra in ({"RegionType": "normal"}, {}):
            params: dict[str, Value] = {**self._where, **extra}
            try:
                return fetch(self._client, self._sweep_query(params), 0), params
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
            is_total_trusted=False,
        )

    def _orphans(
        self, sweep: Future[tuple[Page, dict[str, Value]] | None], known: set[str]
    ) -> Iterator[Orphan | SourceError]:
        try:
            begun = sweep.result()
        except SourceError as error:
            yield _no_sweep(error)
            return
        if begun is None:  # this generation has no region-wide listing; the groups are the truth
            return
        page, params = begun
        total = page.total
        strange = any(group_id_of(row) not in known for row in page.rows)
        if not strange and total is not None and total <= max(self._listed, len(page.rows)):
            return  # no more rows than the groups account for
        listing = list_all(self._client, self._sweep_query(params), first=page)
        if listing.error:
            yield _no_sweep(listing.error)
        yield from self._gone(listing.items.values(), known)

    def _gone(self, backups: Iterable[Backup], known: set[str]) -> Iterator[Orphan]:
        by_group: dict[str, list[Backup]] = {}
        for backup in backups:
            if backup.resource_id and backup.resource_id not in known:
                by_group.setdefault(backup.resource_id, []).append(backup)
        for group_id, rows in by_group.items():
            times = [row.taken_at for row in rows if row.taken_at]
            yield Orphan(
                source=self._scope.source,
                account=self._scope.account,
                region=self._scope.region,
                resource_id=group_id,
                name=rows[0].resource_name,
                backups=len(rows),
                newest_at=max(times, default=None),
            )


def _own(row: Row, group_id: str) -> Backup | None:
    """Drop the rows of other groups: a server that ignores the filter returns everybody's."""
    if group_id_of(row) not in {group_id, ""}:
        return None
    return backup_of(row, group_id)


def _no_sweep(error: SourceError) -> SourceError:
    detail = phrase("backups without a group could not be looked for: {why}", why=error.detail)
    return SourceError(error.reason, detail)
