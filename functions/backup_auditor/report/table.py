"""Every resource as CSV, for spreadsheets; machines take the JSON.

Text cells that a spreadsheet could take for a formula get an apostrophe in front (OWASP, CSV
Injection), so this file changes such names. It begins with a byte order mark: Excel needs it.
New columns are added at the right end. ``controls`` are those of what is wrong, exempt or not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from backup_auditor.model import Assessment
from backup_auditor.report.exemptions import exempt_in
from backup_auditor.report.model import Finding, Report

_FORMULA = re.compile(r"[\s\u00a0]*[=+\-@＝＋－＠|%]")  # noqa: RUF001 - full-width ones count
_HEADINGS = (
    *("outcome", "severity", "name", "id", "source", "account", "region", "zone", "policy"),
    *("what is wrong", "since", "last success at", "last success bytes", "backups", "owner"),
    *("what is exempt", "exemption", "controls"),
)


def to_csv(report: Report) -> bytes:
    """Return one row a resource, worst first, as UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    for finding in report.findings:
        for member in finding.members:
            writer.writerow(_row(member, finding))
    for assessment in report.healthy:
        writer.writerow(_row(assessment, None))
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _row(assessment: Assessment, finding: Finding | None) -> Iterator[str | int]:
    resource = assessment.resource
    yield str(assessment.outcome)
    yield str(finding.severity) if finding else ""
    texts = (resource.name, resource.id, resource.source, resource.account)
    yield from map(guarded, texts)
    yield from map(guarded, (resource.region, resource.zone, assessment.policy or ""))
    yield guarded(" ".join(finding.sentences) if finding else "")
    yield finding.since.isoformat() if finding and finding.since else ""
    last = assessment.last_success_at
    yield last.isoformat() if last else ""
    size = assessment.last_success_size_bytes
    yield "" if size is None else size
    yield assessment.backups
    yield guarded(assessment.owner)
    yield from map(guarded, _exempt(assessment, finding.controls if finding else ()))


def _exempt(assessment: Assessment, controls: tuple[str, ...]) -> Iterator[str]:
    exempt = tuple(exempt_in(assessment))
    yield " ".join(sentence for one in exempt for sentence in one.sentences)
    yield "; ".join(one.exemption for one in exempt)
    yield "; ".join(dict.fromkeys([*controls, *(c for one in exempt for c in one.controls)]))


def guarded(text: str) -> str:
    """Return ``text`` as one line that no spreadsheet takes for a formula."""
    line = " ".join(text.splitlines())
    risky = _FORMULA.match(text) or text[:1] in {"\t", "\r", "\n"}
    return f"'{line}" if risky else line
