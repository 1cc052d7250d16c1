"""``select`` of an on-demand audit: the same keys and globs as ``match`` in a policy."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from backup_auditor.errors import UsageError
from backup_auditor.model import Scope
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector

_TAGS = "tags."
_LONGEST = 500


def selector_of(pairs: Mapping[str, object]) -> Selector:
    """Make a selector from key -> glob or list of globs; ``tags.NAME`` asks for a tag.

    Raises UsageError for an unknown key and for a value that is not text.
    """
    globs: dict[str, tuple[str, ...]] = {}
    tags: dict[str, tuple[str, ...]] = {}
    for key, value in pairs.items():
        if key.startswith(_TAGS) and key != _TAGS:
            tags[key.removeprefix(_TAGS)] = _globs(key, value)
        elif key in SELECTOR_KEYS:
            globs[key] = _globs(key, value)
        else:
            raise UsageError(_unknown(key))
    return Selector(globs, tags)


def may_match(selector: Selector, scope: Scope) -> bool:
    """Return whether a resource of ``scope`` can be selected at all: else it is not fetched."""
    known = {"source": scope.source, "account": scope.account, "region": scope.region}
    return may_match_known(selector, known)


def may_match_known(selector: Selector, known: Mapping[str, str]) -> bool:
    """Return whether something can be selected of which no more is ``known``: key -> value."""
    if "source" in known:
        known = {**known, "provider": known["source"].partition(".")[0]}
    return all(
        any(fnmatchcase(known[key], glob) for glob in globs)
        for key, globs in selector.globs.items()
        if key in known
    )


def _globs(key: str, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    globs = tuple(item for item in values if isinstance(item, str) and 0 < len(item) <= _LONGEST)
    if not globs or len(globs) != len(values):
        raise UsageError(f"select: {key} takes a glob such as prod-*, or a list of globs")
    return globs


def _unknown(key: str) -> str:
    near = get_close_matches(key, SELECTOR_KEYS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    allowed = ", ".join((*SELECTOR_KEYS, "tags.NAME"))
    return f"select: {key[:60]!r} is not a key{hint} Allowed: {allowed}"
