"""All renderings of one report tell the same. The JSON contract is what the others are held to."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Any

import cmarkgfm
import pytest
from backup_auditor.model import Check, Outcome, Severity
from backup_auditor.report.contract import to_document
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.states import VERDICT_WORDS
from backup_auditor.report.table import guarded, to_csv
from backup_auditor.report.text import mail_text, terminal_text
from backup_auditor.report.words import printable, sentence, where
from backup_auditor.speech import ENGLISH

from tests.report import days, samples
from tests.report.facts import of_json, of_junit, of_openmetrics

MAKERS = samples.ALL | samples.SMALL | days.ALL
EACH = pytest.mark.parametrize("maker", MAKERS)
EACH_SMALL = pytest.mark.parametrize("maker", samples.SMALL | days.ALL)


@cache
def report_of(maker: str) -> Report:
    """Make a report once."""
    return MAKERS[maker]()


@cache
def document_of(maker: str) -> dict[str, Any]:
    """Make its contract once."""
    return to_document(report_of(maker))


@EACH
def test_the_contract_agrees_with_itself(maker: str) -> None:
    document = document_of(maker)
    numbers = of_json(document).numbers
    assert numbers == {name: document["counts"][name] for name in numbers}


@EACH
def test_junit_tells_what_the_contract_tells(maker: str) -> None:
    report = report_of(maker)
    facts = of_json(document_of(maker))
    assert of_junit(report) == facts


@EACH_SMALL
def test_the_metrics_tell_what_the_contract_tells(maker: str) -> None:
    """Without those that the parser takes half a minute for; ``crowded`` is a part of them."""
    report = report_of(maker)
    facts, said = of_openmetrics(report)
    assert facts == of_json(document_of(maker))
    assert said == facts.numbers


def sentences(resource: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with a resource of the contract, as far as people are told.

    Beside what fails they are not told what cannot be judged: mostly that has the same cause.
    """
    for check in resource["checks"]:
        if check["outcome"] == resource["outcome"] != "pass" and not check["exempt"]:
            yield said(check)


def said(check: dict[str, Any]) -> str:
    """Say a check of the contract."""
    outcome, severity = Outcome(check["outcome"]), Severity(check["severity"])
    expected = check["expected"] or ""
    known = Check(check["rule"], outcome, severity, check["message"], expected=expected)
    return sentence(known, ENGLISH)


@EACH
def test_the_table_tells_what_the_contract_tells(maker: str) -> None:
    report = report_of(maker)
    document = document_of(maker)
    text = to_csv(report).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == document["counts"]["resources"]
    for row, resource in zip(rows, document["resources"], strict=True):
        for name in ("id", "account", "region", "policy"):
            assert row[name] == guarded(resource[name] or "")
        assert row["outcome"] == resource["outcome"]
        assert all(said in row["what is wrong"] for said in sentences(resource))
        assert bool(row["what is wrong"]) == (resource["outcome"] != "pass")
        spared = [said(check) for check in resource["checks"] if check["exempt"]]
        assert all(each in row["what is exempt"] for each in spared)
        assert bool(row["what is exempt"]) == bool(spared)


def words_of_html(html: str) -> str:
    """Return what a page says."""
    body = html.partition("<body")[2] or html
    return unescape(
        re.sub("<[^>]*>", " ", re.sub("<script.*?</script>", "", body, flags=re.DOTALL))
    )


def words_of_markdown(text: str) -> str:
    """Return what Markdown says, as GitHub shows it."""
    return words_of_html(str(cmarkgfm.github_flavored_markdown_to_html(text))).replace("\u200b", "")


def words_of_cut_markdown(report: Report) -> str:
    """Return what Markdown of a small limit says."""
    return words_of_markdown(to_markdown(report, limit=50_000))


