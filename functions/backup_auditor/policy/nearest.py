"""The known name that was probably meant; quick for any number of names, and of questions."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import islice

_MANY = 200
_MOST_SEEN, _MOST_COMPARED = 500, 4
_SHARED = 3
_LONGEST = 60


def nearest(found: str, names: Sequence[str], *, but: str = "") -> str | None:
    """Return the name in ``names`` that is most like ``found``; None where none is.

    ``but`` is not meant. Comparing takes long: of very many names only some are compared, those
    that begin or end as ``found`` does and are about as long.
    """
    found = found[:_LONGEST]
    some = _alike(found, names) if len(names) > _MANY else names
    return next(iter(get_close_matches(found, [one for one in some if one != but], n=1)), None)


def _alike(found: str, names: Sequence[str]) -> list[str]:
    head, tail = found[:_SHARED], found[-_SHARED:]
    alike = (one for one in islice(names, _MOST_SEEN) if one.startswith(head) or one.endswith(tail))
    return sorted(alike, key=lambda one: abs(len(one) - len(found)))[:_MOST_COMPARED]
