"""What somebody answers for: never told as fine, counted apart, with who, until when and why."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from backup_auditor.channels.slack import message
from backup_auditor.judge import judge
from backup_auditor.model import (
    Assessment,
    AuditVerdict,
    ExemptionState,
    ExemptionUse,
    Gap,
    GapReason,
)
from backup_auditor.outcome import ExitCode, exit_code
from backup_auditor.policy.model import Ungoverned
from backup_auditor.report.exemptions import exemption_lines, exemptions_summary
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.model import Report
from backup_auditor.report.text import mail_text, terminal_text
from backup_auditor.speech import ENGLISH

from tests.builders import before, failed, history, moment, resource, succeeded
from tests.report import samples
from tests.report.samples import assessed, daily, exempted

TODAY = date(2026, 11, 24)  # of ``builders.NOW`` in Asia/Shanghai
UNSEEN = "1 part could not be audited"
GAP = Gap("ucloud.uredis", "org-test", "hk", GapReason.REFUSED, "no")


def slack_text(report: Report) -> str:
    """Return all that a Slack message shows."""
    blocks = message(report)["blocks"]
    return "\n".join(block["text"]["text"] for block in blocks if "text" in block)


def plain_terminal(report: Report) -> str:
    """Return what a wide terminal shows."""
    return terminal_text(report, width=120, color=False)


TEXTS: dict[str, Callable[[Report], str]] = {
    "terminal": plain_terminal,
    "mail text": mail_text,
    "mail html": email_html,
    "page": page_html,
    "slack": slack_text,
}
EACH = pytest.mark.parametrize("render", TEXTS.values(), ids=TEXTS.keys())


def some(fine: int = 0, exempt: int = 0, fail: int = 0) -> list[Assessment]:
    """Return so many resources that are fine, exempt and failing."""
    good = [assessed(f"prod-{n}", *daily(), id=f"good-{n}") for n in range(fine)]
    bad = [assessed(f"prod-{n}", id=f"bad-{n}") for n in range(fail)]
    return [*good, *bad, *(exempted(assessed(f"e-{n}", id=f"e-{n}")) for n in range(exempt))]


@pytest.mark.parametrize(
    ("resources", "gaps", "headline"),
    [
        (some(4, 1), (), "4 of 5 resources have reliable backups; 1 is exempt."),
        (some(1, 1), (), "1 of 2 resources has a reliable backup; 1 is exempt."),
        (some(1, 3), (), "1 of 4 resources has a reliable backup; 3 are exempt."),
        (some(0, 1), (), "The only resource is exempt."),
        (some(0, 2), (), "All 2 resources are exempt."),
        (
            some(2, 1),
            (GAP,),
            f"2 of 3 resources that were seen have reliable backups; 1 is exempt; {UNSEEN}.",
        ),
        (some(1, 1, 1), (), "1 of 3 resources has no reliable backup, 1 is exempt."),
        (
            some(0, 2, 2),
            (GAP,),
            f"2 of 4 resources have no reliable backup, 2 are exempt; {UNSEEN}.",
        ),
        (
            [*some(1, 1), assessed("odd", succeeded(None))],
            (),
            "1 of 3 resources cannot be judged, 1 is exempt.",
        ),
    ],
)
def test_the_headline_never_calls_an_exempt_resource_fine(
    resources: list[Assessment], gaps: tuple[Gap, ...], headline: str
) -> None:
    assert samples.report(*resources, gaps=gaps).headline == headline


@pytest.mark.parametrize(
    ("resources", "subject"),
    [
        (some(4, 1), "[backup-audit] PASS 0/5 2026-11-24, 1 exempt"),
        (some(0, 0, 2), "[backup-audit] FAIL 2/2 2026-11-24"),
    ],
)
def test_the_subject_says_that_something_is_exempt(
    resources: list[Assessment], subject: str
) -> None:
    assert samples.report(*resources).subject == subject


def test_exempt_resources_are_counted_apart() -> None:
    counts = samples.exempt().counts
    assert (counts.passed, counts.failed, counts.unknown) == (4, 1, 0)
    assert (counts.exempt, counts.only_exempt, counts.fine) == (3, 2, 2)
    assert "2 resources fine, 1 failing, 0 unknown, 2 exempt;" in email_html(samples.exempt())
    assert "exempt" not in email_html(samples.failing())


def test_exempt_findings_neither_fail_nor_are_they_findings() -> None:
    report = samples.report(*some(2, 3))
    assert report.findings == ()
    assert report.audit.verdict is AuditVerdict.PASS
    assert exit_code(report) is ExitCode.PASS
    (finding,) = samples.exempt().findings
    assert finding.title == "prod-both"
    assert not any("median" in sentence for sentence in finding.sentences)
    assert exit_code(samples.exempt()) is ExitCode.FAIL


def test_exempt_findings_are_worst_first_and_one_an_exemption() -> None:
    names = [f.assessment.resource.name for f in samples.exempt().exempt]
    assert names == ["prod-both", "prod-daily", "prod-moving"]
    shrunk = [failed("1h"), succeeded("2h", 1 << 20), *daily()]
    two = exempted(assessed("prod-x", *shrunk), "size_drift", by="ann until x: y")
    two = exempted(two, "error_state", by="bob until x: y")
    report = samples.report(two)
    assert {f.exemption for f in report.exempt} == {"ann until x: y", "bob until x: y"}
    assert report.counts.exempt == 1


def test_every_exempt_check_is_said() -> None:
    never = exempted(assessed("prod-x"))
    (finding,) = samples.report(never).exempt
    assert len(finding.sentences) == sum(check.exempt for check in never.checks) == 3
    assert finding.sentences[0].startswith("Never backed up")


@EACH
def test_every_rendering_says_who_answers_for_what_until_when_and_why(
    render: Callable[[Report], str],
) -> None:
    text = " ".join(render(samples.exempt()).split())
    assert samples.exempt().headline in text
    for finding in samples.exempt().exempt:
        assert f"~ EXEMPT {finding.severity.upper()}" in text
        assert finding.assessment.resource.name in text
        assert finding.exemption in text
        assert all(sentence in text for sentence in finding.sentences)


@EACH
def test_every_rendering_says_which_exemptions_need_attention(
    render: Callable[[Report], str],
) -> None:
    text = " ".join(render(samples.exempt()).split()).lower()
    lines = [line for line in samples.exempt().exemptions if line.needs_attention]
    assert len(lines) == 3
    for line in lines:
        assert line.state in text
        assert line.owner in text
        assert line.reason in text
        assert line.covers in text


@pytest.mark.parametrize("render", [plain_terminal, mail_text, email_html, page_html])
def test_active_exemptions_are_listed_as_well(render: Callable[[Report], str]) -> None:
    text = " ".join(render(samples.exempt()).split()).lower()
    assert "· active until 2026-12-31" in text
    assert "2 resources, 3 findings" in text
    summary = "4 exemptions: 1 active, 1 ends within 14 days, 1 expired, 1 matches nothing."
    assert summary in text


def use(state: ExemptionState, until: date = TODAY, findings: int = 1) -> ExemptionUse:
    """Return an exemption that matches one resource."""
    return ExemptionUse("ann", "why", until, state, 1, findings)


@pytest.mark.parametrize(
    ("given", "state", "covers"),
    [
        (
            use(ExemptionState.ACTIVE, date(2026, 12, 31), 2),
            "active until 2026-12-31",
            "1 resource, 2 findings",
        ),
        (
            use(ExemptionState.EXPIRING, TODAY, 0),
            "ends today, on 2026-11-24",
            "1 resource, 0 findings",
        ),
        (
            use(ExemptionState.EXPIRING, TODAY + timedelta(1)),
            "ends tomorrow, on 2026-11-25",
            "1 resource, 1 finding",
        ),
        (
            use(ExemptionState.EXPIRING, TODAY + timedelta(9)),
            "ends in 9 d, on 2026-12-03",
            "1 resource, 1 finding",
        ),
        (use(ExemptionState.EXPIRED, date(2026, 11, 1)), "expired on 2026-11-01", "1 resource"),
        (
            use(ExemptionState.UNUSED, date(2027, 1, 1)),
            "matches nothing, runs until 2027-01-01",
            "1 resource",
        ),
    ],
)
def test_the_state_of_an_exemption_in_words(given: ExemptionUse, state: str, covers: str) -> None:
    (line,) = exemption_lines([given], TODAY, ENGLISH)
    assert (line.state, line.covers) == (state, covers)
    assert line.mark == ("·" if given.state is ExemptionState.ACTIVE else "!")


def test_days_are_counted_in_the_time_zone_of_the_policy() -> None:
    ends = use(ExemptionState.EXPIRING, date(2026, 11, 25))
    report = samples.report(*some(1), exemptions=(ends,))
    assert report.exemptions[0].state == "ends tomorrow, on 2026-11-25"
    late = samples.report(*some(1), exemptions=(ends,), started_at=before("-12h"))
    assert late.exemptions[0].state == "ends today, on 2026-11-25"  # 02:07 in Shanghai


def test_what_needs_attention_stands_first_so_that_no_cut_hides_it() -> None:
    active = (use(ExemptionState.ACTIVE),) * 700
    report = samples.report(*some(1), exemptions=(*active, *samples.uses()))
    states = [line.state.split()[0] for line in report.exemptions[:4]]
    assert states == ["expired", "ends", "matches", "active"]
    for render in TEXTS.values():
        assert "expired on 2026-11-01" in render(report).lower()
    assert "704 exemptions: 701 active, 1 ends" in mail_text(report)


def test_the_summary_counts_in_the_plural() -> None:
    twice = samples.uses() * 2
    said = "8 exemptions: 2 active, 2 end within 14 days, 2 expired, 2 match nothing."
    assert exemptions_summary(twice, ENGLISH) == said
    assert exemptions_summary(twice[:1], ENGLISH) == ""


@pytest.mark.parametrize("render", [plain_terminal, mail_text, email_html, slack_text])
def test_long_lists_are_cut_and_say_how_many_are_left_out(render: Callable[[Report], str]) -> None:
    text = render(samples.many_exempt())
    assert "All 5,000 resources are exempt." in text
    assert len(text) < 75_000
    shown = text.count("~ EXEMPT")
    assert 0 < shown < 500
    left = 5000 - shown
    assert f"and {left} more" in text or f" {left:,} exempt findings" in text


@EACH
def test_hostile_owners_reasons_and_controls_do_no_harm(render: Callable[[Report], str]) -> None:
    text = render(samples.hostile_exempt())
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\r" not in text
    if render in {email_html, page_html}:
        assert "<script>alert(1)" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; until x" in text
    json.dumps(text).encode()


def test_the_page_tells_exempt_resources_from_fine_ones() -> None:
    page = page_html(samples.exempt())
    plain = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert plain.count('<td class="state exempt">~ exempt</td>') == 2
    assert plain.count('<td class="state fail">✕ failing</td>') == 1
    assert plain.count("<tr><td") == 3
    assert '<span class="number">2</span> <span class="state pass">✓ fine</span>' in page


def unjudged(number: int) -> list[Assessment]:
    """Return so many resources that no policy governs, where that is only reported."""
    policies = replace(samples.POLICIES, ungoverned=Ungoverned.REPORT)
    things = (resource(f"u-{n}", name=f"free-{n}") for n in range(number))
    return [judge(history(of=thing), policies, samples.RULES, moment()) for thing in things]


@pytest.mark.parametrize(
    ("fine", "exempt", "fail", "ungoverned", "headline"),
    [
        (4, 0, 0, 1, "4 of 5 resources have reliable backups; 1 is governed by no policy."),
        (1, 1, 0, 2, "1 of 4 resources has a reliable backup; 1 is exempt, 2 are governed by no"),
        (0, 0, 0, 1, "The only resource is governed by no policy."),
        (0, 0, 0, 3, "All 3 resources are governed by no policy."),
        (0, 1, 0, 1, "None of 2 resources is fine; 1 is exempt, 1 is governed by no policy."),
        (0, 0, 1, 1, "1 of 2 resources has no reliable backup, 1 is governed by no policy."),
    ],
)
def test_what_no_policy_governs_is_never_told_as_fine(
    fine: int, exempt: int, fail: int, ungoverned: int, headline: str
) -> None:
    """With `ungoverned: report` it passes, and nobody has judged it."""
    report = samples.report(*some(fine, exempt, fail), *unjudged(ungoverned))
    assert report.headline.startswith(headline)
    assert report.counts.only_ungoverned == report.counts.ungoverned == ungoverned
    assert report.counts.fine == fine
    assert f"{ungoverned} without policy" in email_html(report)
    assert page_html(report).count("· ungoverned</td>") == ungoverned
