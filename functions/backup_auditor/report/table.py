"""Every resource as CSV, for spreadsheets; machines take the JSON.

Text cells that a spreadsheet could take for a formula get an apostrophe in front (OWASP, CSV
Injection), so this file changes such names. It begins with a byte order mark: Excel needs it.
New columns are added at the right end. ``controls`` are those of what is wrong, exempt or not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from backup_auditor.model import Assessment
from backup_auditor.report.exemptions import exempt_in
from backup_auditor.report.findings import alone
from backup_auditor.report.model import Change, ExemptFinding, Finding, Report, Resolved
from backup_auditor.report.story import Story
from backup_auditor.report.words import paragraph
from backup_auditor.speech import Language

_FORMULA = re.compile(r"[\s\u00a0]*[=+\-@＝＋－＠|%]")  # noqa: RUF001 - full-width ones count
_MARK = "\ufeff".encode()
_LAST_ROW = 100
_HEADINGS = (
    *("outcome", "severity", "name", "id", "source", "account", "region", "zone", "policy"),
    *("what is wrong", "since", "last success at", "last success bytes", "backups", "owner"),
    *("what is exempt", "exemption", "controls", "change", "audits"),
)


def to_csv(report: Report, longest: int | None = None) -> bytes:
    """Return one row a resource, worst first, as UTF-8 with a byte order mark.

    Rows beyond ``longest`` bytes are left out; a last row, which is no resource, says how many.
    """
    lines = map(_line, chain([_HEADINGS], _rows(report)))
    if longest is None:
        return _MARK + b"".join(lines)
    total = sum(len(finding.members) for finding in report.findings) + len(report.healthy)
    kept: list[bytes] = []
    size = len(_MARK) + _LAST_ROW
    for line in lines:
        size += len(line)
        if size > longest:
            left = total - max(0, len(kept) - 1)
            kept.append(_line(["cut", "", _left_out(left, report.language)]))
            break
        kept.append(line)
    return _MARK + b"".join(kept)


def _rows(report: Report) -> Iterator[Iterable[str | int]]:
    story = Story(report.audit.changes)
    over = {id(one.assessment): one for one in report.resolved}
    for finding in report.findings:
        for member in finding.members:  # of several, each with its own faults
            own = finding if finding.sole else alone(member, story, report.language)
            change = (str(own.change or ""), own.audits or "")
            yield chain(_row(member, own, report.language), change)
    for assessment in report.healthy:
        change = _change(over.get(id(assessment)))
        yield chain(_row(assessment, None, report.language), change)


def _change(resolved: Resolved | None) -> tuple[str, str | int]:
    """Return what is over of a resource that passes, and how many audits had found it."""
    return (str(Change.RESOLVED), resolved.audits or "") if resolved else ("", "")


def _left_out(number: int, language: Language) -> str:
    return language.count(
        "{n} resource is left out, the worst are kept",
        "{n} resources are left out, the worst are kept",
        number,
    )


def _line(cells: Iterable[str | int]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode(errors="replace")


def _row(
    assessment: Assessment, finding: Finding | None, language: Language
) -> Iterator[str | int]:
    resource = assessment.resource
    yield str(assessment.outcome)
    yield str(finding.severity) if finding else ""
    texts = (resource.name, resource.id, resource.source, resource.account)
    yield from map(guarded, texts)
    yield from map(guarded, (resource.region, resource.zone, assessment.policy or ""))
    yield guarded(paragraph(finding.sentences, language) if finding else "")
    yield finding.since.isoformat(timespec="seconds") if finding and finding.since else ""
    last = assessment.last_success_at
    yield last.isoformat(timespec="seconds") if last else ""
    size = assessment.last_success_size_bytes
    yield "" if size is None else size
    yield assessment.backups
    yield guarded(assessment.owner)
    exempt = tuple(exempt_in(assessment, language))
    yield guarded(paragraph((said for one in exempt for said in one.sentences), language))
    yield from map(guarded, _answered_for(exempt, finding.controls if finding else ()))


def _answered_for(exempt: Sequence[ExemptFinding], controls: tuple[str, ...]) -> Iterator[str]:
    yield "; ".join(one.exemption for one in exempt)
    yield "; ".join(dict.fromkeys([*controls, *(c for one in exempt for c in one.controls)]))


def guarded(text: str) -> str:
    """Return ``text`` as one line that no spreadsheet takes for a formula."""
    line = " ".join(text.splitlines())
    risky = _FORMULA.match(text) or text[:1] in {"\t", "\r", "\n"}
    return f"'{line}" if risky else line
