"""One browser for all tests that look at a page; each test gets a tab of its own."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, Browser, Page, chromium, page

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Run Chromium; skip where there is none."""
    if not CHROMIUM:
        pytest.skip("no chromium on the path")
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """Open an empty tab of 1200 x 900."""
    with page(browser) as empty:
        yield empty


@pytest.fixture
def opened(tab: Page, tmp_path: Path) -> Open:
    """Return what opens a document in the tab: ``opened(html, "#search=x")``."""
    numbers = count()

    def open_document(html: str, hash_: str = "") -> Page:
        file = tmp_path / f"page-{next(numbers)}.html"
        file.write_text(html, encoding="utf-8")
        tab.go(file.as_uri() + hash_)
        return tab

    return open_document
