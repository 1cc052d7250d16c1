"""A run that is killed at any step and made again, or twice at once, delivers once.

The steps are found by counting those of a run that nobody kills. One window cannot be closed: a
message has been taken and its receipt is not yet written. Who gets a message without a key by which
a repeat is known gets it twice then, and at no other time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.model import DeliveryOutcome
from backup_auditor.outside import Outside
from backup_auditor.record import Record
from backup_auditor.store import Store
from backup_auditor.store.folder import Folder
from backup_auditor.store.records import Records
from backup_auditor.store.s3 import S3

from tests.crasher import AFTER, BEFORE, Death, Steps, environ, invocation
from tests.fakes import outside
from tests.keeper import Clock
from tests.store.bucket import BUCKET, bucket, s3_server
from tests.store.keys import KEYS

SENT, FAILED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED
WITH_KEY = ("webhook", "pagerduty")
WITHOUT = ("slack", "mattermost")
ALL = [*WITH_KEY, *WITHOUT]
ROOT = Path(__file__).parent.parent
PATHS: dict[str, tuple[str, int, bytes]] = {
    "/webhook": ("webhook", 204, b""),
    "/v2/enqueue": ("pagerduty", 202, b'{"status": "success"}'),
    "/slack": ("slack", 200, b"ok"),
    "/instead": ("instead", 200, b"ok"),
    "/broken": ("", 404, b""),
}
"""Path -> whose it is, and what is answered."""


@dataclass
class Receiver:
    """What has arrived, and what it did: a message with a known key does nothing."""

    url: str = ""
    effects: Counter[str] = field(default_factory=Counter)
    known: set[tuple[str, str]] = field(default_factory=set)

    def take(self, name: str, key: str, body: Any) -> None:
        """Let a message have its effect."""
        key = key or body.get("dedup_key", "")
        if key and (name, key) in self.known:
            return
        self.known |= {(name, key)} if key else set()
        self.effects[name] += 1

    def reset(self) -> None:
        """Forget everything."""
        self.effects.clear()
        self.known.clear()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve until the block ends."""
    end = Receiver()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name, status, answer = PATHS[self.path]
            if name:
                with lock:
                    end.take(name, self.headers.get("webhook-id", ""), body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        end.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield end
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def end() -> Iterator[Receiver]:
    """Return where all messages go."""
    with receiving() as end:
        yield end


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve S3."""
    with s3_server() as url:
        yield url


Stores = Callable[[str], Store]


@pytest.fixture(params=["folder", "s3"])
def stores(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stores]:
    """Return what makes empty stores, by name."""
    if request.param == "folder":
        yield lambda name: Folder(tmp_path / name, outside())
        return
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": request.getfixturevalue("server")}.items():
        monkeypatch.setenv(name, value)
    with bucket() as world:
        yield lambda name: S3(BUCKET, f"{name}/", world)


def killed(store: Store, end: Receiver, kinds: list[str], dies_at: tuple[str, str]) -> Steps:
    """Make the run and kill it; return what it had done."""
    steps = Steps(dies_at)
    with pytest.raises(Death):
        invocation(store, end.url, kinds, Clock().world(environ=environ(end.url)), steps)
    return steps


def again(store: Store, end: Receiver, kinds: list[str]) -> None:
    """Make the run twice more: the first completes it, the second does nothing at all."""
    for _ in range(2):
        clock = Clock(datetime.now(UTC))  # it has to wait for the turn of the dead one
        world = clock.world(environ=environ(end.url))
        found = invocation(store, end.url, kinds, world, Steps())
        assert found == {
            name: FAILED if name == "mattermost" else SENT for name in named(kinds, found)
        }
        effects = dict(end.effects)
    assert dict(end.effects) == effects
    record = Records(store, "default").latest()
    assert isinstance(record, Record)
    assert record.occasion.run == "run-0"


def named(kinds: list[str], found: Mapping[str, object]) -> list[str]:
    """Return the names of all channels, in order."""
    assert set(kinds) <= set(found)
    return list(found)


def points_of(store: Store, end: Receiver, kinds: list[str]) -> list[tuple[str, str]]:
    """Return all points at which a run can die, in the order of a run that does not."""
    steps = Steps()
    invocation(store, end.url, kinds, Clock().world(environ=environ(end.url)), steps)
    return [(side, name) for name in steps.done for side in (BEFORE, AFTER)]


def is_open(steps: Steps, name: str) -> bool:
    """Return whether a message has had its effect and has no receipt."""
    sent = any(step.startswith(f"send {name} ") for step in steps.done)
    kept = any(step.startswith(f"write receipts/{name}") for step in steps.done)
    return sent and not kept


@pytest.mark.parametrize(
    ("stores", "kinds", "effects"),
    [
        ("folder", ["webhook"], ["webhook"]),
        ("folder", ["pagerduty"], ["pagerduty"]),
        ("folder", ["slack"], ["slack"]),
        ("folder", ["mattermost"], ["instead"]),
        ("folder", ["webhook", "slack"], ["webhook", "slack"]),
        ("s3", ["webhook", "slack"], ["webhook", "slack"]),
        ("s3", ["slack"], ["slack"]),
    ],
    indirect=["stores"],
)
def test_a_run_that_is_killed_at_any_step_and_made_again_delivers_once(
    stores: Stores, end: Receiver, kinds: list[str], effects: list[str]
) -> None:
    points = points_of(stores("clean"), end, kinds)
    assert len(points) > 20
    doubled = []
    for number, point in enumerate(points):
        end.reset()
        store = stores(f"store-{number}")
        steps = killed(store, end, kinds, point)
        again(store, end, kinds)
        assert sorted(end.effects) == sorted(effects), point
        for name in effects:
            most = 2 if name not in WITH_KEY and is_open(steps, name) else 1
            assert 1 <= end.effects[name] <= most, (point, name)
        doubled += [point] if max(end.effects.values()) > 1 else []
    if kinds == ["slack"]:
        first = points.index((AFTER, "send slack #1"))
        last = points.index((BEFORE, "write receipts/slack.json #1"))
        assert doubled == points[first : last + 1], "the one window that cannot be closed"
    if kinds in (["webhook"], ["pagerduty"]):
        assert doubled == []


def test_a_process_that_is_killed_leaves_no_less_than_that(tmp_path: Path, end: Receiver) -> None:
    """What dies in this process may still tidy up; a dead process does not."""
    kinds = ["slack", "webhook"]
    points = points_of(Folder(tmp_path / "clean", outside()), end, kinds)
    for number, point in enumerate(points[2::9]):
        end.reset()
        folder = tmp_path / str(number)
        with started(str(folder), end, kinds, *point) as process:
            go(process)
            assert process.wait(60) == 9
        again(Folder(folder, outside()), end, kinds)
        assert end.effects["webhook"] == 1
        assert end.effects["slack"] in {1, 2}


@contextmanager
def started(
    address: str, end: Receiver, kinds: list[str], *dies_at: str
) -> Iterator[subprocess.Popen[str]]:
    """Start a process that makes the run when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crasher", address, end.url, ",".join(kinds), *dies_at],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def go(process: subprocess.Popen[str]) -> None:
    """Let it begin."""
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def test_two_processes_that_start_at_once_deliver_once(stores: Stores, end: Receiver) -> None:
    end.reset()
    store = stores("shared")
    address = store.address.removesuffix("/")
    with started(address, end, ALL) as one, started(address, end, ALL) as two:
        for process in (one, two):
            go(process)
        assert [process.wait(60) for process in (one, two)] == [0, 0]
    assert end.effects == dict.fromkeys(["webhook", "pagerduty", "slack", "instead"], 1)


def test_two_threads_that_start_at_once_deliver_once(stores: Stores, end: Receiver) -> None:
    for number in range(3):
        end.reset()
        store, barrier = stores(f"shared-{number}"), threading.Barrier(2)

        def run(store: Store = store, barrier: threading.Barrier = barrier) -> object:
            barrier.wait(20)
            return invocation(store, end.url, ALL, hasty(end), Steps())

        with ThreadPoolExecutor(2) as pool:
            found = [one.result() for one in [pool.submit(run) for _ in range(2)]]
        assert found[0] == found[1]
        assert end.effects == dict.fromkeys(["webhook", "pagerduty", "slack", "instead"], 1)


def hasty(end: Receiver) -> Outside:
    """Return a world in which waiting takes next to no time, and the clock is the real one."""
    pause = threading.Event()
    return outside(
        environ(end.url),
        now=lambda: datetime.now(UTC),
        sleep=lambda _seconds: pause.wait(0.01),
    )
