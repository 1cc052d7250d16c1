"""What has changed in one channel's part, so that it hears of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from backup_auditor.fingerprint import of_check
from backup_auditor.model import Assessment, Changes, Resource, Scope
from backup_auditor.report.parts import Part
from backup_auditor.report.resolved import WITHOUT_CHECK


def within(changes: Changes, part: Part, kept: Iterable[Assessment]) -> Changes:
    """Return what has changed about the resources ``kept``, and about those that are gone.

    How many have appeared is known of the whole audit only, and stays.
    """
    assessments = list(kept)
    places = {_place(assessment.resource) for assessment in assessments}
    known = {p: one for p, one in changes.known.items() if (one.scope, one.resource_id) in places}
    mine = known.keys() | _unknown(changes, assessments)
    mild = {print_ for print_, one in known.items() if part.is_mild(one)}
    return replace(
        changes,
        new=_of(changes.new, mine),
        worse=_of(changes.worse, mine),
        resolved=_of(changes.resolved, mine - mild),
        ongoing=_of(changes.ongoing, mine),
        lapsed=_of(changes.lapsed, mine),
        vanished=tuple(one for one in changes.vanished if part.holds_vanished(one)),
        new_gaps=tuple(gap for gap in changes.new_gaps if part.may_hold(gap)),
        known=known,
    )


def _of(prints: Iterable[str], mine: set[str]) -> tuple[str, ...]:
    return tuple(print_ for print_ in prints if print_ in mine)


def _unknown(changes: Changes, assessments: Iterable[Assessment]) -> set[str]:
    """Return the fingerprints of resources of which ``known`` tells nothing."""
    if not {*changes.lapsed, *changes.resolved} - changes.known.keys():
        return set()
    return {
        of_check(one.resource, rule)
        for one in assessments
        for rule in (*(check.rule for check in one.checks), *WITHOUT_CHECK)
    }


def _place(resource: Resource) -> tuple[Scope, str]:
    return Scope(resource.source, resource.account, resource.region), resource.id
