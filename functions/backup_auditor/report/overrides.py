"""Templates of a user that stand in for ours, as they come with a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

ENTRIES = ("email.html.j2", "report.txt.j2", "report.md.j2", "page.html.j2")
"""Our templates that a user may replace."""
TEMPLATE_BROKEN = "template-broken"
"""Kind of the notice that one of them could not be used, and ours was used instead."""
TEMPLATE_UNUSED = "template-unused"
"""Kind of the notice that a file does nothing."""


class BrokenTemplate(Exception):  # noqa: N818 - reads as a sentence
    """A user's template cannot be used; ours is used instead, and that is said."""

    def __init__(self, name: str, line: int, cause: str) -> None:
        """Say in which template, in which line (0: not known) and why."""
        self.name = name
        self.line = line
        self.cause = cause
        place = f"{name}, line {line}" if line else name
        super().__init__(f"template {place}: {cause}")


@dataclass(frozen=True, slots=True)
class Overrides:
    """Templates of a user, by name, those that theirs include as well."""

    texts: Mapping[str, str] = field(default_factory=dict)
    monotonic: Callable[[], float] = float
    """A clock, so that a template that never ends is stopped; one that stands still by default."""
    seconds: float = 10.0
    """How long each document may take."""
    refused: tuple[BrokenTemplate, ...] = ()
    """Files that could not even be read."""
    raises: bool = False
    """Whether a broken one is an error, not replaced by ours: for trying them."""

    def without(self, names: Collection[str]) -> Overrides:
        """Return those of other names."""
        left = {name: text for name, text in self.texts.items() if name not in names}
        return replace(self, texts=left)
