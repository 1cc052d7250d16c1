"""What a year of daily audits takes in a store, and how long the report on a quarter takes.

``python -m tests.bench.evidence [DAYS [RESOURCES [far]]]`` audits so many days (92 of 2,000
resources, 7 to 14 backups listed of each) with the real parts into a folder. Resources come and go,
backups fail for days, sizes move, and what providers delete is remembered. It prints the bytes of
the first day, of the days since nothing grows any more, and of a year; then the seconds and the
peak memory of a process that makes the report on all days. With ``far`` a rule asks about the last
thirty days, so that twice as much is remembered.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from backup_auditor.model import Backup, BackupKind, BackupState, History, Resource
from backup_auditor.sources import Collected
from backup_auditor.store.folder import Folder

from tests import fakes
from tests.evidence.past import DAY, SET, START, Past

BEGIN = START - 400 * DAY
"""Long enough ago for a year of days that have all come."""
_KEPT = range(7, 15)
"""Days for which a provider lists the backups of a resource: each has its own retention."""
_BROKEN = 0.03
_COMINGS = 0.001
"""Share of the resources that go and of those that come, each day."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
POLICY = """\
version: 1
name: shop
timezone: Asia/Shanghai
sources: [ucloud.uredis]
exemptions:
  - match: {name: "*-00?0"}
    owner: jane@example.com
    reason: dataset is being migrated
    until: 2027-06-30
policies:
  - name: gold
    match: {name: "prod-*"}
    owner: shop-team
    rules:
      last_success_age: {max: 26h}
      error_state: {}
      minimum_size: {min: 1MiB}
      backup_count: {min: 7, within: 14d}
      backup_gap: {max: 50h}
      size_drift: {}
  - name: silver
    match: {}
    rules: {last_success_age: {max: 50h}}
"""
FAR = POLICY.replace("{max: 50h}\n      size", "{max: 50h}\n      rpo: {target: 26h}\n      size")
_CYCLE = 14
"""Evidence is whole on one of so many days."""
_KINDS = ("record", "evidence", "receipts", "claims", "chain")


@dataclass
class Group:
    """A resource, and its backups as they are listed on a day, the newest last."""

    resource: Resource
    size: float
    kept: int
    broken: int = 0
    """For so many more days its backups fail."""
    backups: list[Backup] = field(default_factory=list)


class Estate:
    """Resources that are backed up each night, most of the time."""

    def __init__(self, number: int) -> None:
        """Make so many."""
        self.random = Random(7)  # noqa: S311 - it is a simulation
        self.made = number
        self.groups = [
            self._group(n, BEGIN - DAY * self.random.randint(30, 900)) for n in range(number)
        ]
        for day in range(-max(_KEPT), 0):
            self.night(BEGIN + DAY * day)

    def _group(self, number: int, day: datetime) -> Group:
        random = self.random
        id_ = "uredis-" + "".join(random.choices(_LETTERS, k=10))
        stage = random.choice(["prod", "prod", "test"])
        one = Resource(
            id=id_,
            name=f"{stage}-{random.choice(['orders', 'search', 'cart', 'session'])}-{number:04}",
            source="ucloud.uredis",
            account="org-test",
            region="cn-bj2",
            zone=f"cn-bj2-0{random.randint(2, 5)}",
            kind="single",
            state="Running",
            created_at=day - timedelta(seconds=random.randint(7200, 80_000)),
            auto_backup=True,
        )
        return Group(one, random.lognormvariate(20, 1.5), random.choice(_KEPT))

    def night(self, now: datetime) -> None:
        """Back everything up in the night before ``now``."""
        random = self.random
        self._come_and_go(now)
        for group in self.groups:
            if not group.broken and random.random() < _BROKEN / 5:
                group.broken = random.randint(1, 9)
            group.size *= random.gauss(1.002, 0.01)
            group.backups = [*group.backups[-group.kept + 1 :], self._backup(group, now)]
            group.broken = max(0, group.broken - 1)

    def _come_and_go(self, now: datetime) -> None:
        for at, _ in enumerate(self.groups):
            if self.random.random() < _COMINGS:
                self.groups[at] = self._group(self.made, now)
                self.made += 1

    def _backup(self, group: Group, now: datetime) -> Backup:
        taken = now - timedelta(seconds=self.random.randint(7200, 9000))
        state = BackupState.FAILED if group.broken else BackupState.SUCCEEDED
        return Backup(
            id=str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            resource_id=group.resource.id,
            state=state,
            taken_at=taken.replace(microsecond=0),
            state_raw="Error" if group.broken else "Success",
            kind=BackupKind.AUTOMATIC,
            kind_raw="Auto",
            size_bytes=None if group.broken else int(group.size),
            name=f"auto-{group.resource.name}",
            resource_name=group.resource.name,
        )

    def listed(self, now: datetime) -> list[Collected]:
        """Return what a source lists on a day."""
        self.night(now)
        return [History.of(group.resource, group.backups) for group in self.groups]


