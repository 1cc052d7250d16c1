"""Reading a list to its end, although pages are capped silently, shift, and miscount.

``Offset`` and ``Limit`` are documented; the largest Limit is not, and ``TotalCount`` means
something else in nearly every action. So the end of a list is a page that is shorter than a full
one; only where ``TotalCount`` is known to count the very list, it ends the list and proves gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.sources.ucloud.client.api import Client
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.sources.ucloud.client.signing import Value
from backup_auditor.speech import phrase

LIMIT = 100
_MOST_ROWS = 1_000_000
_SCANS = 3
_IDLE_PAGES = 3

T = TypeVar("T")
RunAll = Callable[[Callable[[int], "Page"], Iterable[int]], Iterable["Page"]]
"""``map``, or the ``map`` of a thread pool."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, and what the server says the number of all rows is."""

    rows: list[Row]
    total: int | None


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """What to list, and how to read a row."""

    action: str
    params: Mapping[str, Value]
    key: Callable[[Row], str]
    """Identity of a row; rows that shift between pages are met twice."""
    parse: Callable[[Row], T | None]
    """Turn a row into a noun; None drops it."""
    is_total_trusted: bool = False
    """Whether TotalCount counts the rows of this very list."""
    is_total_least: bool = False
    """Whether fewer rows than TotalCount are a gap, though it is not trusted to end the list."""
    names: tuple[str, ...] = ("DataSet", "Data")
    """Where the rows stand; the first name that holds some."""
    limit: int = LIMIT
    """Rows asked for in a page."""
    is_paged: bool = True
    """Whether the action knows pages; one that does not gives everything at once."""


@dataclass(slots=True)
class Listing(Generic[T]):
    """Everything that was read. With an ``error`` there may be more."""

    items: dict[str, T] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    """Of all rows, also of those that ``parse`` dropped."""
    error: SourceError | None = None


def fetch(client: Client, query: Query[T], offset: int) -> Page:
    """Return the page at ``offset``; raises SourceError."""
    paging = {"Offset": offset, "Limit": query.limit} if query.is_paged else {}
    answer = client.call(query.action, {**query.params, **paging})
    rows = _rows(answer, query)
    largest = client.largest_page
    largest[query.action] = max(len(rows), largest.get(query.action, 0))
    return Page(rows, answer.integer("TotalCount"))


def _rows(answer: Row, query: Query[T]) -> list[Row]:
    """Return the rows; null or nothing stands for none, but what is no list at all is refused."""
    for name in query.names:
        rows = answer.rows(name)
        if rows is None and answer.get(name) is not None:
            detail = phrase("{action}: {field} is not a list", action=query.action, field=name)
            raise SourceError(GapReason.MALFORMED, detail)
        if rows:
            return rows
    return []


def list_all(
    client: Client, query: Query[T], *, run: RunAll = map, first: Page | None = None
) -> Listing[T]:
    """Read ``query`` to its end. Never raises SourceError: ``error`` of the listing tells.

    ``run`` may fetch several pages at once. ``first`` is the first page when it is known already.
    A scan during which the count changes is repeated, and the union of all scans is returned.
    """
    listing: Listing[T] = Listing()
    try:
        for _ in range(_SCANS):
            scan = _Scan(client, query, listing)
            scan.read(first or fetch(client, query, 0), run)
            first = None
            if not scan.is_disturbed:
                break
        listing.error = scan.shortfall()
    except SourceError as error:
        listing.error = error
    return listing


class _Scan(Generic[T]):
    """One walk over all pages."""

    def __init__(self, client: Client, query: Query[T], listing: Listing[T]) -> None:
        self._client = client
        self._query = query
        self._listing = listing
        self._totals: set[int] = set()
        self._first_total: int | None = None
        self._seen: set[str] = set()
        self._idle = 0
        self._holes = False

    @property
    def is_disturbed(self) -> bool:
        """The list changed, or a page in the middle was short: rows may have been missed."""
        return len(self._totals) > 1 or self._holes or self._lacks()

    def read(self, first: Page, run: RunAll) -> None:
        self._first_total = first.total
        self._take(first)
        step = len(first.rows)
        if self._is_last(first, step):
            return
        offset = step
        if self._query.is_total_trusted and first.total and run is not map:
            offset = self._read_at_once(range(step, first.total, step), step, run)
            if self._is_complete():
                return
        while self._idle < _IDLE_PAGES and len(self._seen) < _MOST_ROWS:
            page = fetch(self._client, self._query, offset)
            self._take(page)
            offset += len(page.rows)
            if self._is_last(page, step):
                return
        detail = phrase("{action}: the list does not end", action=self._query.action)
        raise SourceError(GapReason.INCOMPLETE, detail)

    def _read_at_once(self, offsets: range, step: int, run: RunAll) -> int:
        pages = list(run(lambda offset: fetch(self._client, self._query, offset), offsets))
        for page in pages:
            self._take(page)
        self._holes = any(len(page.rows) < step for page in pages[:-1])
        return offsets[-1] + len(pages[-1].rows) if pages else step

    def _take(self, page: Page) -> None:
        if page.total is not None:
            self._totals.add(page.total)
        before = len(self._seen)
        for row in page.rows:
            key = self._query.key(row)
            self._seen.add(key)
            item = self._query.parse(row)
            if item is not None:
                self._listing.items[key] = item
        self._idle = self._idle + 1 if len(self._seen) == before else 0
        self._listing.keys |= self._seen

    def _is_last(self, page: Page, step: int) -> bool:
        """Return whether nothing follows: a page may be full though shorter than was asked for."""
        number = len(page.rows)
        if not self._query.is_paged or number < max(1, step) or self._is_complete():
            return True
        if number >= self._query.limit:
            return False
        if page.total == len(self._seen):  # a count below what has come is no count of this list
            return True
        return number < self._client.largest_page[self._query.action]

    def _is_complete(self) -> bool:
        """Return whether as many rows have come as the server reliably counts."""
        counted = self._first_total if self._query.is_total_trusted else None
        return counted is not None and len(self._seen) >= counted and not self._holes

    def _lacks(self) -> bool:
        is_told = self._query.is_total_trusted or self._query.is_total_least
        counted = self._first_total if is_told else None
        return counted is not None and len(self._listing.keys) < counted

    def shortfall(self) -> SourceError | None:
        """Return an error when fewer rows came than the server counts."""
        if not self._lacks():
            return None
        detail = phrase(
            "{action}: {found} of {counted} rows arrived",
            action=self._query.action,
            found=str(len(self._listing.keys)),
            counted=str(self._first_total),
        )
        return SourceError(GapReason.INCOMPLETE, detail)
