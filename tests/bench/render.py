"""What it takes to render an audit of 20,000 resources, format by format.

``python -m tests.bench.render`` prints the CPU seconds of each rendering and the peak memory of a
process that makes the report and this rendering; ``all`` makes them all in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backup_auditor.judge import unread
from backup_auditor.model import Assessment, Gap, GapReason, Resource
from backup_auditor.report.contract import to_json
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.junit import to_junit
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.openmetrics import to_openmetrics
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import mail_text, terminal_text
from backup_auditor.speech import ENGLISH, LANGUAGES

from tests.builders import failed
from tests.report import samples

_RESOURCES = 20_000
_MOST_SECONDS, _MOST_MEGABYTES = 5, 300
_RENDERINGS: dict[str, Callable[[Report], str | bytes]] = {
    "text": lambda report: terminal_text(report, width=100, color=True),
    "mail text": mail_text,
    "mail": email_html,
    "page": page_html,
    "md": to_markdown,
    "csv": to_csv,
    "json": to_json,
    "junit": to_junit,
    "openmetrics": to_openmetrics,
}


def large_report(number: int, language: str = ENGLISH.code) -> Report:
    """Of 20 resources 16 are fine, two fail, one is exempt and one could not be read."""
    good = samples.assessed("prod-cache", *samples.daily())
    kinds = [good] * 16 + [
        samples.assessed("prod-never"),
        samples.controlled(samples.assessed("prod-failed", failed("1h"), *samples.daily())),
        samples.exempted(samples.controlled(samples.assessed("prod-moving"))),
        unread(good.resource, "DescribeURedisBackup: a time-out", samples.POLICIES),
    ]
    many = (_copy(kinds[n % len(kinds)], n) for n in range(number))
    gap = Gap("ucloud.uredis", "org-test", "hk", GapReason.REFUSED, "IAM permission error")
    told = samples.report(*many, gaps=(gap,), exemptions=samples.uses())
    return told if language == ENGLISH.code else samples.in_chinese(told)


def _copy(assessment: Assessment, number: int) -> Assessment:
    """Share nothing that differs in a real audit."""
    one: Resource = assessment.resource
    own = replace(one, id=f"uredis-{number:06}", name=f"{one.name}-{number}")
    checks = tuple(replace(check) for check in assessment.checks)
    days = tuple(replace(day) for day in assessment.days)
    return replace(assessment, resource=own, checks=checks, days=days)


def _measure(names: list[str], number: int, language: str) -> None:
    """Make the report and some renderings; print the figures as one JSON line."""
    report = large_report(number, language)
    started, size = time.process_time(), 0
    for name in names:
        made = _RENDERINGS[name](report)
        size = len(made.encode()) if isinstance(made, str) else len(made)
        del made
    cpu = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
    print(json.dumps({"cpu": cpu, "peak_mb": peak, "size_mb": size / 1e6}))


def _in_a_process(names: list[str], number: int, language: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.render", "--resources", str(number)]
    command += ["--language", language]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(["functions", "."])}
    done = subprocess.run(
        [*command, "--measure", *names], env=environ, check=True, capture_output=True, text=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Measure each rendering in a process of its own, and all together."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--resources", type=int, default=_RESOURCES)
    options.add_argument("--language", default=ENGLISH.code, choices=LANGUAGES)
    options.add_argument("--measure", nargs="*", choices=_RENDERINGS, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure is not None:
        _measure(given.measure, given.resources, given.language)
        return
    print(f"render {given.resources:,} resources in {given.language}\n")
    print(f"{'':14}{'CPU s':>8}{'peak MB':>9}{'size MB':>9}")
    everything = list(_RENDERINGS)
    rows = [("report alone", []), *((name, [name]) for name in everything), ("all", everything)]
    for title, names in rows:
        figures = _in_a_process(names, given.resources, given.language)
        size = f"{figures['size_mb']:9.1f}" if len(names) == 1 else ""
        print(f"{title:14}{figures['cpu']:8.2f}{figures['peak_mb']:9.0f}{size}", flush=True)
    print(f"\nlimits for all: {_MOST_SECONDS} s, {_MOST_MEGABYTES} MB")


if __name__ == "__main__":
    main()
