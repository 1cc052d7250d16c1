"""The audit of a day in a process that dies in it.

Run it as ``python -m tests.evidence.dying STORE SIDE STEP``. It dies by ``os._exit``, as one that
is killed. Steps are those of ``tests.crasher``.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime

from backup_auditor.aws import clients
from backup_auditor.sources import Collected
from backup_auditor.store import Store
from backup_auditor.store.address import open_store

from tests.crasher import SteppedStore, Steps
from tests.evidence.past import Past, fine, history
from tests.fakes import outside


def sick(now: datetime) -> list[Collected]:
    """Return two resources with good backups, and one without a recent one."""
    return [*fine(now, "a", "c"), history("b", now, 2, 3, 4)]


def audit(store: Store, steps: Steps) -> None:
    """Make the audit of day 1, which finds ``b``; every operation on the store is a step."""
    Past(SteppedStore(store, steps)).audit(1, sick)


def main() -> None:
    """Make it, and die in it."""
    address, side, step = sys.argv[1:]
    store = open_store(address, outside(aws=clients(os.environ)))
    audit(store, Steps((side, step), lambda: os._exit(9)))


if __name__ == "__main__":
    main()
