"""The languages of reports: English, which the code is written in, and gettext's catalogues."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, reduce
from importlib import resources
from zoneinfo import ZoneInfo

from backup_auditor.speech.phrase import Phrase, Value, filled, phrase, places
from backup_auditor.values import parts_of_duration

LANGUAGES = {"en": "", "zh-CN": "zh_CN"}
"""Language, as a policy and the Web write it (BCP 47), and the folder of its catalogue."""

_UNITS = {
    "d": phrase("{n} d", n=""),
    "h": phrase("{n} h", n=""),
    "min": phrase("{n} min", n=""),
    "s": phrase("{n} s", n=""),
}
_WEEKDAYS = (
    *(phrase("Mon"), phrase("Tue"), phrase("Wed"), phrase("Thu"), phrase("Fri")),
    *(phrase("Sat"), phrase("Sun")),
)


@dataclass(frozen=True, slots=True)
class Language:
    """One language, and how texts, lists, durations and instants are said in it."""

    code: str
    """Such as ``zh-CN``, for ``lang`` in HTML."""
    _catalogue: gettext.NullTranslations = field(repr=False, compare=False)

    def of(self, text: str) -> str:
        """Say a phrase in this language; a text that is no phrase stays as it is."""
        if not isinstance(text, Phrase):
            return text
        if self.code == "en":
            return str.__str__(text)
        message = self._message(text)
        if not set(places(message)) <= text.values.keys():
            return str.__str__(text)  # only a forged snapshot says such a phrase
        return filled(message, text.values, self.value)

    def say(self, message: str, /, **values: Value) -> str:
        """Say a message of the code; see ``phrase``."""
        return filled(self.message(message), values, self.value)

    def count(self, one: str, many: str, n: int, /, **values: Value) -> str:
        """Say how many; see ``phrases``."""
        return filled(self.message(one, many, n), {"n": n, **values}, self.value)

    def message(self, one: str, many: str = "", n: int = 0) -> str:
        """Return a message in this language, for those who fill in its values themselves."""
        return self._catalogue.ngettext(one, many, n) if many else self._catalogue.gettext(one)

    def value(self, value: Value) -> str:
        """Say one value of a phrase."""
        match value:
            case str():
                return self.of(value)
            case timedelta():
                return self.duration(value)
            case int():
                return f"{value:,}"
            case _:
                return self.listed(value)

    def duration(self, span: timedelta) -> str:
        """Say a duration with its two largest units: ``3 d 4 h``; see ``say_duration``."""
        parts = parts_of_duration(span)
        return " ".join(self.say(_UNITS[unit].message, n=str(n)) for n, unit in parts)

    def listed(self, texts: Sequence[str]) -> str:
        """Say texts in one line: ``a, b, c``."""
        said = [self.of(text) for text in texts]
        if not said:
            return ""
        return reduce(lambda a, b: self.say("{first}, {second}", first=a, second=b), said)

    def instant(self, instant: datetime, zone: ZoneInfo) -> str:
        """Say an instant in ``zone``: ``Fri 2026-11-20 03:12 CST``."""
        local = instant.astimezone(zone)
        return self.say(
            "{weekday} {date} {time}",
            weekday=_WEEKDAYS[local.weekday()],
            date=str(local.date()),
            time=local.strftime("%H:%M %Z"),
        )

    def _message(self, text: Phrase) -> str:
        n = text.values["n"] if text.many else 0
        return self.message(text.message, text.many, n if isinstance(n, int) else 0)


ENGLISH = Language("en", gettext.NullTranslations())


@cache
def language(code: str) -> Language:
    """Return a language of LANGUAGES; English for one that is not known."""
    folder = LANGUAGES.get(code)
    if not folder:
        return ENGLISH
    catalogue = resources.files("backup_auditor.speech") / "catalogue" / folder
    with (catalogue / "LC_MESSAGES" / "backup_auditor.mo").open("rb") as compiled:
        return Language(code, gettext.GNUTranslations(compiled))
