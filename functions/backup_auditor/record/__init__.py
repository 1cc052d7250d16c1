"""What is remembered of an audit, and how it is written down: pure, whatever store it goes to.

A record is the JSON contract of one audit in an envelope, compressed. It is written once and never
changed. Beside it lie the evidence (what the providers listed) and a receipt for each channel; for
each set of policies there are a pointer to its latest record, and a chain of links that say what
each run left. What cannot be read is ``Damaged``: a value, because an audit must not end over it,
and must not take it for "nothing was there" either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backup_auditor.model import Delivery


@dataclass(frozen=True, slots=True)
class Occasion:
    """One run of a set of policies. A repeated invocation has the same."""

    run: str
    """Id of the run."""
    scheduled_at: datetime
    """The instant that the run was due, to the second; when it was started if by hand."""


@dataclass(frozen=True, slots=True)
class Record:
    """One audit."""

    document: Mapping[str, Any]
    """The JSON contract."""
    scheduled_at: datetime
    """See ``Occasion``."""
    is_partial: bool
    """Only selected resources were looked at: others are not gone."""
    memory: Mapping[str, Any] | None = None
    """What the next audit is held against (``memory.fields``); None where nothing is kept."""

    @property
    def occasion(self) -> Occasion:
        """Return the run that it is of."""
        return Occasion(self.document["run"]["id"], self.scheduled_at)

    @property
    def started_at(self) -> datetime:
        """When the audit looked at the world."""
        return datetime.fromisoformat(self.document["run"]["started_at"])


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which record of a set is the latest."""

    run: str
    key: str
    started_at: datetime
    digest: str
    """``sha256:`` and a hex digest of the record as it lies in the store."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one channel in one run."""

    delivery: Delivery
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Says that one invocation of a run is sending through a channel, and others must wait."""

    until: datetime
    """When its turn ends, whatever became of it."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain of a set: what a run left, and the link that was written before it.

    The chain is in the order of writing, and that is the order in which runs ended. A link is
    created under its number and never changed, so of two runs that end at once one is after the
    other. A run whose files change later (it was repeated, and sent what it could not send) gets
    another link: its last one counts.
    """

    number: int
    """From 1, without a hole."""
    previous: str
    """Digest of the link before, as it lies in the store; empty for the first."""
    occasion: Occasion
    started_at: datetime
    written_at: datetime
    is_partial: bool
    policy_digest: str
    version: str
    files: Mapping[str, str]
    """Every file of the run, by its path below the run's folder -> its digest."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """Something that should be there and cannot be used."""

    key: str
    what: str
    """What is wrong with it, for people."""

    def __str__(self) -> str:
        """Return a sentence."""
        return f"{self.key}: {self.what}"
