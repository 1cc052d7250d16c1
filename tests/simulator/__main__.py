"""``python -m tests.simulator``: serve until stdin closes; say where as one line of JSON."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from tests.simulator.account import make_account, make_large_account
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator


def main() -> None:
    """Serve the believable account, or a large one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--generation", type=int, choices=(1, 2, 3), default=3)
    options.add_argument("--large", metavar="GROUPSxBACKUPS")
    options.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    given = options.parse_args()
    now = datetime.now(UTC)
    if given.large:
        groups, _, backups = given.large.partition("x")
        account = make_large_account(int(groups), int(backups), now)
    else:
        account = make_account(now)
    faults = Faults(latency=given.latency)
    with Simulator(account, generation=given.generation, faults=faults) as cloud:
        keys = {"public_key": cloud.public_key, "private_key": cloud.private_key}
        print(json.dumps({"url": cloud.url, **keys}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
