"""The scopes of a document of the JSON contract: who stands in which, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from backup_auditor.fields import FieldError, Fields
from backup_auditor.model import (
    Assessment,
    Check,
    Day,
    Gap,
    GapReason,
    Orphan,
    Outcome,
    Resource,
    Scope,
    ScopeResult,
    Severity,
)
from backup_auditor.report.kept import LETTERS
from backup_auditor.report.reading_changes import PastReader

_STATES = {letter: state for state, letter in LETTERS.items()}
_MOST_DAYS = 366


@dataclass(slots=True)
class _Found:
    """What is found in one scope."""

    scope: Scope
    counted: int | None = None
    """How many resources the document counts in it; None where it does not count them."""
    assessments: list[Assessment] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class ScopeReader:
    """Reads what belongs to a scope, and puts it there.

    A document of an earlier version lists no scopes; they are those that its resources name.
    """

    def __init__(self, listed: list[_Found] | None) -> None:
        """Take the scopes of the document, in its order; None where it has no list of them."""
        self._listed = listed
        self._named: dict[Scope, _Found] = {}
        self.past = PastReader()
        """What the checks say of earlier audits."""
        self._strips: dict[tuple[date, str], tuple[Day, ...]] = {}

    @classmethod
    def of(cls, document: Fields) -> ScopeReader:
        """Return a reader for what a document holds; raises FieldError."""
        listed = document.given("coverage", lambda name: list(document.each(name, _covered)), None)
        return cls(listed)

    def results(self) -> tuple[ScopeResult, ...]:
        """Return what was read, scope by scope; raises FieldError where it was counted wrongly."""
        for number, found in enumerate(self._listed or ()):
            if found.counted != len(found.assessments):
                raise FieldError(
                    f"coverage[{number}]: {found.counted} resources are counted,"
                    f" {len(found.assessments)} are there"
                )
        named = sorted(self._named.values(), key=lambda found: found.scope)
        return tuple(
            ScopeResult(f.scope, tuple(f.assessments), tuple(f.orphans), tuple(f.gaps))
            for f in (*(self._listed or ()), *named)
        )

    def gap(self, row: Fields) -> Gap:
        """Read a gap; one that was found while planning is of no scope."""
        gap = Gap(
            source=row.line("source"),
            account=row.text("account"),
            region=row.text("region"),
            reason=row.word("reason", GapReason),
            detail=row.text("detail"),
        )
        found = self._listed_at(row)
        if self._listed is None and all((gap.source, gap.account, gap.region)):
            found = self._called(Scope(gap.source, gap.account, gap.region))
        if found is not None:
            found.gaps.append(gap)
        return gap

    def resource(self, row: Fields) -> int:
        """Read a resource; return 1, to be counted."""
        one = self._assessment(row)
        scope = Scope(one.resource.source, one.resource.account, one.resource.region)
        (self._listed_at(row) or self._called(scope)).assessments.append(one)
        return 1

    def orphan(self, row: Fields) -> None:
        """Read backups without a resource."""
        one = _orphan(row)
        scope = Scope(one.source, one.account, one.region)
        (self._listed_at(row) or self._called(scope)).orphans.append(one)

    def _listed_at(self, row: Fields) -> _Found | None:
        place = row.optional("scope", row.number) if self._listed is not None else None
        if self._listed is None or place is None:
            return None
        if place >= len(self._listed):
            raise FieldError(f"the field 'scope' is {place}; 'coverage' has {len(self._listed)}")
        return self._listed[place]

    def _called(self, scope: Scope) -> _Found:
        if self._listed is not None:
            raise FieldError("the field 'scope' is None; allowed: a place in 'coverage'")
        return self._named.setdefault(scope, _Found(scope))

    def _assessment(self, row: Fields) -> Assessment:
        resource = _resource(row)
        return Assessment(
            resource=resource,
            policy=row.optional("policy", row.text),
            outcome=row.word("outcome", Outcome),
            checks=tuple(row.each("checks", lambda one: self._check(one, resource))),
            last_success_at=row.optional("last_success_at", row.instant),
            last_success_size_bytes=row.optional("last_success_size_bytes", row.number),
            backups=row.number("backups"),
            days=row.given("days", lambda name: self._days(row.fields(name)), ()),
            sizes=row.given("sizes", row.numbers, ()),
            owner=row.given("owner", row.text, ""),
            runbook=row.given("runbook", row.text, ""),
            unread=row.given("unread", row.text, ""),
            remembered=row.given("remembered", row.number, 0),
        )

    def _check(self, row: Fields, resource: Resource) -> Check:
        check = _check(row)
        self.past.check(row, check, resource)
        return check

    def _days(self, row: Fields) -> tuple[Day, ...]:
        """Read a strip; many resources have the same one."""
        last, letters = row.day("last"), row.text("states")
        known = self._strips.get((last, letters))
        if known is None:
            known = self._strips[last, letters] = _strip(last, letters)
        return known


def _covered(row: Fields) -> _Found:
    scope = Scope(row.line("source"), row.text("account"), row.text("region"))
    return _Found(scope, row.number("resources"))


def _resource(row: Fields) -> Resource:
    return Resource(
        id=row.text("id"),
        name=row.text("name"),
        source=row.line("source"),
        account=row.text("account"),
        region=row.text("region"),
        zone=row.text("zone"),
        kind=row.given("kind", row.text, ""),
        state=row.given("state", row.text, ""),
        created_at=row.given("created_at", row.instant, None),
    )


def _check(row: Fields) -> Check:
    return Check(
        rule=row.line("rule"),
        outcome=row.word("outcome", Outcome),
        severity=row.word("severity", Severity),
        message=row.text("message"),
        observed=row.optional("observed", row.text) or "",
        expected=row.optional("expected", row.text) or "",
        since=row.optional("began_at" if row.has("began_at") else "since", row.instant),
        exempt=row.flag("exempt"),
        exemption=row.given("exemption", row.text, ""),
        advice=row.given("advice", row.text, ""),
        controls=row.given("controls", row.texts, ()),
    )


def _orphan(row: Fields) -> Orphan:
    return Orphan(
        source=row.line("source"),
        account=row.text("account"),
        region=row.text("region"),
        resource_id=row.text("resource_id"),
        name=row.text("name"),
        backups=row.number("backups"),
        newest_at=row.optional("newest_at", row.instant),
    )


def _strip(last: date, letters: str) -> tuple[Day, ...]:
    if not 0 < len(letters) <= _MOST_DAYS or not _STATES.keys() >= set(letters):
        allowed = f"1 to {_MOST_DAYS} of the letters {''.join(_STATES)}"
        raise FieldError(f"the field 'states' is {letters[:20]!a}; allowed: {allowed}")
    first = last - timedelta(days=len(letters) - 1)
    return tuple(
        Day(first + timedelta(days=number), _STATES[letter])
        for number, letter in enumerate(letters)
    )
