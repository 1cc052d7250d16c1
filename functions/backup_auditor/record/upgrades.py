"""How a record of an older format becomes one of the next: one step a format, none forgotten.

A step takes the envelope as plain JSON values and returns that of the next format, ``format``
aside. Records are never written anew: they are read through the steps for as long as they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

_MARK = 4
_BITS = 10
_UNSIZED = dict(zip("amuAMU", "bnvBNV", strict=True))


def _to_2(record: dict[str, Any]) -> dict[str, Any]:
    """Tell the past of resources as format 2 does; records are coded otherwise since then, too.

    In format 1 sizes were steps on a scale, newest first, and all that is listed had marks.
    """
    memory = record["memory"]
    if memory is None or "past" not in memory:
        return record
    return {**record, "memory": {**memory, "past": list(map(_past_of_2, memory["past"]))}}


def _past_of_2(past: dict[str, Any]) -> dict[str, Any]:
    counts, steps, kinds = past["counts"], past["sizes"], past["kinds"]
    if not sum(counts) == len(steps) == len(kinds):
        raise ValueError("the columns differ in length")
    sizes, letters, marks = [], [], []
    cells, old_marks = zip(steps, kinds, strict=True), _marks(past["marks"])
    for count in counts:
        own = list(islice(cells, count))
        grades = _grades(step for step, _ in own)
        sizes.append([_size_of(grade) for grade in reversed(grades)])
        letters += [kind if step is not None else _UNSIZED[kind] for step, kind in own]
        listed = list(islice(old_marks, sum(kind.islower() for _, kind in own)))
        marks.append(listed[0] if listed else "")
    return {**past, "sizes": sizes, "kinds": "".join(letters), "marks": marks}


def _grades(steps: Iterator[int | None]) -> list[int]:
    grades: list[int] = []
    for step in steps:
        if step is not None:
            grades.append(step + (grades[-1] if grades else 0))
    return grades


def _size_of(grade: int) -> int:
    """Return the size of a step on a scale on which equal steps are about equal factors."""
    if not 0 <= grade <= 54 << _BITS:
        raise ValueError("it is no size")
    shift = max(0, (grade >> _BITS) - 1)
    return (grade - (shift << _BITS)) << shift


def _marks(text: str) -> Iterator[str]:
    return (text[place : place + _MARK] for place in range(0, len(text), _MARK))


UPGRADES: Mapping[int, Upgrade] = {1: _to_2}
"""Format -> the step that leads from it to the next. Format 1 is the first that was released."""