def main(days: int, resources: int, policy: str) -> None:
    """Fill a store, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        estate = Estate(resources)
        past = Past(Folder(Path(folder), fakes.outside()), policy, remembers=True)
        for day in range(days):
            past.audit(day - 400, estate.listed)
        print(f"{days} audits of {resources:,} resources: {time.perf_counter() - began:.0f} s")
        _say_sizes(Path(folder), days)
        for form in ("html", "json"):
            _say_report(Path(folder), days, form, policy)
        _say_verified(Path(folder), days, policy)


def _say_sizes(folder: Path, days: int) -> None:
    """Say what was written on the first day, and on each of the last ones, in KB of 1,000 bytes."""
    by_day = [_sizes_of(folder, day) for day in range(days)]
    last = by_day[-_CYCLE:] if days > _CYCLE else by_day
    steady = sum(last, Counter[str]())
    print(f"  the first day, and the mean of the last {len(last)} days:")
    for kind in _KINDS:
        print(
            f"    {kind}: {by_day[0][kind] / 1e3:.1f} KB, {steady[kind] / len(last) / 1e3:.1f} KB"
        )
    a_day = steady.total() / len(last)
    print(f"    all: {by_day[0].total() / 1e3:.1f} KB, {a_day / 1e3:.1f} KB")
    year = sum(each.total() for each in by_day) + (365 - days) * a_day
    print(
        f"  the first year: {year / 1e6:.0f} MB, each later one: {a_day * 365 / 1e6:.0f} MB", end=""
    )
    print(" (goal: under 200)")
    there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"  in the folder after these {days} days: {there / 1e6:.1f} MB")


def _sizes_of(folder: Path, day: int) -> Counter[str]:
    """Return the bytes of the files of a day, by kind."""
    found: Counter[str] = Counter()
    (run,) = (folder / "audits" / SET / f"{BEGIN + DAY * day:%Y/%m/%d}").iterdir()
    for file in run.rglob("*.*"):
        if file.is_file():
            found[file.relative_to(run).parts[0].partition(".")[0]] += file.stat().st_size
    found["chain"] = (folder / "chain" / SET / f"{day + 1:08}.json").stat().st_size
    return found


def _say_report(folder: Path, days: int, form: str, policy: str) -> None:
    """Run the command in a process of its own, and say what it used."""
    last = (BEGIN + DAY * (days - 1)).date()
    options = ["--from", str(BEGIN.date()), "--to", str(last), "--format", form]
    figures = _measured(folder, ["evidence", "report", *options], policy)
    print(f"  report as {form}: {figures} (goal: under 10 s, 300 MB)")


def _say_verified(folder: Path, days: int, policy: str) -> None:
    last = (BEGIN + DAY * (days - 1)).date()
    print(f"  verify: {_measured(folder, ['evidence', 'verify', '--to', str(last)], policy)}")


def _measured(folder: Path, arguments: list[str], policy: str) -> str:
    file = folder.with_suffix(".yaml")
    file.write_text(policy)
    given = [*arguments, "--policy", str(file), "--store", str(folder)]
    code = (
        "import io, os, resource, sys, time\n"
        "from backup_auditor.cli import command\n"
        "from backup_auditor.commands import Streams\n"
        "out = io.StringIO(); began = time.perf_counter()\n"
        "code = command(sys.argv[1:], Streams(out, sys.stderr, os.environ))\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # Not its ru_maxrss: a process inherits that of the one that started it.
        "status = open('/proc/self/status').read()\n"
        "peak = int(status.partition('VmHWM:')[2].split()[0])\n"
        "print(f'{time.perf_counter() - began:.1f} s ({used.ru_utime + used.ru_stime:.1f} s CPU),'"
        " f' {peak / 1024:.0f} MB, exit code {code}, {len(out.getvalue()):,} characters')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *given], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "far"]
    days, resources = [int(word) for word in words] + [92, 2000][len(words) :]
    main(days, resources, FAR if "far" in sys.argv else POLICY)
