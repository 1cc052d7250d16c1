"""The e-mail and the page in a real browser: nothing sticks out, light or dark, at any width."""

import re
from collections.abc import Callable
from importlib import resources
from itertools import product

import pytest
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.model import Report

from tests.report import days, samples
from tests.report.conftest import Open

STYLE = (resources.files("backup_auditor.report") / "templates" / "page.css").read_text("utf-8")
WIDTH = "document.documentElement.scrollWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
OUTSIDE = """[...document.querySelectorAll('#rows td > div, .card, #filter *, #panel *')]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.outerHTML.slice(0, 200))"""


@pytest.mark.browser
@pytest.mark.parametrize("render", [email_html, page_html], ids=["email", "page"])
@pytest.mark.parametrize(
    "make",
    [
        *(samples.failing, samples.incomplete, samples.exempt, samples.hostile),
        *(samples.empty, samples.chinese, days.changed, days.hostile_changed),
    ],
    ids=[
        *("fail", "incomplete", "exempt", "hostile", "empty"),
        *("chinese", "changed", "hostile changed"),
    ],
)
def test_nothing_sticks_out(
    make: Callable[[], Report], render: Callable[[Report], str], opened: Open
) -> None:
    tab = opened(render(make()))
    grounds = set()
    for width, dark in product((320, 380, 768, 1000, 1200, 1300, 3840), (False, True)):
        tab.look(width, dark=dark)
        assert tab.run(WIDTH) <= width
        if render is page_html:
            assert tab.run(OUTSIDE) == []
            grounds.add(tab.run(GROUND))
    assert render is email_html or len(grounds) == 2


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 380, 1200, 3840])
@pytest.mark.parametrize("dark", [False, True])
def test_an_open_resource_fits_as_well(width: int, dark: bool, opened: Open) -> None:
    tab = opened(page_html(samples.hostile()), "#open=h-0")
    tab.look(width, dark=dark)
    for _ in samples.HOSTILE:
        assert tab.run(OUTSIDE) == []
        assert tab.run("PANEL.scrollWidth <= PANEL.clientWidth")
        tab.press("ArrowRight")


def luminance(color: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_every_ground(mode: int) -> None:
    """4.5 to 1 for text, 3 to 1 for the edges of fields and shapes (WCAG 2.2, 1.4.3 and 1.4.11)."""
    block = re.findall(r":root \{[^}]*--ink[^}]*\}", STYLE)[mode]
    colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
    for ground in ("paper", "ground", "hover"):
        for text, least in [
            (t, 4.5) for t in ("ink", "quiet", "fail", "unknown", "pass", "link")
        ] + [("edge", 3)]:
            dim, bright = sorted(luminance(colors[c]) for c in (text, ground))
            assert (bright + 0.05) / (dim + 0.05) >= least, (text, ground)
