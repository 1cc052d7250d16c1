"""Which resources something applies to: globs over the fields of a resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache

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
        return self.refusal(resource) is None

    def refusal(self, resource: Resource) -> str | None:
        """Return why ``resource`` is not selected, as half a sentence; None when it is."""
        for key, globs in self.globs.items():
            value = getattr(resource, key)
            if not matcher(globs)(value):
                return f"{key} is {value!r}, not {_any_of(globs)}"
        for name, globs in self.tags.items():
            if name not in resource.tags:
                return f"it has no tag {name!r}"
            if not matcher(globs)(resource.tags[name]):
                return f"tag {name} is {resource.tags[name]!r}, not {_any_of(globs)}"
        if self.exclude is not None and self.exclude.matches(resource):
            return "it is excluded by not"
        return None


@lru_cache(maxsize=8192)
def matcher(globs: tuple[str, ...]) -> Callable[[str], object]:
    """Return a function that says whether a value matches any of ``globs``."""
    return re.compile("|".join(translate(glob) for glob in globs)).match


def _any_of(globs: tuple[str, ...]) -> str:
    return " or ".join(repr(glob) for glob in globs)
