"""Ten thousand random tamperings with thirty days of audits: how many of them go unseen.

``python -m tests.bench.tamper [NUMBER [SEED]]`` prints what each kind was and exits 1 if any was
not found. The store is in memory; what verifies is what ``evidence verify`` runs.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from random import Random

from backup_auditor.store.verifying import verify

from tests.evidence.past import SET, calendar, days, pieces
from tests.evidence.tampering import tamper
from tests.store.memory import MemoryStore

_DAYS = 30


def main(number: int, seed: int) -> int:
    """Tamper so often; return the exit code."""
    whole = pieces(days(_DAYS))
    random = Random(seed)  # noqa: S311 - it is a simulation
    kinds: Counter[str] = Counter()
    unseen: list[str] = []
    began = time.perf_counter()
    for _ in range(number):
        store = MemoryStore(whole)
        said = tamper(store.pieces, random)
        kinds[said.split()[0]] += 1
        if not verify(store, SET, calendar(_DAYS - 1)).problems:
            unseen.append(said)
    seconds = time.perf_counter() - began
    said = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    print(f"{number:,} tamperings with {len(whole)} files ({said}): {len(unseen)} unseen,")
    print(f"{seconds:.0f} s, seed {seed}")
    for one in unseen[:20]:
        print(f"unseen: {one}")
    return 1 if unseen else 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(given + [10_000, 1][len(given) :])))
