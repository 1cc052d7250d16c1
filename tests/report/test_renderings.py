"""Every rendering of every sample: bounded, escaped, with the same answer first."""

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from backup_auditor.report.contract import to_document, to_json
from backup_auditor.report.cut import cut
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.model import Report
from backup_auditor.report.sample import sample_report
from backup_auditor.report.table import guarded, to_csv
from backup_auditor.report.templates import web_address
from backup_auditor.report.text import mail_text, terminal_text
from backup_auditor.report.words import (
    counted,
    printable,
    relative,
    sparkline,
    trend,
)
from backup_auditor.speech import ENGLISH
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, before
from tests.contract import assert_valid
from tests.report import samples

EACH = pytest.mark.parametrize("make", samples.ALL.values(), ids=samples.ALL.keys())
Make = Callable[[], Report]


@pytest.mark.parametrize(
    ("make", "headline", "subject"),
    [
        (samples.fine, "All 2 resources have reliable backups.", "PASS 0/2"),
        (samples.failing, "4 of 5 resources have no reliable backup.", "FAIL 4/5"),
        (
            samples.incomplete,
            "13 of 14 resources cannot be judged; 1 part could not be audited.",
            "INCOMPLETE 13/14",
        ),
        (samples.empty, "No resource was audited; 1 part could not be audited.", "INCOMPLETE 0/0"),
        (samples.broken, "Nothing was audited, because the policy is broken.", "INCOMPLETE 0/0"),
        (
            samples.huge,
            "5,000 of 5,000 resources have no reliable backup; 300 parts could not be audited.",
            "FAIL 5000/5000",
        ),
    ],
)
def test_the_headline_is_the_answer(make: Make, headline: str, subject: str) -> None:
    report = make()
    assert report.headline == headline
    assert report.subject == f"[backup-audit] {subject} 2026-11-24"
    assert report.subject.isascii()


def test_one_resource_is_said_in_the_singular() -> None:
    good = samples.assessed("prod-x", *samples.daily())
    assert samples.report(good).headline == "The only resource has a reliable backup."
    bad = samples.report(samples.assessed("prod-x"))
    assert bad.headline == "1 of 1 resource has no reliable backup."


@EACH
def test_every_rendering_says_the_verdict_and_the_headline(make: Make) -> None:
    report = make()
    for text in (mail_text(report), email_html(report), page_html(report)):
        assert report.headline in text
    width = " ".join(terminal_text(report, width=80, color=False).split())
    assert report.headline in width


@EACH
def test_the_contract_is_kept(make: Make) -> None:
    report = make()
    assert_valid(to_document(report))
    assert json.loads(to_json(report)) == to_document(report)


@EACH
def test_mails_are_small_enough_for_every_mail_program(make: Make) -> None:
    assert len(email_html(make()).encode(errors="replace")) <= 75_000
    assert len(mail_text(make()).encode(errors="replace")) <= 75_000


@pytest.mark.parametrize("render", [email_html, mail_text])
def test_no_list_makes_a_mail_too_large_or_is_cut_in_silence(
    render: Callable[[Report], str],
) -> None:
    report = samples.everything()
    text = render(report)
    assert report.headline in text
    assert len(text.encode()) <= 75_000
    cuts = re.findall(r"and \d+ more", text)
    assert len(cuts) == 7  # gaps, findings, exempt, exemptions, orphans, notices, coverage


@pytest.mark.parametrize("render", [email_html, page_html])
def test_hostile_names_are_text_in_html(render: Callable[[Report], str]) -> None:
    html = render(samples.hostile())
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\u202e" not in html
    assert 'href="javascript' not in html
    assert "{{ 7 * 7 }}" in html


def test_the_page_allows_its_own_script_alone() -> None:
    page = page_html(samples.failing())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert not re.search(r'(src|href)="(?!https://wiki\.example\.com)', page)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 160])
@EACH
def test_a_terminal_of_any_width_is_respected(make: Make, width: int) -> None:
    if make is samples.huge:
        return
    lines = terminal_text(make(), width=width, color=False).splitlines()
    assert all(len(line) <= max(40, width) for line in lines)
    assert not any(ord(char) < 32 for line in lines for char in line)


def test_colours_only_when_asked_for() -> None:
    assert "\x1b[1;31mFAIL\x1b[0m" in terminal_text(samples.failing(), width=80, color=True)
    assert "\x1b[31m✕\x1b[0m CRITICAL" in terminal_text(samples.failing(), width=80, color=True)
    assert "\x1b" not in terminal_text(samples.failing(), width=80, color=False)


def test_findings_are_worst_first_and_resources_with_one_cause_are_one() -> None:
    titles = [f.title for f in samples.failing().findings]
    assert titles == ["prod-never", "prod-failed", "prod-shrunk", "free-for-all"]
    many, alone = samples.incomplete().findings
    assert (many.title, len(many.members)) == ("12 resources of org-test in cn-bj2", 12)
    assert (alone.title, alone.sole is not None) == ("prod-x", True)
    assert "and 2 more" in mail_text(samples.incomplete())


def test_the_table_holds_every_resource_and_no_formula() -> None:
    text = to_csv(samples.hostile()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(samples.HOSTILE) + 1
    for row in rows[1:]:
        assert not any(cell.lstrip()[:1] in {"=", "+", "-", "@"} for cell in row)
    assert len(list(csv.reader(io.StringIO(to_csv(samples.failing()).decode("utf-8-sig"))))) == 6


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("  @x", "'  @x"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a\r\nb", "a b"),
        ("prod-1", "prod-1"),
        ("", ""),
    ],
)
def test_cells_are_guarded(text: str, safe: str) -> None:
    assert guarded(text) == safe


@given(st.text(max_size=300))
def test_printable_text_moves_no_cursor_and_is_bounded(text: str) -> None:
    said = printable(text)
    assert len(said) <= 80
    assert said.isprintable() or "\u3000" in said
    said.encode()


def test_a_table_is_cut_on_whole_rows_and_says_so() -> None:
    data = to_csv(samples.failing(), 1000)
    assert len(data) <= 1000
    *rows, last = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert last[2] == f"{5 - len(rows) + 1} resources are left out, the worst are kept"
    assert 1 < len(rows) < 6
    assert to_csv(samples.failing(), 10_000) == to_csv(samples.failing())


def test_a_document_is_cut_on_whole_resources_and_says_so() -> None:
    document = to_document(samples.huge())
    small = cut(document, 200_000)
    assert_valid(small)
    assert len(json.dumps(small, ensure_ascii=False, separators=(",", ":")).encode()) <= 200_000
    assert 0 < len(small["resources"]) < 5000
    assert "of 5000 resources are left out" in small["notices"][-1]["detail"]
    assert small["counts"]["resources"] == 5000
    assert cut(document, 100_000_000) is document


def test_words() -> None:
    assert counted(1, "policy", "policies") == "1 policy"
    assert relative(before("-2h"), NOW, ENGLISH) == "in 2 h"
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([1, 8]) == "▂█"
    assert (trend([]), trend([1024])) == ("", "1 KiB")


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://", "x", "https://[::1", "//x"])
def test_only_web_addresses_become_links(text: str) -> None:
    assert web_address(text) == ""
    assert web_address("https://example.com/x") == "https://example.com/x"


def test_the_sample_says_that_it_is_a_test() -> None:
    report = sample_report(NOW)
    assert "nothing was audited" in mail_text(report)
    assert_valid(to_document(report))
