"""One service in one project and region: its inventory, each one's backups, and orphans.

What every service has in common: threads that ask ahead, so that all connections are busy and
memory stays flat, and the order in which things are told. A service says what to ask, and how to
read the rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from backup_auditor.ahead import in_order
from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, History, Orphan, Resource, Scope
from backup_auditor.sources import Collected, Unread, Wanted
from backup_auditor.sources.orphans import by_owner, orphans_of
from backup_auditor.sources.ucloud.client.api import Client
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.signing import Value
from backup_auditor.speech import phrase

# Resources asked for ahead of the one that is judged.
_AHEAD = 4


class Listed(Protocol):
    """One line of an inventory."""

    @property
    def resource(self) -> Resource:
        """Return the resource."""
        ...


@dataclass(frozen=True, slots=True)
class Instance:
    """One line of an inventory, with all that the provider says of it."""

    resource: Resource
    row: Row


I = TypeVar("I", bound=Listed)  # noqa: E741 - an item of an inventory
T = TypeVar("T")


class ServiceScope(ABC, Generic[I]):
    """Reads one scope of one service; used once, by one thread, with threads of its own."""

    def __init__(self, client: Client, scope: Scope, concurrency: int, *, timezone: str) -> None:
        """``concurrency`` is the number of threads; the client's gate limits the requests.

        ``timezone`` is that of the hours at which backups are made.
        """
        self.client = client
        self.scope = scope
        self.where: dict[str, Value] = {"Region": scope.region, "ProjectId": scope.account}
        self.timezone = timezone
        self._concurrency = concurrency

    @abstractmethod
    def inventory(self, pool: ThreadPoolExecutor) -> Iterable[Listing[I | SourceError]]:
        """List the instances, in one list or several.

        An instance that cannot be told apart is an error among the items: it must not drop out.
        """

    @abstractmethod
    def history(self, item: I) -> History:
        """Fetch all backups of one instance; raises SourceError. Called on several threads."""

    def begin(self, pool: ThreadPoolExecutor, *, orphans: bool) -> None:
        """Start what can be asked before the inventory is known."""

    def arrived(self, item: I, history: History) -> None:
        """See each history, on the thread of the caller."""

    def orphans(self, known: set[str]) -> Iterator[Orphan | SourceError]:
        """Yield backups of instances that the whole inventory, ``known``, has not got."""
        yield from self.gone((), known)

    def missed(self) -> Iterator[SourceError]:
        """Yield what else could not be read, once all histories are told."""
        return iter(())

    def collect(self, wanted: Wanted, *, orphans: bool) -> Generator[Collected, None, None]:
        """Yield histories, then orphans; what could not be read is yielded as an error."""
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="ucloud")
        try:
            self.begin(pool, orphans=orphans)
            known: set[str] = set()
            items, is_whole = [], True
            for listing in self.inventory(pool):
                known |= listing.keys
                if listing.error:
                    is_whole = False
                    yield listing.error
                for item in listing.items.values():
                    if isinstance(item, SourceError):
                        yield item
                    elif wanted(item.resource):
                        items.append(item)
            yield from self._histories(items, pool)
            yield from self.missed()
            if orphans and is_whole:
                yield from self.orphans(known)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _histories(
        self, items: Iterable[I], pool: ThreadPoolExecutor
    ) -> Iterator[History | Unread]:
        ahead = _AHEAD * self._concurrency
        for item, future in in_order(pool, self.history, items, ahead):
            try:
                history = future.result()
            except SourceError as error:
                yield Unread(item.resource, error)
                continue
            self.arrived(item, history)
            yield history

    def all_of(self, query: Query[T]) -> list[T]:
        """Read a list to its end; raises SourceError unless all has come."""
        listing = list_all(self.client, query)
        if listing.error:
            raise listing.error
        return list(listing.items.values())

    def gone(self, backups: Iterable[Backup], known: set[str]) -> Iterator[Orphan]:
        """Yield an orphan for each owner of ``backups`` that is not ``known``."""
        yield from orphans_of(self.scope, by_owner(backups), known.__contains__)


class SweptScope(ServiceScope[I]):
    """A service whose backups are listed for a whole region at once.

    An instance for which the sweep shows nothing, or whose sweep broke off, is asked about by its
    id: a sweep that leaves things out must not make anybody's backups disappear, nor may it be
    what says that there are none.
    """

    _sweep: Future[Listing[Backup]] | None = None
    _owners: dict[str, list[Backup]] | None = None

    @abstractmethod
    def sweeps(self) -> Sequence[Query[Backup]]:
        """Return the lists that together hold the backups of the region."""

    @abstractmethod
    def own(self, item: I) -> Query[Backup]:
        """Return the list of the backups of one instance."""

    def is_nothing(self, error: SourceError) -> bool:  # noqa: ARG002 - what most services say
        """Return whether a sweep that ends so says that the service is not offered here."""
        return False

    def told(self, item: I, backups: Sequence[Backup]) -> History:
        """Return the history of an instance; raises SourceError. Called on several threads."""
        return History.of(item.resource, backups)

    def begin(self, pool: ThreadPoolExecutor, *, orphans: bool) -> None:
        """Sweep while the inventory is read; not for an audit of a few."""
        if orphans:
            self._sweep = pool.submit(self._swept)

    def history(self, item: I) -> History:
        """Take the backups from the sweep, or ask for them."""
        swept = self._sweep.result() if self._sweep else None
        if swept is None or swept.error:
            return self.told(item, self.all_of(self.own(item)))
        owners = self._by_owner(swept)
        # A row of nobody may be anybody's.
        found = None if "" in owners else owners.get(item.resource.id)
        return self.told(item, found or self.all_of(self.own(item)))

    def orphans(self, known: set[str]) -> Iterator[Orphan | SourceError]:
        """Yield what the sweep shows of others."""
        swept = self._sweep.result() if self._sweep else None
        if swept is None:
            return
        if swept.error:
            yield no_sweep(swept.error)
        yield from self.gone(swept.items.values(), known)

    def _swept(self) -> Listing[Backup]:
        whole: Listing[Backup] = Listing()
        for query in self.sweeps():
            part = list_all(self.client, query)
            whole.items.update(part.items)
            whole.keys |= part.keys
            if part.error and not self.is_nothing(part.error):
                whole.error = whole.error or part.error
        return whole

    def _by_owner(self, swept: Listing[Backup]) -> dict[str, list[Backup]]:
        if self._owners is None:
            self._owners = by_owner(swept.items.values())  # threads that meet make the same
        return self._owners


def only_of(owner: str, parse: Callable[[Row], Backup]) -> Callable[[Row], Backup | None]:
    """Drop the rows of other owners: a server that ignores the filter returns everybody's."""

    def parsed(row: Row) -> Backup | None:
        backup = parse(row)
        return backup if backup.resource_id in {owner, ""} else None

    return parsed


def no_sweep(error: SourceError) -> SourceError:
    """Say that orphans could not be looked for."""
    detail = phrase("backups without a group could not be looked for: {why}", why=error.detail)
    return SourceError(error.reason, detail)
