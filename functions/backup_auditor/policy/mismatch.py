"""What is wrong with one value: what was found, in the words of its writer, and what is wanted."""

from __future__ import annotations

import re
from typing import Any

from backup_auditor.policy.nearest import nearest

_LONGEST_FOUND = 60
_SAID = {True: "true", False: "false", None: "nothing"}
_TRAPS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_MAPPINGS = {"model_type", "model_attributes_type", "dict_type"}
_BOOLS = {"bool_parsing", "bool_type"}
_WANTED = {
    **dict.fromkeys(_MAPPINGS, "a mapping of keys and values"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "string_type": "a text; put it in quotes",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "above {gt}",
    "less_than": "below {lt}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
}


def mismatch(kind: str, shown: str, context: dict[str, Any], said: str) -> str:
    """Say what was found (as ``shown``) and what is allowed.

    ``kind``, ``context`` and ``said`` are type, context and message of a pydantic error.
    """
    found = f"found {shown}"
    if kind == "too_short":
        return f"{found}; at least one entry is needed"
    if kind == "too_long":
        return f"it has more than {context['max_length']:,} entries"
    if kind in {"enum", "literal_error"}:
        names = re.findall(r"'([^']*)'", str(context["expected"]))
        near = nearest(shown.strip("'\""), names)
        hint = f"did you mean {near!r}? " if near else ""
        return f"{found}; {hint}allowed: {context['expected']}"
    if kind in _BOOLS:
        meant = _TRAPS.get(shown.strip("'\"").lower())
        return f"{found}; write {meant or 'true or false'}"
    return f"{found}; it must {_allowed(kind, context, said)}"


def _allowed(kind: str, context: dict[str, Any], said: str) -> str:
    wanted = _WANTED.get(kind)
    if wanted is not None:
        return "be " + wanted.format(**{name: _whole(limit) for name, limit in context.items()})
    if said.startswith("String should "):  # a pattern, which may hold braces
        return said.removeprefix("String should ")
    said = said.removeprefix("Input should be ").removeprefix("Value should ")
    return f"be {said[:1].lower()}{said[1:]}"


def _whole(limit: object) -> object:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def shown(value: object) -> str:
    """Say a value as it stands in YAML, and not all of it."""
    if value is None or isinstance(value, bool):
        return _SAID[value]
    if isinstance(value, dict):
        return "a mapping" if value else "{}"
    if isinstance(value, list):
        return "a list" if value else "[]"
    return repr(value)[:_LONGEST_FOUND]


def no_text(value: object) -> str:
    """Say that a value is no text, and how to write it as one."""
    hint = (
        "" if isinstance(value, list | dict | None) else f'; in quotes it is one: "{shown(value)}"'
    )
    return f"found {shown(value)}, which is no text{hint}"
