"""A topic of ntfy, on ntfy.sh or on a server of one's own.

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention; at most 4,000 of the 4,096 bytes of a message, counted as they stand in JSON,
because ntfy reads no more than twice 4,096 bytes of that; cut on whole findings. Markdown is off.
A verdict of pass has priority 2 (low), any other one 4 (high).

Who knows the name of a topic of ntfy.sh reads it, unless it is reserved. So the name is a secret,
and on ntfy.sh only the verdict and the numbers are sent, unless ``details`` is true.

Delivered means status 200 with a message in the body, and not one that became an attachment,
because the server permits less: that expires after hours. 408, 425, 429 and 5xx are tried again.
Everything else is permanent. No answer after the message was sent is tried again too: a message
twice is better than none.

Sources: https://docs.ntfy.sh/publish/#publish-as-json, https://docs.ntfy.sh/publish/#limitations
and https://github.com/binwiederhier/ntfy/blob/main/server/errors.go
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert, plain
from backup_auditor.channels._said import said
from backup_auditor.model import AuditVerdict
from backup_auditor.outside import Outside
from backup_auditor.policy.fields import Server
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret
from backup_auditor.speech import phrase

_MOST_BYTES = 4_000
_PUBLIC = "ntfy.sh"
_UNNAMED = phrase("Resources are not named here, because others may read this topic.")
_LOOKS = {
    AuditVerdict.PASS: (2, "white_check_mark"),
    AuditVerdict.FAIL: (4, "red_circle"),
    AuditVerdict.INCOMPLETE: (4, "warning"),
}
_KNOWN_ERRORS = {
    40009: "the topic is not valid",
    40010: "the name of the topic is not allowed",
    40014: "the message is too long, and attachments are not allowed",
    40101: "the token is wrong",
    40301: "the topic may not be written to",
    41301: "the message is too long to be attached",
    41303: "the message is too long",
    42901: "too many requests",
    42908: "too many messages today",
}


class Options(HttpOptions):
    """Options of this channel."""

    topic: Reference = Field(
        description="Where the name of the topic lies, e.g. env:NAME.",
        examples=["ssm:/backup-auditor/ntfy-topic"],
    )
    token: Reference | None = Field(
        default=None,
        description="Where an access token (tk_…) lies, where the topic needs one.",
        examples=["ssm:/backup-auditor/ntfy-token"],
    )
    server: Server = Field(
        default="https://ntfy.sh",
        description="The server.",
        examples=["https://ntfy.example.com"],
    )
    details: bool | None = Field(
        default=None,
        strict=True,
        description="true: name the resources, also on ntfy.sh; false: only tell the numbers.",
        examples=[True],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Ntfy(options, outside)


class _Ntfy:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        topic = self._outside.resolve(self._options.topic).reveal().strip()
        body = as_json({"topic": topic, **payload(report, details=self.is_detailed)})
        url = Secret(f"{self._options.server}/")  # JSON goes to the root, not to the topic
        reply = post(Post(url, body, self._headers()), self._options, self._outside)
        found = reply.document()
        is_message = found.get("event") == "message" and bool(found.get("id"))
        if reply.status != HTTPStatus.OK or not is_message or found.get("attachment"):
            raise failure(reply, _said(reply))

    @property
    def is_detailed(self) -> bool:
        """Resources are named."""
        if self._options.details is not None:
            return self._options.details
        return (urlsplit(self._options.server).hostname or "").rstrip(".") != _PUBLIC

    def _headers(self) -> dict[str, str]:
        if self._options.token is None:
            return {}
        token = self._outside.resolve(self._options.token).reveal().strip()
        return {"Authorization": f"Bearer {token}"}


def payload(report: Report, *, details: bool) -> dict[str, Any]:
    """Return the message without its topic; without ``details`` it names no resource."""
    what = said(report)
    priority, tag = _LOOKS[what.verdict]
    room = _MOST_BYTES - _size(what.headline) - _size(what.meta)
    paper = Paper(row=_row, line=str, size=_size, room=room)
    rows = cut(what, paper) if details else [what.language.of(_UNNAMED)]
    return {
        "title": what.title,
        "message": "\n\n".join([what.headline, *rows, what.meta]),
        "priority": priority,
        "tags": [tag],
        "markdown": False,
    }


def _row(row: Row) -> str:
    """Return plain lines in which the apps of ntfy find no address to tap on."""
    return inert(plain(row))


def _size(text: str) -> int:
    """Count bytes as JSON, with the blank line that follows in place of the two quotes."""
    return len(as_json(text + "\n\n")) - len('""')


def _said(reply: Reply) -> str:
    """Return our words for an error of ntfy; its own are not trusted."""
    found = reply.document()
    if reply.status == HTTPStatus.OK:
        is_attached = found.get("event") == "message" and found.get("attachment")
        return "the message became an attachment" if is_attached else "the body is no message"
    code = found.get("code")
    return _KNOWN_ERRORS.get(code, "") if isinstance(code, int) else ""
