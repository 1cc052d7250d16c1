"""What a sound policy says and probably does not mean: warnings of ``validate``.

None of it breaks an audit. Whoever runs ``validate --strict`` before a change is merged learns that
a policy governs nothing, asks for too little, or is past its time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from backup_auditor.model import Fact, Place, Problem
from backup_auditor.policy.covering import covers, literal_ends, matches_nothing
from backup_auditor.policy.model import Policy, PolicySet, SourceRequest
from backup_auditor.policy.selector import Selector, matcher
from backup_auditor.rules import Rule

_End = tuple[str, str, str]
"""A key of selectors, which end of its globs, and the text there."""
_MOST_COMPARED = 100
"""Of more that came before, no more are compared: the time must not grow with their square."""


def doubts(
    policies: PolicySet,
    rules: Mapping[str, Rule],
    now: datetime,
    tells: Mapping[str, Collection[Fact]],
) -> tuple[Problem, ...]:
    """Return all warnings about ``policies``, in the order of the files.

    ``tells`` has what each source can tell, by its id.
    """
    found = [
        *policies.warnings,
        *_toothless(policies, rules),
        *_overshadowed(policies),
        *_overlapping(policies),
        *_unanswerable(policies, tells),
        *_idle_bases(policies),
        *_past_exemptions(policies, now),
    ]
    return tuple(sorted(found, key=lambda p: (p.place.file, p.place.line, p.place.column)))


def _toothless(policies: PolicySet, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    noticing = [name for name, rule in rules.items() if rule.notices_missing]
    for policy in policies.policies:
        if not any(use.rule in noticing for use in policy.rules):
            message = (
                f"no rule of policy {policy.name!r} fails when there is no backup at all;"
                f" these do: {', '.join(noticing)}"
            )
            yield policies.doubt(policy.place, message)


def _overshadowed(policies: PolicySet) -> Iterator[Problem]:
    earlier = _Earlier(policies.policies)
    for policy in policies.policies:
        if matches_nothing(policy.selector):
            message = f"policy {policy.name!r} matches nothing: its not excludes all that it takes"
            yield policies.doubt(policy.place, message)
            continue
        first = earlier.covering(policy.selector)
        if first is None:
            earlier.add(policy)
        else:
            where = _where(first.place, policy.place)
            message = (
                f"policy {policy.name!r} never governs anything: {first.name!r} ({where})"
                " comes first and takes everything that it matches"
            )
            yield policies.doubt(policy.place, message)


def _overlapping(policies: PolicySet) -> Iterator[Problem]:
    """Tell of entries of ``sources`` that ask about a place of an earlier one of their kind."""
    earlier: dict[str, list[SourceRequest]] = {}
    for request in policies.sources:
        known = earlier.setdefault(request.kind, [])
        compared = known[:_MOST_COMPARED]
        first = next((one for one in compared if request.options.overlaps(one.options)), None)
        if first:
            where = _where(first.place, request.place)
            message = (
                f"another {request.kind} ({where}) asks about some of these places, and what lies"
                " there counts twice; make them one"
            )
            yield policies.doubt(request.place, message)
        known.append(request)


def _unanswerable(policies: PolicySet, tells: Mapping[str, Collection[Fact]]) -> Iterator[Problem]:
    """Tell of rules that stay unknown, because a source never tells what they need."""
    told: dict[str, set[Fact]] = {}
    for request in policies.sources:
        facts = request.options.told(tells.get(request.kind, tuple(Fact)))
        told.setdefault(request.kind, set()).update(facts)
    earlier = _Earlier(policies.policies)
    for policy in policies.policies:
        needed = {fact for use in policy.rules if (fact := use.options.needs())}
        lacking = [source for source, facts in sorted(told.items()) if needed - facts]
        governed = [s for s in lacking if _may_govern(policy, s, earlier)]
        for use in policy.rules:
            fact = use.options.needs()
            silent = [s for s in governed if fact and fact not in told[s]]
            if silent:
                message = (
                    f"{use.rule} of policy {policy.name!r} can only be unknown for"
                    f" {', '.join(silent)}, where nothing tells {fact};"
                    f" give {silent[0]} a policy without this rule"
                )
                yield policies.doubt(use.place, message)
        earlier.add(policy)


def _may_govern(policy: Policy, source: str, earlier: _Earlier) -> bool:
    """Return whether a resource of ``source`` may come to ``policy``, past the ``earlier`` ones."""
    known = {"source": source, "provider": source.partition(".")[0]}
    globs = policy.selector.globs
    if not all(matcher(globs[key])(told) for key, told in known.items() if key in globs):
        return False
    theirs = replace(policy.selector, globs={**globs, **{k: (told,) for k, told in known.items()}})
    return not matches_nothing(theirs) and earlier.covering(theirs) is None


def _where(place: Place, seen_from: Place) -> str:
    return f"line {place.line}" if place.file == seen_from.file else str(place)


class _Earlier:
    """The policies so far, found by what the texts that they match begin or end with."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        """Count what all ``policies`` ask for: each is kept under what is rarest."""
        self._counts = Counter(
            end for p in policies for key in p.selector.globs for end in _ends(p.selector, key)
        )
        self._catching_all: list[Policy] = []
        self._by_end: dict[_End, list[Policy]] = {}

    def add(self, policy: Policy) -> None:
        """Keep ``policy``."""
        selector = policy.selector
        if not selector.globs:
            self._catching_all.append(policy)
            return
        ends = (_ends(selector, key) for key in selector.globs)
        for end in min(ends, key=lambda some: max(self._counts[one] for one in some)):
            self._by_end.setdefault(end, []).append(policy)

    def covering(self, selector: Selector) -> Policy | None:
        """Return a policy that takes everything that ``selector`` does, if one can be shown."""
        compared = islice(self._candidates(selector), _MOST_COMPARED)
        return next((p for p in compared if covers(p.selector, selector)), None)

    def _candidates(self, selector: Selector) -> Iterator[Policy]:
        yield from self._catching_all
        for key, globs in selector.globs.items():
            begin, end = literal_ends(globs[0])
            for length in range(len(begin), -1, -1):
                yield from self._by_end.get((key, "begin", begin[:length]), ())
            for length in range(len(end), 0, -1):
                yield from self._by_end.get((key, "end", end[-length:]), ())


def _ends(selector: Selector, key: str) -> frozenset[_End]:
    """Return for each glob of ``key`` the longer of its two ends that are certain."""
    return frozenset(_end(key, *literal_ends(glob)) for glob in selector.globs[key])


def _end(key: str, begin: str, end: str) -> _End:
    return (key, "begin", begin) if len(begin) >= len(end) else (key, "end", end)


def _idle_bases(policies: PolicySet) -> Iterator[Problem]:
    for base in policies.bases:
        if not base.is_used:
            message = f"policy {base.name!r} is abstract, and no policy extends it"
            yield policies.doubt(base.place, message)


def _past_exemptions(policies: PolicySet, now: datetime) -> Iterator[Problem]:
    for exemption in policies.exemptions:
        if exemption.is_expired(now):
            message = f"this exemption ended with {exemption.until} and has no effect; remove it"
            yield policies.doubt(exemption.place, message)
