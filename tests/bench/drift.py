"""``make drift``: how often ``size_drift`` cries wolf, and how often it sleeps.

Runs many settings of the rule over many made-up series, and writes what came out to
``policies/size_drift.md`` and ``policies/size_drift.svg``. It takes some minutes. The figures are
the same on every machine: the series have seeds.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.drift_count import SERIES_OF_A_KIND, SETTINGS, simulate
from tests.bench.drift_page import page
from tests.bench.drift_plot import plot

FOLDER = Path(__file__).parent.parent.parent / "policies"


def main() -> None:
    """Simulate, and write the page with its plot."""
    found = dict(zip(SETTINGS, simulate(SETTINGS, SERIES_OF_A_KIND), strict=True))
    text = page(found, SERIES_OF_A_KIND)
    (FOLDER / "size_drift.svg").write_text(plot(found), encoding="utf-8")
    (FOLDER / "size_drift.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
