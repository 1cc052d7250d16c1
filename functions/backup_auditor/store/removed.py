"""Audits of which nothing is left: old ones are removed, and are named together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from backup_auditor.evidence.days import Span


@dataclass(frozen=True, slots=True)
class Left:
    """One audit of a range, and what is left of it."""

    day: date
    evidence: str
    """Key of its evidence, whether it has some or not."""
    is_partial: bool
    is_gone: bool
    """Its link has files, and none of them is there."""


def stretches(audits: Sequence[Left]) -> Iterator[tuple[bool, str]]:
    """Yield whether it is at the beginning, and a sentence, for gone ones that follow each other.

    ``audits`` are in the order in which they were due.
    """
    is_beginning = True
    for is_gone, each in groupby(audits, lambda audit: audit.is_gone):
        if is_gone:
            days = [audit.day for audit in each]
            yield is_beginning, f"{Span(days[0], days[-1])}: all files of {counted(days)} are gone"
        is_beginning = False


def kept_from(audits: Sequence[Left], bases: Mapping[str, str]) -> date | None:
    """Return the first day from which on evidence rests on nothing that is gone; None for none.

    ``bases`` are keys of evidence, and of that which it rests on.
    """
    whole: set[str] = set()
    spoilt: date | None = None
    for audit in audits:
        base = bases.get(audit.evidence)
        if audit.is_gone or (base is not None and base not in whole):
            spoilt = audit.day
            continue
        whole.add(audit.evidence)
        if audit.day != spoilt and not audit.is_partial:
            return audit.day
    return None


def counted(audits: Sequence[object]) -> str:
    """Say how many there are."""
    return "1 audit" if len(audits) == 1 else f"{len(audits)} audits"
