"""A policy file as plain values, with the place of every key and value.

What reads the text is ``policy.reader``; this is what it gives, and what problems are told with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backup_auditor.errors import PolicyError
from backup_auditor.model import Place, Problem
from backup_auditor.policy.page import Page

Path = tuple[str | int, ...]

MOST_PROBLEMS = 500
"""Nobody reads more, and they would take long to tell."""


@dataclass(slots=True)
class Document:
    """A read policy file, or several that were merged."""

    name: str
    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    """Of values."""
    keys: dict[Path, Place] = field(default_factory=dict)
    """Of the keys of mappings."""
    pages: dict[str, Page] = field(default_factory=dict)
    """File -> its lines, to quote them."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """What is allowed, and probably not meant."""

    def place_of(self, path: Path) -> Place:
        """Return the place of the value at ``path``, or of the nearest one around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(self.name, 1, 1))

    def key_of(self, path: Path) -> Place:
        """Return the place of the key at ``path``, or of its value where it is no key."""
        return self.keys.get(path) or self.place_of(path)

    def report(self, place: Place, message: str) -> None:
        """Add a problem once; raises PolicyError when there are too many to be read."""
        problem = Problem(place, message, self._quote(place))
        if problem in self.problems:
            return
        self.problems.append(problem)
        if len(self.problems) == MOST_PROBLEMS:
            rest = f"there may be more; only the first {MOST_PROBLEMS} problems are told"
            raise PolicyError([*self.problems, Problem(place, rest)])

    def warn(self, place: Place, message: str) -> None:
        """Add a warning."""
        self.warnings.append(Problem(place, message, self._quote(place)))

    def is_public(self, place: Place) -> bool:
        """Return whether it is clear that what stands at ``place`` is no secret."""
        page = self.pages.get(place.file)
        return page is not None and page.is_public(place.line)

    def _quote(self, place: Place) -> str:
        page = self.pages.get(place.file)
        return page.quote(place) if page is not None else ""
