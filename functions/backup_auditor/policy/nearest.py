"""The known name that was probably meant; quick for any number of names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_COMPARED = 100
_SHARED = 3
_LONGEST = 100


def nearest(found: str, names: Iterable[str]) -> str | None:
    """Return the name of ``names`` that is most like ``found``; None where none is.

    Of very many names those are compared that begin or end as ``found`` does: comparing takes long.
    """
    found, listed = found[:_LONGEST], list(names)
    if len(listed) > _MOST_COMPARED:
        head, tail = found[:_SHARED], found[-_SHARED:]
        listed = [name for name in listed if name.startswith(head) or name.endswith(tail)]
    return next(iter(get_close_matches(found, listed[:_MOST_COMPARED], n=1)), None)
