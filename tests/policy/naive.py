"""Globs and selectors a second time, written for being plainly right and not for speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backup_auditor.model import Resource
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector


class Selecting(Protocol):
    """What has a selector, such as a policy."""

    @property
    def selector(self) -> Selector:
        """Say which resources it is about."""
        ...


def glob_matches(glob: str, text: str) -> bool:
    """Return whether ``glob`` matches the whole of ``text``, letter by letter."""
    if glob[:1] == "*":
        return any(glob_matches(glob[1:], text[at:]) for at in range(len(text) + 1))
    if not glob or not text:
        return glob == text
    end = 1
    if glob[0] == "[":
        end = glob.index("]", 3 if glob[1] == "!" else 2) + 1
    fits = glob[0] == "?" or (_is_in(glob[1 : end - 1], text[0]) if end > 1 else glob[0] == text[0])
    return fits and glob_matches(glob[end:], text[1:])


def _is_in(members: str, char: str) -> bool:
    if members[0] == "!":
        return not _is_in(members[1:], char)
    if len(members) == 3 and members[1] == "-":
        return members[0] <= char <= members[2]
    return char in members


def selects(selector: Selector, resource: Resource) -> bool:
    """Return whether all keys match, all tags match, and ``not`` does not."""
    for key in SELECTOR_KEYS:
        globs = selector.globs.get(key)
        if globs and not any(glob_matches(glob, getattr(resource, key)) for glob in globs):
            return False
    for name, globs in selector.tags.items():
        value = resource.tags.get(name)
        if value is None or not any(glob_matches(glob, value) for glob in globs):
            return False
    return selector.exclude is None or not selects(selector.exclude, resource)


def first_of(policies: Sequence[Selecting], resource: Resource) -> Selecting | None:
    """Return the first policy that selects ``resource``."""
    for policy in policies:
        if selects(policy.selector, resource):
            return policy
    return None
