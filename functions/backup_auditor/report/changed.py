"""What the contract says of earlier audits: since when, what is new, what is no longer there.

A finding is told by its fingerprint, which stands at its check; that of a resolved one stands at
the check that passes now.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from backup_auditor.fingerprint import of_check
from backup_auditor.model import Changes, Check, Known, Outcome, Resource
from backup_auditor.values import write_instant

_KEYS = ("since", "fingerprint", "audits", "began_at", "first_found_at")
_NO_PAST: dict[str, Any] = dict.fromkeys(_KEYS)


def since(check: Check, known: Known | None) -> datetime | None:
    """Return since when a fault holds: by the data, or by the first audit that found it.

    The earlier of the two. Of a resolved one: since when it held.
    """
    instants = [instant for instant in (check.since, known and known.since) if instant]
    return min(instants, default=None)


def of_finding(check: Check, resource: Resource, changes: Changes) -> dict[str, Any]:
    """Return what a check has of its past; a pass has one only if it is of a resolved finding."""
    if check.outcome is Outcome.PASS and not changes.known:  # hashing takes long
        began = write_instant(check.since)
        return {**_NO_PAST, "since": began, "began_at": began}
    print_ = of_check(resource, check.rule)
    known = changes.known.get(print_)
    is_told = known is not None or check.outcome is not Outcome.PASS
    return {
        "since": write_instant(since(check, known)),
        "fingerprint": print_ if is_told else None,
        "audits": known.audits if known else None,
        "began_at": write_instant(check.since),
        "first_found_at": write_instant(known.since) if known else None,
    }


def of_changes(changes: Changes) -> dict[str, Any]:
    """Return what is different from the audit before."""
    return {
        "compared_with": changes.compared_with,
        "new": list(changes.new),
        "worse": list(changes.worse),
        "resolved": list(changes.resolved),
        "ongoing": list(changes.ongoing),
        "compared_at": write_instant(changes.compared_at),
        "lapsed": list(changes.lapsed),
        "flapping": sorted(changes.flapping),
        "appeared": changes.appeared,
        "new_gaps": [{**asdict(gap), "reason": str(gap.reason)} for gap in changes.new_gaps],
    }


def of_vanished(changes: Changes) -> list[dict[str, Any]]:
    """Return the resources that the inventory has not got any more."""
    return [
        {
            "id": one.id,
            "source": one.scope.source,
            "last_seen_at": write_instant(one.last_seen_at),
            "account": one.scope.account,
            "region": one.scope.region,
            "name": one.name,
        }
        for one in changes.vanished
    ]