FOR_PEOPLE: dict[str, Callable[[Report], str]] = {
    "terminal": lambda report: terminal_text(report, width=120, color=False),
    "mail text": mail_text,
    "mail": lambda report: words_of_html(email_html(report)),
    "page": lambda report: words_of_html(page_html(report)),
    "markdown": lambda report: words_of_markdown(to_markdown(report)),
}
FOR_EACH_READER = pytest.mark.parametrize(
    ("maker", "rendering"),
    [(maker, rendering) for maker in MAKERS for rendering in FOR_PEOPLE]
    + [("crowded", "cut markdown")],
)
TITLES = (
    *("could not be audited", "findings, worst first", "exempt findings", "exemptions"),
    *("resolved since the last audit", "vanished since the last audit"),
    *("backups without a resource", "notices", "coverage", "every resource"),
)


@dataclass
class Words:
    """A rendering for people as one line without case."""

    text: str

    def section(self, title: str) -> Words:
        """Return what stands between a title and the next one."""
        rest = self.text.partition(f" {title} ")[2]
        ends = [rest.find(f" {other} ") for other in TITLES]
        return Words(rest[: min((end for end in ends if end >= 0), default=len(rest))])

    def left_out(self, behind: str = "") -> int:
        """Return how many rows it says are left out."""
        found = re.findall(rf"and ([\d,]+) more{behind}", self.text)
        return int(found[-1].replace(",", "")) if found else 0

    def tell(self, rows: Sequence[Sequence[str]], left_out: int) -> None:
        """Fail unless the first ``rows`` are told in this order, all but those left out."""
        shown, at = len(rows) - left_out, 0
        assert shown >= 0
        assert shown or not rows
        for row in rows[:shown]:
            for part in row:
                found = self.text.find(plain(part), at)
                assert found >= 0, f"{part} is not told, or in another order"
                at = found
            at += 1
        if left_out and len(rows[shown]) > 1:
            assert plain(rows[shown][1]) not in self.text[at:], "more is told than it says"


@cache
def words(maker: str, rendering: str) -> Words:
    """Render once what several tests read."""
    of = {**FOR_PEOPLE, "cut markdown": words_of_cut_markdown}[rendering]
    return Words(plain(of(report_of(maker))))


def plain(text: str) -> str:
    """Forget lines and case."""
    return " ".join(text.casefold().split())


@FOR_EACH_READER
def test_people_are_told_the_verdict_and_the_numbers(maker: str, rendering: str) -> None:
    report = report_of(maker)
    counts, told = document_of(maker)["counts"], words(maker, rendering).text
    assert plain(VERDICT_WORDS[report.audit.verdict]) in told
    assert plain(report.headline) in told
    if counts["fail"]:
        assert f"{counts['fail']:,} of {counts['resources']:,} resource" in told
    if counts["unknown"]:
        assert re.search(rf"\b{counts['unknown']:,}( of [\d,]+ resources)? cannot be judged", told)
    if report.gaps and counts["resources"]:
        assert f"{len(report.gaps)} part" in told


@FOR_EACH_READER
def test_people_are_told_every_finding_or_how_many_more(maker: str, rendering: str) -> None:
    report = report_of(maker)
    resources = {(r["account"], r["id"]): r for r in document_of(maker)["resources"]}
    rows, told = [], []
    for finding in report.findings:
        told += [(m.resource.account, m.resource.id) for m in finding.members]
        place, names = [where(finding.sole)] if finding.sole else [], []
        if finding.sole:
            assert sorted(finding.sentences) == sorted(sentences(resources[told[-1]]))
        else:
            names = [printable(member.resource.name) for member in finding.members[:10]]
        rows.append([printable(finding.title), *place, *finding.sentences, *names])
    bad = {key for key, resource in resources.items() if resource["outcome"] != "pass"}
    assert len(told) == len(set(told))
    assert set(told) == bad
    section = words(maker, rendering).section("findings, worst first")
    section.tell(rows, section.left_out("(?:;|,? in the (?:attached|table))"))


