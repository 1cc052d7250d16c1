"""The report as Markdown: what it says, in which order, how much of it, and as which markup."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import cmarkgfm
import pytest
from backup_auditor.report.markdown import LONGEST_MARKDOWN, to_markdown
from backup_auditor.report.model import Report

from tests.report import samples
from tests.report.samples import RULES


def lines(text: str, title: str) -> list[str]:
    """Return the lines under one heading."""
    found = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [line for line in found.splitlines() if line]


def test_the_answer_comes_first_and_then_all_in_the_order_of_reading() -> None:
    text = to_markdown(samples.failing())
    assert text.startswith("# Backup audit: FAIL\n\n4 of 5 resources have no reliable backup.\n\n|")
    assert re.findall("^## (.*)", text, re.MULTILINE) == [
        *("Findings, worst first", "Backups without a resource", "Notices", "Coverage"),
    ]
    incomplete, exempt = to_markdown(samples.incomplete()), to_markdown(samples.exempt())
    assert re.findall("^## (.*)", incomplete, re.MULTILINE) == [
        *("Could not be audited", "Findings, worst first", "Coverage"),
    ]
    assert re.findall("^## (.*)", exempt, re.MULTILINE) == [
        *("Findings, worst first", "Exempt findings", "Exemptions", "Coverage"),
    ]
    assert text.endswith(
        "Run `20261124T060700Z-abc`, policy `sha256:abc`, backup-auditor 0.1.0, took 42 s.\n"
    )


LEGEND = "● succeeded ◇ remembered, no longer listed ◐ running ✕ failed ◌ expired ? unknown ○ none"


def test_a_finding_tells_what_since_when_and_who_does_something() -> None:
    found = lines(to_markdown(samples.exempt()), "Findings, worst first")
    said = "The last backup has failed (at most 0 failed in a row)."
    assert found[:9] == [
        f"- **✕ CRITICAL** `prod-both` (`uredis-5, org-test, cn-bj2`): {said}",
        f"  - To do: {RULES['error_state'].advice}",
        "  - Since Tue 2026-11-24 13:37 CST (30 min ago).",
        "  - Last good backup: Tue 2026-11-24 13:07 CST (1 h ago).",
        "  - `●●●●●●●●●●●●●●` backups on 14 of the last 14 days, `█████████████▁` 100 MiB → 1 MiB",
        "  - Owner: `ops@example.com`",
        "  - [Runbook](<https://wiki.example.com/redis>)",
        "  - Controls: ISO/IEC 27001:2022 A.8.13; SOC 2 A1.2",
        f"{LEGEND} · not yet created",
    ]


def test_resources_with_one_cause_are_named_and_what_was_not_read_is_not_said() -> None:
    found = lines(to_markdown(samples.incomplete()), "Findings, worst first")
    assert found[0].startswith("- **? CRITICAL** 12 resources of org-test in cn-bj2: Their backups")
    assert found[1].startswith("  - To do: Look first at the permissions")
    assert found[2] == "  - `prod-0` (`uredis-0, org-test, cn-bj2`)"
    assert found[12] == "  - ... and 2 more"
    assert not any("Last good backup" in line or "0 days" in line for line in found)


@pytest.mark.parametrize("make", samples.SMALL.values(), ids=samples.SMALL)
def test_no_name_makes_markup(make: Callable[[], Report]) -> None:
    """All elements are ours, links lead to the runbook, and no text is lost on the way."""
    report = make()
    html = str(cmarkgfm.github_flavored_markdown_to_html(to_markdown(report, limit=100_000)))
    assert set(re.findall(r"<(\w+)", html)) <= {
        *("h1", "h2", "p", "ul", "li", "strong", "code", "a"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert set(re.findall(r'href="([^"]*)"', html)) <= {"https://wiki.example.com/redis"}
    words = unescape(re.sub("<[^>]*>", "", html)).replace("\u200b", "")
    for finding in report.findings[:5]:
        assert finding.title in words
    for line in report.exemptions[:1]:
        assert line.reason in words


def test_it_fits_into_a_job_summary_and_says_what_is_left_out() -> None:
    text = to_markdown(samples.everything())
    assert len(text.encode()) <= LONGEST_MARKDOWN
    cuts = re.findall(r"and (\d+) more", text)
    assert cuts[1:3] == cuts[1:2] * 2
    shown = len(re.findall(r"^- \*\*✕ CRITICAL", text, re.MULTILINE))
    assert shown + int(cuts[1]) == 5000


@pytest.mark.parametrize("limit", [30_000, 100_000])
def test_no_list_breaks_the_limit_or_is_cut_in_silence(limit: int) -> None:
    text = to_markdown(samples.everything(), limit=limit)
    assert len(text.encode()) <= limit
    cuts = re.findall(r"and \d+ more", text)
    assert len(cuts) == 7  # gaps, findings, exempt, exemptions, orphans, notices, coverage


def test_a_runbook_that_is_no_web_address_is_no_link() -> None:
    thing = replace(samples.assessed("prod-x"), runbook="javascript:alert(1)`")
    assert "  - Runbook: `` javascript:alert(1)` ``\n" in to_markdown(samples.report(thing))
