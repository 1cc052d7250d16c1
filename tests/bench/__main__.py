"""``make bench``: an audit of 2,000 groups x 20 backups against a bare fetch of the same pages.

Three processes: the simulated cloud (20 ms latency), and, in turn, the floor (a thread pool that
posts the very requests that must be made, and throws the answers away) and the audit, at the same
concurrency. What is printed is the ratio of their times; a ratio means something on any machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_GROUPS, _BACKUPS = 2000, 20


@contextmanager
def cloud(latency: float) -> Iterator[dict[str, Any]]:
    """Run the simulator in a process of its own; yield its url and keys."""
    command = [sys.executable, "-m", "tests.simulator", "--large", f"{_GROUPS}x{_BACKUPS}"]
    with subprocess.Popen(
        [*command, "--latency", str(latency)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def measure(what: str, site: dict[str, Any], concurrency: int) -> dict[str, Any]:
    """Run ``what`` (floor or audit) in a fresh process; return its figures."""
    environ = {
        **os.environ,
        "UCLOUD_API_BASE_URL": site["url"],
        "UCLOUD_PUBLIC_KEY": site["public_key"],
        "UCLOUD_PRIVATE_KEY": site["private_key"],
        "PYTHONPATH": os.pathsep.join(["functions", "."]),
    }
    command = [sys.executable, "-m", f"tests.bench.{what}", str(concurrency)]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure in turn, and print medians."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--concurrency", type=int, default=10)
    options.add_argument("--latency", type=float, default=0.02, metavar="SECONDS")
    given = options.parse_args()
    rows: dict[str, list[dict[str, Any]]] = {"floor": [], "audit": []}
    with cloud(given.latency) as site:
        for _ in range(given.rounds):
            for what, seen in rows.items():
                seen.append(measure(what, site, given.concurrency))
    print(
        f"{_GROUPS} groups x {_BACKUPS} backups, {given.latency * 1000:.0f} ms latency,"
        f" {given.concurrency} requests in flight, median of {given.rounds}\n"
    )
    print(f"{'':8}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'requests':>10}")
    middle = {
        what: {key: statistics.median(row[key] for row in seen) for key in seen[0]}
        for what, seen in rows.items()
    }
    for what, figures in middle.items():
        print(
            f"{what:8}{figures['wall']:8.2f}{figures['cpu']:8.2f}"
            f"{figures['peak_mb']:9.0f}{figures['requests']:10.0f}"
        )
    ratios = [a["wall"] / f["wall"] for a, f in zip(rows["audit"], rows["floor"], strict=True)]
    extra = middle["audit"]["requests"] - middle["floor"]["requests"]
    print(
        f"\nratio of wall times {statistics.median(ratios):.2f}, requests beyond need {extra:.0f}"
    )


if __name__ == "__main__":
    main()
