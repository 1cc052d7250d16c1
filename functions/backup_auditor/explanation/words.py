"""How an explanation says places, times, texts of strangers, and what it leaves out.

Names and values of settings stay as a policy writes them, whatever the language.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from backup_auditor.model import BackupKind, Place
from backup_auditor.policy.model import Origin, Policy
from backup_auditor.report.words import both, printable
from backup_auditor.rules import Moment
from backup_auditor.speech import Language, phrase

KINDS = {
    BackupKind.AUTOMATIC: phrase("automatic"),
    BackupKind.MANUAL: phrase("manual"),
    BackupKind.UNKNOWN: phrase("unknown"),
}
_LONGEST_PLACE, _LONGEST_TEXT = 300, 400


def more(number: int, most: int, language: Language) -> Iterator[str]:
    """Say how many of ``number`` are left out when ``most`` are shown."""
    if number > most:
        yield "  " + language.say("... and {number} more", number=number - most)


def when(instant: datetime, moment: Moment, language: Language) -> str:
    """Say an instant absolutely, and as seen now."""
    return both(instant, moment.now, moment.timezone, language)


def setting(name: str, value: str, origin: str, language: Language) -> str:
    """Say a setting as it is written, and where."""
    return language.say("{name}: {value} ({origin})", name=name, value=value, origin=origin)


def origin_of(origin: Origin | None, policy: Policy | None, language: Language) -> str:
    """Say where something was written, and by which policy if not by the governing one."""
    if origin is None:
        return language.say("by default")
    place = place_of(origin.place)
    if not origin.policy:
        return language.say("{place}, defaults", place=place)
    if policy and origin.policy == policy.name:
        return place
    return language.say("{place}, policy {policy}", place=place, policy=printable(origin.policy))


def place_of(place: Place) -> str:
    """Say a place as editors understand it."""
    return printable(str(place), _LONGEST_PLACE)


def told(text: str) -> str:
    """Return a text of strangers on one line, without a full stop."""
    return printable(text, _LONGEST_TEXT).rstrip(".。")


def sentence_of(text: str, language: Language) -> str:
    """Return a text of strangers as a sentence."""
    clean = told(text)
    return language.say("{text}.", text=f"{clean[:1].upper()}{clean[1:]}")
