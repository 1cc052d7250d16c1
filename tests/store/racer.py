"""A process that writes to a store on command: ``python -m tests.store.racer ADDRESS NAME``.

It reads lines ``key tag``, with ``-`` for a tag that says "nothing there", writes its name under
the key, and answers ``won`` or ``lost``. Before it waits for a lock it says ``waiting``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from backup_auditor.aws import clients
from backup_auditor.errors import ConflictError
from backup_auditor.store import Tag
from backup_auditor.store.address import open_store

from tests.fakes import outside

ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """Answer until the input ends."""
    address, name = sys.argv[1:]
    world = outside(aws=clients(os.environ), sleep=_wait, monotonic=time.monotonic)
    store = open_store(address, world)
    store.read("warm-up")
    print("ready", flush=True)
    for line in sys.stdin:
        key, tag = line.split()
        try:
            store.write(key, name.encode(), replaces=None if tag == "-" else Tag(tag))
            print("won", flush=True)
        except ConflictError:
            print("lost", flush=True)


def _wait(seconds: float) -> None:
    print("waiting", flush=True)
    time.sleep(seconds)


class Racer:
    """The other end of that process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, key: str, tag: Tag | None) -> None:
        """Have it write."""
        assert self.process.stdin
        self.process.stdin.write(f"{key} {tag or '-'}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """Return what it says next."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def outcome(self) -> str:
        """Return how its write ended."""
        while (said := self.hear()) == "waiting":
            pass
        return said


@contextmanager
def racer(address: str, name: str, environ: Mapping[str, str]) -> Iterator[Racer]:
    """Start one, and end it with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.racer", address, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
    )
    try:
        one = Racer(process)
        assert one.hear() == "ready"
        yield one
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
