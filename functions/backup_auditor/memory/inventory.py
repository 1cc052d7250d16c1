"""What became of the inventory: seen again, vanished, or out of sight.

A resource has vanished when its scope answered to the end and has not got it any more. Where a
scope has lost more than half of its resources, it is far more likely that the listing is wrong
than that so much was deleted in a day: that is a gap until somebody vouches for it, and its
resources are remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from backup_auditor.memory.model import KnownResource, Memory
from backup_auditor.model import Audit, Gap, GapReason, Scope, ScopeResult, Vanished
from backup_auditor.speech import phrase, phrases


@dataclass(frozen=True, slots=True)
class Inventory:
    """The inventory of one audit beside that of the one before."""

    known: Mapping[Scope, Mapping[str, KnownResource]]
    """What is to be remembered: what was seen, and what is out of sight."""
    vanished: tuple[Vanished, ...]
    appeared: int
    shrunk: tuple[Gap, ...]

    def has_lost(self, scope: Scope, resource_id: str) -> bool:
        """Return whether a resource that was known is not to be remembered."""
        return resource_id not in self.known.get(scope, {})


def look_again(before: Memory | None, audit: Audit, *, accept_shrink: bool) -> Inventory:
    """Compare the inventories of ``before`` and ``audit``."""
    now = audit.run.started_at
    seen = {result.scope: _listed(result, now) for result in audit.results}
    if before is None:
        return Inventory(_without_empty(seen), (), 0, ())
    known, vanished, shrunk = dict(seen), [], []
    for scope, old in before.inventory.items():
        lost = {id_: one for id_, one in old.items() if id_ not in seen.get(scope, {})}
        if not lost:
            continue
        if not _answered(scope, audit):
            known[scope] = {**seen.get(scope, {}), **lost}
        elif 2 * len(seen.get(scope, {})) < len(old) and not accept_shrink:
            known[scope] = {**seen.get(scope, {}), **lost}
            shrunk.append(_shrunk(scope, len(old), len(seen.get(scope, {}))))
        else:
            vanished += [Vanished(scope, id_, o.name, o.last_seen_at) for id_, o in lost.items()]
    appeared = sum(
        id_ not in before.inventory.get(scope, {}) for scope, ids in seen.items() for id_ in ids
    )
    return Inventory(_without_empty(known), tuple(vanished), appeared, tuple(shrunk))


def _listed(result: ScopeResult, now: datetime) -> dict[str, KnownResource]:
    return {a.resource.id: KnownResource(a.resource.name, now) for a in result.assessments}


def _without_empty(
    inventory: Mapping[Scope, Mapping[str, KnownResource]],
) -> dict[Scope, Mapping[str, KnownResource]]:
    return {scope: ids for scope, ids in inventory.items() if ids}


def _answered(scope: Scope, audit: Audit) -> bool:
    """Return whether the whole inventory of a scope was seen, be it that there is none any more."""
    return not audit.is_partial and not any(_covers(gap, scope) for gap in _blind(audit))


def _blind(audit: Audit) -> Iterator[Gap]:
    """Yield the gaps behind which a resource may be hidden."""
    for gap in audit.gaps:
        if gap.reason is not GapReason.EMPTY:
            yield gap


def _covers(gap: Gap, scope: Scope) -> bool:
    said = ((gap.source, scope.source), (gap.account, scope.account), (gap.region, scope.region))
    return all(one in {"", "*", other} for one, other in said)


def _shrunk(scope: Scope, before: int, now: int) -> Gap:
    detail = phrase(
        "the inventory has shrunk from {before} to {now}, which nobody has vouched for;"
        " audit with accept_shrink if this is right",
        before=phrases("{n} resource", "{n} resources", before),
        now=str(now),
    )
    return Gap(scope.source, scope.account, scope.region, GapReason.SHRUNK, detail)
