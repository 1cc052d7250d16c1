"""Past audits, a resource or a finding over time: as lines for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backup_auditor.evidence import Key
from backup_auditor.evidence.days import Calendar, spans
from backup_auditor.model import DayState, Outcome
from backup_auditor.past.seen import Fault, Seen, SeenResource
from backup_auditor.report.states import GLYPHS, SYMBOLS
from backup_auditor.report.words import printable, sparkline, trend
from backup_auditor.values import write_instant

_ABSENT = " "
_MOST_SIZES = 60


@dataclass(frozen=True, slots=True)
class Days:
    """Audits of some days, oldest first, in the order in which they began."""

    audits: Sequence[Seen]
    calendar: Calendar

    @property
    def missing(self) -> list[str]:
        """Days without a whole audit."""
        whole = [audit.at for audit in self.audits if not audit.is_partial]
        return [str(span) for span in spans(self.calendar.missing(whole))]


def audits_lines(days: Days) -> Iterator[str]:
    """Yield a line an audit, the newest last, and the days without one."""
    for audit in days.audits:
        counts = audit.counts
        words = [f"{counts[name]} {name}" for name in ("fail", "unknown", "exempt") if counts[name]]
        changes = audit.changes or {}
        words += [f"{number} {name}" for name, number in changes.items() if number]
        words += [f"{len(audit.gaps)} not audited"] if audit.gaps else []
        words += ["a part only"] if audit.is_partial else []
        said = f"; {', '.join(words)}" if words else ""
        passed = f"{counts['pass']}/{counts['resources']} pass"
        yield f"{_when(audit.at, days.calendar.zone)}  {audit.verdict.upper():10}  {passed}{said}"
    yield from (f"{span}: no audit was recorded" for span in days.missing)


def audits_fields(days: Days) -> dict[str, Any]:
    """Return the audits as JSON values."""
    return {
        "audits": [
            {
                "run": audit.run,
                "started_at": write_instant(audit.at),
                "verdict": str(audit.verdict),
                "is_partial": audit.is_partial,
                "counts": dict(audit.counts),
                "changes": audit.changes and dict(audit.changes),
                "gaps": len(audit.gaps),
                "policy_digest": audit.policy_digest,
            }
            for audit in days.audits
        ],
        "days_not_audited": days.missing,
    }


@dataclass(frozen=True, slots=True)
class Moment:
    """A resource in one audit; None where the audit did not see it."""

    audit: Seen
    key: Key
    resource: SeenResource | None

    @property
    def outcome(self) -> str:
        """How it stood: an outcome, ``exempt``, ``not seen`` or ``not there``."""
        one = self.resource
        if one is None:
            return "not seen" if self.audit.hides(self.key) else "not there"
        if one.outcome is Outcome.PASS and any(fault.is_exempt for fault in one.faults):
            return "exempt"
        return "ungoverned" if one.policy is None else str(one.outcome)


def resource_lines(moments: Sequence[Moment], days: Days) -> Iterator[str]:
    """Yield what became of one resource: its outcomes, its backups and their sizes."""
    zone = days.calendar.zone
    last = next(m.resource for m in reversed(moments) if m.resource)
    yield f"{printable(last.name)} ({printable(', '.join(last.key))})"
    signs = "".join(SYMBOLS.get(moment.outcome, _ABSENT) for moment in moments)
    yield f"  outcomes  {signs}  ({len(moments)} audits, the newest last)"
    strip = strip_of(moments)
    if strip:
        drawn = "".join(GLYPHS[strip[day]] for day in sorted(strip))
        yield f"  backups   {drawn}  ({min(strip)} to {max(strip)})"
    sizes = [size for _, size in sizes_of(moments)][-_MOST_SIZES:]
    if sizes:
        yield f"  sizes     {sparkline(sizes)}  ({trend(sizes)})"
    for first, final in _stretches(moments):
        said = "; ".join(printable(f.message) for f in _faults(final)) or "all is well"
        if final.resource is None:
            said = "a gap lies over it" if final.outcome == "not seen" else "not in the inventory"
        span = f"{_when(first.audit.at, zone)} to {_when(final.audit.at, zone)}"
        yield f"  {span}  {final.outcome}: {said}"


def resource_fields(moments: Sequence[Moment]) -> dict[str, Any]:
    """Return the same as JSON values."""
    last = next(m.resource for m in reversed(moments) if m.resource)
    source, account, region, id_ = last.key
    return {
        "id": id_,
        "name": last.name,
        "source": source,
        "account": account,
        "region": region,
        "outcomes": [
            {
                "run": moment.audit.run,
                "started_at": write_instant(moment.audit.at),
                "outcome": moment.outcome,
                "findings": [fault.fingerprint for fault in _faults(moment)],
            }
            for moment in moments
        ],
        "days": {str(day): str(state) for day, state in sorted(strip_of(moments).items())},
        "backups": [
            {"taken_at": write_instant(at), "size_bytes": size} for at, size in sizes_of(moments)
        ],
    }


def strip_of(moments: Sequence[Moment]) -> dict[date, DayState]:
    """Return the best that is known of each day: what the provider has pruned is remembered."""
    known: dict[date, DayState] = {}
    for moment in moments:
        for day, state in moment.resource.days if moment.resource else ():
            if state is not DayState.MISSING or day not in known:
                known[day] = state
    return known


def sizes_of(moments: Sequence[Moment]) -> list[tuple[datetime, int]]:
    """Return the newest usable backup of each audit, each backup once."""
    found = {
        one.last_success_at: one.last_success_size_bytes
        for one in (moment.resource for moment in moments)
        if one and one.last_success_at and one.last_success_size_bytes is not None
    }
    return sorted(found.items())


@dataclass(frozen=True, slots=True)
class Stretch:
    """Audits one after the other in which a finding stood alike."""

    first: Seen
    last: Seen
    fault: Fault | None
    """As the last of them tells it; None where it was not found."""
    standing: str
    """``found``, ``not found``, ``not seen`` or ``not there``: so stood its resource."""


def finding_of(fingerprint: str, moments: Sequence[Moment]) -> list[Stretch]:
    """Return where a finding was and where it was not; ``moments`` are of its resource."""
    stretches: list[Stretch] = []
    for moment in moments:
        fault = next((f for f in _faults(moment) if f.fingerprint == fingerprint), None)
        standing = "found" if fault else "not found" if moment.resource else moment.outcome
        first = moment.audit
        if stretches and stretches[-1].standing == standing:
            first = stretches.pop().first
        stretches.append(Stretch(first, moment.audit, fault, standing))
    return stretches


def finding_lines(
    stretches: Sequence[Stretch], moments: Sequence[Moment], zone: ZoneInfo
) -> Iterator[str]:
    """Yield a line for each stretch, after what the finding is."""
    one = next(m.resource for m in reversed(moments) if m.resource)
    rule = next(s.fault.rule for s in stretches if s.fault)
    yield f"{rule} of {printable(one.name)} ({printable(', '.join(one.key))})"
    for stretch in stretches:
        said = _stand(stretch.fault) if stretch.fault else stretch.standing
        yield f"  {_when(stretch.first.at, zone)} to {_when(stretch.last.at, zone)}  {said}"


def _stand(fault: Fault) -> str:
    exempt = ", exempt" if fault.is_exempt else ""
    return f"{fault.outcome}{exempt} ({fault.severity}): {printable(fault.message)}"


def finding_fields(
    fingerprint: str, stretches: Sequence[Stretch], moments: Sequence[Moment]
) -> dict[str, Any]:
    """Return the same as JSON values."""
    source, account, region, id_ = moments[0].key
    return {
        "fingerprint": fingerprint,
        "rule": next(s.fault.rule for s in stretches if s.fault),
        "resource": {"id": id_, "source": source, "account": account, "region": region},
        "stretches": [
            {
                "first_at": write_instant(one.first.at),
                "last_at": write_instant(one.last.at),
                "standing": one.standing,
                "outcome": str(one.fault.outcome) if one.fault else None,
                "severity": str(one.fault.severity) if one.fault else None,
                "exempt": one.fault.is_exempt if one.fault else None,
                "message": one.fault.message if one.fault else None,
            }
            for one in stretches
        ],
    }


def _stretches(moments: Sequence[Moment]) -> list[tuple[Moment, Moment]]:
    """Return the first and the last of moments one after the other that are alike."""
    found: list[tuple[Moment, Moment]] = []
    for moment in moments:
        if found and _alike(found[-1][1], moment):
            found[-1] = (found[-1][0], moment)
        else:
            found.append((moment, moment))
    return found


def _alike(one: Moment, other: Moment) -> bool:
    return one.outcome == other.outcome and _prints(one) == _prints(other)


def _prints(moment: Moment) -> list[str]:
    return [fault.fingerprint for fault in _faults(moment)]


def _faults(moment: Moment) -> tuple[Fault, ...]:
    return moment.resource.faults if moment.resource else ()


def _when(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
