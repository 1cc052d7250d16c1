"""Which policy governs a resource, for many resources and many policies.

The meaning is one line: the first policy whose selector matches (``governing`` of a plain loop).
This file makes it fast. What a policy says about source, account, region and the like is the same
for thousands of resources, so it is answered once for each combination; the names of the policies
that remain are one regular expression, which tells in one go which of them is the first to match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from typing import TYPE_CHECKING

from backup_auditor.model import Resource
from backup_auditor.policy.selector import matcher

if TYPE_CHECKING:
    from backup_auditor.policy.model import Policy

_SHARED = ("source", "provider", "account", "region", "zone", "kind", "state")
_ANYTHING = "(?s:.*)"

_Possible = tuple[int, ...]
"""Positions of policies, rising."""
_First = Callable[[str], re.Match[str] | None]


class Governor:
    """Finds the governing policy. Safe to use from several threads."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        """Prepare for ``policies``, of which the first that matches governs."""
        self._policies = tuple(policies)
        self._possible: dict[tuple[str, ...], _Possible] = {}
        self._first: dict[_Possible, _First] = {}

    def governing(self, resource: Resource) -> Policy | None:
        """Return the first policy that matches; None for a resource that is ungoverned."""
        possible = self._possible_for(resource)
        if not possible:
            return None
        found = self._first_by_name(possible)(resource.name)
        if found is None or found.lastindex is None:
            return None
        # The name matches; what else the policy asks for may not, then the next ones are tried.
        start = int(str(found.lastgroup).removeprefix("p"))
        policies = (self._policies[number] for number in possible[start:])
        return next((p for p in policies if p.selector.matches(resource)), None)

    def _possible_for(self, resource: Resource) -> _Possible:
        shared = tuple(getattr(resource, key) for key in _SHARED)
        possible = self._possible.get(shared)
        if possible is None:
            policies = enumerate(self._policies)
            possible = tuple(number for number, p in policies if _may_match(p, resource))
            self._possible[shared] = possible
        return possible

    def _first_by_name(self, possible: _Possible) -> _First:
        first = self._first.get(possible)
        if first is None:
            names = (self._policies[number].selector.globs.get("name") for number in possible)
            wanted = ("|".join(map(translate, n)) if n else _ANYTHING for n in names)
            groups = (f"(?P<p{number}>{one})" for number, one in enumerate(wanted))
            first = self._first[possible] = re.compile("|".join(groups)).match
        return first


def _may_match(policy: Policy, resource: Resource) -> bool:
    globs = policy.selector.globs
    return all(matcher(globs[key])(getattr(resource, key)) for key in _SHARED if key in globs)
