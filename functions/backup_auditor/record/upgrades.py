"""How a record of an older format becomes one of the next: one step a format, none forgotten.

A step takes the envelope as plain JSON values and returns that of the next format, ``format``
aside. Records are never written anew: they are read through the steps for as long as they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

UPGRADES: Mapping[int, Upgrade] = {}
"""Format -> the step that leads from it to the next. Format 1 is the first that was released."""
