"""What is left in English in a text that is said in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Za-z]{2,}(?:['-][A-Za-z]+)*")
# Names that are written so in every language: variables, references, addresses, code, units.
_NAMES = re.compile(
    r"https?://\S*|[A-Z]+_[A-Z_]+|(?:env|file|ssm|secretsmanager):\S*|\b[\w.-]+\.(?:py|yaml):\d+"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?:UCloud|RetCode|HTTP|JSON|ID|API)\b"
)


def english_words(text: str, data: Iterable[str] = ()) -> list[str]:
    """Return the English words of ``text``, without names and without whole words of ``data``."""
    known = "|".join(re.escape(word) for word in sorted(data, key=len, reverse=True))
    if known:
        text = re.sub(rf"(?<![A-Za-z])(?:{known})(?![A-Za-z])", "·", text)
    return _WORD.findall(_NAMES.sub("·", text))
