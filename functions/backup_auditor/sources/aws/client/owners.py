"""Whose backup is it: names are given anew after a deletion, the ids that AWS makes are not."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.speech import phrase

_SAME_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """How an inventory and a list of backups name one resource; empty or None: not told."""

    name: str
    """What people call it; it may have belonged to another one before."""
    unique: str = ""
    """What AWS calls it, and nothing else ever."""
    created_at: datetime | None = None


Row = dict[str, Any]


def told_once(
    rows: Iterable[Row], identity: Callable[[Row], Identity]
) -> Generator[SourceError, None, list[Row]]:
    """Return the rows of an inventory, those that a moving list repeats once.

    What has no name, and what has the name or id of another row without being the same, is yielded
    as an error: nobody could say whose the backups are.
    """
    kept: dict[str, Row] = {}
    names: dict[str, str] = {}
    for row in rows:
        one = identity(row)
        if not one.name:
            detail = phrase("a resource of the inventory has no id")
            yield SourceError(GapReason.MALFORMED, detail)
        elif not _is_same(row, kept.setdefault(one.name, row), identity) or (
            one.unique and one.name != names.setdefault(one.unique, one.name)
        ):
            detail = phrase("several resources of the inventory have the id of {id}", id=one.name)
            yield SourceError(GapReason.MALFORMED, detail)
    return list(kept.values())


def _is_same(row: Row, known: Row, identity: Callable[[Row], Identity]) -> bool:
    """Return whether two rows of one name are of one resource: all must be the same without ids."""
    return identity(row) == identity(known) if identity(row).unique else row == known


class Owners:
    """The resources of an inventory, by whatever a backup may tell of them.

    A resource that was deleted and made anew under its name must not inherit the backups of the
    first: they do not hold its data.
    """

    def __init__(self, found: Iterable[Identity]) -> None:
        """``found`` is the whole inventory; the id of a resource is its name."""
        self._by_name = {one.name: one for one in found if one.name}
        self._by_unique = {one.unique: one for one in self._by_name.values() if one.unique}

    def __contains__(self, id_: str) -> bool:
        """Return whether the inventory has the resource."""
        return id_ in self._by_name

    def owner_of(self, told: Identity, taken_at: datetime | None) -> str:
        """Return the id of the resource that a backup belongs to; "" where nothing names it.

        It is in the inventory only if nothing that both tell speaks against it.
        """
        if told.unique in self._by_unique:
            return self._by_unique[told.unique].name
        living = self._by_name.get(told.name)
        if living is None:
            return told.name or told.unique
        if _is_former(told, living, taken_at):
            return told.unique or f"{told.name} (deleted)"
        return living.name


def _is_former(told: Identity, living: Identity, taken_at: datetime | None) -> bool:
    if told.unique and living.unique:
        return True  # else it had been found by that
    if living.created_at is None:
        return False
    if told.created_at and abs(told.created_at - living.created_at) > _SAME_MOMENT:
        return True
    return taken_at is not None and taken_at + _SAME_MOMENT < living.created_at
