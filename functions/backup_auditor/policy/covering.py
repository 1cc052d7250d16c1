"""Whether one selector takes everything that another one takes.

The answer yes is certain; no only means that it could not be shown, as for globs with ``[...]``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from backup_auditor.policy.selector import Selector, matcher

_ANY, _ONE, _SET = "\ue000", "\ue001", "\ue002"
"""Stand for ``*``, ``?`` and ``[...]`` of a glob in its text; no name holds these characters."""
_TOKEN = re.compile(r"\*|\?|\[(?:!.|[^!])[^\]]*\]", re.DOTALL)
_STANDS_FOR = {"*": _ANY, "?": _ONE}
_SPECIAL = re.compile(r"[*?\[]")


def covers(wide: Selector, narrow: Selector) -> bool:
    """Return whether every resource that ``narrow`` matches is matched by ``wide`` too."""
    return (
        _covers_keys(wide.globs, narrow.globs, may_lack=True)
        and _covers_keys(wide.tags, narrow.tags, may_lack=False)
        and (wide.exclude is None or _are_disjoint(wide.exclude, narrow))
    )


def matches_nothing(selector: Selector) -> bool:
    """Return whether ``not`` excludes everything that the rest of ``selector`` takes."""
    return selector.exclude is not None and covers(
        selector.exclude, Selector(selector.globs, selector.tags)
    )


def _covers_keys(
    wide: Mapping[str, tuple[str, ...]], narrow: Mapping[str, tuple[str, ...]], *, may_lack: bool
) -> bool:
    """Compare key by key. A resource may lack a tag, which then not even ``*`` matches."""
    return all(
        (may_lack and "*" in globs)
        or (key in narrow and all(any(covers_glob(w, n) for w in globs) for n in narrow[key]))
        for key, globs in wide.items()
    )


def _are_disjoint(one: Selector, other: Selector) -> bool:
    """Return whether no resource is matched by both."""
    if other.exclude is not None and covers(other.exclude, one):
        return True
    return any(
        all(_is_disjoint(a, b) for a, b in product(globs, theirs[key]))
        for ours, theirs in ((one.globs, other.globs), (one.tags, other.tags))
        for key, globs in ours.items()
        if key in theirs
    )


@lru_cache(maxsize=65_536)
def covers_glob(wide: str, narrow: str) -> bool:
    """Return whether every text that ``narrow`` matches is matched by ``wide`` too."""
    if wide in {"*", narrow}:
        return True
    if _is_literal(narrow):
        return bool(matcher((wide,))(narrow))
    if "[" in wide or any(char in wide + narrow for char in (_ANY, _ONE, _SET)):
        return False
    # A ? is one character, so it takes everything but what stands for any number of them.
    return bool(matcher((wide.replace("?", f"[!{_ANY}]"),))(_text(narrow)))


def literal_ends(glob: str) -> tuple[str, str]:
    """Return what every text that ``glob`` matches begins and ends with."""
    special = _SPECIAL.search(glob)
    if special is None:
        return glob, glob
    after = max(map(glob.rfind, "*?]")) + 1
    return glob[: special.start()], glob[after:]


def _is_disjoint(one: str, other: str) -> bool:
    """Return whether no text is matched by both globs, as far as their beginnings tell."""
    if _is_literal(one):
        return not matcher((other,))(one)
    if _is_literal(other):
        return not matcher((one,))(other)
    first, second = literal_ends(one)[0], literal_ends(other)[0]
    return not (first.startswith(second) or second.startswith(first))


def _is_literal(glob: str) -> bool:
    return _SPECIAL.search(glob) is None


def _text(glob: str) -> str:
    """Return ``glob`` with a character of its own for each thing that stands for others."""
    return _TOKEN.sub(lambda token: _STANDS_FOR.get(token[0], _SET), glob)
