"""``python -m tests.bench.page``: how large the page of many resources is, and how quick.

Chromium measures itself: until the page has its rows, until a filter, a search and a sort are on
the screen, and until a resource is open.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from backup_auditor.judge import judge
from backup_auditor.model import Assessment, Backup, BackupState, History
from backup_auditor.report.html import page_html

from tests.browser import Page, chromium, page
from tests.builders import backup, moment, resource
from tests.report.samples import POLICIES, RULES, report

_TIMED = """(async () => {
  const start = performance.now();
  %s;
  const end = performance.now();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return [end - start, performance.now() - start];
})()"""
_ACTIONS = {
    "filter by state": "field('state').value = field('state').options[1].value; "
    "field('state').dispatchEvent(new Event('input', {bubbles: true}))",
    "first search": "field('search').value = '1'; "
    "field('search').dispatchEvent(new Event('input', {bubbles: true}))",
    "search on": "field('search').value = '19'; "
    "field('search').dispatchEvent(new Event('input', {bubbles: true}))",
    "show all": "field('reset').click()",
    "sort by name": "field('head').children[1].querySelector('button').click()",
    "sort by size": "field('head').children[6].querySelector('button').click()",
    "open a resource": "document.querySelector('.open').click()",
}


def many(number: int, backups: int) -> list[Assessment]:
    """Judge ``number`` resources: one in twenty has failed since yesterday."""
    draw = random.Random(1)  # noqa: S311 - a believable world, not a secret
    return [_one(n, backups, draw) for n in range(number)]


def _one(n: int, backups: int, draw: random.Random) -> Assessment:
    thing = resource(f"uredis-{n:06x}", name=f"prod-service-{n}", region=f"region-{n % 25}")
    usual = draw.randrange(50 << 20, 900 << 20)
    made = [_daily(back, usual, draw) for back in range(backups)]
    if n % 20 == 0:
        made[:2] = [
            backup(timedelta(hours=3), BackupState.FAILED, None),
            backup(timedelta(hours=27), BackupState.FAILED, None),
        ]
    return judge(History.of(thing, made), POLICIES, RULES, moment())


def _daily(back: int, usual: int, draw: random.Random) -> Backup:
    age = timedelta(hours=3 + 24 * back, seconds=draw.randrange(3600))
    return backup(age, size=int(usual * draw.uniform(0.97, 1.03)), id=f"backup-{back}")


def measure(tab: Page, address: str) -> None:
    """Open the page and print how long each thing took."""
    tab.go(address)
    entry = "performance.getEntriesByType('navigation')[0]"
    ready = tab.run(f"{entry}.domContentLoadedEventEnd")
    elements = tab.run("document.querySelectorAll('*').length")
    print(f"{'ready':18}{ready:8.0f} ms   {elements} elements")
    for name, action in _ACTIONS.items():
        script_ms, painted_ms = tab.run(_TIMED % action)
        print(f"{name:18}{script_ms:8.0f} ms   {painted_ms:.0f} ms until painted")
    assert not tab.said, tab.said


def main() -> None:
    """Make the page, open it, print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--resources", type=int, default=20_000)
    options.add_argument("--backups", type=int, default=20)
    options.add_argument("--keep", type=Path, help="write the page here as well")
    given = options.parse_args()
    told = report(*many(given.resources, given.backups))
    start = time.perf_counter()
    html = page_html(told).encode()
    took = time.perf_counter() - start
    print(f"{given.resources} resources x {given.backups} backups: {len(html) / 1e6:.1f} MB")
    print(f"{'render':18}{took * 1000:8.0f} ms")
    if given.keep:
        given.keep.write_bytes(html)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_bytes(html)
        with chromium(Path(folder) / "profile") as browser, page(browser) as tab:
            measure(tab, file.as_uri())


if __name__ == "__main__":
    main()
