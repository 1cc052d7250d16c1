"""What the page's script knows: compact, complete, and unable to end the script that holds it."""

import json
from dataclasses import replace

import pytest
from backup_auditor.model import Limit, Points
from backup_auditor.report.html import page_html
from backup_auditor.report.page_data import in_order, page_data
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, before, failed, running, succeeded
from tests.report import samples
from tests.report.samples import apart, assessed, daily, report


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_can_end_the_script(name: str, owner: str) -> None:
    one = assessed("x", id="x")
    said = replace(one, resource=replace(one.resource, name=name), owner=owner)
    text = page_data(report(said))
    assert not set(text) & set("<>&\u2028\u2029")
    json.loads(text)
    text.encode()


@pytest.mark.parametrize("name", ["</script><script>", "<!--<script>", "]]>", "\u2028"])
def test_the_page_has_two_scripts_whatever_is_named(name: str) -> None:
    assert page_html(report(assessed(name, id="x"))).count("</script>") == 2


@pytest.mark.parametrize("make", samples.ALL.values(), ids=samples.ALL.keys())
def test_every_resource_is_there_once_worst_first(make: object) -> None:
    told = make()  # type: ignore[operator]  # a function of a table
    columns = json.loads(page_data(told))["columns"]
    assert columns.get("id", []) == [a.resource.id for a in in_order(told)]
    assert {len(column) for column in columns.values()} <= {told.counts.resources}
    if columns:
        assert len(columns["id"]) == told.counts.resources


def test_a_resource_is_told_with_its_checks_and_its_backups() -> None:
    backups = [running("1h"), failed("2h"), succeeded("3h", 7), succeeded(None, 8)]
    told = json.loads(page_data(report(assessed("prod-x", *backups, id="x", zone="z"))))
    columns, texts = told["columns"], told["texts"]
    now = int(NOW.timestamp())
    assert (told["now"], told["zone"]) == (now, "Asia/Shanghai")
    assert columns["name"] == ["prod-x"]
    assert [texts[columns[c][0]] for c in ("state", "zone", "policy")] == [
        "fail",
        "z",
        "production",
    ]
    assert columns["times"] == [[None, now - 3 * 3600, 3600, 3600]]
    assert columns["sizes"] == [[8, 7, None, None]]
    assert texts[columns["states"][0]] == "ssfr"
    assert columns["last"] == [now - 3 * 3600]
    checks = [told["checks"][n] for n in columns["checks"][0]]
    rule, outcome, severity, message, observed, expected, since, *_, limit, audits = checks[0]
    assert [texts[n] for n in (rule, outcome, severity)] == ["last_success_age", "pass", "critical"]
    assert [texts[n] for n in (message, observed, expected)] == [
        "last success is 3 h old",
        "3 h",
        "at most 26 h",
    ]
    assert (since, limit, audits) == (None, [int(before("26h").timestamp()), None, None], 0)


def test_equal_checks_and_texts_are_there_once() -> None:
    same = [assessed(f"prod-{n}", *daily(), id=f"x-{n}") for n in range(50)]
    told = json.loads(page_data(report(*same)))
    assert len(told["checks"]) == 4
    assert len(set(told["texts"])) == len(told["texts"])
    assert told["texts"][0] == ""


def test_a_runbook_that_is_no_web_address_is_left_out() -> None:
    one = replace(assessed("x", id="x"), runbook="javascript:alert(1)")
    told = json.loads(page_data(report(one)))
    assert told["columns"]["runbook"] == [0]
    assert "javascript" not in json.dumps(told)


def test_limits_of_sizes_are_whole_bytes() -> None:
    one = assessed("x", *daily(), id="x")
    checks = tuple(replace(c, limit=Limit(None, 1.4, 2.6)) for c in one.checks)
    told = json.loads(page_data(report(replace(one, checks=checks, points=Points()))))
    assert [check[-2] for check in told["checks"]] == [[None, 1, 3]] * len(told["checks"])


def test_what_is_not_fine_can_be_read_without_the_script() -> None:
    many = apart(assessed(f"prod-{n}", id=f"x-{n}") for n in range(150))
    page = page_html(report(*many, assessed("prod-fine", *daily(), id="fine")))
    plain = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert plain.count("<tr><td") == 150
    assert "prod-149" in plain
    assert "prod-fine" not in plain
    assert plain.count("Never backed up (at most 26 h).") == 150
    assert page.count('<li class="card fail"') == 100
    assert "and 50 more, in the table below" in page


def test_a_report_of_nothing_has_no_table() -> None:
    page = page_html(samples.empty())
    assert 'id="all"' not in page
    assert not any(json.loads(page_data(samples.empty()))["columns"].values())


def test_resources_with_long_histories_are_told_with_the_newest_sixty() -> None:
    hourly = [succeeded(f"{n}h", n) for n in range(1, 100)]
    columns = json.loads(page_data(report(assessed("x", *hourly, id="x"))))["columns"]
    assert (columns["backups"], len(columns["times"][0])) == ([99], 60)
    assert columns["sizes"][0][-1] == 1
