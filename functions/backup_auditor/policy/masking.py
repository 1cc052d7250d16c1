"""Sentences about values that may be secrets: they must not repeat them.

Where a value stands under ``sources`` or ``channels`` (or it is not clear where), a sentence that
repeats any of it is replaced by one that does not. Mere words are repeated: they help, and a token
is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from backup_auditor.policy.page import is_harmless

HIDDEN = "it is not shown, for it may be a secret"
_PIECE = 5
_PUBLIC_WORDS = re.compile(r"https?://|env:|file:|ssm:|secretsmanager:")


def repeats(sentence: str, value: Any) -> bool:
    """Return whether ``sentence`` shows ``value``, or a good piece of it, that is no mere word."""
    texts = [_PUBLIC_WORDS.sub("\0", text) for text in _texts(value) if not is_harmless(text)]
    said = _PUBLIC_WORDS.sub("\0", sentence)
    if any(text.strip("\0") in said for text in texts if len(text) > 2):  # noqa: PLR2004
        return True
    pieces = {said[at : at + _PIECE] for at in range(len(said) - _PIECE + 1)}
    joined = "\0".join(texts)
    return any(piece in joined for piece in pieces if "\0" not in piece)


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in ``value``, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
