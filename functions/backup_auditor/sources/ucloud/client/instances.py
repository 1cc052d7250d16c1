"""Rows of an inventory as resources: what the services of UCloud call by the same names."""

from __future__ import annotations

from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason, Resource, Scope
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.speech import phrase


def resource(row: Row, scope: Scope, id_: str, **more: Any) -> Resource:
    """Return the resource of a row; ``more`` is what its service has of its own, or calls else."""
    tag = row.text("Tag")
    common: dict[str, Any] = {
        "name": row.text("Name") or id_,
        "zone": row.text("Zone"),
        "state": row.text("State"),
        "created_at": row.time("CreateTime"),
        "tags": {"Tag": tag} if tag else {},
    }
    place = {"source": scope.source, "account": scope.account, "region": scope.region}
    return Resource(**{"id": id_, **place, **common, **more})


def nameless() -> SourceError:
    """Return the error for a row without an id."""
    return SourceError(GapReason.MALFORMED, phrase("an instance of the inventory has no id"))
