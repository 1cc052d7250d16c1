"""Inventories for tests: a sound one, which a test changes where it matters."""

from __future__ import annotations

import json
from typing import Any

BACKUP: dict[str, Any] = {
    "id": "b-1",
    "state": "succeeded",
    "taken_at": "2026-11-24T03:00:00+08:00",
}
RESOURCE: dict[str, Any] = {"id": "shop", "name": "shop database", "backups": [BACKUP]}
FULL: dict[str, Any] = {
    **RESOURCE,
    "kind": "mysql",
    "state": "running",
    "zone": "z-1",
    "created_at": "2025-01-31T08:00:00Z",
    "auto_backup": False,
    "schedule": {"cron": "0 3 * * *", "timezone": "Asia/Shanghai"},
    "restorable": {"since": "2026-11-17T06:00:00Z", "until": "2026-11-24T05:55:00.5Z"},
    "tags": {"team": "shop", "empty": ""},
    "backups": [
        {
            **BACKUP,
            "finished_at": "2026-11-24T03:20:00+08:00",
            "size_bytes": 2**40,
            "kind": "automatic",
            "name": "nightly",
            "region": "cn-bj2",
            "account": "vault",
            "encrypted": True,
            "locked_until": "2027-01-01T00:00:00Z",
            "clean": False,
            "copies": [
                {"region": "eu-west-1", "state": "succeeded", "size_bytes": 7},
                {"account": "other", "state": "failed", "id": "c-2", "encrypted": False},
            ],
        },
        {"id": "b-0", "state": "expired", "taken_at": "2026-11-23T03:00:00+08:00"},
    ],
}


def inventory(*resources: Any, **changes: Any) -> dict[str, Any]:
    """Return an inventory of ``resources`` that is seven minutes old."""
    top: dict[str, Any] = {
        "schema_version": 1,
        "generated_at": "2026-11-24T06:00:00Z",
        "resources": list(resources),
    }
    return top | changes


def written(*resources: Any, **changes: Any) -> bytes:
    """Return it as a script writes it."""
    return json.dumps(inventory(*resources, **changes), ensure_ascii=False).encode()


def without(mapping: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return ``mapping`` without some of its keys."""
    return {key: value for key, value in mapping.items() if key not in names}
