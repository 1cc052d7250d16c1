"""Which resources something applies to: globs over the fields of a resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from backup_auditor.model import Resource

SELECTOR_KEYS = ("source", "provider", "account", "region", "zone", "id", "name", "kind", "state")
"""Keys that hold a glob or a list of globs; ``tags`` and ``not`` come on top."""


@dataclass(frozen=True, slots=True)
class Selector:
    """All keys must match; of a list of globs any. An empty selector matches everything."""

    globs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key of ``SELECTOR_KEYS`` -> globs. Matching minds the case."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Tag name -> globs over its value; a resource without the tag does not match."""
    exclude: Selector | None = None
    """What ``not`` holds: a resource that it matches is not selected."""

    def matches(self, resource: Resource) -> bool:
        """Return whether ``resource`` is selected."""
        if self.exclude is not None and self.exclude.matches(resource):
            return False
        return all(
            _any(getattr(resource, key), globs) for key, globs in self.globs.items()
        ) and all(
            name in resource.tags and _any(resource.tags[name], globs)
            for name, globs in self.tags.items()
        )


def _any(value: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, glob) for glob in globs)
