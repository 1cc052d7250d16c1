"""What is read out of a document of the contract tells the same as what was written into it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from backup_auditor.fields import FieldError, Fields
from backup_auditor.model import Assessment, Audit, AuditVerdict, Points
from backup_auditor.policy.selector import Selector
from backup_auditor.report.build import build
from backup_auditor.report.contract import to_document, to_json
from backup_auditor.report.cut import cut
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.junit import to_junit
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import narrow
from backup_auditor.report.openmetrics import to_openmetrics
from backup_auditor.report.parts import Claim, Part
from backup_auditor.report.reading import audit_of, read_audit
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import mail_text, terminal_text
from hypothesis import given, settings

from tests.builders import before
from tests.contract import assert_valid
from tests.report import days, samples
from tests.report.audits import audits

Document = dict[str, Any]
RENDERINGS: dict[str, Callable[[Report], object]] = {
    "text": lambda report: terminal_text(report, width=80, color=False),
    "mail-text": mail_text,
    "mail-html": email_html,
    "page": page_html,
    "md": to_markdown,
    "csv": to_csv,
    "junit": to_junit,
    "openmetrics": to_openmetrics,
    "json": to_json,
}
SMALL = samples.SMALL | days.ALL


def without_points(audit: Audit) -> Audit:
    """Leave out what the contract does not hold."""

    def bare(one: Assessment) -> Assessment:
        checks = tuple(replace(check, limit=None) for check in one.checks)
        return replace(one, points=Points(), checks=checks)

    results = (replace(r, assessments=tuple(map(bare, r.assessments))) for r in audit.results)
    return replace(audit, results=tuple(results))


def reread(report: Report) -> Report:
    """Write and read the document, with texts that no UTF-8 can hold."""
    return build(audit_of(Fields(json.loads(json.dumps(to_document(report))))))


@pytest.mark.parametrize("form", RENDERINGS)
@pytest.mark.parametrize("make", SMALL.values(), ids=SMALL)
def test_every_rendering_of_a_report_that_is_read_again_is_the_same(
    make: Callable[[], Report], form: str
) -> None:
    report = build(without_points(make().audit))
    assert RENDERINGS[form](reread(report)) == RENDERINGS[form](report)


@settings(max_examples=150, deadline=None)
@given(audits())
def test_any_audit_that_is_read_again_tells_the_same(audit: Audit) -> None:
    report = build(audit)
    document = to_document(report)
    assert_valid(document)
    again = reread(report)
    for name, render in RENDERINGS.items():
        assert render(again) == render(report), name


def test_what_is_finer_than_a_second_is_not_said() -> None:
    """The file has whole seconds; half of one would make "59 min" of an hour, or "in 0 s"."""
    half = timedelta(milliseconds=500)
    for age in ("1h", "-0s"):
        one = samples.assessed("prod-a", *samples.daily())
        report = samples.report(replace(one, last_success_at=before(age) + half))
        for render in RENDERINGS.values():
            assert render(reread(report)) == render(build(without_points(report.audit)))


def test_a_document_that_is_read_stays_as_it_is() -> None:
    document = to_document(samples.failing())
    before = copy.deepcopy(document)
    audit_of(Fields(document))
    assert document == before


def test_the_page_says_that_single_backups_are_not_in_the_file() -> None:
    assert "single ones are not in the file" in page_html(reread(samples.fine()))


_LATER: dict[str, tuple[str, ...]] = {
    "run": ("timezone", "language"),
    "gaps": ("scope",),
    "orphans": ("scope",),
    "exemptions": ("findings",),
    "resources": (
        *("kind", "state", "created_at", "owner", "runbook", "days", "sizes", "unread", "scope"),
    ),
    "checks": ("advice", "exemption", "fingerprint", "audits", "began_at", "first_found_at"),
    "changes": ("compared_at", "lapsed", "flapping", "appeared", "new_gaps"),
    "vanished": ("account", "region", "name"),
}


def older(document: Document) -> Document:
    """Return the document as the first version of the program wrote it."""
    first: Document = json.loads(json.dumps(document))
    del first["coverage"], first["is_partial"]
    first["checks"] = [check for one in first["resources"] for check in one["checks"]]
    for name, keys in _LATER.items():
        rows = first[name] if isinstance(first[name], list) else [first[name]]
        for row in rows:
            for key in keys:
                del row[key]
    del first["checks"]
    return first


@pytest.mark.parametrize("make", samples.SMALL.values(), ids=samples.SMALL)
def test_a_document_of_the_first_version_is_read(make: Callable[[], Report]) -> None:
    """What it does not hold is unknown: no strip, no owner; the outcomes are all there."""
    report = make()
    again = build(audit_of(Fields(older(to_document(report)))))
    assert (again.counts, again.audit.timezone) == (report.counts, "UTC")
    assert [gap.detail for gap in again.gaps] == [gap.detail for gap in report.gaps]
    outcomes = {(row["account"], row["id"]): row for row in to_document(again)["resources"]}
    for row in to_document(report)["resources"]:
        same = outcomes[row["account"], row["id"]]
        assert (same["outcome"], same["last_success_at"]) == (
            row["outcome"],
            row["last_success_at"],
        )
        assert same["days"] is None
    for render in RENDERINGS.values():
        assert render(again)


def test_keys_that_are_not_known_are_passed_over() -> None:
    document = to_document(samples.fine())
    document["new"] = document["resources"][0]["new"] = 1
    assert audit_of(Fields(document)).verdict is AuditVerdict.PASS


def put(*path: str | int, value: object) -> Callable[[Document], None]:
    """Set one value of a document."""

    def change(document: Document) -> None:
        inner: Any = document
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value

    return change


def take(*path: str | int) -> Callable[[Document], None]:
    """Leave one value out of a document."""

    def change(document: Document) -> None:
        inner: Any = document
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]

    return change


_FIRST = ("resources", 0)
WRONG: list[tuple[Callable[[Document], None], str]] = [
    (put("schema_version", value=2), "schema_version 2 is not known; known is 1"),
    (put("schema_version", value="1"), "'schema_version' is '1'; allowed: a whole number from 0"),
    (take("schema_version"), "the field 'schema_version' is missing"),
    (take("run"), "the field 'run' is missing"),
    (put("run", value=[]), "an object is expected, found list"),
    (put("run", "timezone", value="Asia/Shanghay"), "'timezone': .*; did you mean Asia/Shanghai"),
    (put("run", "timezone", value="../../etc/passwd"), "'timezone': .* is not a time zone"),
    (put("run", "timezone", value=8), "'timezone' is 8; allowed: a text"),
    (put("run", "language", value="fr"), "'language' is 'fr'; allowed: en, zh-CN"),
    (put("run", "id", value="a\x1b[31m"), r"'id' is 'a\\x1b\[31m'; allowed: one line"),
    (put("run", "version", value="x" * 1001), "allowed: one line of at most 1000"),
    (put("run", "started_at", value="yesterday"), "'started_at' is 'yesterday'; allowed: an inst"),
    (put("run", "finished_at", value="0001-01-01T00:00:00Z"), "of the years 1900 to 2200"),
    (put("verdict", value="great"), "'verdict' is 'great'; allowed: one of pass, fail, incomplete"),
    (put("verdict", value="pass"), "the verdict is pass, and what the document holds is fail"),
    (put("counts", "resources", value=9), "holds 5 of 9 resources, .* a whole one is needed"),
    (put("coverage", 0, "resources", value=9), r"coverage\[0\]: 9 resources are counted, 5 are th"),
    (put("coverage", 0, "source", value="a\nb"), r"coverage\[0\]: the field 'source' is 'a\\nb'"),
    (put("coverage", value={}), "'coverage' is dict; allowed: a list"),
    (put(*_FIRST, "scope", value=1), r"resources\[0\]: the field 'scope' is 1; 'coverage' has 1"),
    (put(*_FIRST, "scope", value=-1), r"resources\[0\]: the field 'scope' is -1; allowed: a whole"),
    (put(*_FIRST, "scope", value=None), r"resources\[0\]: the field 'scope' is None; allowed: a"),
    (put(*_FIRST, "outcome", value=1), r"resources\[0\]: the field 'outcome' is 1; allowed: one"),
    (put(*_FIRST, "name", value=None), r"resources\[0\]: the field 'name' is None; allowed: a te"),
    (put(*_FIRST, "backups", value=True), r"'backups' is True; allowed: a whole number from 0"),
    (put(*_FIRST, "sizes", value=[1, -1]), "'sizes' is list; allowed: a list of whole numbers"),
    (put(*_FIRST, "days", value="ss"), r"resources\[0\]: an object is expected, found 'ss'"),
    (put(*_FIRST, "days", "states", value="sx"), "'states' is 'sx'; allowed: 1 to 366 of the lett"),
    (put(*_FIRST, "days", "states", value="s" * 367), "'states' is 's*'; allowed: 1 to 366 of"),
    (put(*_FIRST, "days", "states", value=""), "'states' is ''; allowed: 1 to 366 of the letters"),
    (put(*_FIRST, "days", "last", value="today"), "'last' is 'today'; allowed: a day such as"),
    (put(*_FIRST, "days", "last", value="0001-01-01"), "a day of the years 1900 to 2200"),
    (put(*_FIRST, "checks", value=None), "'checks' is None; allowed: a list"),
    (
        put(*_FIRST, "checks", 1, "severity", value="dire"),
        r"resources\[0\]: checks\[1\]: the field 'severity' is 'dire'; allowed: one of low, medium",
    ),
    (put(*_FIRST, "checks", 0, "began_at", value=1), "'began_at' is 1; allowed: an instant"),
    (put(*_FIRST, "checks", 0, "exempt", value=0), "'exempt' is 0; allowed: true or false"),
    (put(*_FIRST, "checks", 0, "controls", value=[1]), "'controls' is list; allowed: a list of te"),
    (take(*_FIRST, "checks", 0, "observed"), "the field 'observed' is missing"),
    (put("changes", "new", value=[1]), "'new' is list; allowed: a list of texts"),
    (put("changes", "compared_with", value="a\nb"), "'compared_with' is 'a"),
    (put("vanished", value=[{"id": "a"}]), r"vanished\[0\]: the field 'source' is missing"),
    (put("orphans", 1, "backups", value="x"), r"orphans\[1\]: the field 'backups' is 'x'; allowed"),
    (put("notices", 0, "kind", value="\u202e"), r"notices\[0\]: the field 'kind' is '\\u202e'"),
    (put("gaps", value=[{}]), r"gaps\[0\]: the field 'source' is missing"),
    (put("is_partial", value="no"), "'is_partial' is 'no'; allowed: true or false"),
    (put("exemptions", value=[{"owner": 1}]), r"exemptions\[0\]: the field 'owner' is 1; allowed"),
    (put("deliveries", value=[1]), r"deliveries\[0\]: an object is expected, found 1"),
]


@pytest.mark.parametrize(
    ("change", "sentence"), WRONG, ids=lambda value: value[:60] if isinstance(value, str) else None
)
def test_what_is_wrong_with_a_document_is_said(
    change: Callable[[Document], None], sentence: str
) -> None:
    document = json.loads(to_json(samples.failing()))
    change(document)
    with pytest.raises(FieldError, match=sentence) as caught:
        audit_of(Fields(document))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the document is not JSON"),
        (b"[" * 100_000, "the document is not JSON"),
        (b'{"schema_version": NaN}', "the document is not JSON"),
        (b"\xff", "the document is not UTF-8"),
        (b"[]", "an object is expected, found list"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(FieldError, match=sentence):
        read_audit(data)


def test_a_document_that_does_not_hold_everything_is_refused() -> None:
    """What is left out of it would count as never seen, or as fine."""
    whole = samples.failing()
    part = narrow(whole, Part(Claim(Selector({"name": ("prod-fine",)}))))
    for document in (cut(to_document(whole), 4000), to_document(part)):
        assert_valid(document)
        with pytest.raises(
            FieldError, match=r"of 5 resources, or was cut .* a whole one is needed"
        ):
            audit_of(Fields(document))
