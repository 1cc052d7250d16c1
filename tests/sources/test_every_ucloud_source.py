"""What every source of UCloud must stand, on what the simulator has of its service.

A test file ``test_<service>.py`` has a ``CONTRACT``; that is all that a new source needs here.
``ucloud.uredis`` has more of this in ``tests/test_faults.py``, over all generations of its action.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from backup_auditor.model import GapReason, Scope
from backup_auditor.sources import load_sources

from tests.cloud import keys, outcomes
from tests.fakes import outside
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.simulator.world import Instance, Row
from tests.sources.cloud_ucloud import (
    ACCOUNT,
    GARBAGE,
    Contract,
    assert_no_better,
    audited,
    changed,
    faults_of,
    honest,
)
from tests.sources.telling import told

KINDS = [kind for kind in load_sources() if kind.startswith("ucloud.") and kind != "ucloud.uredis"]


def service_of(kind: str) -> str:
    """Return the last part of the id."""
    return kind.partition(".")[2]


def contract(kind: str) -> Contract:
    """Return what the test of a source says of it."""
    module = importlib.import_module(f"tests.sources.test_{service_of(kind)}")
    found: Contract = module.CONTRACT
    return found


CONTRACTS = {kind: contract(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", [*KINDS, "ucloud.uredis"])
def test_it_tells_what_it_declares(kind: str) -> None:
    source = load_sources()[kind]
    options = source.options.model_validate({"projects": "all"})
    with Simulator(ACCOUNT) as cloud:
        built = source.build(options, outside(keys(cloud)))
        scopes = [scope for scope in built.scopes() if isinstance(scope, Scope)]
        found = [i for s in scopes for i in built.collect(s, lambda _: True, orphans=False)]
    assert told(found) == source.tells


@pytest.mark.parametrize(
    ("kind", "fault"), [(k, name) for k, c in CONTRACTS.items() for name in faults_of(c.actions)]
)
def test_no_fault_on_the_way_makes_anything_better(kind: str, fault: str) -> None:
    assert_no_better(kind, audited(kind, faults=faults_of(CONTRACTS[kind].actions)[fault]))


@pytest.mark.parametrize("kind", KINDS)
def test_what_passes_at_last_leaves_no_trace_but_where_a_gap_says_so(kind: str) -> None:
    found = audited(kind, faults=Faults.everything(rate=0.05))
    before, after = outcomes(honest(kind)), outcomes(found)
    assert before.keys() == after.keys()
    gaps = {(gap.account, gap.region) for gap in found.gaps}
    for one in found.assessments:
        place = (one.resource.account, one.resource.region)
        assert after[one.resource.id] == before[one.resource.id] or place in gaps


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize(
    ("kind", "field"), [(k, f) for k, c in CONTRACTS.items() for f in c.fields]
)
def test_no_garbage_in_a_field_makes_anything_better(kind: str, field: str, garbage: str) -> None:
    known = CONTRACTS[kind]

    def change(one: Instance) -> None:
        for row in rows(one, known, field):
            if field in row and not (row is one.row and field == known.id):
                row[field] = GARBAGE[garbage]

    assert_no_better(kind, audited(kind, changed(service_of(kind), change)))


def rows(one: Instance, known: Contract, field: str) -> Iterator[Row]:
    """Yield the rows that garbage is put into."""
    yield from (one.row, one.more)
    for value in one.more.values():
        yield from (
            (row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()
        )
    # size_drift compares a backup with those of its kind: a kind of its own has none.
    every = field == "BackupType"
    yield from one.backups if every else one.backups[known.newest : known.newest + 1]


@pytest.mark.parametrize("value", [None, "", {}, [], True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_instance_without_an_id_is_a_gap(kind: str, value: Any) -> None:
    service = service_of(kind)
    first = next(one.id for one in ACCOUNT.estate[service] if not one.trouble)

    def change(one: Instance) -> None:
        if one.id == first:
            one.row[CONTRACTS[kind].id] = value

    found = audited(kind, changed(service, change))
    usual = {gap.reason for gap in honest(kind).gaps}
    assert {gap.reason for gap in found.gaps} - usual == {GapReason.MALFORMED}
    assert found.verdict != "pass"
