"""Snapshots for tests: written from fake sources, changed line by line, and strategies of nouns."""

from __future__ import annotations

import gzip
import hashlib
import json
import resource as limits
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Audit,
    Backup,
    BackupKind,
    BackupState,
    GapReason,
    History,
    Orphan,
    Resource,
    Restorable,
    Schedule,
    Scope,
)
from backup_auditor.policy.model import PolicySet
from backup_auditor.recording import recording, replaying
from backup_auditor.run import Plan, audit
from backup_auditor.snapshot.reading import opened
from backup_auditor.sources import Source, Unplanned, Unread
from hypothesis import strategies as st

from tests.builders import NOW, failed, resource, succeeded
from tests.fakes import FakeSource, FakeWatcher, outside
from tests.report.samples import POLICIES, RULES

HK, SG = Scope("ucloud.uredis", "org-a", "hk"), Scope("ucloud.uredis", "org-a", "sg")
REFUSED = SourceError(GapReason.REFUSED, "may not")
ORPHAN = Orphan("ucloud.uredis", "org-a", "hk", "gone", "old", 1, NOW)


def source() -> FakeSource:
    """Return a source that gives one of everything."""
    good = History.of(resource("good", name="生产-🚀"), [succeeded("2h"), succeeded("26h")])
    bad = History.of(resource("bad", created_at=None, auto_backup=None), [failed("3h")])
    return FakeSource(
        {HK: [good, ORPHAN, Unread(resource("locked"), REFUSED)], SG: [bad, REFUSED]},
        [Unplanned("org-b", "", REFUSED)],
    )


def plan(*sources: Source, policies: PolicySet = POLICIES, **fields: Any) -> Plan:
    """Return a plan over ``sources``, each under the first entry of the policy."""
    return Plan(policies, [(policies.sources[0], each) for each in sources], RULES, **fields)


def saved(file: Path, live: Plan) -> Audit:
    """Audit ``live`` and keep a snapshot of it."""
    with recording(live, str(file), outside()) as recorded:
        return audit(recorded, outside(), FakeWatcher())


def replay(file: Path, policies: PolicySet = POLICIES, **fields: Any) -> Audit:
    """Audit the snapshot ``file``."""
    with opened(str(file)) as snapshot:
        again = replaying(Plan(policies, (), RULES, **fields), snapshot)
        return audit(again, outside(), FakeWatcher())


def lines(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a snapshot."""
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def forge(file: Path, rows: Sequence[Any]) -> None:
    """Write ``rows``, of which the last is the trailer, as if they had been collected so."""
    body = [_line(row) for row in rows[:-1]]
    counts = {
        "rows": len(body),
        "resources": sum("resource" in row for row in rows if isinstance(row, dict)),
        "sha256": hashlib.sha256(b"".join(body)).hexdigest(),
    }
    last = {**rows[-1], **{name: counts[name] for name in counts if name in rows[-1]}}
    file.write_bytes(gzip.compress(b"".join([*body, _line(last)]), mtime=0))


def _line(row: Any) -> bytes:
    return row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n"


def changed(file: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the lines of a snapshot and make counts and digest fit again."""
    rows = lines(file)
    change(rows)
    forge(file, rows)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes."""
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INSTANTS = st.integers(-(10**15), 10**15).map(lambda n: NOW + timedelta(microseconds=n))
BACKUPS = st.builds(
    Backup,
    id=TEXT,
    resource_id=TEXT,
    state=st.sampled_from(BackupState),
    taken_at=st.none() | INSTANTS,
    state_raw=TEXT,
    kind=st.sampled_from(BackupKind),
    kind_raw=TEXT,
    finished_at=st.none() | INSTANTS,
    size_bytes=st.none() | st.integers(0, 10**18),
    name=TEXT,
    resource_name=TEXT,
    account=TEXT,
    region=TEXT,
    encrypted=st.none() | st.booleans(),
    locked_until=st.none() | INSTANTS,
    is_clean=st.none() | st.booleans(),
)
RESOURCES = st.builds(
    Resource,
    id=TEXT,
    name=TEXT,
    source=TEXT,
    account=TEXT,
    region=TEXT,
    zone=TEXT,
    kind=TEXT,
    state=TEXT,
    created_at=st.none() | INSTANTS,
    auto_backup=st.none() | st.booleans(),
    tags=st.dictionaries(TEXT, TEXT, max_size=3),
    schedule=st.none() | st.builds(Schedule, TEXT, TEXT),
)
RESTORABLE = st.tuples(INSTANTS, INSTANTS).map(lambda ends: Restorable(min(ends), max(ends)))
HISTORIES = st.builds(
    History.of,
    RESOURCES,
    st.lists(BACKUPS, max_size=4),
    copies=st.none() | st.lists(BACKUPS, max_size=3),
    restorable=st.none() | RESTORABLE,
)
