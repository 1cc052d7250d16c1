"""Where something stands in a policy file, and what is wrong there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a policy file; line and column count from 1."""

    file: str
    line: int
    column: int
    width: int = field(default=1, compare=False)
    """How many characters stand there; 1 for what goes over several lines."""

    def __str__(self) -> str:
        """Return ``file:line:column``, as editors understand it."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a policy file."""

    place: Place
    message: str
    """What was found and what is allowed, with the nearest known name for a misspelt one."""
    quote: str = field(default="", compare=False)
    """The line of the file that it stands in; empty where that may hold a secret."""

    def __str__(self) -> str:
        """Return ``file:line:column: message``."""
        return f"{self.place}: {self.message}"
