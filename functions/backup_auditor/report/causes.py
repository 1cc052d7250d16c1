"""Which resources have one cause, so that a whole region that stops is one finding, not hundreds.

Four things show a cause (``Cause``). Whose backups could not be read, for one reason, belong
together in a whole account; so do at least three that no policy matches. At least three that began
to fail by the same rules within the same hour do, where they are at least half of an account or of
a region of it. Of other faults nobody knows since when they hold: there only all resources of an
account or region, at least three, are a cause.

Nothing is grouped across sources, accounts, owners, runbooks or outcomes. Members differ in
everything else, so renderings with a row for each resource tell each one's own faults.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from backup_auditor.fingerprint import of_cause
from backup_auditor.model import Assessment, Check, Outcome
from backup_auditor.report.model import Cause, Group
from backup_auditor.values import whole_second

_FEWEST = 3
_FEWEST_UNREAD = 2  # one answer of the provider is cause enough
ONE_HOUR = timedelta(hours=1)
_NEVER = datetime.max.replace(tzinfo=UTC)

_T = TypeVar("_T")
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Place:
    """A source in one account, or in one region of it, with the resources that policies govern."""

    source: str
    account: str
    region: str
    """Empty for all regions."""
    resources: Sequence[Assessment]


def groups_of(assessments: Iterable[Assessment]) -> tuple[Group, ...]:
    """Return the groups, in no telling order; who is in none is a finding of their own."""
    accounts = _by(assessments, lambda a: (a.resource.source, a.resource.account))
    return tuple(group for (name, those) in accounts.items() for group in _of(*name, those))


def within(groups: Iterable[Group], assessments: Iterable[Assessment]) -> tuple[Group, ...]:
    """Return what is left of ``groups`` among ``assessments``: one resource is no group."""
    kept = {id(assessment) for assessment in assessments}
    left = (replace(g, members=tuple(m for m in g.members if id(m) in kept)) for g in groups)
    return tuple(group for group in left if len(group.members) > 1)


def shown_checks(assessment: Assessment) -> list[Check]:
    """Return the findings that are told of one resource, worst first.

    Where something fails, what cannot be judged beside it is mostly the same cause.
    """
    return [check for check in assessment.findings if check.outcome is assessment.outcome]


def since_of(assessment: Assessment) -> datetime | None:
    """Return since when the earliest of the told findings holds."""
    return min((c.since for c in shown_checks(assessment) if c.since), default=None)


def _of(source: str, account: str, assessments: Sequence[Assessment]) -> Iterator[Group]:
    """Yield the groups of a source in one account, each resource in one of them at most."""
    yield from _unread(_Place(source, account, "", [a for a in assessments if _is_unread(a)]))
    yield from _ungoverned(_Place(source, account, "", assessments))
    governed = [a for a in assessments if a.is_governed]
    taken: set[int] = set()
    for place in _places(source, account, governed):
        for group in _shared(place, taken):
            taken |= {id(member) for member in group.members}
            yield group


def _places(source: str, account: str, governed: Sequence[Assessment]) -> Iterator[_Place]:
    """Yield the whole account, and then each region of several."""
    yield _Place(source, account, "", governed)
    regions = _by(governed, lambda a: a.resource.region)
    if len(regions) > 1:
        yield from (_Place(source, account, region, those) for region, those in regions.items())


def _is_unread(assessment: Assessment) -> bool:
    return assessment.outcome is Outcome.UNKNOWN and bool(assessment.unread)


def _unread(place: _Place) -> Iterator[Group]:
    key = _by(place.resources, lambda a: (a.unread, a.owner, a.runbook))
    for (detail, *_), members in key.items():
        if len(members) >= _FEWEST_UNREAD:
            yield _group(Cause.UNREAD, place, members, detail=detail)


def _ungoverned(place: _Place) -> Iterator[Group]:
    members = [a for a in place.resources if not a.is_governed and a.outcome is Outcome.FAIL]
    if len(members) >= _FEWEST:
        yield _group(Cause.UNGOVERNED, place, members)


def _shared(place: _Place, taken: set[int]) -> Iterator[Group]:
    """Yield the groups of a place by what is wrong, without those who are in another already."""
    if len(place.resources) >= _FEWEST:
        yield from _together(place, taken)
        yield from _alike(place, taken)


def _together(place: _Place, taken: set[int]) -> Iterator[Group]:
    failing = (a for a in place.resources if a.outcome is Outcome.FAIL and id(a) not in taken)
    dated = [(began, a) for a in failing if (began := _began(a))]
    found = []
    for same in _by(dated, lambda one: _fault(one[1])).values():
        members = _densest(same)
        if len(members) >= _FEWEST and 2 * len(members) >= len(place.resources):
            since = min(began for began, _ in members)
            found.append(_group(Cause.TOGETHER, place, [a for _, a in members], since=since))
    # Two halves may have begun at two hours: one of them is the cause, and is so every time.
    found.sort(key=lambda group: (-len(group.members), group.since or _NEVER))
    yield from {group.fingerprint: group for group in reversed(found)}.values()


def _began(assessment: Assessment) -> datetime | None:
    """Return since when the worst finding holds of which that is known."""
    known = (whole_second(check.since) for check in shown_checks(assessment) if check.since)
    return next(known, None)


def _fault(assessment: Assessment) -> Hashable:
    """Return what members have in common, whatever the words and the time."""
    rules = frozenset(check.rule for check in shown_checks(assessment))
    worst = shown_checks(assessment)[0].severity
    return (assessment.owner, assessment.runbook, worst, rules)


def _densest(dated: Iterable[tuple[datetime, Assessment]]) -> list[tuple[datetime, Assessment]]:
    """Return the most that lie within one hour; of several such hours, the earliest."""
    ordered = sorted(dated, key=lambda one: (one[0], _name(one[1])))
    best, start = (0, 0), 0
    for end, (began, _) in enumerate(ordered, 1):
        while began - ordered[start][0] > ONE_HOUR:
            start += 1
        if end - start > best[1] - best[0]:
            best = (start, end)
    return ordered[slice(*best)]


def _alike(place: _Place, taken: set[int]) -> Iterator[Group]:
    if taken and any(id(a) in taken for a in place.resources):
        return
    if len({_words(a) for a in place.resources}) == 1 and _words(place.resources[0]):
        yield _group(Cause.ALIKE, place, place.resources)


def _words(assessment: Assessment) -> Hashable:
    """Return all that is said of a fault of which no time is known; nothing for anything else."""
    checks = shown_checks(assessment)
    if not checks or assessment.unread or any(check.since for check in checks):
        return ()
    said = tuple((check.rule, check.message, check.expected) for check in checks)
    return (assessment.outcome, _fault(assessment), said)


def _group(
    cause: Cause,
    place: _Place,
    members: Sequence[Assessment],
    *,
    since: datetime | None = None,
    detail: str = "",
) -> Group:
    first = members[0]
    rules = [str(cause)] if detail else {check.rule for check in shown_checks(first)}
    where = (place.source, place.account, place.region)
    return Group(
        cause=cause,
        fingerprint=of_cause(cause, where, rules, first.owner, first.runbook, detail),
        members=tuple(sorted(members, key=_worst_first)),
        since=since,
        region=place.region,
        total=len(place.resources),
    )


def _worst_first(assessment: Assessment) -> tuple[int, datetime, tuple[str, str, str]]:
    rank = max((check.severity.rank for check in shown_checks(assessment)), default=0)
    return (-rank, whole_second(since_of(assessment) or _NEVER), _name(assessment))


def _name(assessment: Assessment) -> tuple[str, str, str]:
    resource = assessment.resource
    return (resource.name, resource.id, resource.region)


def _by(things: Iterable[_T], key: Callable[[_T], _Key]) -> dict[_Key, list[_T]]:
    found: defaultdict[_Key, list[_T]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found
