"""Making a contract document fit into a limit: whole rows only, worst kept, and it says so."""

from __future__ import annotations

import json
from typing import Any

from backup_auditor.speech import Language, language

_PART_OF_FINDINGS = 4
_PART_OF_CHANGES = 8


def cut(document: dict[str, Any], limit_bytes: int) -> dict[str, Any]:
    """Return ``document`` with as many resources as fit into ``limit_bytes`` of compact JSON.

    Findings, which resources tell too, take a quarter of the room for both at most; what has
    changed and what has vanished an eighth of all each. Rows come worst first, so the healthy
    resources go first. Notices say how many are left out; the result is a valid document.
    ``counts`` still counts everything.
    """
    if _size(document) <= limit_bytes:
        return document
    room = limit_bytes // _PART_OF_CHANGES
    document = _with_fewer_changes(_with_fewer_vanished(document, room), room)
    document = _with_fewer_findings(document, limit_bytes)
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


def cut_all(document: dict[str, Any], limit_bytes: int) -> dict[str, Any]:
    """Return ``document`` cut as ``cut`` does, and then its other lists until it fits."""
    document = cut(document, limit_bytes)
    for key in ("vanished", "orphans", "exemptions", "coverage", "notices", "gaps"):
        if _size(document) > limit_bytes:
            document = _shortened(document, key, limit_bytes)
    return document


def _with_fewer_changes(document: dict[str, Any], room: int) -> dict[str, Any]:
    """Cut each list of what has changed to the same length."""
    changes = document["changes"]
    lists = {key: value for key, value in changes.items() if isinstance(value, list)}
    kept = most = max(map(len, lists.values()), default=0)
    while kept and _size({key: rows[:kept] for key, rows in lists.items()}) > room:
        kept //= 2
    if kept == most:
        return document
    total = sum(map(len, lists.values()))
    left = total - sum(min(kept, len(rows)) for rows in lists.values())
    detail = f"{left} of {total} entries of changes are left out of this document"
    notices = [*document["notices"], {"kind": "cut", "detail": detail}]
    shorter = {key: rows[:kept] for key, rows in lists.items()}
    return {**document, "changes": {**changes, **shorter}, "notices": notices}


def _with_fewer_vanished(document: dict[str, Any], room: int) -> dict[str, Any]:
    if _size(document["vanished"]) <= room:
        return document
    return _shortened(document, "vanished", room + _size({**document, "vanished": []}))


def _with_fewer_findings(document: dict[str, Any], limit_bytes: int) -> dict[str, Any]:
    others = _size({**document, "resources": [], "findings": []})
    room = max(0, limit_bytes - others) // _PART_OF_FINDINGS
    if _size(document["findings"]) <= room:
        return document
    return _shortened(document, "findings", room + _size({**document, "findings": []}))


def _shortened(document: dict[str, Any], key: str, limit_bytes: int) -> dict[str, Any]:
    """Cut one list at its end; notices of what is left out stay."""
    own = [row for row in document[key] if row.get("kind") != "cut"]
    told = [row for row in document["notices"] if row.get("kind") == "cut"]
    others = [] if key == "notices" else [row for row in document["notices"] if row not in told]

    def having(kept: int) -> dict[str, Any]:
        detail = _language(document).say(
            "{number} of {total} {key} are left out of this document",
            number=str(len(own) - kept),
            total=str(len(own)),
            key=key,
        )
        notices = [*others, *told, {"kind": "cut", "detail": detail}]
        if key == "notices":
            return {**document, "notices": [*own[:kept], *notices]}
        return {**document, key: own[:kept], "notices": notices}

    kept, budget = 0, limit_bytes - _size(having(0))
    for row in own:
        budget -= _size(row) + 1
        if budget < 0:
            break
        kept += 1
    return having(kept)


def _with(document: dict[str, Any], kept: int) -> dict[str, Any]:
    everything = document["resources"]
    detail = _language(document).say(
        "{number} of {total} resources are left out of this document, the worst are kept",
        number=str(len(everything) - kept),
        total=str(len(everything)),
    )
    notices = [*document["notices"], {"kind": "cut", "detail": detail}]
    return {**document, "resources": everything[:kept], "notices": notices}


def _language(document: dict[str, Any]) -> Language:
    return language(document["run"]["language"])


def _size(value: object) -> int:
    return len(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    )
