"""Which resources something applies to: globs over the fields of a resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache, reduce

from backup_auditor.model import Resource
from backup_auditor.speech import Phrase, phrase

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
        return self._obstacle(resource) is None

    def refusal(self, resource: Resource) -> Phrase | None:
        """Return why ``resource`` is not selected, as half a sentence; None when it is."""
        match self._obstacle(resource):
            case None:
                return None
            case "not", _:
                return phrase("it is excluded by not")
            case "tags", tag if tag not in resource.tags:
                return phrase("it has no tag {tag}", tag=repr(tag))
            case "tags", tag:
                value, wanted = repr(resource.tags[tag]), _any_of(self.tags[tag])
                return phrase(
                    "tag {tag} is {value}, not {wanted}", tag=tag, value=value, wanted=wanted
                )
            case key, _:
                value, wanted = repr(getattr(resource, key)), _any_of(self.globs[key])
                return phrase("{key} is {value}, not {wanted}", key=key, value=value, wanted=wanted)

    def _obstacle(self, resource: Resource) -> tuple[str, str] | None:
        """Return the first key that does not match, and which tag it is; None where all do."""
        for key, globs in self.globs.items():
            if not matcher(globs)(getattr(resource, key)):
                return key, ""
        for tag, globs in self.tags.items():
            if tag not in resource.tags or not matcher(globs)(resource.tags[tag]):
                return "tags", tag
        if self.exclude is not None and self.exclude.matches(resource):
            return "not", ""
        return None


@lru_cache(maxsize=8192)
def matcher(globs: tuple[str, ...]) -> Callable[[str], object]:
    """Return a function that says whether a value matches any of ``globs``."""
    return re.compile("|".join(translate(glob) for glob in globs)).match


def _any_of(globs: tuple[str, ...]) -> str:
    texts = map(repr, globs)
    return reduce(lambda one, other: phrase("{one} or {other}", one=one, other=other), texts)
