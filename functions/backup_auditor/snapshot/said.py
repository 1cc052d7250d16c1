"""A phrase as JSON, and back: a replay says what was collected in the language of its policy.

Beside the English text stand its message and its values: texts, whole numbers, spans of time
(``{"seconds": 90}``), phrases, and lists of texts and phrases. What is read must give the English
text again, so it can say nothing else; whether a catalogue knows the message is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from backup_auditor.fields import FieldError, Fields
from backup_auditor.speech import Phrase, phrase, phrases
from backup_auditor.speech.phrase import Value, places

_DEEPEST = 5
"""Phrases in phrases."""
_LONGEST = 1_000
"""Above all messages of the code, which are remembered once they are said."""
_LARGEST = 10**12
"""Above all numbers and seconds that are said."""


def said_row(text: str) -> dict[str, Any]:
    """Return ``said`` for a row with ``text``: nothing for a plain text, or for an odd phrase."""
    if not isinstance(text, Phrase):
        return {}
    row = {"said": _phrase_row(text)}
    try:
        said_of(Fields(json.loads(json.dumps(row))), text)
    except FieldError:  # the English text alone is better than a file that nobody can read
        return {}
    return row


def said_of(row: Fields, text: str) -> str:
    """Read ``said`` of a row with ``text``; without it, ``text`` is all there is."""
    if not row.has("said"):
        return text
    found = _phrase_of(row.fields("said"), _DEEPEST)
    if found != text:
        raise FieldError("the field 'said' says something else than the text beside it")
    return found


def _phrase_row(text: Phrase) -> dict[str, Any]:
    values = {name: _value_row(text.values[name]) for name in _names(text.message, text.many)}
    return {"message": text.message, "many": text.many, "values": values}


def _value_row(value: Value) -> object:
    match value:
        case Phrase():
            return _phrase_row(value)
        case str() | int():
            return value
        case timedelta():
            return {"seconds": int(value.total_seconds())}
        case _:
            return [_value_row(text) for text in value]


def _phrase_of(row: Fields, depth: int) -> Phrase:
    message, many, given = row.text("message"), row.text("many"), row.fields("values")
    row.end()
    if depth == 0:
        raise FieldError("the field 'said' is nested too deeply")
    if not message:
        raise FieldError("the field 'message' is empty")
    if max(len(message), len(many)) > _LONGEST:
        raise FieldError(f"a message in 'said' is longer than {_LONGEST} characters")
    for one in (message, many):  # a text that grows with each phrase in it would fill the memory
        if len(set(places(one))) != len(places(one)):
            raise FieldError("the field 'said' has a value in two places")
    values = {name: _value_of(given.value(name), depth - 1) for name in _names(message, many)}
    given.end()
    if not many:
        return phrase(message, **values)
    number = values["n"]
    if not isinstance(number, int):
        raise FieldError("the field 'n' is no number")
    return phrases(message, many, number, **values)


def _names(message: str, many: str) -> Iterator[str]:
    """Return the names of all values that the messages need, each once."""
    counted = ["n"] if many else []
    return iter(dict.fromkeys([*counted, *places(message), *places(many)]))


def _value_of(value: object, depth: int) -> Value:
    if isinstance(value, list):
        return [_text_of(text, depth) for text in value]
    if isinstance(value, dict) and "seconds" in value:
        span = Fields(value)
        seconds = _whole(span.value("seconds"))
        span.end()
        return timedelta(seconds=seconds)
    return _text_of(value, depth) if isinstance(value, str | dict) else _whole(value)


def _text_of(value: object, depth: int) -> str:
    return value if isinstance(value, str) else _phrase_of(Fields(value), depth)


def _whole(value: object) -> int:
    if type(value) is not int or abs(value) >= _LARGEST:  # a bool is an int as well
        raise FieldError("a value in 'said' is neither a text nor a whole number that can be said")
    return value
