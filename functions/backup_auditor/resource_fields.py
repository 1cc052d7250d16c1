"""A resource in JSON that is read strictly, for all who keep what was collected."""

from __future__ import annotations

from typing import Any

from backup_auditor.fields import Fields
from backup_auditor.model import Resource, Schedule


def resource_of(row: Fields) -> Resource:
    """Read a resource; raises FieldError. What else stands in ``row`` is left to the caller."""
    return Resource(
        id=row.text("id"),
        name=row.text("name"),
        source=row.text("source"),
        account=row.text("account"),
        region=row.text("region"),
        zone=row.text("zone"),
        kind=row.text("kind"),
        state=row.text("state"),
        created_at=row.optional("created_at", row.instant),
        auto_backup=row.optional("auto_backup", row.flag),
        tags=row.mapping("tags"),
        schedule=row.missing("schedule", lambda name: _schedule_of(row.fields(name))),
    )


def schedule_row(schedule: Schedule | None) -> dict[str, Any]:
    """Return ``schedule`` for a resource; nothing where none is told, as in older files."""
    if schedule is None:
        return {}
    return {"schedule": {"cron": schedule.cron, "timezone": schedule.timezone}}


def _schedule_of(row: Fields) -> Schedule:
    schedule = Schedule(row.text("cron"), row.text("timezone"))
    row.end()
    return schedule
