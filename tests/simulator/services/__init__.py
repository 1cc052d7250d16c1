"""The other services of the simulated cloud: one module each, found by listing this folder.

A module, named as the last part of the source's id, has

* ``ACTIONS``: action -> what answers it, a function of the ``Api`` and the parameters,
* ``make(maker) -> list[Instance]``: what the believable account has of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def services() -> Iterator[ModuleType]:
    """Yield the modules, by name."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        yield importlib.import_module(f"{__name__}.{found.name}")