@EACH
def test_the_findings_of_the_contract_are_about_each_resource_that_does_not_pass(
    maker: str,
) -> None:
    document = document_of(maker)
    names = ("source", "account", "region", "id")
    wrong = {tuple(r[n] for n in names): r for r in document["resources"] if r["outcome"] != "pass"}
    told = [(f, tuple(r[n] for n in names)) for f in document["findings"] for r in f["resources"]]
    assert [key for _, key in told] == list(wrong)
    assert all(finding["outcome"] == wrong[key]["outcome"] for finding, key in told)
    prints = [finding["fingerprint"] for finding in document["findings"]]
    assert len(prints) == len(set(prints))


@pytest.mark.parametrize(("rendering", "says"), [("mail", "and 2 more"), ("page", "prod-11")])
def test_members_of_a_group_are_named_and_no_fault_of_theirs_is_lost(
    rendering: str, says: str
) -> None:
    stopped = next(f for f in report_of("grouped").findings if len(f.members) == 12)
    told = words("grouped", rendering).section("findings, worst first").text
    assert says in told
    rows = csv.DictReader(io.StringIO(to_csv(report_of("grouped")).decode("utf-8-sig")))
    own = {row["id"]: (row["what is wrong"], row["since"]) for row in rows}
    members = {m.resource.id for m in stopped.members}
    assert len({own[member] for member in members}) == 12
    assert all(own[member][0].startswith("Last success is 40 h") for member in members)


@FOR_EACH_READER
def test_people_are_told_every_gap_or_how_many_more(maker: str, rendering: str) -> None:
    section = words(maker, rendering).section("could not be audited")
    rows = [[printable(gap["detail"], 100).rstrip("…")] for gap in document_of(maker)["gaps"]]
    section.tell(rows, section.left_out())


@FOR_EACH_READER
def test_people_are_told_what_is_exempt_or_how_much_more(maker: str, rendering: str) -> None:
    report = report_of(maker)
    document = document_of(maker)
    spared = {
        (resource["account"], resource["id"], said(check))
        for resource in document["resources"]
        for check in resource["checks"]
        if check["exempt"]
    }
    rows, told = [], set()
    for finding in report.exempt:
        one = finding.assessment.resource
        told |= {(one.account, one.id, each) for each in finding.sentences}
        name = printable(one.name).rstrip("…")  # the page says more of it
        rows.append([name, where(finding.assessment), *finding.sentences])
    assert told == spared
    section = words(maker, rendering).section("exempt findings")
    section.tell(rows, section.left_out())


@FOR_EACH_READER
def test_people_are_told_what_is_resolved_and_what_is_gone(maker: str, rendering: str) -> None:
    report = report_of(maker)
    over = [
        [printable(o.assessment.resource.name), where(o.assessment), *o.sentences]
        for o in report.resolved
    ]
    section = words(maker, rendering).section("resolved since the last audit")
    section.tell(over, section.left_out())
    gone = [[printable(one.name), printable(one.id)] for one in report.vanished]
    names = [printable(one["name"]) for one in document_of(maker)["vanished"]]
    assert sorted(names) == sorted(name for name, _ in gone)
    section = words(maker, rendering).section("vanished since the last audit")
    section.tell(gone, section.left_out())


@EACH_SMALL
def test_the_numbers_of_the_markdown_add_up(maker: str) -> None:
    report = report_of(maker)
    counts = document_of(maker)["counts"]
    (row,) = re.findall(r"^\| (\d.*) \|$", to_markdown(report, limit=50_000), re.MULTILINE)
    resources, fine, failing, unknown, exempt, without, backups, gaps = map(int, row.split(" | "))
    assert resources == counts["resources"] == fine + failing + unknown + exempt + without
    assert (failing, unknown, backups) == (counts["fail"], counts["unknown"], counts["backups"])
    assert fine + exempt + without == counts["pass"]
    assert exempt <= counts["exempt"]
    assert gaps == len(report.gaps)
