"""What providers listed in one audit, as evidence: policies, resources, and every backup.

A year of audits lists each backup many times over. So the evidence of one audit may rest on that of
an earlier one, and then holds what is different; after two weeks of audits comes one that rests on
none. Pure: nothing here knows where evidence lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backup_auditor.model import Backup, History, Orphan, Resource, Restorable

Key = tuple[str, str, str, str]
"""Source, account, region, id: what tells resources apart, and their order."""

MOST_BASES = 13
"""How many evidences one may rest on: it is rebuilt from fourteen at most."""


@dataclass(frozen=True, slots=True)
class Base:
    """The evidence that another one rests on."""

    key: str
    digest: str
    bases: int
    """How many others it rests on itself."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the evidence of one audit is of."""

    set: str
    run: str
    scheduled_at: datetime
    collected_at: datetime
    """When collecting began. Later than the audit began where the run was repeated."""
    is_partial: bool
    version: str
    policy_digest: str
    policies: tuple[tuple[str, str], ...]
    """Name and text of each policy file."""
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A resource, and its backups as the provider listed them."""

    resource: Resource
    backups: tuple[Backup, ...] = ()
    """Newest first (``History``)."""
    unread: str = ""
    """Why they could not be read; empty when they were."""
    copies: tuple[Backup, ...] | None = None
    """See ``History``; None where they are not told."""
    restorable: Restorable | None = None
    """See ``History``; None where it is not told."""

    @classmethod
    def of(cls, history: History) -> Listed:
        """Return what a source told of a resource."""
        copies, restorable = history.copies, history.restorable
        return cls(history.resource, history.backups, copies=copies, restorable=restorable)


@dataclass(frozen=True, slots=True)
class CopiesChanged:
    """Positions of the copies of the base that are gone, and others."""

    gone: tuple[int, ...]
    added: tuple[Backup, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What is different from the base: positions of its backups that are gone, and others."""

    key: Key
    resource: Resource | None
    """None where it is as before."""
    gone: tuple[int, ...]
    added: tuple[Backup, ...]
    copies: CopiesChanged | None = None
    """None where they are not told, whatever the base tells."""
    restorable: Restorable | None = None
    """As it is now."""


Entry = Listed | Changed | Orphan


def key_of(resource: Resource) -> Key:
    """Return what tells ``resource`` from all others."""
    return (resource.source, resource.account, resource.region, resource.id)


def entry_key(entry: Listed | Changed) -> Key:
    """Return the key of the resource of ``entry``."""
    return entry.key if isinstance(entry, Changed) else key_of(entry.resource)
