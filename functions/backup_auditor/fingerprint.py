"""What makes a finding the same finding in the next audit: a name of 16 characters for it.

It is of what is wrong and where, never of how it is said, how bad it is or since when. So it stays
while the fault stays, and whoever keeps it can tell new findings from known ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from backup_auditor.model import Resource

_LENGTH = 16
_AS_JSON = json.JSONEncoder().encode


def of_check(resource: Resource, rule: str) -> str:
    """Return the fingerprint of what one rule finds about one resource."""
    return _digest([resource.source, resource.account, resource.region, resource.id, rule])


def of_cause(kind: str, place: tuple[str, str, str], rules: Iterable[str], *more: str) -> str:
    """Return the fingerprint of what several resources have in common.

    ``place`` is a source, an account and a region, which is empty for all regions; ``more`` tells
    apart what else may be wrong there. The resources are no part of it: one that joins or leaves
    does not make another finding of it.
    """
    return _digest([kind, *place, sorted(rules), *more])


def _digest(parts: list[str | list[str]]) -> str:
    # As JSON, no name can be chosen so that two different things look like one.
    return hashlib.sha256(_AS_JSON(parts).encode()).hexdigest()[:_LENGTH]
