"""The page in a real browser, as people use it: find, sort, open, read, print; by keyboard too."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from backup_auditor.judge import judge
from backup_auditor.memory.past import look_back
from backup_auditor.model import Assessment, Past, Remembered
from backup_auditor.report.html import page_html
from backup_auditor.values import say_duration, say_size

from tests.browser import Page
from tests.builders import (
    NOW,
    before,
    expired,
    failed,
    history,
    moment,
    running,
    succeeded,
    unclear,
)
from tests.report import days, samples
from tests.report.conftest import Open
from tests.report.samples import CONTROLS, JANE, assessed, controlled, daily, exempted, report

pytestmark = pytest.mark.browser

SHOWN = "field('shown').textContent.split(' shown')[0]"
NAMES = "[...document.querySelectorAll('.open')].map((e) => e.textContent)"
PANEL = "PANEL.open && field('panel-body').textContent"


def mixed() -> str:
    """Return a page of resources that differ in state, policy, source and region."""
    things: list[Assessment] = [
        assessed("prod-10", id="a", region="hk"),
        assessed("prod-9", *daily(1 << 20), id="b", source="aws.rds"),
        assessed("prod-2", *daily(3 << 20)[1:], id="c", account="org-other"),
        assessed("free-1", *daily(2 << 20), id="d"),
        exempted(assessed("prod-moving", id="e"), by=JANE),
    ]
    return page_html(report(*things))


def choose(tab: Page, field: str, value: str) -> str:
    """Choose in a list by what it says, as a person does; return what is shown."""
    tab.run(
        f"""(() => {{
  const list = field("{field}");
  list.value = [...list.options].find((o) => o.textContent.startsWith("{value}")).value;
  for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, {{ bubbles: true }}));
}})()"""
    )
    return str(tab.run(SHOWN))


def click(tab: Page, selector: str) -> None:
    """Click the first element that fits."""
    tab.run(f"document.querySelector({selector!r}).click()")


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        ("", "5 of 5"),
        ("#show=fail", "2 of 5"),
        ("#state=fail", "2 of 5"),
        ("#state=exempt", "1 of 5"),
        ("#state=pass", "2 of 5"),
        ("#search=moving", "1 of 5"),
        ("#search=PROD org-test&state=fail", "1 of 5"),
        ("#region=hk", "1 of 5"),
        ("#source=aws.rds", "1 of 5"),
        ("#policy=none", "1 of 5"),
        ("#policy=production&search=org-other", "1 of 5"),
        ("#search=nothing-like-it", "0 of 5"),
        ("#state=nonsense", "5 of 5"),
        ("#all", "5 of 5"),
    ],
)
def test_a_view_is_opened_by_its_address(start: str, shown: str, opened: Open) -> None:
    assert opened(mixed(), start).run(SHOWN) == shown


def test_another_address_is_another_view(opened: Open) -> None:
    tab = opened(mixed(), "#region=hk")
    tab.run("location.hash = '#search=moving&sort=-name'; new Promise(setTimeout)")
    assert tab.run(NAMES) == ["prod-moving"]
    tab.run("location.hash = '#findings'; new Promise(setTimeout)")
    assert tab.run(NAMES) == ["prod-moving"]


@pytest.mark.parametrize(
    ("field", "value", "names", "address"),
    [
        ("state", "failing", ["free-1", "prod-10"], "#state=fail"),
        ("policy", "none", ["free-1"], "#policy=none"),
        ("source", "aws.rds", ["prod-9"], "#source=aws.rds"),
        ("region", "hk", ["prod-10"], "#region=hk"),
    ],
)
def test_each_list_filters_and_stands_in_the_address(
    field: str, value: str, names: list[str], address: str, opened: Open
) -> None:
    tab = opened(mixed())
    assert choose(tab, field, value) == f"{len(names)} of 5"
    assert sorted(tab.run(NAMES)) == names
    assert tab.run("location.hash") == address
    click(tab, "#reset")
    assert tab.run(SHOWN) == "5 of 5"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("new", ["prod-both", "prod-new"]),
        ("worse", ["prod-worse"]),
        ("ongoing", ["prod-flap", "prod-old"]),
        ("resolved", ["prod-back", "prod-seen"]),
    ],
)
def test_a_list_filters_by_what_has_changed(value: str, names: list[str], opened: Open) -> None:
    tab = opened(page_html(days.changed()))
    assert choose(tab, "change", value) == f"{len(names)} of 9"
    assert sorted(tab.run(NAMES)) == names
    assert tab.run("location.hash") == f"#change={value}"
    tab = opened(page_html(days.changed()), f"#change={value}")
    assert sorted(tab.run(NAMES)) == names


def test_an_open_resource_tells_what_has_changed_and_since_when(opened: Open) -> None:
    tab = opened(page_html(days.changed()), "#open=id-prod-worse")
    said = tab.run(PANEL)
    assert "Changeworse" in said
    assert "(6 d ago), in 7 audits in a row" in said


def test_without_an_audit_before_there_is_no_such_list(opened: Open) -> None:
    assert opened(mixed()).run("field('change')") is None


def test_a_slash_goes_to_the_search_and_typing_filters(opened: Open) -> None:
    tab = opened(mixed())
    tab.press("/")
    tab.type("ORG-OTHER")
    assert tab.run("document.activeElement.id") == "search"
    assert tab.run(NAMES) == ["prod-2"]
    tab.press("Escape")
    assert tab.run(SHOWN) == "5 of 5"


def test_a_count_filters_by_its_state(opened: Open) -> None:
    tab = opened(mixed(), "#search=nothing-like-it")
    click(tab, "[data-show=exempt] button")
    assert tab.run(NAMES) == ["prod-moving"]


@pytest.mark.parametrize(
    ("column", "ascending"),
    [
        ("state", None),
        ("name", ["free-1", "prod-2", "prod-9", "prod-10", "prod-moving"]),
        ("source", ["prod-9"]),
        ("region", None),
        ("policy", ["free-1"]),
        ("last", ["prod-10", "prod-moving", "prod-2"]),
        ("size", ["prod-10", "prod-moving", "prod-9", "free-1", "prod-2"]),
        ("backups", ["prod-10", "prod-moving", "prod-2"]),
        ("days", ["prod-10", "prod-moving", "prod-2"]),
    ],
)
def test_every_column_sorts_both_ways(
    column: str, ascending: list[str] | None, opened: Open
) -> None:
    tab = opened(mixed())
    before = tab.run(NAMES)
    click(tab, f"[data-key={column}] button")
    up = tab.run(NAMES)
    sorted_by = f"document.querySelector('[data-key={column}]').ariaSort"
    if column == "state":
        assert (tab.run(sorted_by), up[0]) == ("descending", before[-1])
        return
    assert tab.run(sorted_by) == "ascending"
    assert up[: len(ascending or [])] == (ascending or [])
    click(tab, f"[data-key={column}] button")
    assert tab.run(sorted_by) == "descending"
    assert tab.run("document.querySelectorAll('[aria-sort]:not([aria-sort=none])').length") == 1
    assert tab.run("location.hash") == f"#sort=-{column}"
    if column == "name":
        assert tab.run(NAMES) == up[::-1]


def escape(tab: Page) -> None:
    """Close the panel and wait until it has said so, which browsers do a moment later."""
    told = "new Promise((tell) => PANEL.addEventListener('close', () => tell(true), {once: true}))"
    tab.run(f"window.closed_panel = {{told: {told}}}; true")
    tab.press("Escape")
    assert tab.run("closed_panel.told")


def test_the_keyboard_opens_walks_and_closes_and_the_focus_comes_back(opened: Open) -> None:
    tab = opened(mixed())
    tab.run("document.querySelector('.open').focus()")
    tab.press("ArrowDown")
    tab.press("Enter")
    name = "field('panel-name').textContent"
    first, second, *_ = tab.run(NAMES)
    assert tab.run(name) == second
    assert tab.run("location.hash") == f"#open={'a' if second == 'prod-10' else 'd'}"
    tab.press("ArrowLeft")
    assert tab.run(name) == first
    assert tab.run("field('previous').disabled")
    escape(tab)
    assert tab.run("PANEL.open") is False
    assert tab.run("document.activeElement.textContent") == first
    assert tab.run("location.hash") == ""


def test_a_card_opens_its_resource_and_gets_the_focus_back(opened: Open) -> None:
    tab = opened(page_html(samples.failing()))
    tab.run("document.querySelectorAll('.card .more')[2].focus()")
    tab.press("Enter")
    assert tab.run("field('panel-name').textContent") == "prod-shrunk"
    escape(tab)
    assert tab.run("document.activeElement.ariaLabel") == "Details of prod-shrunk"


def test_an_open_resource_tells_all_there_is(opened: Open) -> None:
    shrunk = [succeeded("1h", 1 << 20), *daily()]
    thing = assessed("prod-both", failed("30m"), *shrunk, id="x", zone="z-1", kind="single")
    html = page_html(report(exempted(controlled(thing), "size_drift")))
    said = opened(html, "#open=x").run(PANEL)
    for words in (
        *("org-test", "cn-bj2, z-1", "single", "production", "ops@example.com"),
        *("✕ fails error_state critical", "The last backup has failed.", "Observed1 failed"),
        *("Expectedat most 0 failed in a row", "SinceTue 2026-11-24 13:37 GMT+8 (30 min ago)"),
        *("To doRead the error", f"Controls{'; '.join(CONTROLS)}"),
        *("~ exempt size_drift critical", f"Exempt by{JANE}"),
        "✓ passes auto_backup criticalAutomatic backup is on. Observed: on.",
        *("16 backups, newest good one 1 MiB", "15 succeeded", "1 failed"),
        "last_success_age: the newest good backup is too old when taken before",
        "size_drift: the newest good backup may have 50 MiB to 200 MiB",
        "Mon 2026-11-23 12:07 GMT+8succeeded100 MiB",
    ):
        assert words in said, words
    link = opened(html, "#open=x").run("document.querySelector('#panel a').href")
    assert link == "https://wiki.example.com/redis"


def drawn(tab: Page, selector: str) -> Any:
    """Count what the picture has of it."""
    return tab.run(f"document.querySelectorAll('#picture {selector}').length")


def test_each_state_has_a_shape_of_its_own(opened: Open) -> None:
    backups = [*daily(), failed("1h"), running("30m"), expired("20d"), unclear("3d")]
    tab = opened(page_html(report(assessed("x", *backups, id="x"))), "#open=x")
    assert [drawn(tab, s) for s in ("circle.s", "path.f", "g.r", "circle.e", "text.u")] == [
        *(14, 1, 1, 1, 1)
    ]
    assert tab.run("document.querySelector('#picture desc').textContent") == (
        "18 backups from Wed 2026-11-04 14:07 GMT+8 to Tue 2026-11-24 13:37 GMT+8: "
        "14 succeeded, 1 running, 1 failed, 1 expired, 1 unknown. Good ones are 100 MiB to 100 MiB."
    )
    assert tab.run("document.querySelectorAll('#panel tbody tr').length") == 18


def test_what_is_only_remembered_has_a_shape_of_its_own_and_is_no_backup_that_is_listed(
    opened: Open,
) -> None:
    seen = (succeeded("3d", id="gone"), succeeded("50h", id="too"))
    marks = [Remembered(b.taken_at, b.size_bytes, b.kind) for b in seen if b.taken_at]
    past = Past.of(None, before("1d"), marks)
    found, _ = look_back(history(succeeded("2h")), past, NOW)
    assessment = judge(found, samples.POLICIES, samples.RULES, moment())
    tab = opened(page_html(report(assessment)), "#open=uredis-1")
    assert [drawn(tab, s) for s in ("circle.s", "path.p", "rect.bar.p")] == [1, 2, 2]
    assert "1 succeeded, 2 remembered. " in tab.run(
        "document.querySelector('#picture desc').textContent"
    )
    said = tab.run("document.querySelector('#panel').textContent")
    assert "1 backup, newest good one 10 MiB, 2 remembered from earlier audits" in said
    assert tab.run("document.querySelectorAll('#rows path.p').length") == 2


def test_limits_are_drawn_where_they_are_told_and_near(opened: Open) -> None:
    things = [
        assessed("x", *daily(), id="x"),
        assessed("y", succeeded("1h"), succeeded("2h"), id="y"),
        assessed("free-z", *daily(), id="z"),
    ]
    html = page_html(report(*things))
    tab = opened(html, "#open=x")
    assert (drawn(tab, ".old"), drawn(tab, "line.limit")) == (1, 3)
    # 26 hours are far away from two backups within two
    assert drawn(opened(html, "#open=y"), ".limit") == 0
    assert drawn(opened(html, "#open=z"), ".limit") == 0


def test_the_too_old_zone_ends_where_the_rule_says(opened: Open) -> None:
    tab = opened(page_html(report(assessed("x", *daily(), id="x"))), "#open=x")
    edge, inside, outside = tab.run(
        """(() => {
  const zone = document.querySelector("#picture .old");
  const dots = [...document.querySelectorAll("#picture circle.s")]
    .map((e) => +e.getAttribute("cx"));
  return [+zone.getAttribute("x") + +zone.getAttribute("width"), dots.at(-2), dots.at(-1)];
})()"""
    )
    assert inside == pytest.approx(edge, abs=0.5)  # the last but one is 26 hours old, to the minute
    assert outside > edge + 10


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (assessed("x", id="x"), "No backup is listed."),
        (assessed("x", succeeded(None), id="x"), "1 backup, 1 without a time in the table only"),
        (samples.incomplete().findings[1].members[0], "They could not be read"),
    ],
)
def test_without_a_time_there_is_no_picture_and_it_is_said(
    thing: Assessment, words: str, opened: Open
) -> None:
    tab = opened(page_html(report(thing)), f"#open={thing.resource.id}")
    assert words in tab.run(PANEL)
    assert drawn(tab, "svg") == 0


def test_a_thousand_resources_are_a_hundred_rows_at_a_time(opened: Open) -> None:
    many = [assessed(f"prod-{n}", *daily(), id=f"x-{n}") for n in range(1000)]
    tab = opened(page_html(report(*many)))
    assert tab.run(SHOWN) == "1,000 of 1,000"
    assert tab.run("field('place').textContent") == "1 to 100 of 1,000"
    click(tab, "#forth")
    assert tab.run("field('place').textContent") == "101 to 200 of 1,000"
    assert tab.run(f"{NAMES}.length") == 100
    choose(tab, "state", "fine")
    assert tab.run("field('place').textContent") == "1 to 100 of 1,000"


CANARY = (
    "<img src=x onerror=\"document.title='ran'\">",
    "</script><script>document.title='ran'</script>",
    "<!--<script>document.title='ran'",
    "'-alert(1)-'",
    "${document.title='ran'}",
    "__proto__",
    "constructor",
    "]]><svg onload=document.title='ran'>",
)


def test_names_are_text_whatever_is_done_with_them(opened: Open) -> None:
    """Nothing runs, nothing is asked of the network, nothing is said on the console."""
    things = [
        replace(
            exempted(
                controlled(assessed(t, succeeded("1h"), id=t, region=t, account=t, kind=t), t), by=t
            ),
            policy=t,
            owner=t,
            runbook=f"javascript:document.title='ran'//{t}",
        )
        for t in (*CANARY, *samples.HOSTILE)
    ]
    told = report(*things, *samples.hostile().findings[0].members)
    tab = opened(page_html(told))
    title = tab.run("document.title")
    for step in ("openRow(0)", *["step(1)"] * (len(things) + 1), "PANEL.close()", "fillPrint()"):
        tab.run(step)
    for column in ("name", "region", "policy"):
        click(tab, f"[data-key={column}] button")
    for name in ("policy", "region"):
        tab.run(f"field('{name}').selectedIndex = 3; apply(); remember(); recall()")
    assert tab.run("document.title") == title == told.subject
    assert tab.run("document.querySelectorAll('img, a[href^=javascript], svg[onload]').length") == 0
    assert tab.run("document.scripts.length") == 2
    assert (len(tab.requests), tab.said) == (1, [])


def test_a_script_that_gets_in_does_not_run(opened: Open) -> None:
    tab = opened(page_html(samples.failing()))
    tab.run("document.body.append(make('script', {}, \"document.title = 'ran'\"))")
    tab.run("document.body.append(make('img', {src: 'https://example.com/x.png'}))")
    assert tab.run("document.title") == samples.failing().subject
    refused = [words for words in tab.said if "Content Security Policy" in words]
    assert len(refused) == 2


def test_on_paper_stands_all_that_is_not_fine_whatever_is_filtered(opened: Open) -> None:
    tab = opened(page_html(samples.exempt()), "#search=prod-a")
    tab.look(800, media="print")
    tab.run("dispatchEvent(new Event('beforeprint'))")
    printed = tab.run("document.body.innerText")
    for name in ("prod-both", "prod-moving", "prod-daily"):
        assert name in printed
    assert "3 of 5 resources are not fine; the others are not printed." in printed
    assert "Search" not in printed
    assert not tab.run("field('filter').checkVisibility()")
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run("field('print').childElementCount") == 0


def test_without_its_script_the_page_is_still_read(tab: Page, opened: Open) -> None:
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    opened(page_html(samples.failing()))
    root = tab.ask("DOM.getDocument")["root"]["nodeId"]
    found = tab.ask("DOM.querySelectorAll", nodeId=root, selector="noscript tbody tr")
    assert len(found["nodeIds"]) == 4
    cards = tab.ask("DOM.querySelectorAll", nodeId=root, selector=".card.fail")
    assert len(cards["nodeIds"]) == 4


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns", "UTC"])
def test_sizes_durations_and_times_are_said_as_everywhere(zone: str, opened: Open) -> None:
    """The words of the script are those of the mail."""
    told = samples.fine()
    tab = opened(page_html(replace(told, audit=replace(told.audit, timezone=zone))))
    sizes = [0, 1023, 1024, 1536, 102348, 102349, 102400, 1048575, 1 << 30, 1 << 60]
    assert tab.run(f"{sizes}.map(size)") == [say_size(size) for size in sizes]
    spans = [0, 59, 60, 3599, 3600, 93600, 93660, 172799, 172800, 273600, 34_560_000]
    assert tab.run(f"{spans}.map(span)") == [say_duration(timedelta(seconds=s)) for s in spans]
    hours = {"Asia/Shanghai": "14:07", "America/St_Johns": "02:37", "UTC": "06:07"}
    assert tab.run("when(NOW)") == f"Tue 2026-11-24 {hours[zone]}"
