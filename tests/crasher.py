"""A run that dies at a step of its choice: ``python -m tests.crasher STORE URL [STEP]``.

Every operation on the store and every message is a step, called by what it does and the how-manieth
of its kind it is; it dies before the step's effect or after it. As a process of its own it waits
for a line, and dies by ``os._exit``, as one that is killed: nothing is tidied up.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from backup_auditor.aws import clients
from backup_auditor.channels import Channel, load_channels
from backup_auditor.delivery import Target
from backup_auditor.keeping import Keeping
from backup_auditor.model import DeliveryOutcome
from backup_auditor.outside import Outside
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.model import Report
from backup_auditor.run import Manner, tell
from backup_auditor.store import Replaces, Store, Stored, Tag
from backup_auditor.store.address import open_store
from backup_auditor.store.records import Records

from tests.fakes import outside
from tests.memory.days import at, audit

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BEFORE, AFTER = "before", "after"
T = TypeVar("T")


class Death(BaseException):
    """The process is gone: nothing catches it."""


def _raise() -> None:
    raise Death


@dataclass
class Steps:
    """Counts the steps of one invocation, and dies at one of them."""

    dies_at: tuple[str, str] | None = None
    """(before or after, name)."""
    die: Callable[[], None] = _raise
    done: list[str] = field(default_factory=list)
    """Names of the steps that had their effect, in order."""
    is_dead: bool = False
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, what: str, action: Callable[[], T]) -> T:
        """Do ``action`` as a step; a dead process does nothing any more."""
        with self._lock:
            self._counts[what] += 1
            name = f"{what} #{self._counts[what]}"
        self._pass(BEFORE, name)
        done = action()
        with self._lock:
            self.done.append(name)
        self._pass(AFTER, name)
        return done

    def _pass(self, side: str, name: str) -> None:
        if self.is_dead or self.dies_at == (side, name):
            self.is_dead = True
            self.die()


class SteppedStore:
    """A store of which every operation is a step."""

    def __init__(self, inner: Store, steps: Steps) -> None:
        self.address = inner.address
        self._inner = inner
        self._steps = steps

    def read(self, key: str) -> Stored | None:
        """Read as a step."""
        return self._steps.step(f"read {_short(key)}", lambda: self._inner.read(key))

    def write(self, key: str, data: bytes, *, replaces: Replaces) -> Tag:
        """Write as a step."""
        return self._steps.step(
            f"write {_short(key)}", lambda: self._inner.write(key, data, replaces=replaces)
        )

    def keys(self, prefix: str = "", *, after: str = "") -> Iterator[str]:
        """List as a step."""
        found = self._steps.step("list", lambda: list(self._inner.keys(prefix, after=after)))
        return iter(found)


def _short(key: str) -> str:
    return "/".join(key.split("/")[-2:])


@dataclass
class SteppedChannel:
    """A channel of which every message is a step."""

    name: str
    inner: Channel
    steps: Steps

    def send(self, report: Report) -> None:
        """Send as a step."""
        self.steps.step(f"send {self.name}", lambda: self.inner.send(report))


OPTIONS = {
    "webhook": {"url": "env:HOOK", "secret": "env:SECRET"},
    "pagerduty": {"routing_key": "env:SECRET", "server": "{url}"},
    "slack": {"url": "env:CHAT"},
    "mattermost": {"url": "env:BROKEN"},
}
"""Kind -> options. The first two send a key by which a receiver knows a repeat."""
INSTEAD = {"url": "env:INSTEAD"}


def channel(kind: str, url: str, world: Outside, *, is_fallback: bool = False) -> Channel:
    """Return a real channel to the receiver at ``url``."""
    built = load_channels()[kind]
    given = INSTEAD if is_fallback else OPTIONS[kind]
    options = {name: value.format(url=url) for name, value in given.items()}
    near = {"allow_http": True, "allow_private": True}
    return built.build(built.options.model_validate(options | near), world)


def invocation(
    store: Store, url: str, kinds: list[str], world: Outside, steps: Steps
) -> dict[str, DeliveryOutcome]:
    """Make the audit of day 0, from "collected" to "recorded"; return what became of channels.

    ``mattermost`` fails, and ``slack`` stands in for it.
    """
    keeping = Keeping(Records(SteppedStore(store, steps), "default"), world, timedelta(days=1))
    kept = keeping.compared(audit(0, {"a": "fail", "b": "pass"}), at(0))
    targets = [
        Target(kind, SteppedChannel(kind, channel(kind, url, world), steps)) for kind in kinds
    ]
    if "mattermost" in kinds:
        chat = SteppedChannel("instead", channel("slack", url, world, is_fallback=True), steps)
        instead = Target("instead", chat, SendWhen.FALLBACK)
        targets = [replace(t, fallback=instead) if t.name == "mattermost" else t for t in targets]
    report = tell(kept.audit, targets, world, Manner(kept=kept))
    return {one.channel: one.outcome for one in report.audit.deliveries}


def environ(url: str) -> dict[str, str]:
    """Return where the receiver is."""
    return {
        "HOOK": f"{url}/webhook",
        "CHAT": f"{url}/slack",
        "INSTEAD": f"{url}/instead",
        "BROKEN": f"{url}/broken",
        "SECRET": SECRET,
    }


def main() -> None:
    """Run once, on a word."""
    address, url, kinds, *steps = sys.argv[1:]
    pause = threading.Event()
    world = outside(
        environ(url),
        aws=clients(os.environ),
        now=lambda: datetime.now(UTC),
        sleep=lambda _seconds: pause.wait(0.02),
    )
    store = open_store(address, world)
    store.read("warm-up")
    print("ready", flush=True)
    sys.stdin.readline()
    dies_at = (steps[0], steps[1]) if steps else None
    invocation(store, url, kinds.split(","), world, Steps(dies_at, lambda: os._exit(9)))


if __name__ == "__main__":
    main()
