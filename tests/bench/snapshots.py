"""An audit of many RDS snapshots beside a bare listing of them, and beside Cloud Custodian.

``python -m tests.bench.snapshots [--custodian PATH]`` starts moto in a process of its own with
20,000 snapshots: 25 days of 800 instances. Then, in turn and each in a fresh process: the floor
(boto3 lists all snapshots and throws them away), the command ``audit``, and, where ``PATH`` names
the command of Cloud Custodian (``pip install c7n`` in an environment of its own), its filter by the
age of snapshots. Both must have seen all of them.

All of it twice. First on moto as it is: a whole list comes in one answer, whatever the size of a
page may be, and there is no network. Then on moto with the two things of AWS that it leaves out:
lists come in pages of a hundred, and an answer is some way off (``--round-trip``, in milliseconds).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.store.keys import KEYS

INSTANCES, DAYS = 800, 25
REGION = "us-east-1"
_SNAPSHOTS = INSTANCES * DAYS
_ROUND_TRIP = 100
_MAX_DAYS = 7
_POLICY = f"""
version: 1
sources: [{{aws.rds: {{regions: [{REGION}]}}}}]
policies: [{{name: all, match: {{}}, rules: {{last_success_age: {{max: {_MAX_DAYS}d}}}}}}]
"""
_CUSTODIAN = f"""
policies:
  - name: old
    resource: aws.rds-snapshot
    filters: [{{type: age, days: {_MAX_DAYS}, op: greater-than}}]
"""


@dataclass(frozen=True, slots=True)
class _Contender:
    """One command, and what to look at once it has ended."""

    name: str
    command: Sequence[str]
    check: Callable[[], bool]
    """Whether it has seen all snapshots."""


def floor() -> None:
    """List all snapshots, and look at none."""
    pages = boto3.client("rds").get_paginator("describe_db_snapshots").paginate()
    if sum(len(page["DBSnapshots"]) for page in pages) != _SNAPSHOTS:
        raise SystemExit("the floor has not seen all snapshots")


def _contenders(custodian: str, folder: Path) -> Iterator[_Contender]:
    python = [sys.executable, "-m"]
    yield _Contender("floor", [*python, "tests.bench.snapshots", "floor"], lambda: True)
    policy, found = folder / "policy.yaml", folder / "audit.json"
    policy.write_text(_POLICY, encoding="utf-8")
    given = ["--policy", str(policy), "--store", "none", "--format", "json", "--output", str(found)]
    yield _Contender(
        "audit", [*python, "backup_auditor.cli", "audit", *given], lambda: _is_whole(found)
    )
    if custodian:
        policy = folder / "custodian.yml"
        policy.write_text(_CUSTODIAN, encoding="utf-8")
        given = ["-s", str(folder), "--region", REGION, "--cache-period", "0", str(policy)]
        old = folder / "old" / "resources.json"
        yield _Contender(
            "custodian",
            [custodian, "run", *given],
            lambda: len(json.loads(old.read_bytes())) == INSTANCES * (DAYS - _MAX_DAYS),
        )


def _is_whole(found: Path) -> bool:
    told = json.loads(found.read_bytes())
    backups = [one["backups"] for one in told["resources"]]
    return backups == [DAYS] * INSTANCES and not told["gaps"]


@contextmanager
def _cloud(round_trip: int) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tests.bench.many_snapshots", str(round_trip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            site = json.loads(process.stdout.readline())
            yield {**os.environ, **KEYS, "AWS_ENDPOINT_URL": site["url"]}
        finally:
            process.terminate()


def _measured(command: Sequence[str], environ: dict[str, str]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak MB of a command."""
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environ, stdout=quiet, stderr=quiet)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    wall = time.perf_counter() - started
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024  # Linux counts in KiB


def main(custodian: str, round_trip: int) -> None:
    """Measure in turn on both, and print."""
    print(f"{_SNAPSHOTS:,} snapshots of {INSTANCES} instances, each command in a fresh process")
    with tempfile.TemporaryDirectory() as folder:
        contenders = list(_contenders(custodian, Path(folder)))
        print("\nmoto as it is: one answer, no network")
        _compare(contenders, 0)
        print(f"\nmoto with pages of 100, and a round trip of {round_trip} ms")
        _compare(contenders, round_trip)


def _compare(contenders: Sequence[_Contender], round_trip: int) -> None:
    print(f"{'':10}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
    walls = {}
    with _cloud(round_trip) as environ:
        for one in contenders:
            wall, cpu, peak = _measured(one.command, environ)
            if not one.check():
                raise SystemExit(f"{one.name} has not seen all snapshots")
            walls[one.name] = wall
            print(f"{one.name:10}{wall:8.2f}{cpu:8.2f}{peak:9.0f}", flush=True)
    others = [name for name in walls if name != "audit"]
    print(", ".join(f"audit / {name} {walls['audit'] / walls[name]:.2f}" for name in others))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("what", nargs="?", choices=("floor",))
    asked.add_argument("--custodian", default="", metavar="PATH")
    asked.add_argument("--round-trip", default=_ROUND_TRIP, type=int, metavar="MS")
    options = asked.parse_args()
    if options.what:
        floor()
    else:
        main(options.custodian, options.round_trip)
