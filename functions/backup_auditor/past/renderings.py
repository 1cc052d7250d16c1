"""A report on a range of days as JSON, CSV and HTML.

``compliance.schema.json`` beside this file is the JSON Schema of ``to_fields``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

from backup_auditor.past.compliance import Breach, Compliance, ResourceShare, Share
from backup_auditor.report.states import SEVERITY_WORDS
from backup_auditor.report.table import guarded
from backup_auditor.report.templates import render_with
from backup_auditor.speech import language
from backup_auditor.values import say_percentage, write_instant

SCHEMA_VERSION = 1
_MARK = "\ufeff"
_MOST_ROWS = 5000
Cell = str | int | float | None


def to_fields(found: Compliance) -> dict[str, Any]:
    """Return a report as JSON values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "set": found.set_name,
        "first": found.span.first.isoformat(),
        "last": found.span.last.isoformat(),
        "timezone": found.calendar.zone.key,
        "audits": found.audits,
        "partial_audits": found.partial,
        "share": _share(found.share),
        "policies": [{"policy": name, **_share(share)} for name, share in found.policies.items()],
        "resources": [_resource(one) for one in found.resources],
        "breaches": [_breach(one) for one in found.breaches],
        "exemptions": [
            {
                "owner": one.owner,
                "reason": one.reason,
                "until": one.until.isoformat(),
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "days": one.days,
                "resources": one.resources,
                "findings": one.findings,
            }
            for one in found.exemptions
        ],
        "days_not_audited": [day.isoformat() for span in found.not_audited for day in span],
        "policy_changes": [
            {"at": write_instant(one.at), "before": one.before, "after": one.after}
            for one in found.policy_changes
        ],
        "unreadable": list(found.unreadable),
    }


def to_json(found: Compliance) -> str:
    """Return a report as JSON text."""
    return json.dumps(to_fields(found), ensure_ascii=False, indent=1) + "\n"


def to_csv(found: Compliance, table: str) -> str:
    """Return one of ``TABLES`` for spreadsheets, with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows = list(TABLES[table](to_fields(found)))
    writer.writerow(rows[0] if rows else [table])
    for row in rows:
        writer.writerow(guarded(v) if isinstance(v, str) else v for v in row.values())
    return _MARK + text.getvalue()


def _rows(name: str) -> Callable[[Mapping[str, Any]], Iterable[dict[str, Cell]]]:
    return lambda fields: fields[name]


def _days(fields: Mapping[str, Any]) -> Iterator[dict[str, Cell]]:
    return ({"day": day} for day in fields["days_not_audited"])


TABLES: Mapping[str, Callable[[Mapping[str, Any]], Iterable[dict[str, Cell]]]] = {
    "resources": _rows("resources"),
    "policies": _rows("policies"),
    "breaches": _rows("breaches"),
    "exemptions": _rows("exemptions"),
    "days-not-audited": _days,
    "policy-changes": _rows("policy_changes"),
}
"""What can be had as CSV."""


def to_html(found: Compliance) -> str:
    """Return a report as a page that works offline, light and dark, and prints."""
    folder = resources.files("backup_auditor.report") / "templates"
    style = (folder / "page.css").read_text(encoding="utf-8")
    said = language(found.language)
    return render_with(
        "evidence.html.j2",
        said,
        found=found,
        style=style,
        most=_MOST_ROWS,
        when=lambda instant: said.instant(instant, found.calendar.zone),
        percentage=_percentage,
        severity_of=lambda breach: said.of(SEVERITY_WORDS[breach.severity]),
    )


def _percentage(share: Share) -> str:
    """Say a share; what is not all is never said to be."""
    fraction = share.fraction
    if fraction is None:
        return "-"
    return say_percentage(min(fraction, 0.999) if fraction < 1 else 1.0)


def _share(share: Share) -> dict[str, Cell]:
    fraction = share.fraction
    return {
        "share": None if fraction is None else round(fraction, 6),
        "days": share.days,
        "compliant_days": share.compliant,
        "failed_days": share.failed,
        "unknown_days": share.unknown,
        "not_audited_days": share.not_audited,
    }


def _resource(one: ResourceShare) -> dict[str, Cell]:
    source, account, region, id_ = one.key
    place: dict[str, Cell] = {"source": source, "account": account, "region": region, "id": id_}
    named: dict[str, Cell] = {"name": one.name, "policy": one.policy or None, "owner": one.owner}
    return {**place, **named, **_share(one.share), "standing": one.letters}


def _breach(one: Breach) -> dict[str, Cell]:
    source, account, region, id_ = one.key
    return {
        "source": source,
        "account": account,
        "region": region,
        "id": id_,
        "name": one.name,
        "policy": one.policy,
        "owner": one.owner,
        "rule": one.rule,
        "severity": str(one.severity),
        "message": one.message,
        "began_at": write_instant(one.began_at),
        "ended_at": write_instant(one.ended_at),
        "end": str(one.end),
        "audits": one.audits,
    }
