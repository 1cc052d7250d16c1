"""The sources: one adapter per provider service, one module each, found by listing the folders.

A source module ``sources/<provider>/<service>.py`` has

* a docstring: what it lists, with which API actions, and what it cannot see,
* ``ACTIONS``: every action of the provider that it calls, as permissions name them,
* ``TELLS``: what it may tell beside the states and times of backups; a rule that needs anything
  else is unknown for its resources, and ``validate`` says so,
* ``class Options(SourceOptions)``: what the policy file may say about it,
* ``def build(options, outside) -> Source``: no network call, no failure.

A provider's package may name services that have no source in ``UNVERIFIABLE``: service -> why they
cannot be verified through the API.

Its id is ``<provider>.<service>``. Failures are ``SourceError``; only ``run`` turns them into gaps.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from backup_auditor.errors import SourceError
from backup_auditor.model import Fact, History, Orphan, Resource, Scope
from backup_auditor.outside import Outside
from backup_auditor.plugins import modules_of
from backup_auditor.policy.model import SourceOptions

if TYPE_CHECKING:
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class Unplanned:
    """An account or region for which not even the scopes could be listed; empty means all."""

    account: str
    region: str
    error: SourceError


@dataclass(frozen=True, slots=True)
class Unread:
    """A resource that is known, but whose backups could not be read."""

    resource: Resource
    error: SourceError


Collected = History | Unread | Orphan | SourceError
"""One item of a scope: a SourceError as a value is a part that could not be collected."""

Wanted = Callable[[Resource], bool]
"""Whether the backups of a resource are asked for (``select`` of an on-demand audit)."""


class Source(Protocol):
    """An adapter for one provider service."""

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List the scopes to audit, and what could not be listed.

        A raised SourceError means that nothing of this source can be asked at all.
        """
        ...

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield everything of one scope, resource by resource, as it arrives.

        Safe to call from several threads for different scopes. A yielded SourceError is a part that
        is missing; a raised one ends the scope. ``orphans`` asks also for backups without resource.
        """
        ...


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A source module as the program uses it."""

    id: str
    options: type[SourceOptions]
    build: Callable[[Any, Outside], Source]
    manual: str
    actions: tuple[str, ...]
    """What must be allowed, as the provider's permissions name it."""
    tells: frozenset[Fact]
    """What it may tell, though not of each resource."""


def load_sources() -> dict[str, SourceKind]:
    """Return all sources by id."""
    return {kind.id: kind for kind in _kinds(sys.modules[__name__])}


def load_unverifiable() -> dict[str, str]:
    """Return the services that no source can verify, by the id that one would have, and why."""
    return {
        f"{provider}.{service}": why
        for provider, folder in _providers(sys.modules[__name__])
        for service, why in getattr(folder, "UNVERIFIABLE", {}).items()
    }


def _kinds(package: ModuleType) -> Iterator[SourceKind]:
    for provider, folder in _providers(package):
        for name, module in modules_of(folder):
            yield SourceKind(
                id=f"{provider}.{name}",
                options=module.Options,
                build=module.build,
                manual=module.__doc__ or "",
                actions=module.ACTIONS,
                tells=frozenset(module.TELLS),
            )


def _providers(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    for provider in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if provider.ispkg:
            yield provider.name, importlib.import_module(f"{package.__name__}.{provider.name}")
