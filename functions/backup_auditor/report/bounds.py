"""What is left of Jinja's filters: each looks at a clock, and none makes much out of little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from jinja2 import pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.nodes import EvalContext
from jinja2.runtime import Undefined, markup_join, str_join

_LONGEST_TEXT = 1_000_000
"""Characters that an expression may give."""
_MOST_ITEMS = 1_000_000
_LISTS = (list, tuple, dict)
_ON_TEXTS = (
    "capitalize",
    "e",
    "escape",
    "lower",
    "title",
    "trim",
    "truncate",
    "upper",
    "urlencode",
)
_ON_LISTS = (
    *("count", "first", "groupby", "last", "length", "list", "map", "max", "min", "reject"),
    *("rejectattr", "reverse", "select", "selectattr", "sort", "sum", "unique"),
)
_ON_ANYTHING = ("abs", "d", "default", "float", "int", "round")
JINJA_FILTERS = sorted((*_ON_TEXTS, *_ON_LISTS, *_ON_ANYTHING, "join", "replace", "safe", "string"))
"""The filters of Jinja that are left; ``safe`` only takes what a template has made itself."""


class Beyond(Exception):  # noqa: N818 - reads as a sentence
    """A template takes more time or gives more text than it may."""


class Clock:
    """The time that one document may take."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        """Begin now."""
        self._monotonic = monotonic
        self._seconds = seconds
        self._end = monotonic() + seconds

    def look(self) -> None:
        """Raise Beyond when the time is up."""
        if self._monotonic() > self._end:
            raise Beyond(f"it takes longer than {self._seconds:g} s")


def bound(size: int, most: int = _LONGEST_TEXT) -> None:
    if size > most:
        raise Beyond(f"it gives more than {most:,} characters")


def _text(value: Any) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises, and says which name it is; an `if` without `else` is empty
    if not isinstance(value, str | int | float):
        raise SecurityError(f"a {type(value).__name__} is no text")
    return value if isinstance(value, str) else str(value)


def filters(clock: Clock) -> dict[str, Callable[..., Any]]:
    """Return the filters of Jinja that are left, and those that do the same within bounds."""

    def each(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            clock.look()
            yield value

    on_texts = {name: _looked_after(FILTERS[name], clock, _text) for name in _ON_TEXTS}
    on_others = {
        name: _looked_after(FILTERS[name], clock, lambda value: value)
        for name in (*_ON_LISTS, *_ON_ANYTHING)
    }
    own: dict[str, Callable[..., Any]] = {
        "join": _join,
        "replace": _replace,
        "string": _text,
        "_joined": _joined,
        "_measured": _measured,
    }
    on_all = {name: _looked_after(one, clock, lambda value: value) for name, one in own.items()}
    return {**on_texts, **on_others, **on_all, "_each": each}


def _looked_after(
    made: Callable[..., Any], clock: Clock, checked: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return the filter, which looks at the clock and at what it is given."""
    at = 1 if hasattr(made, "jinja_pass_arg") else 0

    @wraps(made)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        clock.look()
        return made(*args[:at], checked(args[at]), *args[at + 1 :], **kwargs)

    return filtered


@pass_eval_context
def _join(context: EvalContext, values: Iterable[Any], between: str = "") -> str:
    texts = [value if isinstance(value, str) else _text(value) for value in values]
    bound(sum(map(len, texts)) + len(texts) * len(between))
    joined: str = FILTERS["join"](context, texts, between)
    return joined


@pass_eval_context
def _replace(context: EvalContext, value: Any, old: str, new: str) -> str:
    text = _text(value)
    bound(len(text) + text.count(old) * len(new))
    replaced: str = FILTERS["replace"](context, text, old, new)
    return replaced


@pass_eval_context
def _joined(context: EvalContext, values: list[Any]) -> str:
    """Do what ``~`` does."""
    texts = [value if isinstance(value, str) else _text(value) for value in values]
    bound(sum(map(len, texts)))
    return markup_join(texts) if context.autoescape else str_join(texts)


def _measured(value: Any) -> Any:
    """Return a list, tuple or mapping as it is written in a template, unless it holds too much."""
    size = _size(value, {})
    if size > _MOST_ITEMS:
        raise SecurityError(f"a list of lists with more than {_MOST_ITEMS:,} items in all")
    return value


def _size(value: Any, known: dict[int, int]) -> int:
    """Count what is in ``value``, and in what that holds; what is in it twice counts twice."""
    size = known.get(id(value))
    if size is None:
        size = 1 + sum(_size(one, known) if isinstance(one, _LISTS) else 1 for one in _items(value))
        known[id(value)] = size
    return size


def _items(value: Any) -> Iterable[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else value
