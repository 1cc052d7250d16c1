"""Where an account's things can be: its projects and its regions."""

from __future__ import annotations

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.sources.ucloud.client.api import Client
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.speech import phrase


def projects_of(client: Client) -> list[str]:
    """Return the ids of all projects (GetProjectList); raises SourceError, also for none."""
    return _ids(client.call("GetProjectList", {}), "ProjectSet", "ProjectId", "GetProjectList")


def regions_of(client: Client) -> list[str]:
    """Return all regions that the account may use (GetRegion has a row for each zone)."""
    return _ids(client.call("GetRegion", {}), "Regions", "Region", "GetRegion")


def _ids(answer: Row, rows_name: str, id_name: str, action: str) -> list[str]:
    rows = answer.rows(rows_name) or []
    ids = list(dict.fromkeys(row.text(id_name) for row in rows))
    if not ids or "" in ids:
        detail = phrase("{action}: the answer has no {field}", action=action, field=id_name)
        raise SourceError(GapReason.MALFORMED, detail)
    return ids
