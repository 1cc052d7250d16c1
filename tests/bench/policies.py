"""How long a large policy takes: ``validate`` of 2,000 policies, and finding the governing one.

``python -m tests.bench.policies`` prints both; with ``--write FILE`` it only writes the policy.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from backup_auditor.compose import kinds
from backup_auditor.model import Resource
from backup_auditor.policy.load import load

_POLICIES = 2000
_RESOURCES, _GOVERNING = 20_000, 200
_REGIONS = ("cn-bj2", "cn-sh2", "hk", "sg", "us-ca")


def policy(count: int) -> str:
    """Return a policy file with ``count`` policies: teams, exceptions, bases, and a last resort."""
    return "\n".join(["version: 1", "sources: [ucloud.uredis]", "policies:", *_entries(count)])


def _entries(count: int) -> Iterator[str]:
    yield "  - name: base\n    abstract: true\n    rules:"
    yield "      last_success_age: {max: 26h}\n      error_state: {}\n      size_drift: {}"
    for number in range(count - 2):
        region = _REGIONS[number % len(_REGIONS)]
        yield f"  - name: team-{number}"
        yield f'    match: {{source: "ucloud.*", region: {region}, name: "t{number}-*"}}'
        yield f"    extends: base\n    owner: team-{number}@example.com"
        yield f"    rules: {{last_success_age: {{max: {number % 48 + 1}h}}}}"
    yield "  - name: rest\n    match: {}\n    extends: base\n"


def resources(count: int, policies: int) -> list[Resource]:
    """Return resources, of which most are governed by one of so many ``policies``."""
    return [
        Resource(
            id=f"uredis-{number}",
            name=f"t{number % policies}-cache-{number}",
            source="ucloud.uredis",
            account="org-1",
            region=_REGIONS[number % len(_REGIONS)],
        )
        for number in range(count)
    ]


def validate_seconds(file: Path) -> tuple[float, float]:
    """Return how long ``validate`` takes with its process, by the clock and of the processor."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "backup_auditor.cli", "validate", "--strict", str(file)],
        env={**os.environ, "PYTHONPATH": "functions"},
        check=True,
        capture_output=True,
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - started, used.ru_utime + used.ru_stime


def governing_seconds() -> float:
    """Return how long it takes to find the governing policies of all resources."""
    found = load(policy(_GOVERNING), "policy.yaml", kinds())
    every = resources(_RESOURCES, _GOVERNING)
    started = time.process_time()
    governed = sum(found.governing(one) is not None for one in every)
    spent = time.process_time() - started
    if governed != len(every):
        raise SystemExit(f"only {governed} of {len(every)} resources are governed")
    return spent


def main() -> None:
    """Measure and print, or write the policy."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--write", type=Path, metavar="FILE")
    options.add_argument("--policies", type=int, default=_POLICIES)
    given = options.parse_args()
    if given.write:
        given.write.write_text(policy(given.policies), "utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "policy.yaml")
        file.write_text(policy(given.policies), "utf-8")
        wall, cpu = validate_seconds(file)
        print(f"validate {given.policies} policies: {wall:.2f} s, CPU {cpu:.2f} s (limit 2 s)")
    print(
        f"govern {_RESOURCES} resources by {_GOVERNING} policies: CPU {governing_seconds():.2f} s"
        " (limit 1 s)"
    )


if __name__ == "__main__":
    main()
