"""JSON values with long lists in columns, and back: the same values in a fifth of the bytes.

A document is mostly a list of resources that look alike. Row by row each key and each word stands
there thousands of times; in columns a compressor sees values beside their like, and there is much
less text to read. Nothing is known here of what the values mean, and nothing is lost.

A list of ``n`` values, or an object with as many keys, becomes ``{"rows": n, "column": ...}``, the
object with ``"names"`` as well; shorter ones stay as they are. A column is the list of its values,
or one of these objects:

* ``{"all": value}``: each of them is that;
* ``{"values": [...], "letters": "aab"}``: for each of them the letter of one of few values;
* ``{"there": "101", "column": ...}``: null where a 0 stands, the others are in the column;
* ``{"keys": {"id": ..., "name": ...}}``: objects with the same keys, a column for each;
* ``{"places": [..., ...]}``: lists of one length, a column for each place;
* ``{"lengths": ..., "column": ...}``: lists, one after the other;
* ``{"lengths": ..., "steps": [5, 2, -1]}``: lists of whole numbers: 5, 7 and 6.

An object that has a key ``rows`` of its own becomes ``{"rows": 0, "object": ...}``.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any

MOST_CELLS = 40_000_000
"""Values in all columns: 100,000 resources with all their checks have a quarter of it."""
_FEWEST = 8
"""Rows that are worth a table."""
_LETTERS = string.ascii_letters + string.digits + "+-"
_WORDS = frozenset({str, int, bool, type(None)})
_DEEPEST = 40
Column = list[Any] | dict[str, Any]


def pack(value: Any) -> Any:
    """Return JSON values with their long lists and objects in columns."""
    if isinstance(value, list):
        return _table(value) if len(value) >= _FEWEST else [pack(one) for one in value]
    if not isinstance(value, dict):
        return value
    values = list(value.values())
    if len(values) >= _FEWEST and _alike(values):
        return {"names": list(value), **_table(values)}
    packed = {key: pack(one) for key, one in value.items()}
    return {"rows": 0, "object": packed} if "rows" in value else packed


def unpack(value: Any) -> Any:
    """Return what was packed; raises ValueError where it cannot have been."""
    return _Unpacking().value(value, 0)


def _table(values: list[Any]) -> dict[str, Any]:
    return {"rows": len(values), "column": _column(values)}


def _alike(values: Sequence[Any]) -> bool:
    kinds = set(map(type, values))
    return kinds == {list} or (kinds == {dict} and _same_keys(values))


def _same_keys(rows: Sequence[dict[str, Any]]) -> bool:
    keys = list(rows[0])
    return all(list(row) == keys for row in rows)


def _column(values: list[Any]) -> Column:
    """Return a column, in the first of the forms that it has."""
    kinds = set(map(type, values))
    if kinds <= _WORDS:
        return _words(values, kinds)
    if type(None) in kinds:
        there = "".join("0" if one is None else "1" for one in values)
        return {"there": there, "column": _column([one for one in values if one is not None])}
    if kinds == {dict} and _same_keys(values):
        return {"keys": {key: _column([row[key] for row in values]) for key in values[0]}}
    if kinds == {list}:
        return _lists(values)
    return values


def _words(values: list[Any], kinds: set[type]) -> Column:
    if {bool, int} <= kinds:  # they would be taken for each other
        return values
    found = dict.fromkeys(values)
    if len(found) == 1:
        return {"all": values[0]}
    if len(found) > len(_LETTERS) or 2 * len(found) > len(values):
        return values
    letters = dict(zip(found, _LETTERS, strict=False))
    return {"values": list(found), "letters": "".join(map(letters.__getitem__, values))}


def _lists(values: list[list[Any]]) -> Column:
    lengths = list(map(len, values))
    flat = list(chain.from_iterable(values))
    if flat and set(map(type, flat)) == {int}:
        steps = list(chain.from_iterable(map(_steps, values)))
        return {"lengths": _column(lengths), "steps": steps}
    if flat and lengths[0] < _FEWEST and len(set(lengths)) == 1:
        return {"places": [_column(list(place)) for place in zip(*values, strict=True)]}
    return {"lengths": _column(lengths), "column": _column(flat)}


def _steps(numbers: list[int]) -> Iterator[int]:
    return (number - before for before, number in zip([0, *numbers], numbers, strict=False))


class _Unpacking:
    """Unpacks one value, and counts what comes out: little text may stand for very much."""

    def __init__(self) -> None:
        self._cells = 0

    def value(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("it is too deep")
        if isinstance(value, list):
            return [self.value(one, depth + 1) for one in value]
        if not isinstance(value, dict):
            return value
        if "rows" not in value:
            return {key: self.value(one, depth + 1) for key, one in value.items()}
        if "object" in value:
            inner = _object(value["object"])
            return {key: self.value(one, depth + 1) for key, one in inner.items()}
        return self._table(value, depth)

    def _table(self, table: dict[str, Any], depth: int) -> Any:
        values = self._column(table.get("column"), _count(table["rows"]), depth)
        if "names" not in table:
            return values
        names = _names(table["names"], len(values))
        return dict(zip(names, values, strict=True))

    def _column(self, column: Any, rows: int, depth: int) -> list[Any]:
        self._cells += rows
        if self._cells > MOST_CELLS:
            raise ValueError(f"it holds more than {MOST_CELLS:,} values")
        if depth > _DEEPEST:
            raise ValueError("it is too deep")
        values = column if isinstance(column, list) else self._formed(_object(column), rows, depth)
        if len(values) != rows:
            raise ValueError("a column is not as long as it should be")
        return values

    def _formed(self, column: dict[str, Any], rows: int, depth: int) -> list[Any]:
        match column:
            case {"all": one} if type(one) in _WORDS:
                values = [one] * rows
            case {"values": list(few), "letters": str(letters)}:
                values = _spelled(few, letters)
            case {"there": str(there), "column": inner}:
                values = _placed(there, self._column(inner, there.count("1"), depth + 1))
            case {"keys": dict(keys)} if keys:
                columns = self._columns(keys.values(), rows, depth)
                values = [dict(zip(keys, row)) for row in columns]  # noqa: B905 - there are many
            case {"places": list(places)} if places:
                values = list(map(list, self._columns(places, rows, depth)))
            case {"lengths": _}:
                values = self._lists(column, rows, depth)
            case _:
                raise ValueError("a column has a form that is not known")
        return values

    def _columns(self, columns: Iterable[Any], rows: int, depth: int) -> Iterable[tuple[Any, ...]]:
        """Return the values of several columns, row by row."""
        return zip(*(self._column(one, rows, depth + 1) for one in columns), strict=True)

    def _lists(self, column: dict[str, Any], rows: int, depth: int) -> list[list[Any]]:
        counts = list(map(_count, self._column(column["lengths"], rows, depth + 1)))
        is_steps = "steps" in column
        inner = column.get("steps" if is_steps else "column")
        flat = self._column(inner, sum(counts), depth + 1)
        if is_steps and not set(map(type, flat)) <= {int}:
            raise ValueError("a step is not a whole number")
        ends = list(accumulate(counts))
        parts = (flat[end - count : end] for count, end in zip(counts, ends, strict=True))
        return [list(accumulate(part)) for part in parts] if is_steps else list(parts)


def _placed(there: str, given: list[Any]) -> list[Any]:
    """Return the values at their places, and null between them: usually there are few."""
    values: list[Any] = [None] * len(there)
    place = -1
    for one in given:
        place = there.index("1", place + 1)
        values[place] = one
    return values


def _spelled(values: list[Any], letters: str) -> list[Any]:
    if not set(map(type, values)) <= _WORDS:
        raise ValueError("one of few values is a list or an object")
    known = dict(zip(_LETTERS, values, strict=False))
    try:
        return list(map(known.__getitem__, letters))
    except KeyError:
        raise ValueError("a letter stands for no value") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a column is neither a list nor an object")  # noqa: TRY004 - as below
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_CELLS:  # a bool is an int as well
        raise ValueError("a number of values is not one")
    return value


def _names(value: Any, rows: int) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("the names of an object are not texts")
    if not len(value) == len(set(value)) == rows:
        raise ValueError("the names of an object are not as many as its values")
    return value
