"""axe-core finds nothing wrong with the e-mail and the page, light or dark, wide or narrow."""

from collections.abc import Callable
from importlib import resources
from itertools import product

import pytest
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.model import Report

from tests.report import days, samples
from tests.report.conftest import Open

AXE = (resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# Landmarks are a good practice on a page; in a mail they are the mail program's own.
ASKED: dict[Callable[[Report], str], list[str]] = {
    email_html: WCAG,
    page_html: [*WCAG, "best-practice"],
}
CHECK = """axe.run(document, {runOnly: %s}).then((found) => found.violations.map(
  (v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`))"""
MAKES = [
    *(samples.failing, samples.incomplete, samples.exempt, samples.hostile, samples.empty),
    *(samples.chinese, days.changed, days.hostile_changed),
]


@pytest.mark.browser
@pytest.mark.parametrize("render", [email_html, page_html], ids=["email", "page"])
@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)
def test_axe_finds_nothing(
    make: Callable[[], Report], render: Callable[[Report], str], opened: Open
) -> None:
    """Contrast of 4.5:1, names, roles, headings, landmarks, tables, languages."""
    tab = opened(render(make()))
    tab.ask("Runtime.evaluate", expression=AXE)
    for width, dark in product((380, 1200), (False, True)):
        tab.look(width, dark=dark)
        assert tab.run(CHECK % ASKED[render]) == []


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_an_open_resource(dark: bool, opened: Open) -> None:
    """The panel and its chart are part of the page."""
    tab = opened(page_html(samples.hostile()), "#open=h-0")
    tab.ask("Runtime.evaluate", expression=AXE)
    tab.look(1200, dark=dark)
    assert tab.run(CHECK % ASKED[page_html]) == []


@pytest.mark.browser
def test_axe_would_find_a_faint_text_and_a_nameless_button(opened: Open) -> None:
    """So that a silence of axe means something."""
    tab = opened('<html><body><button></button><p style="color:#bbb">faint</p></body></html>')
    tab.ask("Runtime.evaluate", expression=AXE)
    found = " ".join(tab.run(CHECK % WCAG))
    assert "button-name" in found
    assert "color-contrast" in found
