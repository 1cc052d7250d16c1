"""Counting the audits of a range, one after the other: of each only what counts is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from backup_auditor.evidence import Key
from backup_auditor.evidence.days import Calendar, Span, spans
from backup_auditor.model import Outcome
from backup_auditor.past.breaches import Breaches
from backup_auditor.past.compliance import (
    LETTERS,
    Compliance,
    DayStanding,
    ExemptionUsed,
    PolicyChange,
    ResourceShare,
    Share,
    share_of,
    total,
)
from backup_auditor.past.seen import Seen, SeenResource
from backup_auditor.record import Damaged

_ABSENT = " "
_RANKS = {ord(letter): rank for rank, letter in enumerate((_ABSENT, *LETTERS.values()))}
"""From good to bad."""
_CODES = {standing: ord(letter) for standing, letter in LETTERS.items()}


@dataclass(slots=True)
class _Line:
    """A resource, and its days as letters."""

    last: SeenResource
    code: int
    """The letter that ``last`` stands for."""
    letters: bytearray
    policies: list[tuple[int, str]] = field(default_factory=list)
    """Which policy governed it from which day on."""
    last_day: int = 0
    """The last day that it, or a gap over it, was seen on."""


class Tally:
    """Takes audits in order; ``done`` says what they make together."""

    def __init__(self, set_name: str, calendar: Calendar, span: Span) -> None:
        """Count the days of ``span``."""
        self._set_name = set_name
        self._calendar = calendar
        self._span = span
        self._lines: dict[Key, _Line] = {}
        self._breaches = Breaches()
        self._exemptions: dict[tuple[str, str, date], ExemptionUsed] = {}
        self._changes: list[PolicyChange] = []
        self._times: list[datetime] = []
        self._unreadable: list[str] = []
        self._last: Seen | None = None
        self._partial = 0

    def take(self, audit: Seen | Damaged) -> None:
        """Count one audit, later than those before."""
        if isinstance(audit, Damaged):
            self._unreadable.append(str(audit))
        elif audit.is_partial:
            self._partial += 1
        else:
            self._take(audit, self._calendar.day(audit.at))

    def done(self) -> Compliance:
        """Return what was counted."""
        self._times.sort()
        missing = self._calendar.missing(self._times)
        rows = sorted(self._rows(missing), key=lambda one: (_fraction(one), one.policy, one.name))
        return Compliance(
            set_name=self._set_name,
            calendar=self._calendar,
            span=self._span,
            language=self._last.language if self._last else "en",
            audits=len(self._times),
            partial=self._partial,
            policies=dict(self._policies()),
            resources=rows,
            breaches=self._breaches.all(),
            exemptions=list(self._exemptions.values()),
            not_audited=spans(missing),
            policy_changes=self._changes,
            unreadable=self._unreadable,
        )

    def _take(self, audit: Seen, day: date) -> None:
        self._times.append(audit.at)
        before, self._last = self._last, audit
        if before and before.policy_digest != audit.policy_digest:
            self._changes.append(PolicyChange(audit.at, before.policy_digest, audit.policy_digest))
        self._breaches.take(audit)
        self._use_exemptions(audit, day)
        number = (day - self._span.first).days
        for key, one in audit.resources.items():
            self._mark(key, one, number)
        for key, line in self._lines.items():
            if key not in audit.resources and audit.hides(key):
                _put(line, number, _CODES[DayStanding.UNKNOWN])

    def _mark(self, key: Key, one: SeenResource, number: int) -> None:
        line = self._lines.get(key)
        if line is None:
            line = _Line(one, _CODES[_standing(one)], bytearray(b" " * len(self._span)))
            self._lines[key] = line
        elif line.last is not one:
            line.last, line.code = one, _CODES[_standing(one)]
        policy = one.policy or ""
        if not line.policies or line.policies[-1][1] != policy:
            line.policies.append((number, policy))
        _put(line, number, line.code)

    def _use_exemptions(self, audit: Seen, day: date) -> None:
        for one in audit.exemptions:
            if not one.findings:
                continue
            key = (one.owner, one.reason, one.until)
            known = self._exemptions.get(key) or ExemptionUsed(*key, day, day, 0, 0, 0)
            self._exemptions[key] = replace(
                known,
                last=day,
                days=known.days + (1 if day != known.last or not known.days else 0),
                resources=max(known.resources, one.resources),
                findings=max(known.findings, one.findings),
            )

    def _rows(self, missing: Iterable[date]) -> Iterator[ResourceShare]:
        """Yield all resources, once the days without an audit are known."""
        lost = [(day - self._span.first).days for day in missing]
        newest = (self._calendar.day(self._times[-1]) - self._span.first).days if self._times else 0
        for key, line in self._lines.items():
            self._lose(line, lost, newest)
            letters = line.letters.decode()
            one = line.last
            share = share_of(letters)
            yield ResourceShare(key, one.name, one.policy or "", one.owner, letters, share)

    def _lose(self, line: _Line, lost: list[int], newest: int) -> None:
        """Mark days without an audit on which a resource may have been there.

        Before the first audit nothing is known of it; after the last one it goes on.
        """
        first = line.policies[0][0]
        last = len(line.letters) if line.last_day == newest else line.last_day
        for number in lost:
            is_there = first < number < last
            is_before = number < first and not self._has_audit_before(first)
            if (is_there or is_before) and _policy_on(line, number):
                line.letters[number] = _CODES[DayStanding.NOT_AUDITED]

    def _has_audit_before(self, number: int) -> bool:
        return (self._calendar.day(self._times[0]) - self._span.first).days < number

    def _policies(self) -> Iterator[tuple[str, Share]]:
        """Yield the share of each policy: of the days on which it governed."""
        shares: dict[str, list[Share]] = {}
        for line in self._lines.values():
            letters = line.letters.decode()
            starts = [0, *(start for start, _ in line.policies[1:])]
            for start, end, (_, policy) in zip(
                starts, [*starts[1:], None], line.policies, strict=True
            ):
                shares.setdefault(policy, []).append(share_of(letters[start:end]))
        yield from ((name, total(each)) for name, each in sorted(shares.items()) if name)


def _policy_on(line: _Line, number: int) -> str:
    """Return the policy that governed a resource on a day; before it was seen, its first."""
    known = [policy for start, policy in line.policies if start <= number]
    return known[-1] if known else line.policies[0][1]


def _put(line: _Line, number: int, code: int) -> None:
    """Keep the worst of a day."""
    if _RANKS[code] > _RANKS[line.letters[number]]:
        line.letters[number] = code
    line.last_day = max(line.last_day, number)


def _standing(one: SeenResource) -> DayStanding:
    if one.policy is None:
        return DayStanding.UNGOVERNED
    if one.outcome is Outcome.PASS:
        exempt = any(fault.is_exempt for fault in one.faults)
        return DayStanding.EXEMPT if exempt else DayStanding.PASS
    return DayStanding.FAIL if one.outcome is Outcome.FAIL else DayStanding.UNKNOWN


def _fraction(one: ResourceShare) -> float:
    fraction = one.share.fraction
    return 2.0 if fraction is None else fraction
