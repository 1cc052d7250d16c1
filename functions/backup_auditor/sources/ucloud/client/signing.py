"""Parameters on the wire, and their signature (UCloud API documentation, "Signature Algorithm").

The signature covers the same texts that are sent, so both come from one place. There is no
timestamp or nonce in it: a signed request can be replayed for ever, and must never be written down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

Scalar = str | int | float | bool | None
Value = Scalar | Sequence["Value"] | Mapping[str, "Value"]


def flatten(params: Mapping[str, Value]) -> dict[str, str]:
    """Return name -> text: a list becomes ``Name.0``, an object ``Name.Key``; no None, no ""."""
    return {
        name: text
        for key, value in params.items()
        for name, text in _flat(key, value)
        if text != ""  # Go's SDK drops it, Python's signs it; without it both agree
    }


def sign(flat: Mapping[str, str], private_key: str) -> str:
    """Return the lower-case hex SHA-1 of the sorted names and values and the private key."""
    text = "".join(name + flat[name] for name in sorted(flat)) + private_key
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the API knows no other


def _flat(name: str, value: Value) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from _flat(f"{name}.{index}", inner)
    else:
        yield name, _text(value)


def _text(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value.is_integer():
        return str(int(value))
    return _decimal(value)


def _decimal(value: float) -> str:
    """Write the shortest decimal, never in scientific notation, which the API forbids."""
    return f"{Decimal(repr(value)):f}"  # exact: rounding the binary value again can miss by one
