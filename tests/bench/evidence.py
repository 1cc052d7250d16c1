"""What a year of daily audits takes in a store, and how long the report on a quarter takes.

``python -m tests.bench.evidence [DAYS [RESOURCES]]`` audits so many days (92 of 2,000 resources, 20
backups each) with the real parts into a folder, prints the bytes of a day and of a year, then the
seconds and the peak memory of a process that makes the report on all of them.
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
from tests.evidence.past import DAY, START, Past

BEGIN = START - 400 * DAY
"""Long enough ago for a year of days that have all come."""
_KEPT = 20
_BROKEN = 0.03
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
  - name: silver
    match: {}
    rules: {last_success_age: {max: 50h}}
"""


@dataclass
class Group:
    """A resource, and its backups as they are listed on a day, the newest last."""

    resource: Resource
    size: float
    broken: int = 0
    """For so many more days its backups fail."""
    backups: list[Backup] = field(default_factory=list)


class Estate:
    """Resources that are backed up each night, most of the time."""

    def __init__(self, number: int) -> None:
        """Make so many."""
        self.random = Random(7)  # noqa: S311 - it is a simulation
        self.groups = [self._group(n) for n in range(number)]
        for day in range(-_KEPT, 0):
            self.night(BEGIN + DAY * day)

    def _group(self, number: int) -> Group:
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
            created_at=BEGIN
            - timedelta(days=random.randint(30, 900), seconds=random.randint(0, 9999)),
            auto_backup=True,
        )
        return Group(one, random.lognormvariate(20, 1.5))

    def night(self, now: datetime) -> None:
        """Back everything up in the night before ``now``."""
        random = self.random
        for group in self.groups:
            if not group.broken and random.random() < _BROKEN / 5:
                group.broken = random.randint(1, 9)
            group.size *= random.gauss(1.002, 0.01)
            group.backups = [*group.backups[-_KEPT + 1 :], self._backup(group, now)]
            group.broken = max(0, group.broken - 1)

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


def main(days: int, resources: int) -> None:
    """Fill a store, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        estate = Estate(resources)
        past = Past(Folder(Path(folder), fakes.outside()), POLICY)
        for day in range(days):
            past.audit(day - 400, estate.listed)
        print(f"{days} audits of {resources:,} resources: {time.perf_counter() - began:.0f} s")
        _say_sizes(Path(folder), days)
        for form in ("html", "json"):
            _say_report(Path(folder), days, form)
        _say_verified(Path(folder), days)


def _say_sizes(folder: Path, days: int) -> None:
    sizes: Counter[str] = Counter()
    for file in folder.rglob("*.*"):
        if file.is_file():
            sizes[file.name if file.suffix in {".gz", ".bz2"} else "others"] += file.stat().st_size
    for name, size in sizes.most_common():
        print(f"  {name}: {size / days / 1024:.0f} KiB a day")
    year = sum(sizes.values()) / days * 365 / 1_000_000
    print(f"  a year of such days: {year:.0f} MB (goal: under 200)")


def _say_report(folder: Path, days: int, form: str) -> None:
    """Run the command in a process of its own, and say what it used."""
    last = (BEGIN + DAY * (days - 1)).date()
    options = ["--from", str(BEGIN.date()), "--to", str(last), "--format", form]
    figures = _measured(folder, ["evidence", "report", *options])
    print(f"  report as {form}: {figures} (goal: under 10 s, 300 MB)")


def _say_verified(folder: Path, days: int) -> None:
    last = (BEGIN + DAY * (days - 1)).date()
    print(f"  verify: {_measured(folder, ['evidence', 'verify', '--to', str(last)])}")


def _measured(folder: Path, arguments: list[str]) -> str:
    policy = folder.with_suffix(".yaml")
    policy.write_text(POLICY)
    given = [*arguments, "--policy", str(policy), "--store", str(folder)]
    code = (
        "import io, os, resource, sys, time\n"
        "from backup_auditor.cli import command\n"
        "from backup_auditor.commands import Streams\n"
        "out = io.StringIO(); began = time.perf_counter()\n"
        "code = command(sys.argv[1:], Streams(out, sys.stderr, os.environ))\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(f'{time.perf_counter() - began:.1f} s ({used.ru_utime + used.ru_stime:.1f} s CPU),'"
        " f' {used.ru_maxrss / 1024:.0f} MB, exit code {code}, {len(out.getvalue()):,} characters')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *given], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [92, 2000][len(given) :]))
