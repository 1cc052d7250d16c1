"""A string that cannot be printed.

Keys, tokens and webhook URLs travel as ``Secret``. Text of it never gets into a log, an exception,
a report, a pickle or a JSON document by accident: it must be asked for by ``reveal()``.
"""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Holds a text; shows ``***`` wherever it is printed, and refuses to be serialised."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep ``text`` until it is asked for by ``reveal()``."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one call that needs it."""
        return self._text

    def __bool__(self) -> bool:
        """Return whether there is any text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Two secrets with the same text are equal; a secret never equals a plain string."""
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        """Hash by content, so that secrets can be kept in sets."""
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        """Return a mask, whatever the content."""
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Return the mask in f-strings as well."""
        return format("***", spec)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or deep-copied into something that can be read."""
        raise TypeError("a secret cannot be serialised")
