"""The JSON contract, ``schema_version`` 1: every key is present, null or [] where nothing applies.

``contract.schema.json`` beside this file is its JSON Schema.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from backup_auditor.model import (
    Assessment,
    Changes,
    Check,
    Delivery,
    ExemptionUse,
    Gap,
    Orphan,
    Resource,
)
from backup_auditor.report import changed, kept
from backup_auditor.report.model import Finding, Report
from backup_auditor.values import write_instant

SCHEMA_VERSION = 1
_ANY = "surrogatepass"  # a name may be half a character; who sends the document replaces it
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode


def to_document(report: Report) -> dict[str, Any]:
    """Return the contract as plain JSON values."""
    parts = _parts(report)
    return {k: list(part) if isinstance(part, Iterator) else part for k, part in parts.items()}


def to_json(report: Report) -> str:
    """Return the contract as JSON text, one line for each key and for each item of a list.

    Tools that work by lines can take it, and it is written several times faster than with an
    indentation. Non-ASCII characters stay as they are.
    """
    out = io.BytesIO()  # in UTF-8 each item takes half of what a text with one Chinese word takes
    separator = "{"
    for key, part in _parts(report).items():
        _put(f'{separator}\n"{key}": ', out)
        _write(part, out)
        separator = ","
    _put("\n}", out)
    return out.getvalue().decode(errors=_ANY)


def _parts(report: Report) -> dict[str, Any]:
    """Return the contract; its lists are iterators, so that no two items need be there at once."""
    audit, places = report.audit, kept.Places(report)
    return {
        "schema_version": SCHEMA_VERSION,
        "run": {
            "id": audit.run.id,
            "started_at": write_instant(audit.run.started_at),
            "finished_at": write_instant(audit.run.finished_at),
            "policy_digest": audit.run.policy_digest,
            "version": audit.run.version,
            "timezone": audit.timezone,
            "language": audit.language,
        },
        "verdict": str(audit.verdict),
        "counts": _counts(report),
        "gaps": ({**_gap(gap), "scope": places.of_gap(gap)} for gap in audit.gaps),
        "resources": (
            {**_resource(one, audit.changes), **kept.of_resource(one, places.of_resource(one))}
            for one in report.worst_first
        ),
        "orphans": ({**_orphan(one), "scope": place} for one, place in places.orphans()),
        "vanished": iter(changed.of_vanished(audit.changes)),
        "changes": changed.of_changes(audit.changes),
        "exemptions": map(_exemption, audit.exemptions),
        "notices": map(asdict, audit.notices),
        "deliveries": map(_delivery, audit.receipts),
        "coverage": iter(kept.of_coverage(report)),
        "is_partial": audit.is_partial,
        "findings": map(_finding, report.findings),
    }


def _write(part: object, out: io.BytesIO) -> None:
    if not isinstance(part, Iterator):
        _put(_AS_JSON(part), out)
        return
    separator, is_empty = "[", True
    for item in part:
        _put(f"{separator}\n {_AS_JSON(item)}", out)
        separator, is_empty = ",", False
    _put("[]" if is_empty else "\n]", out)


def _put(text: str, out: io.BytesIO) -> None:
    out.write(text.encode(errors=_ANY))


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "channel": delivery.channel,
        "outcome": str(delivery.outcome),
        "attempts": delivery.attempts,
        "reason": delivery.reason or None,
    }


def _counts(report: Report) -> dict[str, int]:
    counts = report.counts
    return {
        "resources": counts.resources,
        "pass": counts.passed,
        "fail": counts.failed,
        "unknown": counts.unknown,
        "exempt": counts.exempt,
        "ungoverned": counts.ungoverned,
        "backups": counts.backups,
    }


def _gap(gap: Gap) -> dict[str, str]:
    return {**asdict(gap), "reason": str(gap.reason)}


def _orphan(orphan: Orphan) -> dict[str, Any]:
    return {**asdict(orphan), "newest_at": write_instant(orphan.newest_at)}


def _resource(assessment: Assessment, changes: Changes) -> dict[str, Any]:
    resource = assessment.resource
    return {
        "id": resource.id,
        "name": resource.name,
        "source": resource.source,
        "account": resource.account,
        "region": resource.region,
        "zone": resource.zone,
        "policy": assessment.policy,
        "outcome": str(assessment.outcome),
        "last_success_at": write_instant(assessment.last_success_at),
        "last_success_size_bytes": assessment.last_success_size_bytes,
        "backups": assessment.backups,
        "checks": [_check(check, resource, changes) for check in assessment.checks],
    }


def _check(check: Check, resource: Resource, changes: Changes) -> dict[str, Any]:
    past = changed.of_finding(check, resource, changes)
    return {
        "rule": check.rule,
        "outcome": str(check.outcome),
        "severity": str(check.severity),
        "message": check.message,
        "observed": check.observed or None,
        "expected": check.expected or None,
        "since": past.pop("since"),
        "exempt": check.exempt,
        "controls": list(check.controls),
        "advice": check.advice or None,
        "exemption": check.exemption or None,
        **past,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("source", "account", "region", "id")
    return {
        "fingerprint": finding.fingerprint,
        "severity": str(finding.severity),
        "outcome": str(finding.outcome),
        "title": finding.title,
        "sentences": list(finding.sentences),
        "advice": finding.advice or None,
        "since": write_instant(finding.since),
        "owner": finding.owner or None,
        "resources": [{n: getattr(m.resource, n) for n in names} for m in finding.members],
    }


def _exemption(use: ExemptionUse) -> dict[str, Any]:
    return {
        "owner": use.owner,
        "reason": use.reason,
        "until": use.until.isoformat(),
        "state": str(use.state),
        "resources": use.resources,
        "findings": use.findings,
    }
