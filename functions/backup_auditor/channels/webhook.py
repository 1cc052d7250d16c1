"""A generic JSON webhook, signed as Standard Webhooks 1.0.0 wants it.

The body is ``{"type": "backup.audit.completed", "timestamp": …, "data": <the JSON contract>}``.
The contract is cut to ``max_bytes``, healthy resources first, and says so. Headers: ``webhook-id``
(the same for every repeat of one run, so that the receiver can tell repeats),
``webhook-timestamp`` and ``webhook-signature`` (HMAC-SHA256, new for each attempt).

Delivered means any 2xx. 408, 425, 429 and 5xx are tried again, as is a time-out: the id makes a
repeat harmless. Everything else is permanent; 410 means that the target is gone.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from http import HTTPStatus

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.errors import DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, as_json, failure, post
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret

_PREFIX = "whsec_"
_READ_SECONDS = 20.0
_ENVELOPE_BYTES = 120
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the address lies, e.g. env:NAME.",
        examples=["ssm:/backup-auditor/webhook-url"],
    )
    secret: Reference = Field(
        description="Where the signing secret (whsec_…) lies.",
        examples=["ssm:/backup-auditor/webhook-secret"],
    )
    max_bytes: int = Field(
        default=20_000,
        ge=2_000,
        le=5_000_000,
        strict=True,
        description="Largest body; the rest is cut.",
        examples=[100_000],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Webhook(options, outside)


def signature(secret: Secret, message_id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,<base64>`` over id, timestamp and body; raises DeliveryError for a bad secret."""
    try:
        text = secret.reveal().strip().removeprefix(_PREFIX)
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DeliveryError("the signing secret is not base64", permanent=True) from None
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        reason = f"the signing secret must be {_SHORTEST_KEY} to {_LONGEST_KEY} bytes long"
        raise DeliveryError(reason, permanent=True)
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class _Webhook:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        body = self._body(report)
        now = self._outside.now()
        timestamp = int(now.timestamp())
        message_id = "msg_" + report.audit.run.id.replace(".", "-")
        secret = self._outside.resolve(self._options.secret)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, message_id, timestamp, body),
        }
        url = self._outside.resolve(self._options.url)
        reply = post(Post(url, body, headers, _READ_SECONDS), self._options, self._outside)
        if not reply.is_success:
            raise failure(reply, "the target is gone" if reply.status == HTTPStatus.GONE else "")

    def _body(self, report: Report) -> bytes:
        document = cut(to_document(report), self._options.max_bytes - _ENVELOPE_BYTES)
        event = {
            "type": "backup.audit.completed",
            "timestamp": document["run"]["finished_at"],
            "data": document,
        }
        return as_json(event)
