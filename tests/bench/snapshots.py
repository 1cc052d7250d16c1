"""An audit of many RDS snapshots beside a bare listing of them, and beside Cloud Custodian.

``python -m tests.bench.snapshots [--custodian PATH]`` starts moto in a process of its own with
20,000 snapshots of 200 instances. Then, in turn and each in a fresh process: the floor (boto3 lists
all snapshots and throws them away), the audit, and, where ``PATH`` names the command of Cloud
Custodian (``pip install c7n`` in an environment of its own), its filter by the age of snapshots.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import boto3

from tests.bench.figures import report
from tests.store.bucket import moto_server
from tests.store.keys import KEYS

_INSTANCES, _SNAPSHOTS = 200, 20_000
_REGION = "us-east-1"
_POLICY = """
version: 1
sources: [{aws.rds: {regions: [us-east-1]}}]
policies: [{name: all, match: {}, rules: {last_success_age: {max: 7d}}}]
"""
_CUSTODIAN = """
policies:
  - name: old
    resource: aws.rds-snapshot
    filters: [{type: age, days: 7, op: greater-than}]
"""


def serve() -> None:
    """Serve the snapshots until stdin closes; say where as one line."""
    os.environ.update(KEYS)
    from tests.sources.cloud_aws import moto  # noqa: PLC0415 - moto takes its time

    with moto_server() as url:
        rds = boto3.client("rds", region_name=_REGION, endpoint_url=url)
        for number in range(_INSTANCES):
            name = f"db-{number:04}"
            rds.create_db_instance(
                DBInstanceIdentifier=name,
                DBInstanceClass="db.t3.micro",
                Engine="postgres",
                AllocatedStorage=20,
            )
        kept = moto("rds", _REGION).database_snapshots
        for first in list(kept.values()):
            for number in range(1, _SNAPSHOTS // _INSTANCES):
                other = copy.copy(first)
                other.db_snapshot_identifier = f"{first.db_snapshot_identifier}-{number}"
                kept[other.db_snapshot_identifier] = other
        print(json.dumps({"url": url, "snapshots": len(kept)}), flush=True)
        sys.stdin.read()


def floor() -> int:
    """List all snapshots, and look at none."""
    pages = boto3.client("rds").get_paginator("describe_db_snapshots").paginate()
    return sum(1 for _ in pages)


def audit() -> int:
    """Audit all instances, and render the contract."""
    from backup_auditor import compose  # noqa: PLC0415 - the others need nothing of ours
    from backup_auditor.report.contract import to_json  # noqa: PLC0415
    from backup_auditor.run import audit as run  # noqa: PLC0415
    from backup_auditor.run import tell  # noqa: PLC0415

    from tests.fakes import FakeWatcher  # noqa: PLC0415

    outside = compose.world(os.environ)
    policies = compose.load_policies(_POLICY, outside)
    found = run(compose.plan(policies, outside), outside, FakeWatcher())
    to_json(tell(found, [], outside))
    backups = sum(a.backups for a in found.assessments)
    if backups != _SNAPSHOTS:
        raise SystemExit(f"{backups} backups were seen: {found.gaps}")
    return 0


@contextmanager
def _cloud() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "tests.bench.snapshots", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            site = json.loads(process.stdout.readline())
            yield {**os.environ, **KEYS, "AWS_ENDPOINT_URL": site["url"]}
        finally:
            process.terminate()


def _measured(command: Sequence[str], environ: dict[str, str]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak MB of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    wall = time.perf_counter() - started
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024  # Linux counts in KiB


def main(custodian: str) -> None:
    """Measure in turn, and print."""
    ours = [sys.executable, "-m", "tests.bench.snapshots"]
    commands = {"floor": [*ours, "floor"], "audit": [*ours, "audit"]}
    with tempfile.TemporaryDirectory() as folder, _cloud() as environ:
        if custodian:
            policy = Path(folder) / "policy.yml"
            policy.write_text(_CUSTODIAN, encoding="utf-8")
            given = ["run", "-s", folder, "--cache-period", "0", str(policy)]
            commands["custodian"] = [custodian, *given]
        print(f"{_SNAPSHOTS:,} snapshots of {_INSTANCES} instances, each in a process of its own\n")
        print(f"{'':10}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
        walls = {}
        for name, command in commands.items():
            wall, cpu, peak = _measured(command, environ)
            walls[name] = wall
            print(f"{name:10}{wall:8.2f}{cpu:8.2f}{peak:9.0f}", flush=True)
    print(f"\naudit / floor {walls['audit'] / walls['floor']:.2f}", end="")
    if custodian:
        print(f", audit / custodian {walls['audit'] / walls['custodian']:.2f}", end="")
    print()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("what", nargs="?", choices=("serve", "floor", "audit"))
    asked.add_argument("--custodian", default="", metavar="PATH")
    options = asked.parse_args()
    if options.what == "serve":
        serve()
    elif options.what:
        report({"floor": floor, "audit": audit}[options.what])
    else:
        main(options.custodian)
