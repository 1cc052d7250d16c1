"""One region of one account, as a source asks it: every list to its end, or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from backup_auditor.ahead import in_order
from backup_auditor.aws import call, is_listed
from backup_auditor.errors import AwsError, SourceError
from backup_auditor.model import GapReason, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources.aws.client.failures import NotOfferedError, source_error
from backup_auditor.speech import phrase

_MOST_PAGES = 20_000

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation pages: what it takes, and where the next one is told."""

    token: str
    """Name of the parameter, such as ``Marker`` or ``NextToken``."""
    next: str = ""
    """Name of the field of the answer; as ``token`` where it is empty."""
    size: Mapping[str, int] | None = None
    """The parameter that asks for as many rows as are allowed."""


MARKER = Paging("Marker", size={"MaxRecords": 100})
"""RDS, Neptune, DocumentDB, Redshift, ElastiCache."""
NEXT_TOKEN = Paging("NextToken")


class Place:
    """Clients of one account and region; many threads may share it."""

    def __init__(
        self,
        scope: Scope,
        outside: Outside,
        client: Callable[[str], Any],
        elsewhere: Callable[[str], Place],
        *,
        concurrency: int,
    ) -> None:
        """``client`` makes or reuses the boto3 client of a service here.

        ``elsewhere`` gives another region of the account; ``concurrency`` is the most requests that
        one list of things is asked with at once.
        """
        self.scope = scope
        self.outside = outside
        self.elsewhere = elsewhere
        self._client = client
        self._concurrency = concurrency

    @property
    def partition(self) -> str:
        """Return the partition of the region, as ARNs name it."""
        return partition_of(self.scope.region)

    def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Call one operation, such as ``DescribeDBInstances``; raises SourceError."""
        self.outside.check_deadline()
        from botocore import xform_name  # noqa: PLC0415 - with boto3, when it is first needed

        try:
            answer = call(self._client, service, xform_name(operation), **params)
        except AwsError as error:
            if error.code == "EndpointConnectionError" and self._lacks(service):
                raise NotOfferedError(service, self.scope.region) from None
            raise source_error(error, service, operation) from None
        if not isinstance(answer, dict):
            raise malformed(service, operation)
        return answer

    def _lacks(self, service: str) -> bool:
        """Return whether ``service`` does not exist here: botocore and the name server say so."""
        region = self.scope.region
        if not region or is_listed(service, self.partition, region):
            return False
        address = urlsplit(self._client(service).meta.endpoint_url)
        try:
            return not self.outside.lookup(address.hostname or "", address.port or 443)
        except (OSError, ValueError):
            return True

    def rows(
        self, service: str, operation: str, key: str, paging: Paging, **params: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the objects under ``key`` of every page; raises SourceError, also midway."""
        for row in self.items(service, operation, key, paging, **params):
            if isinstance(row, dict):
                yield row

    def items(
        self, service: str, operation: str, key: str, paging: Paging, **params: Any
    ) -> Iterator[object]:
        """Yield what stands under ``key`` of every page; raises SourceError, also midway.

        A server that gives the same token twice would be asked for ever: that is an error.
        """
        asked: set[str] = set()
        more: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            answer = self.ask(service, operation, **params, **(paging.size or {}), **more)
            rows = answer.get(key)
            if not isinstance(rows, list):
                raise malformed(service, operation)
            yield from rows
            token = answer.get(paging.next or paging.token)
            if not token:
                return
            if not isinstance(token, str) or token in asked:
                break
            asked.add(token)
            more = {paging.token: token}
        detail = phrase(
            "{service}:{operation}: the list does not end", service=service, operation=operation
        )
        raise SourceError(GapReason.INCOMPLETE, detail)

    def each(
        self, ask: Callable[[T], R], items: Iterable[T]
    ) -> Iterator[tuple[T, R | SourceError]]:
        """Yield each of ``items``, in order, with what ``ask`` returns or raises for it.

        ``ask`` is called on several threads, for several items at once.
        """
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="aws")
        try:
            for item, future in in_order(pool, ask, items, self._concurrency):
                error = future.exception()
                yield item, error if isinstance(error, SourceError) else future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def all(self, ask: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield what ``ask`` returns for each of ``items``; raises SourceError for the first."""
        for _, got in self.each(ask, items):
            if isinstance(got, SourceError):
                raise got
            yield got

    def resource(self, id_: str, **fields: Any) -> Resource:
        """Return a resource of this place."""
        scope = self.scope
        where = {"source": scope.source, "account": scope.account, "region": scope.region}
        return Resource(**{"id": id_, "name": id_, **where, **fields})


def partition_of(region: str) -> str:
    """Return the partition of a region, as ARNs name it."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def nameless() -> SourceError:
    """Say that a line of an inventory cannot be told apart: it must not drop out."""
    return SourceError(GapReason.MALFORMED, phrase("an instance of the inventory has no id"))


def malformed(service: str, operation: str) -> SourceError:
    """Say that an answer cannot be understood."""
    detail = phrase(
        "{service}:{operation}: the answer is not what the API describes",
        service=service,
        operation=operation,
    )
    return SourceError(GapReason.MALFORMED, detail)
