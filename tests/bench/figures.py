"""What one measured process has used."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable


def report(work: Callable[[], int]) -> None:
    """Run ``work``, which returns how many requests it sent; print the figures as one JSON line."""
    started = time.perf_counter()
    requests = work()
    wall = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,  # Linux counts in KiB
        "requests": requests,
    }
    print(json.dumps(figures))
