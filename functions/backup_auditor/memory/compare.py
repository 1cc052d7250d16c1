"""Hold an audit against the memory of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from backup_auditor import fingerprint
from backup_auditor.memory.inventory import Inventory, look_again
from backup_auditor.memory.model import Memory
from backup_auditor.model import (
    TRAIL,
    Assessment,
    Audit,
    Changes,
    Check,
    Gap,
    GapKey,
    Known,
    Outcome,
    Past,
    Resource,
    Scope,
    ScopeResult,
)

# No rule is asked for these: a resource that was seen without them has not got them any more.
_FOUND_BY_THE_AUDIT = frozenset({"unread", "ungoverned"})
_RANK = {Outcome.UNKNOWN: 0, Outcome.FAIL: 1}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an audit is like beside the one before."""

    changes: Changes
    memory: Memory
    """What to remember of it; a partial audit leaves the memory of the rest as it was."""
    shrunk: tuple[Gap, ...]
    """Scopes whose inventory has lost more than half, for which nobody has vouched."""


def compare(before: Memory | None, audit: Audit, *, accept_shrink: bool = False) -> Comparison:
    """Return what has changed since ``before``; None where nothing is remembered.

    ``accept_shrink`` says that somebody vouches for inventories that have shrunk.
    """
    inventory = look_again(before, audit, accept_shrink=accept_shrink)
    now = audit.run.started_at
    found = dict(_findings(audit.assessments))
    known = dict(_followed(before, found, now))
    seen = _Seen(audit.assessments)
    gone = {}
    if before:
        gone = {
            print_: _absent(old, seen.checked(old), inventory)
            for print_, old in before.findings.items()
            if print_ not in found
        }
    gaps = _gaps(before, [*audit.gaps, *inventory.shrunk], now, partial=audit.is_partial)
    kept = {print_: after.known for print_, after in gone.items() if after.known.trail.strip("0")}
    memory = Memory(
        run_id=audit.run.id,
        at=now,
        policy_digest=audit.run.policy_digest,
        findings={**kept, **known},
        inventory=inventory.known,
        gaps=gaps,
        told=before.told if before else {},
        past=dict(_past(before, audit.results, inventory)),
    )
    return Comparison(_changes(before, known, gone, inventory, gaps), memory, inventory.shrunk)


@dataclass(frozen=True, slots=True)
class _Absent:
    """A known finding that this audit has not got."""

    known: Known
    is_resolved: bool = False
    is_lapsed: bool = False


class _Seen:
    """What this audit says about a resource and a rule."""

    def __init__(self, assessments: Iterable[Assessment]) -> None:
        self._by_place = {_place(a.resource): a for a in assessments}

    def checked(self, known: Known) -> Assessment | Check | None:
        """Return the check; the assessment where the rule was not asked; None for nothing."""
        assessment = self._by_place.get((known.scope, known.resource_id))
        if assessment is None:
            return None
        asked = (check for check in assessment.checks if check.rule == known.rule)
        return next(asked, None if assessment.unread else assessment)


def _place(resource: Resource) -> tuple[Scope, str]:
    return Scope(resource.source, resource.account, resource.region), resource.id


def _findings(assessments: Iterable[Assessment]) -> Iterator[tuple[str, tuple[Resource, Check]]]:
    for assessment in assessments:
        for check in assessment.findings:
            yield (
                fingerprint.of_check(assessment.resource, check.rule),
                (
                    assessment.resource,
                    check,
                ),
            )


def _followed(
    before: Memory | None, found: Mapping[str, tuple[Resource, Check]], now: datetime
) -> Iterator[tuple[str, Known]]:
    """Yield every finding of this audit with its past."""
    for print_, (resource, check) in found.items():
        old = before.findings.get(print_) if before else None
        goes_on = old is not None and old.is_present
        # Where the resource was looked at before, the finding was not there then.
        trail = old.trail if old else "0" if before else ""
        yield (
            print_,
            Known(
                scope=_place(resource)[0],
                resource_id=resource.id,
                rule=check.rule,
                severity=check.severity,
                outcome=check.outcome,
                since=old.since if old and goes_on else now,
                audits=old.audits + 1 if old and goes_on else 1,
                trail=f"{trail}1"[-TRAIL:],
            ),
        )


def _absent(old: Known, found: Assessment | Check | None, inventory: Inventory) -> _Absent:
    """Say what became of a known finding: resolved, lapsed, or out of sight and kept."""
    over = replace(old, trail=f"{old.trail}0"[-TRAIL:])
    passes = isinstance(found, Check) and found.outcome is Outcome.PASS
    if passes or (found is not None and old.rule in _FOUND_BY_THE_AUDIT):
        return _Absent(over, is_resolved=old.is_present)
    if found is not None:
        return _Absent(over, is_lapsed=old.is_present)
    if inventory.has_lost(old.scope, old.resource_id):
        return _Absent(replace(old, trail=""), is_lapsed=old.is_present)
    return _Absent(old)


def _past(
    before: Memory | None, results: Iterable[ScopeResult], inventory: Inventory
) -> Iterator[tuple[tuple[Scope, str], Past]]:
    """Yield the past of every known resource; one that was not read keeps what it had."""
    known = before.past if before else {}
    read = {(result.scope, a.resource.id): a.past for result in results for a in result.assessments}
    for scope, ids in inventory.known.items():
        for id_ in ids:
            past = read.get((scope, id_)) or known.get((scope, id_))
            if past is not None:
                yield (scope, id_), past


def _gaps(
    before: Memory | None, gaps: Iterable[Gap], now: datetime, *, partial: bool
) -> dict[GapKey, datetime]:
    known = before.gaps if before else {}
    keys = dict.fromkeys(GapKey(g.source, g.account, g.region, g.reason) for g in gaps)
    still = {key: known.get(key, now) for key in keys}
    return {**known, **still} if partial else still


def _changes(
    before: Memory | None,
    known: Mapping[str, Known],
    gone: Mapping[str, _Absent],
    inventory: Inventory,
    gaps: Mapping[GapKey, datetime],
) -> Changes:
    if before is None:
        return Changes(known=known)
    old = {print_: one for print_, one in before.findings.items() if one.is_present}
    worse = {p for p, one in known.items() if p in old and _is_worse(one, old[p])}
    resolved = [print_ for print_, after in gone.items() if after.is_resolved]
    return Changes(
        compared_with=before.run_id,
        compared_at=before.at,
        new=tuple(p for p in known if p not in old),
        worse=tuple(p for p in known if p in worse),
        resolved=tuple(resolved),
        ongoing=tuple(p for p in known if p in old and p not in worse),
        lapsed=tuple(print_ for print_, after in gone.items() if after.is_lapsed),
        vanished=inventory.vanished,
        appeared=inventory.appeared,
        new_gaps=tuple(key for key in gaps if key not in before.gaps),
        known={**known, **{print_: gone[print_].known for print_ in resolved}},
    )


def _is_worse(now: Known, old: Known) -> bool:
    return (_RANK[now.outcome], now.severity.rank) > (_RANK[old.outcome], old.severity.rank)
