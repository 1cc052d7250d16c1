"""What reports tell of earlier audits: new, worse, since when, comes and goes, resolved, gone."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from backup_auditor.channels._chat import plain
from backup_auditor.channels._said import said
from backup_auditor.model import Assessment, Outcome, Severity
from backup_auditor.policy.selector import Selector
from backup_auditor.report.contract import to_document
from backup_auditor.report.html import LONGEST_EMAIL, email_html, page_html
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import narrow
from backup_auditor.report.parts import Claim, Part
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import LONGEST_TEXT, mail_text, terminal_text

from tests.builders import NOW, succeeded
from tests.report import days, samples
from tests.report.days import after, bad, good, hidden, small, worse
from tests.report.facts import changes_of_json, changes_of_junit, changes_of_openmetrics
from tests.report.samples import assessed, exempted

MON = "Mon 2026-11-23 14:07 CST"
Days = Sequence[Sequence[Assessment]]


def mild(name: str) -> Assessment:
    """Return a resource that was never backed up where that is no great matter."""
    one = bad(name)
    checks = tuple(replace(check, severity=Severity.LOW) for check in one.checks)
    return replace(one, checks=checks)


@pytest.mark.parametrize(
    ("audits", "said"),
    [
        ([[bad("a")]], ""),  # there is nothing to compare with
        ([[good("a")], [good("a")]], f"Nothing has changed since {MON}."),
        ([[bad("a")], [bad("a")]], f"Nothing has changed since {MON}."),
        ([[good("a")], [bad("a")]], f"Since {MON}: 1 new."),
        ([[bad("a")], [good("a")]], f"Since {MON}: 1 resolved."),
        ([[hidden("a")], [good("a")]], f"Since {MON}: 1 resolved."),
        ([[small("a")], [worse("a")]], f"Since {MON}: 1 worse."),
        ([[worse("a")], [small("a")]], f"Since {MON}: 1 resolved, 1 ongoing."),
        ([[good("a"), good("b")], [good("a")]], f"Since {MON}: 1 resource vanished."),
        ([[good("a")], [good("a"), good("b")]], f"Since {MON}: 1 resource appeared."),
        ([[bad("a")], [exempted(bad("a"))]], f"Since {MON}: 3 findings no longer apply."),
        (
            [[bad("a"), good("b"), good("c")], [bad("a"), bad("b"), bad("c")]],
            f"Since {MON}: 2 new, 1 ongoing.",
        ),
        # What is new about a resource that is well otherwise is not lost when it was ill before.
        ([[bad("a")], [good("a")], [bad("a")]], f"Since {MON}: 1 new."),
    ],
)
def test_one_sentence_says_what_has_changed(audits: Days, said: str) -> None:
    assert after(*audits).news == said


def test_what_is_new_worse_and_ongoing_adds_up_to_what_is_not_fine() -> None:
    for make in days.ALL.values():
        report = make()
        changed, counts = report.changed, report.counts
        assert changed
        told = changed.new + changed.worse + changed.ongoing
        assert told == counts.failed + counts.unknown


def test_a_new_gap_is_a_change() -> None:
    day = [good("prod-a")]
    assert after(day, day, gaps=(days.GAP,)).news == f"Since {MON}: 1 new gap."


@pytest.mark.parametrize(
    ("audits", "subject"),
    [
        ([[bad("a")]], "FAIL 1/1 2026-11-24"),
        ([[bad("a")], [bad("a")]], "FAIL 1/1 2026-11-24"),
        ([[good("a")], [bad("a")]], "FAIL 1/1 2026-11-24 +1"),
        ([[bad("a")], [good("a")]], "PASS 0/1 2026-11-24 -1"),
        ([[good("a"), bad("b")], [bad("a"), good("b")]], "FAIL 1/2 2026-11-24 +1 -1"),
        (
            [[good("a"), bad("b")], [bad("a"), exempted(bad("b"))]],
            "FAIL 1/2 2026-11-24 +1, 1 exempt",
        ),
    ],
)
def test_the_subject_says_how_many_are_new_and_resolved(audits: Days, subject: str) -> None:
    assert after(*audits).subject == f"[backup-audit] {subject}"


def test_a_subject_that_would_get_too_long_says_nothing_of_changes() -> None:
    spared = [exempted(bad(f"s-{n}")) for n in range(100)]
    ill = [bad(f"i-{n}") for n in range(500)]
    well = [good(f"w-{n}") for n in range(500)]
    before = [good(f"i-{n}") for n in range(500)] + [bad(f"w-{n}") for n in range(500)]
    short = after([*before], [*ill, *well]).subject
    assert short == "[backup-audit] FAIL 500/1000 2026-11-24 +500 -500"
    long = after([*before, *spared], [*ill, *well, *spared]).subject
    assert long == "[backup-audit] FAIL 500/1100 2026-11-24, 100 exempt"


@pytest.mark.parametrize(
    ("audits", "since", "says"),
    [
        ([[bad("a")]], "98 d", ""),
        ([[hidden("a")]], "0 s", ""),
        ([[good("a")], [hidden("a")]], "0 s", ""),
        ([[hidden("a")], [hidden("a")]], "24 h", "in 2 audits in a row"),
        ([[hidden("a")]] * 6, "5 d", "in 6 audits in a row"),
        (
            [[hidden("a")], [good("a")], [hidden("a")], [hidden("a")]],
            "24 h",
            "in 2 audits in a row",
        ),
        ([[small("a")]] * 3, "2 d", "in 3 audits in a row"),
        ([[bad("a")]] * 3, "98 d", "in 3 audits in a row"),  # the data knows more than the audits
    ],
)
def test_a_finding_tells_since_when_and_in_how_many_audits(
    audits: Days, since: str, says: str
) -> None:
    report = after(*audits)
    (finding,) = report.findings
    assert finding.since
    age = report.language.duration(NOW - finding.since)
    assert age.startswith(since)
    told = terminal_text(report, width=120, color=False)
    assert (", in " in told) == bool(says)
    assert says in told
    assert ("Since " in told.partition("FINDINGS")[2]) == (since != "0 s")


@pytest.mark.parametrize(
    ("how", "flaps"), [("1010101", True), ("0101", False), ("10101", True), ("1111111", False)]
)
def test_what_comes_and_goes_says_so(how: str, flaps: bool) -> None:
    report = after(*([bad("a") if word == "1" else good("a")] for word in how))
    (finding,) = report.findings
    assert finding.is_flapping is flaps
    for told in (mail_text(report), email_html(report), page_html(report), to_markdown(report)):
        assert ("Comes and goes: more than 3 times in the last 7 audits." in told) is flaps


def test_worst_comes_first_and_within_one_severity_what_is_new() -> None:
    apart = dict(
        zip("abcd", samples.apart([bad("a"), mild("b"), small("c"), mild("d")]), strict=True)
    )
    before = [apart["a"], apart["b"], good("c"), good("d")]
    report = after(before, list(apart.values()))
    assert [(f.title, str(f.change)) for f in report.findings] == [
        ("c", "new"),
        ("a", "ongoing"),
        ("d", "new"),
        ("b", "ongoing"),
    ]


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ((good, good, good), "new"),
        ((bad, bad, bad), "ongoing"),
        ((bad, good, good), "worse"),  # the cause has spread
    ],
)
def test_several_with_one_cause_are_new_when_all_are(
    before: Sequence[Callable[[str], Assessment]], change: str
) -> None:
    names = ("a", "b", "c")
    ill = [assessed(name, succeeded("40h"), id=f"id-{name}") for name in names]
    first = [ill[n] if make is bad else make(names[n]) for n, make in enumerate(before)]
    (finding,) = after(first, ill).findings
    assert len(finding.members) == 3
    assert str(finding.change) == change


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (bad, good, "Passes again: last_success_age, error_state, size_drift (did not from"),
        (
            small,
            good,
            f"Passes again: size_drift (did not from {MON} to Tue 2026-11-24 14:07 CST).",
        ),
        (hidden, good, "Its backups can be read again."),
        (worse, small, "Passes again: error_state (did not from "),
    ],
)
def test_what_is_resolved_says_which_rules_and_since_when_until_when(
    then: Callable[[str], Assessment], now: Callable[[str], Assessment], said: str
) -> None:
    report = after([then("a")], [now("a")])
    (over,) = report.resolved
    assert " ".join(over.sentences).startswith(said)
    assert over.until == NOW


def test_a_vanished_resource_tells_where_it_was_and_when_it_was_seen() -> None:
    report = after([good("a"), good("b")], [good("a")])
    said = f"b (id-b, org-test, cn-bj2): last seen {MON} (24 h ago)"
    assert said in mail_text(report)
    assert [one.last_seen_at for one in report.vanished] == [NOW - timedelta(days=1)]


WITH_A_PAST = pytest.mark.parametrize("make", days.ALL.values(), ids=days.ALL)


@WITH_A_PAST
def test_machines_are_told_the_same_numbers(make: Callable[[], Report]) -> None:
    report = make()
    numbers = changes_of_json(to_document(report))
    assert changes_of_openmetrics(report) == numbers
    assert changes_of_junit(report) == numbers
    rows = csv.DictReader(io.StringIO(to_csv(report).decode("utf-8-sig"), newline=""))
    column = Counter(row["change"] for row in rows)
    column["resolved"] += sum(o.assessment.outcome is not Outcome.PASS for o in report.resolved)
    assert {name: column[name] for name in ("new", "worse", "ongoing", "resolved")} == {
        name: numbers[name] for name in ("new", "worse", "ongoing", "resolved")
    }


def in_chat(report: Report) -> str:
    """Return all that a chat may say."""
    what = said(report)
    return "\n".join([what.headline, *(plain(row) for s in what.sections for row in s.rows())])


READERS: dict[str, Callable[[Report], str]] = {
    "terminal": lambda report: terminal_text(report, width=120, color=False),
    "mail text": mail_text,
    "mail": email_html,
    "page": page_html,
    "markdown": to_markdown,
    "chat": in_chat,
}
NOUNS = {"vanished": " resources? vanished", "appeared": " resources? appeared"}


@WITH_A_PAST
@pytest.mark.parametrize("reader", READERS)
def test_people_are_told_the_same_numbers(reader: str, make: Callable[[], Report]) -> None:
    report = make()
    told = " ".join(READERS[reader](report).split())
    numbers = changes_of_json(to_document(report))
    if not any(number for name, number in numbers.items() if name != "ongoing"):
        assert f"Nothing has changed since {MON}." in told
        return
    for name, number in numbers.items():
        found = re.search(rf"(\d+){NOUNS.get(name, f' {name}')}\b", told)
        assert (int(found[1]) if found else 0) == number, name


@WITH_A_PAST
@pytest.mark.parametrize("reader", READERS)
def test_marks_show_as_many_as_the_sentence_says(reader: str, make: Callable[[], Report]) -> None:
    report = make()
    assert report.changed
    told = re.sub("<script.*", "", READERS[reader](report), flags=re.DOTALL)
    assert len(re.findall(r"\bNEW\b", told)) == report.changed.new
    assert len(re.findall(r"\bWORSE\b", told)) == report.changed.worse


def test_without_a_store_no_rendering_says_anything_of_changes() -> None:
    report = samples.failing()
    assert report.changed is None
    for render in READERS.values():
        told = re.sub("<script.*", "", render(report), flags=re.DOTALL)
        assert not re.search(r"NEW|WORSE|esolved since|anished since|in a row \w|omes and", told)
        assert 'id="change"' not in told


def test_20_000_resolved_and_vanished_do_not_burst_a_mail() -> None:
    for report in (days.many_changed(), samples.in_chinese(days.many_changed())):
        html, text = email_html(report), mail_text(report)
        assert len(html.encode()) <= LONGEST_EMAIL
        assert len(text.encode()) <= LONGEST_TEXT
        assert html.rstrip().endswith("</html>")
        assert "20,000" in html
        assert "20,000" in text
        for mark in ("✓", "·"):
            shown = [line for line in text.splitlines() if line.startswith(f"  {mark} <script>")]
            assert shown
            assert re.search(rf"(?:and|另有) {20_000 - len(shown)}\b", text)


def part_of(**globs: str) -> Part:
    """Return the part of some resources."""
    return Part(Claim(Selector({key: (glob,) for key, glob in globs.items()})))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (part_of(name="prod-old"), "1 ongoing, 1 new gap"),
        (part_of(name="prod-old", region="cn-bj2"), ""),
        (part_of(name="prod-new"), "1 new, 1 new gap"),
        (part_of(name="prod-back"), "1 resolved, 1 new gap"),
        (part_of(name="prod-gone"), "1 resource vanished, 1 new gap"),
    ],
)
def test_a_part_tells_what_has_changed_in_it_and_no_more(part: Part, said: str) -> None:
    found = narrow(days.changed(), part)
    nothing = f"Nothing has changed in this part since {MON}."
    assert found.news == (f"In this part since {MON}: {said}." if said else nothing)
    changes = to_document(found)["changes"]
    everything = to_document(days.changed())["changes"]
    for name in ("new", "worse", "resolved", "ongoing", "lapsed"):
        assert set(changes[name]) <= set(everything[name])
    assert (not changes["resolved"]) == ("resolved" not in said)


def test_a_part_of_severe_things_is_not_told_that_mild_ones_are_over() -> None:
    report = after([bad("a"), mild("b"), mild("c")], [good("a"), good("b"), mild("c")])
    found = narrow(report, Part(least=Severity.CRITICAL))
    assert [one.assessment.resource.name for one in found.resolved] == ["a"]
    assert found.news == f"In this part since {MON}: 1 resolved."


def test_owners_hear_what_is_resolved_of_theirs_and_of_nobody_else() -> None:
    def of(owner: str, one: Assessment) -> Assessment:
        return replace(one, owner=owner)

    before = [of("shop", bad("a")), of("orders", bad("b"))]
    report = after(before, [of("shop", good("a")), of("orders", good("b"))])
    mine = narrow(report, Part(Claim(owners=("shop",))))
    assert [one.assessment.resource.name for one in mine.resolved] == ["a"]
