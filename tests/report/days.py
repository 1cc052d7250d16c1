"""Reports with a past: what became new, worse, resolved, or vanished since the audits before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

from backup_auditor.fingerprint import of_check
from backup_auditor.judge import unread
from backup_auditor.memory import Memory, compare
from backup_auditor.model import (
    Assessment,
    Audit,
    Changes,
    Gap,
    GapReason,
    ScopeResult,
    Vanished,
)
from backup_auditor.report.build import build
from backup_auditor.report.model import Report

from tests.builders import NOW, failed, resource, succeeded
from tests.report import samples
from tests.report.samples import HOSTILE, POLICIES, SCOPE, apart, assessed, daily

GAP = Gap("ucloud.uredis", "org-test", "sg", GapReason.REFUSED, "may not")
_SHRUNK = (succeeded("1h", 1 << 20), *daily())


def after(*days: Sequence[Assessment], gaps: tuple[Gap, ...] = ()) -> Report:
    """Return the report of the last of some daily audits; the gaps are its own."""
    memory: Memory | None = None
    audit: Audit | None = None
    for back, assessments in zip(reversed(range(len(days))), days, strict=True):
        own = samples.report(*assessments, gaps=() if back else gaps).audit
        at = NOW - timedelta(days=back)
        run = replace(own.run, id=f"run-{back}", started_at=at, finished_at=at)
        found = compare(memory, replace(own, run=run if back else own.run))
        audit, memory = replace(own, changes=found.changes), found.memory
    assert audit
    return build(audit)


def good(name: str) -> Assessment:
    """Return a resource that is backed up every day."""
    return assessed(name, *daily(), id=f"id-{name}")


def bad(name: str) -> Assessment:
    """Return the same resource where it was never backed up."""
    return assessed(name, id=f"id-{name}")


def small(name: str) -> Assessment:
    """Return the same resource where its last backup is too small."""
    return assessed(name, *_SHRUNK, id=f"id-{name}")


def worse(name: str) -> Assessment:
    """Return the same resource where its last backup failed, too."""
    return assessed(name, failed("30m"), *_SHRUNK, id=f"id-{name}")


def hidden(name: str) -> Assessment:
    """Return the same resource where its backups cannot be read."""
    return unread(resource(f"id-{name}", name=name), "a time-out", POLICIES)


def changed() -> Report:
    """Two new, one worse, two ongoing of which one flaps; two resolved; one gone, one there."""
    old = [
        *(bad("prod-old"), bad("prod-back"), hidden("prod-seen"), small("prod-worse")),
        *(good("prod-new"), good("prod-both"), good("prod-gone"), good("prod-fine")),
    ]
    now = [
        *(bad("prod-old"), good("prod-back"), good("prod-seen"), worse("prod-worse")),
        *(bad("prod-new"), small("prod-both"), good("prod-fine"), good("prod-added")),
    ]
    turns = [bad("prod-flap") if n % 2 else good("prod-flap") for n in range(5)]
    flapping = [*turns, bad("prod-flap"), bad("prod-flap")]
    before = [[one, *old] for one in flapping[:-1]]
    return after(*before, [flapping[-1], *now], gaps=(GAP,))


def unchanged() -> Report:
    """One that fails as it did the day before, and one that is fine."""
    day = [bad("prod-old"), good("prod-fine")]
    return after(day, day)


def hostile_changed() -> Report:
    """Names that want to be something else are resolved, and vanish."""
    over = [assessed(name, id=f"h-{n}") for n, name in enumerate(HOSTILE)]
    fine = [assessed(name, *daily(), id=f"h-{n}") for n, name in enumerate(HOSTILE)]
    gone = [assessed(name, id=f"{name}-{n}") for n, name in enumerate(HOSTILE)]
    return after(list(apart([*over, *gone])), fine)


@cache
def many_changed(number: int = 20_000) -> Report:
    """As many are resolved as have vanished, with long hostile names."""
    name = "<script>&'\"" * 25
    well, new = good("x"), bad("prod-new")
    fine = [_called(well, f"r-{n}", f"{name}{n}") for n in range(number)]
    day = NOW - timedelta(days=1)
    changes = Changes(
        *("run-1", day),
        new=tuple(of_check(new.resource, check.rule) for check in new.findings),
        resolved=tuple(of_check(one.resource, "size_drift") for one in fine),
        vanished=tuple(Vanished(SCOPE, f"v-{n}", f"{name}{n}", day) for n in range(number)),
    )
    audit = samples.report(new).audit
    results = (ScopeResult(SCOPE, (*fine, new)),)
    return build(replace(audit, results=results, changes=changes))


def _called(assessment: Assessment, id_: str, name: str) -> Assessment:
    return replace(assessment, resource=replace(assessment.resource, id=id_, name=name))


ALL: dict[str, Callable[[], Report]] = {
    "changed": changed,
    "unchanged": unchanged,
    "hostile-changed": hostile_changed,
}
