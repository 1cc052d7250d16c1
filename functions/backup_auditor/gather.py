"""The histories of a few resources, unjudged: for questions about one of them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

from backup_auditor.collect import as_gap, as_source_error
from backup_auditor.errors import SourceError
from backup_auditor.model import Gap, History, Resource
from backup_auditor.outside import Outside
from backup_auditor.run import Plan, Task, at_once, tasks_of
from backup_auditor.sources import Unread, Wanted


@dataclass(slots=True)
class Gathered:
    """What was found, sorted; several resources may have one name."""

    histories: list[History] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    """Resources that are known, but whose backups could not be read."""
    gaps: list[Gap] = field(default_factory=list)
    """Where it was not possible to look: what is wanted may be there as well."""


def gather(plan: Plan, outside: Outside, wanted: Wanted) -> Gathered:
    """Collect the resources that are ``wanted``, and no backups of others; never raises.

    ``plan`` is live (``compose.plan``) or reads a snapshot (``recording.replaying``). Nothing is
    judged, and finding nothing is no gap: the caller says so.
    """
    tasks, gaps = tasks_of(plan)
    found = Gathered(gaps=gaps)
    for part in at_once(tasks, lambda task: _gathered(task, outside, wanted)):
        found.histories += part.histories
        found.unread += part.unread
        found.gaps += part.gaps
    found.histories.sort(key=lambda h: _order(h.resource))
    found.unread.sort(key=lambda u: _order(u.resource))
    found.gaps.sort(key=lambda g: (g.source, g.account, g.region, g.reason, g.detail))
    return found


def called(word: str) -> Wanted:
    """Return what wants the resources whose id or name is ``word``."""
    return lambda resource: word in {resource.id, resource.name}


def _gathered(task: Task, outside: Outside, wanted: Wanted) -> Gathered:
    found = Gathered()
    try:
        outside.check_deadline()
        with closing(task.source.collect(task.scope, wanted, orphans=False)) as items:
            for item in items:
                if isinstance(item, History):
                    found.histories.append(item)
                elif isinstance(item, Unread):
                    found.unread.append(item)
                elif isinstance(item, SourceError):
                    found.gaps.append(as_gap(item, task.scope))
    except Exception as error:  # noqa: BLE001 - whatever it is, the scope must show up as a gap
        found.gaps.append(as_gap(as_source_error(error), task.scope))
    return found


def _order(resource: Resource) -> tuple[str, str, str, str]:
    return (resource.source, resource.account, resource.region, resource.id)
