"""The fields of a JSON object that may come from anybody: there, of the right type, and no others.

A message never repeats a text of the file at length, and never unescaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Never, TypeVar

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_MOST = 10**19
"""Above all sizes and counts; larger numbers cannot be said or compared with a float."""
_LONGEST_QUOTE = 60
_LONGEST_LINE = 1000
_ZERO = timedelta(0)
_SURROGATE = re.compile(rb"\\u[dD]")
_YEARS = range(1900, 2201)  # what every time zone and every rule can calculate with


class FieldError(Exception):
    """An object is not what it should be; says where, what was found and what is allowed."""


def parse(data: bytes, what: str = "the line") -> Fields:
    """Read ``what`` as a JSON object; raises FieldError."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        if _SURROGATE.search(data):  # may stand alone: legal in JSON, and in nothing that we write
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise FieldError(f"{what} is not UTF-8") from None
    except (ValueError, RecursionError):
        raise FieldError(f"{what} is not JSON") from None
    return Fields(value)


class Fields:
    """One JSON object. Each reader takes a field away; ``end`` refuses what is left."""

    __slots__ = ("_left",)

    def __init__(self, value: object) -> None:
        """Take any JSON value; raises FieldError for what is no object."""
        if not isinstance(value, dict):
            raise FieldError(f"an object is expected, found {_quoted(value)}")
        self._left: dict[str, Any] = dict(value)

    def optional(self, name: str, read: Callable[[str], T]) -> T | None:
        """Return what ``read`` makes of a field; None for null."""
        if self._left.get(name, name) is None:
            return self._take(name)  # type: ignore[no-any-return]  # it is None
        return read(name)

    def given(self, name: str, read: Callable[[str], T], otherwise: T) -> T:
        """Return what ``read`` makes of a field; ``otherwise`` where it is null or missing."""
        return otherwise if self._left.get(name) is None else read(name)

    def missing(self, name: str, read: Callable[[str], T]) -> T | None:
        """Return what ``read`` makes of a field; None for null, and where it is missing."""
        return self.optional(name, read) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Return whether a field is there that need not be."""
        return name in self._left

    def value(self, name: str) -> object:
        """Return anything."""
        return self._take(name)

    def text(self, name: str) -> str:
        """Return a text."""
        value = self._take(name)
        if not isinstance(value, str):
            raise _wrong(name, value, "a text")
        return value

    def line(self, name: str) -> str:
        """Return a text of one line, in which nothing moves a cursor or turns the direction."""
        value = self.text(name)
        if not value.isprintable() or len(value) > _LONGEST_LINE:
            raise _wrong(name, value, f"one line of at most {_LONGEST_LINE} printable characters")
        return value

    def number(self, name: str) -> int:
        """Return a number that counts or measures."""
        value = self._take(name)
        if type(value) is not int or not 0 <= value < _MOST:  # a bool is an int as well
            raise _wrong(name, value, "a whole number from 0")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise _wrong(name, value, "true or false")
        return value

    def instant(self, name: str) -> datetime:
        """Return an instant in UTC."""
        value = self._take(name)
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise _wrong(name, value, "an instant such as 2026-11-24T06:00:00Z") from None
        if instant.utcoffset() != _ZERO or instant.year not in _YEARS:
            raise _wrong(name, value, "an instant in UTC, of the years 1900 to 2200")
        return instant.replace(tzinfo=UTC)

    def day(self, name: str) -> date:
        """Return a day."""
        value = self._take(name)
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise _wrong(name, value, "a day such as 2026-11-24") from None
        if day.year not in _YEARS:
            raise _wrong(name, value, "a day of the years 1900 to 2200")
        return day

    def word(self, name: str, words: type[E]) -> E:
        """Return one of a closed set."""
        value = self._take(name)
        try:
            return words(value)
        except ValueError:
            raise _wrong(name, value, f"one of {', '.join(words)}") from None

    def items(self, name: str) -> Sequence[object]:
        """Return a list of anything."""
        value = self._take(name)
        if not isinstance(value, list):
            raise _wrong(name, value, "a list")
        return value

    def each(self, name: str, read: Callable[[Fields], T]) -> Iterator[T]:
        """Yield what ``read`` makes of each object of a list; an error says which one it is."""
        for number, value in enumerate(self.items(name)):
            try:
                yield read(Fields(value))
            except FieldError as error:
                raise FieldError(f"{name}[{number}]: {error}") from None

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return a list of numbers that count or measure."""
        values = self.items(name)
        numbers = tuple(v for v in values if type(v) is int and 0 <= v < _MOST)
        if len(numbers) != len(values):
            raise _wrong(name, values, "a list of whole numbers from 0")
        return numbers

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self.items(name)
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) != len(values):
            raise _wrong(name, values, "a list of texts")
        return texts

    def mapping(self, name: str) -> dict[str, str]:
        """Return texts by name."""
        value = self._take(name)
        texts = value.values() if isinstance(value, dict) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise _wrong(name, value, "an object of texts")
        return dict(value)

    def fields(self, name: str) -> Fields:
        """Return an object."""
        return Fields(self._take(name))

    def end(self) -> None:
        """Refuse a field that nobody took."""
        for name in self._left:
            raise FieldError(f"the field {_quoted(name)} is not known")

    def _take(self, name: str) -> Any:
        try:
            return self._left.pop(name)
        except KeyError:
            raise FieldError(f"the field {name!r} is missing") from None


def _wrong(name: str, value: object, allowed: str) -> FieldError:
    return FieldError(f"the field {name!r} is {_quoted(value)}; allowed: {allowed}")


def _quoted(value: object) -> str:
    text = ascii(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."


def _no_constant(name: str) -> Never:
    raise ValueError(name)
