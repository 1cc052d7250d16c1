"""A document of the JSON contract, which may come from anybody, as the audit that it tells of.

``build`` makes the same report of it, but for single backups and the limits on the page's charts.
A document that was cut, or is one channel's part, is refused: what is left out of it would count
as never seen, or as fine. Keys that are not known are passed over, because later versions add keys.
What a document does not hold because an earlier version wrote it is unknown or empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from backup_auditor.fields import FieldError, Fields, parse
from backup_auditor.judge import conclude
from backup_auditor.model import (
    Audit,
    AuditVerdict,
    Delivery,
    DeliveryOutcome,
    ExemptionState,
    ExemptionUse,
    Notice,
    Run,
)
from backup_auditor.policy.fields import HEARTBEAT, zone
from backup_auditor.report.contract import SCHEMA_VERSION
from backup_auditor.report.narrow import Remark
from backup_auditor.report.reading_scopes import ScopeReader
from backup_auditor.speech import ENGLISH, LANGUAGES

_NOT_WHOLE = frozenset({"cut", str(Remark.PART)})
"""Kinds of the notices by which a document says that it does not hold everything."""
_BETTER = (AuditVerdict.PASS, AuditVerdict.INCOMPLETE, AuditVerdict.FAIL)


def read_audit(data: bytes) -> Audit:
    """Return the audit of a document in ``data``; raises FieldError, which says what is wrong."""
    return audit_of(parse(data, "the document"))


def audit_of(row: Fields) -> Audit:
    """Return the audit of a document; raises FieldError."""
    version = row.number("schema_version")
    if version != SCHEMA_VERSION:
        raise FieldError(f"schema_version {version} is not known; known is {SCHEMA_VERSION}")
    run = row.fields("run")
    notices = tuple(row.each("notices", _notice))
    scopes = ScopeReader.of(row)
    gaps = tuple(row.each("gaps", scopes.gap))
    resources = sum(row.each("resources", scopes.resource))
    _check_whole(row.fields("counts"), resources, notices)
    for _ in row.each("orphans", scopes.orphan):
        pass
    results = scopes.results()
    deliveries, heartbeat = _receipts(tuple(row.each("deliveries", _delivery)))
    verdict = row.word("verdict", AuditVerdict)
    least = conclude(results, gaps)
    if _BETTER.index(verdict) < _BETTER.index(least):
        raise FieldError(f"the verdict is {verdict}, and what the document holds is {least}")
    return Audit(
        run=_run(run),
        verdict=verdict,
        timezone=run.given("timezone", lambda name: _zone(run.text(name)), "UTC"),
        results=results,
        gaps=gaps,
        notices=notices,
        exemptions=tuple(row.each("exemptions", _exemption)),
        deliveries=deliveries,
        is_partial=row.given("is_partial", row.flag, otherwise=False),
        heartbeat=heartbeat,
        language=run.given("language", lambda name: _language(run.text(name)), ENGLISH.code),
        changes=scopes.past.changes(row),
    )


def _check_whole(counts: Fields, resources: int, notices: Sequence[Notice]) -> None:
    whole = counts.number("resources")
    if whole != resources or any(notice.kind in _NOT_WHOLE for notice in notices):
        raise FieldError(
            f"the document holds {resources} of {whole} resources, or was cut elsewhere, or is"
            " one channel's part; a whole one is needed, as `audit --format json` writes it"
        )


def _run(row: Fields) -> Run:
    return Run(
        id=row.line("id"),
        started_at=row.instant("started_at"),
        finished_at=row.instant("finished_at"),
        policy_digest=row.line("policy_digest"),
        version=row.line("version"),
    )


def _zone(name: str) -> str:
    try:
        return zone(name).key
    except ValueError as error:
        raise FieldError(f"the field 'timezone': {error}") from None


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise FieldError(f"the field 'language' is {code[:20]!a}; allowed: {', '.join(LANGUAGES)}")
    return code


def _notice(row: Fields) -> Notice:
    return Notice(row.line("kind"), row.text("detail"))


def _exemption(row: Fields) -> ExemptionUse:
    return ExemptionUse(
        owner=row.text("owner"),
        reason=row.text("reason"),
        until=row.day("until"),
        state=row.word("state", ExemptionState),
        resources=row.number("resources"),
        findings=row.given("findings", row.number, 0),
    )


def _delivery(row: Fields) -> Delivery:
    return Delivery(
        channel=row.line("channel"),
        outcome=row.word("outcome", DeliveryOutcome),
        attempts=row.number("attempts"),
        reason=row.optional("reason", row.text) or "",
    )


def _receipts(told: tuple[Delivery, ...]) -> tuple[tuple[Delivery, ...], Delivery | None]:
    """Tell the receipt of the heartbeat, which is the last one and the only one of its name."""
    if told and told[-1].channel == HEARTBEAT:
        return told[:-1], told[-1]
    return told, None
