"""A text in English that knows its message and its values, so that it can be said again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TypeAlias

from backup_auditor.values import say_duration

Value: TypeAlias = "str | int | timedelta | Sequence[str]"
"""What a phrase may be about. Whole numbers are grouped (``1,234``); several texts are a list."""

_PLACE = re.compile(r"\{([a-z_]+)\}")


class Phrase(str):
    """The English text; ``message``, ``many`` and ``values`` are what it was made of.

    It is a plain text wherever nobody asks: in logs, errors, comparisons and JSON. Whatever is
    done to it (``+``, ``strip``, an f-string) gives a plain text again, so parts are put together
    by another phrase that has them as values.
    """

    __slots__ = ("many", "message", "values")
    message: str
    """The English message, with ``{names}`` in the places of its values."""
    many: str
    """The message for another number than one; empty where there is no number."""
    values: Mapping[str, Value]


def phrase(message: str, /, **values: Value) -> Phrase:
    """Return ``message`` with its values in their places; one that is missing raises KeyError."""
    return _made(message, "", values)


def phrases(one: str, many: str, n: int, /, **values: Value) -> Phrase:
    """Return ``one`` or ``many``, by the number ``n``, which is the value ``{n}`` of both."""
    return _made(one, many, {"n": n, **values})


def _made(one: str, many: str, values: Mapping[str, Value]) -> Phrase:
    message = many if many and values["n"] != 1 else one
    made = Phrase(filled(message, values, in_english))
    made.message, made.many, made.values = one, many, values
    return made


def filled(message: str, values: Mapping[str, Value], say: Callable[[Value], str]) -> str:
    """Say ``values`` in their places; what stands in a value is never looked at again."""
    text, names = _form(message)
    return text % tuple([say(values[name]) for name in names])


@lru_cache(4096)  # more than the code and its catalogues have; each is said very often
def _form(message: str) -> tuple[str, tuple[str, ...]]:
    """Return ``message`` with ``%s`` in its places, and the names of the places in order."""
    return _PLACE.sub("%s", message.replace("%", "%%")), tuple(_PLACE.findall(message))


def places(message: str) -> tuple[str, ...]:
    """Return the names in ``message``, in their order."""
    return _form(message)[1]


def in_english(value: Value) -> str:
    """Say one value in English."""
    match value:
        case str():
            return value
        case timedelta():
            return say_duration(value)
        case int():
            return f"{value:,}"
        case _:
            return ", ".join(value)
