"""What an invocation asks for: every event shape that the function takes, as one noun.

Shapes (see ``events/``): the input of our schedule; a classic EventBridge scheduled event; a
direct invocation; the request of a Function URL, which carries a direct invocation as its body.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from backup_auditor.errors import UsageError

_LONGEST_POLICY = 1_048_576


class Scheduled(BaseModel):
    """What the scheduler fills in: the instant at which the audit was due."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    scheduled_time: datetime


class Request(BaseModel):
    """One invocation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schedule: Scheduled | None = None
    select: dict[str, str | list[str]] | None = None
    policy: str | None = Field(default=None, max_length=_LONGEST_POLICY, min_length=1)
    deliver: StrictBool | list[str] = True
    format: Literal["summary", "full"] = "full"
    accept_shrink: StrictBool = False
    """Somebody vouches for inventories that have shrunk."""

    @property
    def is_whole(self) -> bool:
        """It is about everything, and for everybody: what an outside watcher waits for."""
        return self.deliver is True and self.select is None

    @property
    def instant(self) -> datetime | None:
        """When the audit was due, in UTC; None for one on demand."""
        if self.schedule is None:
            return None
        due = self.schedule.scheduled_time
        return due.replace(tzinfo=UTC) if due.tzinfo is None else due.astimezone(UTC)


def is_web_request(event: object) -> bool:
    """Return whether ``event`` is the request of a Function URL (payload version 2.0)."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and "http" in context


def parse_event(event: object) -> Request:
    """Read any accepted event; raises UsageError that says what is wrong and what is allowed."""
    if event is None:
        return Request()
    if not isinstance(event, dict):
        raise UsageError(f"the event is a {type(event).__name__}; it must be a JSON object")
    if is_web_request(event):
        return _validated(_body(event))
    if event.get("source") == "aws.events" and "time" in event:
        return _validated({"schedule": {"scheduled_time": event["time"]}})
    return _validated(event)


def _body(event: dict[str, Any]) -> object:
    body = event.get("body") or "{}"
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True)
        return json.loads(body)
    except (TypeError, ValueError, RecursionError, binascii.Error) as error:
        raise UsageError("the body of the request is not JSON") from error


def _validated(fields: object) -> Request:
    try:
        return Request.model_validate(fields)
    except ValidationError as error:
        raise UsageError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    allowed = ", ".join(Request.model_fields)
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:100]
    if first["type"] == "extra_forbidden":
        return f"the event has an unknown field {field!r}; allowed: {allowed}"
    return f"the event's field {field!r} cannot be used: {first['msg'].lower()}; allowed: {allowed}"
