"""What a history tells of all that a source may tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from backup_auditor.model import Fact, History
from backup_auditor.sources import Collected, load_sources

_OF_BACKUPS = {
    Fact.SIZE: "size_bytes",
    Fact.END: "finished_at",
    Fact.ENCRYPTION: "encrypted",
    Fact.CLEANLINESS: "is_clean",
    Fact.LOCK: "locked_until",
}
_OF_RESOURCES = {Fact.AUTO_BACKUP: "auto_backup", Fact.SCHEDULE: "schedule"}
_OF_HISTORIES = {Fact.COPIES: "copies", Fact.RECOVERY: "restorable"}


def told(found: Iterable[Collected]) -> set[Fact]:
    """Return what any of the histories in ``found`` tells."""
    facts: set[Fact] = set()
    for one in found:
        if isinstance(one, History):
            facts |= {f for f, name in _OF_HISTORIES.items() if getattr(one, name) is not None}
            facts |= {f for f, n in _OF_RESOURCES.items() if getattr(one.resource, n) is not None}
            facts |= {
                f for b in one.backups for f, n in _OF_BACKUPS.items() if getattr(b, n) is not None
            }
    return facts


def assert_declared(kind: str, found: Iterable[Collected]) -> None:
    """Let no source tell what it does not declare: ``validate`` would warn of nothing."""
    undeclared = told(found) - load_sources()[kind].tells
    assert not undeclared, f"{kind} tells more than TELLS: {undeclared}"


def without(fact: Fact, history: History) -> History:
    """Return ``history`` as of a source that does not tell ``fact``."""
    if fact in _OF_HISTORIES:
        silenced: History = _silenced(history, _OF_HISTORIES[fact])
        return silenced
    if fact in _OF_RESOURCES:
        return replace(history, resource=_silenced(history.resource, _OF_RESOURCES[fact]))
    return History.of(
        history.resource,
        [_silenced(one, _OF_BACKUPS[fact]) for one in history.backups],
        copies=history.copies,
        restorable=history.restorable,
    )


def _silenced(noun: Any, name: str) -> Any:
    return replace(noun, **{name: None})
