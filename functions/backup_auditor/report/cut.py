"""Making a contract document fit into a limit: whole rows only, worst kept, and it says so."""

from __future__ import annotations

import json
from typing import Any


def cut(document: dict[str, Any], limit_bytes: int) -> dict[str, Any]:
    """Return ``document`` with as many resources as fit into ``limit_bytes`` of compact JSON.

    Resources come worst first, so the healthy ones go first. A notice says how many are left out;
    the result is a valid document. ``counts`` still counts everything.
    """
    if _size(document) <= limit_bytes:
        return document
    resources = document["resources"]
    kept, budget = 0, limit_bytes - _size(_with(document, 0))
    for resource in resources:
        budget -= _size(resource) + 1
        if budget < 0:
            break
        kept += 1
    return _with(document, kept)


def _with(document: dict[str, Any], kept: int) -> dict[str, Any]:
    everything = document["resources"]
    detail = (
        f"{len(everything) - kept} of {len(everything)} resources are left out of this document,"
        " the worst are kept"
    )
    notices = [*document["notices"], {"kind": "cut", "detail": detail}]
    return {**document, "resources": everything[:kept], "notices": notices}


def _size(value: object) -> int:
    return len(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    )
