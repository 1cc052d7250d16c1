"""Fakes at the two roles, source and channel, and an outside world that stands still."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Never

from backup_auditor.errors import DeliveryError, SecretError
from backup_auditor.model import Scope, ScopeResult
from backup_auditor.outside import Outside
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret
from backup_auditor.sources import Collected, Unplanned, Wanted

NOW = datetime(2026, 11, 24, 6, 7, tzinfo=UTC)


def outside(environ: Mapping[str, str] | None = None, **changes: Any) -> Outside:
    """Return a world whose clock stands at NOW, with no network and no waiting."""
    given = dict(environ or {})

    def resolve(reference: str) -> Secret:
        name = reference.removeprefix("env:")
        if name not in given:
            raise SecretError(f"{reference} is not set")
        return Secret(given[name])

    def lookup(host: str, _port: int) -> list[str]:
        assert host in {"127.0.0.1", "::1"}, f"no network in this test, but {host} was looked up"
        return [host]

    def aws(service: str) -> Never:
        raise AssertionError(f"no AWS in this test, but {service} was asked for")

    world: dict[str, Any] = {
        "environ": given,
        "resolve": resolve,
        "aws": aws,
        "lookup": lookup,
        "now": lambda: NOW,
        "sleep": lambda _seconds: None,
        "monotonic": lambda: 0.0,
    }
    return Outside(**(world | changes))


@dataclass
class FakeSource:
    """A source that yields what it is given, and raises where it is given an exception."""

    items: Mapping[Scope, Sequence[Collected | Exception]]
    unplanned: Sequence[Unplanned | Exception] = ()
    orphans_asked: list[bool] = field(default_factory=list)
    closed: list[Scope] = field(default_factory=list)

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List the scopes of ``items``, then what could not be planned."""
        yield from self.items
        for item in self.unplanned:
            if isinstance(item, Exception):
                raise item
            yield item

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield the items of ``scope``; note that it was closed."""
        self.orphans_asked.append(orphans)
        try:
            for item in self.items[scope]:
                if isinstance(item, Exception):
                    raise item
                resource = getattr(item, "resource", None)
                if resource is None or wanted(resource):
                    yield item
        finally:
            self.closed.append(scope)


@dataclass
class FakeChannel:
    """A channel that keeps reports, or fails as it is told."""

    failure: DeliveryError | None = None
    reports: list[Report] = field(default_factory=list)

    def send(self, report: Report) -> None:
        """Keep ``report`` or raise."""
        if self.failure:
            raise self.failure
        self.reports.append(report)


@dataclass
class FakeWatcher:
    """Counts what it is told."""

    scopes: int = 0
    resources: int = 0
    results: list[ScopeResult] = field(default_factory=list)

    def planned(self, scopes: int) -> None:
        """Keep the number."""
        self.scopes = scopes

    def judged(self, scope: Scope) -> None:
        """Count one."""
        self.resources += 1

    def finished(self, result: ScopeResult) -> None:
        """Keep the result."""
        self.results.append(result)


def stepping(*seconds: float) -> Callable[[], float]:
    """Return a monotonic clock that shows ``seconds`` one after the other, then the last."""
    left = list(seconds)
    return lambda: left.pop(0) if len(left) > 1 else left[0]
