"""A record as one look at the world: the little of it that counts over many days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from backup_auditor.evidence import Key
from backup_auditor.fields import FieldError, Fields
from backup_auditor.fingerprint import of_check
from backup_auditor.model import (
    AuditVerdict,
    DayState,
    ExemptionState,
    Gap,
    GapReason,
    Outcome,
    Resource,
    Severity,
)
from backup_auditor.record import Damaged, Record
from backup_auditor.report.kept import LETTERS

_ALL = frozenset({"", "*"})
_STATES = {letter: state for state, letter in LETTERS.items()}
_PLACE = itemgetter("source", "account", "region", "id")
_WORDS = itemgetter("name", "policy", "owner", "outcome", "checks")
_PASS = str(Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Fault:
    """A check that was not a pass."""

    rule: str
    outcome: Outcome
    severity: Severity
    message: str
    fingerprint: str
    is_exempt: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SeenResource:
    """A resource in one audit."""

    key: Key
    name: str
    policy: str | None
    owner: str
    outcome: Outcome
    faults: tuple[Fault, ...]
    last_success_at: datetime | None = None
    last_success_size_bytes: int | None = None
    strip: tuple[date, str] | None = None
    """Its last day, and a letter for each day up to it."""

    @property
    def days(self) -> Iterator[tuple[date, DayState]]:
        """Yield the days of its strip, the last one first."""
        last, letters = self.strip or (date.max, "")
        for back, letter in enumerate(reversed(letters)):
            yield last - timedelta(days=back), _STATES[letter]


@dataclass(frozen=True, slots=True)
class SeenExemption:
    """An exemption in one audit."""

    owner: str
    reason: str
    until: date
    state: ExemptionState
    resources: int
    findings: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One audit."""

    run: str
    at: datetime
    is_partial: bool
    verdict: AuditVerdict
    counts: Mapping[str, int]
    changes: Mapping[str, int] | None
    """How many findings are new, worse, resolved, ongoing; None where nothing was compared."""
    policy_digest: str
    version: str
    language: str
    gaps: tuple[Gap, ...]
    exemptions: tuple[SeenExemption, ...]
    resources: Mapping[Key, SeenResource]

    def hides(self, key: Key) -> bool:
        """Return whether a gap lies over the place of a resource."""
        return any(
            (gap.source in _ALL or gap.source == key[0])
            and (gap.account in _ALL or gap.account == key[1])
            and (gap.region in _ALL or gap.region == key[2])
            for gap in self.gaps
        )


def everything(_resource: SeenResource) -> bool:
    """Return that every resource counts."""
    return True


def seen_of(
    record: Record,
    keep: Callable[[SeenResource], bool] = everything,
    *,
    backups: bool = False,
    before: Mapping[Key, SeenResource] | None = None,
) -> Seen | Damaged:
    """Return what a record says, of resources only those to ``keep``.

    What it says of their ``backups`` is read where it is wanted: over many records that takes long.
    ``before`` is what another audit saw, without backups: a resource that stands as it did there is
    the same one here, and takes no time.
    """
    row = Fields(dict(record.document))
    read = _with_backups if backups else _Reader(before or {}).resource
    try:
        return _seen(row, record, keep, read)
    except FieldError as error:
        return Damaged(record.occasion.run, f"its record cannot be used: {error}")


def _seen(
    row: Fields,
    record: Record,
    keep: Callable[[SeenResource], bool],
    read: Callable[[object], SeenResource],
) -> Seen:
    run = row.fields("run")
    counts = row.fields("counts")
    found = map(read, row.items("resources"))
    return Seen(
        run=run.line("id"),
        at=run.instant("started_at"),
        is_partial=record.is_partial,
        verdict=row.word("verdict", AuditVerdict),
        counts={name: counts.number(name) for name in _COUNTS},
        changes=_changes(row.fields("changes")),
        policy_digest=run.text("policy_digest"),
        version=run.text("version"),
        language=run.given("language", run.text, "en"),
        gaps=tuple(row.each("gaps", _gap)),
        exemptions=tuple(row.each("exemptions", _exemption)),
        resources={one.key: one for one in found if keep(one)},
    )


class _Reader:
    """Reads resources, of which most stand as they did before."""

    def __init__(self, before: Mapping[Key, SeenResource]) -> None:
        """Take what was seen before; it was checked then."""
        self._before = before

    def resource(self, value: object) -> SeenResource:
        """Return a resource; raises FieldError."""
        return self._same(value) or _resource(Fields(value))

    def _same(self, value: Any) -> SeenResource | None:
        """Return the one of before if all that counts of it is as it was, and well.

        None for whatever is not clear: that is read field by field, and every fault is found.
        """
        try:
            name, policy, owner, outcome, checks = _WORDS(value)
            known = self._before.get(_PLACE(value))
            is_same = (
                known is not None
                and not known.faults
                and known.name == name
                and known.policy == policy
                and known.owner == ("" if owner is None else owner)
                and known.outcome == outcome
                and type(checks) is list
                and all(check["outcome"] == _PASS for check in checks)
            )
        except (TypeError, KeyError):
            return None
        return known if is_same else None


_COUNTS = ("resources", "pass", "fail", "unknown", "exempt", "ungoverned", "backups")
_CHANGES = ("new", "worse", "resolved", "ongoing")


def _changes(row: Fields) -> dict[str, int] | None:
    if row.value("compared_with") is None:
        return None
    return {name: len(row.items(name)) for name in _CHANGES}


def _gap(row: Fields) -> Gap:
    return Gap(
        row.text("source"),
        row.text("account"),
        row.text("region"),
        row.word("reason", GapReason),
        row.text("detail"),
    )


def _exemption(row: Fields) -> SeenExemption:
    return SeenExemption(
        owner=row.text("owner"),
        reason=row.text("reason"),
        until=row.day("until"),
        state=row.word("state", ExemptionState),
        resources=row.number("resources"),
        findings=row.given("findings", row.number, 0),
    )


def _resource(row: Fields) -> SeenResource:
    key = (row.text("source"), row.text("account"), row.text("region"), row.text("id"))
    return SeenResource(
        key=key,
        name=row.text("name"),
        policy=row.optional("policy", row.text),
        owner=row.given("owner", row.text, ""),
        outcome=row.word("outcome", Outcome),
        faults=tuple(_faults(row, key)),
    )


def _with_backups(value: object) -> SeenResource:
    row = Fields(value)
    return replace(
        _resource(row),
        last_success_at=row.optional("last_success_at", row.instant),
        last_success_size_bytes=row.optional("last_success_size_bytes", row.number),
        strip=row.given("days", lambda name: _strip(row.fields(name)), None),
    )


def _faults(row: Fields, key: Key) -> Iterator[Fault]:
    for value in row.items("checks"):
        if isinstance(value, dict) and value.get("outcome") == _PASS:
            continue  # most are, and there are very many
        check = Fields(value)
        yield _fault(check, check.word("outcome", Outcome), key)


def _fault(check: Fields, outcome: Outcome, key: Key) -> Fault:
    rule = check.text("rule")
    source, account, region, id_ = key
    return Fault(
        rule=rule,
        outcome=outcome,
        severity=check.word("severity", Severity),
        message=check.text("message"),
        fingerprint=of_check(Resource(id_, "", source, account, region), rule),
        is_exempt=check.flag("exempt"),
        since=check.optional("since", check.instant),
    )


def _strip(row: Fields) -> tuple[date, str]:
    last, states = row.day("last"), row.text("states")
    if not set(states) <= _STATES.keys():
        raise FieldError("the field 'states' has a letter that is not known")
    return last, states
