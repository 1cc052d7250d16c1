"""Keeping what an audit collects, and judging it again: plans that write and read snapshots.

With a store, what an audit collects is also taken down as its evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from backup_auditor import __version__
from backup_auditor.collect import as_source_error
from backup_auditor.outside import Outside
from backup_auditor.policy.selector import Selector
from backup_auditor.run import Plan
from backup_auditor.snapshot.header import Asked, Header
from backup_auditor.snapshot.reading import Snapshot
from backup_auditor.snapshot.replaying import replayed
from backup_auditor.snapshot.writing import RecordingSource, SnapshotWriter
from backup_auditor.witnessing import Witness


@contextmanager
def recording(plan: Plan, file: str, outside: Outside) -> Iterator[Plan]:
    """Give a plan like ``plan`` that also writes down everything that its audit collects.

    ``file`` is written at the end of the block, unless the block raises. The audit is judged as of
    the instant in the snapshot, so that a replay says the same. Raises UsageError where ``file``
    cannot be written.
    """
    header = Header(
        collected_at=outside.now(),
        tool=__version__,
        policy_digest=plan.policies.digest,
        partial=plan.select is not None,
        requests=tuple(Asked(r.kind, r.options.extent()) for r, _ in plan.sources),
    )
    with SnapshotWriter(Path(file), header) as writer:
        sources = [
            (request, RecordingSource(source, number, writer, as_source_error, plan.select))
            for number, (request, source) in enumerate(plan.sources)
        ]
        yield replace(plan, sources=sources, as_of=plan.as_of or header.collected_at)
        writer.store()


@contextmanager
def witnessed(
    plan: Plan, outside: Outside, *, needed: bool
) -> Iterator[tuple[Plan, Witness | None]]:
    """Give a plan like ``plan`` whose audit leaves evidence, and who has it; else ``plan``."""
    if not needed:
        yield plan, None
        return
    with Witness(outside.now()) as witness:
        sources = [(request, witness.watching(source)) for request, source in plan.sources]
        yield replace(plan, sources=sources), witness


def replaying(plan: Plan, snapshot: Snapshot) -> Plan:
    """Return ``plan`` with the data of ``snapshot`` in place of what its sources would collect.

    It is judged as of the instant of the snapshot. A snapshot of a part is audited as a part.
    """
    partial = snapshot.header.partial
    return replace(
        plan,
        sources=replayed(plan.policies.sources, snapshot),
        select=plan.select or (Selector() if partial else None),
        as_of=plan.as_of or snapshot.header.collected_at,
    )
