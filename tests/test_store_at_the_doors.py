"""An audit that is killed between the things that it leaves in the store loses nothing.

It leaves its record, the pointer to the latest one, the evidence, and the link of the chain, one
after the other. ``test_crash`` looks at what is sent; here, at what is kept: what ``evidence
verify`` says after the death, what the next audit is compared with, and that the run, made again,
completes what is there. The points of death are the writes of an audit that nobody kills.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backup_auditor.record import names
from backup_auditor.store import Store
from backup_auditor.store.folder import Folder
from backup_auditor.store.s3 import S3
from backup_auditor.store.verifying import verify

from tests.crasher import AFTER, BEFORE, Death, Steps
from tests.evidence.dying import audit, sick
from tests.evidence.past import DAY, SET, START, Past, calendar
from tests.fakes import outside
from tests.store.bucket import BUCKET, bucket, s3_server
from tests.store.keys import KEYS
from tests.store.memory import MemoryStore

ROOT = Path(__file__).parent.parent
FIRST, RUN = "20261101T060000Z-c8380223a6d2", "20261102T060000Z-c8380223a6d2"
RECORD = f"write {RUN}/{names.RECORD} #1"
POINTER = "write latest/shop.json #1"
EVIDENCE = f"write {RUN}/{names.EVIDENCE} #1"
LINK = "write shop/00000002.json #1"
LEFT = (RECORD, POINTER, EVIDENCE, LINK)
STRAY = (
    f"audits/shop/2026/11/02/{RUN} is in no link of the chain: it was added, or left by a run that"
    " was stopped before its end or is still under way"
)
MISSING = "2026-11-02: no audit was recorded"
AHEAD = (
    f"latest/shop.json does not point to {FIRST}, the last audit of the chain, as it did: it was"
    " changed, or a later audit is missing from the chain"
)
Stores = Callable[[str], Store]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve S3."""
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def stores(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stores]:
    """Return what makes stores with the audit of day 0, in which all was well, by name."""
    if request.param == "folder":
        yield lambda name: with_a_day(Folder(tmp_path / name, outside()))
        return
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": request.getfixturevalue("server")}.items():
        monkeypatch.setenv(name, value)
    with bucket() as world:
        yield lambda name: with_a_day(S3(BUCKET, f"{name}/", world))


def with_a_day(store: Store) -> Store:
    """Make the audit of day 0."""
    Past(store).audit(0)
    return store


def steps_of_an_audit() -> list[str]:
    """Return the steps of day 1, in order."""
    steps = Steps()
    audit(with_a_day(MemoryStore()), steps)
    return steps.done


STEPS = steps_of_an_audit()


def done_by(side: str, step: str) -> list[str]:
    """Return what had its effect before a death."""
    return STEPS[: STEPS.index(step) + (side == AFTER)]


def problems(store: Store, last_day: int) -> list[str]:
    """Return what ``evidence verify`` says, the day after."""
    return verify(store, SET, calendar(last_day)).problems


def strays(done: list[str]) -> list[str]:
    """Return what lies there without a link, as it is named."""
    is_left = LINK not in done and any(step.startswith("write ") for step in done)
    return [STRAY] if is_left else []


def assert_what_is_left_is_named(store: Store, done: list[str]) -> None:
    """Assert that what lies there without a link is named, and nothing else."""
    is_ahead = POINTER in done and LINK not in done
    assert problems(store, 1) == strays(done) + [AHEAD] * is_ahead


def assert_the_next_audit_is_right(past: Past, *, has_record: bool) -> None:
    """Assert that day 2 is compared with the last audit that has a record."""
    changes = past.audit(2, sick).audit.changes
    assert changes.compared_with == (RUN if has_record else FIRST)
    (found,) = changes.ongoing if has_record else changes.new
    assert not (changes.new if has_record else changes.ongoing)
    assert changes.known[found].resource_id == "b"


def assert_made_again_it_is_whole(past: Past) -> None:
    """Assert that the run of day 1, made again, leaves nothing open; twice is as once.

    It is made when its dead sender has no turn any more.
    """
    past.audit(1.01, sick, due=START + DAY)
    keys = list(past.store.keys())
    past.audit(1.02, sick, due=START + DAY)
    assert list(past.store.keys()) == keys


POINTS = [
    (BEFORE, STEPS[0]),
    *((AFTER, step) for step in STEPS if step.startswith("write ")),
]
"""Before a write, all is as it was after the one before it."""


@pytest.mark.parametrize(
    ("stores", "points", "is_at_once"),
    [
        pytest.param("folder", POINTS, True, id="folder, made again at once"),
        pytest.param("folder", POINTS, False, id="folder, made again after the next"),
        pytest.param("s3", POINTS[-len(LEFT) :], False, id="s3, made again after the next"),
    ],
    indirect=["stores"],
)
def test_a_run_that_is_killed_leaves_what_is_named_and_made_again_it_is_whole(
    stores: Stores, points: list[tuple[str, str]], is_at_once: bool
) -> None:
    assert [step for _, step in points[-len(LEFT) :]] == [*LEFT], "one after the other"
    for number, (side, step) in enumerate(points):
        past = Past(stores(f"store-{number}"))
        before = {key: past.store.read(key) for key in past.store.keys("audits/")}
        with pytest.raises(Death):
            audit(past.store, Steps((side, step)))
        assert_what_is_left_is_named(past.store, done_by(side, step))
        if is_at_once:
            assert_made_again_it_is_whole(past)
            assert problems(past.store, 1) == []
        done = STEPS if is_at_once else done_by(side, step)
        assert_the_next_audit_is_right(past, has_record=RECORD in done)
        if not is_at_once:
            is_missing = LINK not in done
            assert problems(past.store, 2) == strays(done) + [MISSING] * is_missing
            assert_made_again_it_is_whole(past)
        assert problems(past.store, 2) == []
        assert {key: past.store.read(key) for key in before} == before


@pytest.mark.parametrize("step", LEFT)
def test_a_process_that_is_killed_leaves_no_less_than_that(stores: Stores, step: str) -> None:
    """What dies in this process may still tidy up; a dead process does not."""
    store = stores("killed")
    process = subprocess.run(
        [sys.executable, "-m", "tests.evidence.dying", store.address, AFTER, step],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        timeout=60,
    )
    assert process.returncode == 9
    assert_what_is_left_is_named(store, done_by(AFTER, step))
    assert_made_again_it_is_whole(Past(store))
    assert problems(store, 1) == []
    assert_the_next_audit_is_right(Past(store), has_record=True)
