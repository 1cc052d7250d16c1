"""Plug-ins are found by listing a folder: one module each, no registry to edit."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def modules_of(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """Yield (name, module) of each module in ``package``, sorted.

    Sub-packages and names that start with ``_`` are not plug-ins.
    """
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if not found.ispkg and not found.name.startswith("_"):
            yield found.name, importlib.import_module(f"{package.__name__}.{found.name}")
