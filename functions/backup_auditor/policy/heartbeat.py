"""``heartbeat``: whom to call when a run ends, as it is written."""

from __future__ import annotations

from pydantic import Field

from backup_auditor.policy.fields import AllowHttp, AllowPrivate
from backup_auditor.policy.reference import Reference
from backup_auditor.shape import Shape


class Heartbeat(Shape):
    """Addresses of an outside watcher, which raises the alarm when nobody calls."""

    url: Reference = Field(
        description="Where the address lies that is called when a run has ended and was delivered.",
        examples=["env:HEARTBEAT_URL", "ssm:/backup-auditor/heartbeat-url"],
    )
    fail_url: Reference | None = Field(
        default=None,
        description="Where the address for a run that failed lies (url with /fail at its end).",
        examples=["env:HEARTBEAT_FAIL_URL"],
    )
    allow_http: AllowHttp = False
    allow_private: AllowPrivate = False
