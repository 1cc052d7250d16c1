"""The e-mail and the page in a real browser: nothing sticks out, in light and in dark."""

import shutil
import subprocess
from pathlib import Path

import pytest
from backup_auditor.report.html import email_html, page_html

from tests.report import samples

CHROMIUM = shutil.which("chromium") or ""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on the path"),
]


def dump(document: str, folder: Path, *more: str) -> str:
    """Open ``document`` in headless Chromium; return its DOM when scripts have run."""
    file = folder / "page.html"
    file.write_text(document, encoding="utf-8")
    flags = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}"),
    )
    address = file.as_uri() + next((m for m in more if m.startswith("#")), "")
    rest = [m for m in more if not m.startswith("#")]
    done = subprocess.run(
        [CHROMIUM, *flags, *rest, "--dump-dom", address],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode()


FRAME = """<!doctype html><title>wait</title>
<iframe src="inner.html" style="width:{width}px;height:800px;border:0"></iframe>
<script>onload = () => {{
  const inner = document.querySelector("iframe").contentDocument;
  const dark = getComputedStyle(inner.body).backgroundColor;
  document.title = "width " + inner.documentElement.scrollWidth + " ground " + dark;
}}</script>"""


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1200])
@pytest.mark.parametrize("render", [email_html, page_html], ids=["email", "page"])
@pytest.mark.parametrize(
    "make",
    [samples.failing, samples.incomplete, samples.exempt],
    ids=["fail", "incomplete", "exempt"],
)
def test_nothing_sticks_out(
    make: object, render: object, width: int, mode: str, tmp_path: Path
) -> None:
    html = render(make())  # type: ignore[operator]  # two functions of a table
    (tmp_path / "inner.html").write_text(html, encoding="utf-8")
    flags = ["--window-size=1300,900"]
    if mode == "dark":
        flags.append("--blink-settings=preferredColorScheme=0")
    dom = dump(FRAME.format(width=width), tmp_path, *flags)
    title = dom.partition("<title>")[2].partition("</title>")[0]
    measured = int(title.split()[1])
    assert measured <= width, title


@pytest.mark.parametrize(
    ("start", "shown"), [("", "5 of 5"), ("#show=fail", "4 of 5"), ("#search=shrunk", "1 of 5")]
)
def test_search_and_filter_work_offline(start: str, shown: str, tmp_path: Path) -> None:
    dom = dump(page_html(samples.failing()), tmp_path, *([start] if start else []))
    assert f"{shown} shown" in dom
    hidden = dom.count('<tr data-outcome="') - int(shown.split(maxsplit=1)[0])
    assert dom.count('hidden=""') >= hidden


@pytest.mark.parametrize(("start", "shown"), [("#show=exempt", "2 of 5"), ("#show=pass", "2 of 5")])
def test_what_is_exempt_is_filtered_apart_from_what_is_fine(
    start: str, shown: str, tmp_path: Path
) -> None:
    assert f"{shown} shown" in dump(page_html(samples.exempt()), tmp_path, start)
