"""How an explanation says places, texts of strangers, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from backup_auditor.model import Place
from backup_auditor.policy.model import Origin, Policy
from backup_auditor.report.words import printable

_LONGEST_PLACE, _LONGEST_TEXT = 300, 400


def more(number: int, most: int) -> Iterator[str]:
    """Say how many of ``number`` are left out when ``most`` are shown."""
    if number > most:
        yield f"  ... and {number - most:,} more"


def origin_of(origin: Origin | None, policy: Policy | None) -> str:
    """Say where something was written, and by which policy if not by the governing one."""
    if origin is None:
        return "by default"
    if not origin.policy:
        return f"{place_of(origin.place)}, defaults"
    if policy and origin.policy == policy.name:
        return place_of(origin.place)
    return f"{place_of(origin.place)}, policy {printable(origin.policy)}"


def place_of(place: Place) -> str:
    """Say a place as editors understand it."""
    return printable(str(place), _LONGEST_PLACE)


def told(text: str) -> str:
    """Return a text of strangers on one line, without a full stop."""
    return printable(text, _LONGEST_TEXT).rstrip(".")


def sentence_of(text: str) -> str:
    """Return a text of strangers as a sentence."""
    clean = told(text)
    return f"{clean[:1].upper()}{clean[1:]}."
