"""A generic JSON webhook: Standard Webhooks 1.0.0, CloudEvents 1.0, or a body of your own.

Example::

    webhook: {url: "ssm:/backup-auditor/webhook-url", secret: "ssm:/backup-auditor/webhook-secret"}

``format: standard`` sends ``{"type": "backup.audit.completed", "timestamp": …, "data": <the JSON
contract>}``. The contract is cut to ``max_bytes``, healthy resources first, and says so. Headers:
``webhook-id`` (the same for every repeat of one run and part, so that a receiver can tell repeats),
``webhook-timestamp`` and ``webhook-signature`` (HMAC-SHA256, new for each attempt).

``format: cloudevents`` sends the structured JSON mode of CloudEvents: ``id`` is as ``webhook-id``,
``source`` ``/backup-auditor``, ``type`` ``backup.audit.completed``, ``time`` the end of the run,
``data`` the JSON contract. It never has more than 60 KiB: where resources are not enough, gaps,
orphans, exemptions and notices are cut as well, and it says so.

``body`` is a Jinja template that gives the JSON to send. It runs in Jinja's sandbox, once an
attempt; a name that does not exist is an error. Its names are the keys of the JSON contract
(``contract.schema.json``): ``schema_version``, ``run`` (``id``, ``started_at``, ``finished_at``,
``policy_digest``, ``version``, ``timezone``, ``language``), ``verdict`` (pass, fail, incomplete),
``counts`` (``resources``, ``pass``, ``fail``, ``unknown``, ``exempt``, ``ungoverned``,
``backups``), ``gaps``, ``resources`` (worst first), ``orphans``, ``vanished``, ``changes``,
``exemptions``, ``notices``, ``deliveries``, ``coverage``, ``is_partial``, ``findings`` (worst
first; resources with one cause are one finding). ``tojson`` writes a value as JSON, with its
quotes; use it for everything, because names come from strangers::

    body: |
      {"text": {{ ("Backups: " ~ verdict) | tojson }}, "failed": {{ counts.fail }},
       "worst": {{ resources[:3] | map(attribute="name") | list | tojson }}}

What it gives must be JSON of at most ``max_bytes``. Resources are left out of its document until
it is; ``notices`` then has one of the kind ``cut``, and ``counts`` still counts all.

``headers`` are sent as well; their values are secrets. ``secret`` signs as Standard Webhooks does.
It may be left out with ``cloudevents`` and ``body``.

Delivered means any 2xx; for CloudEvents 200, 201, 202 or 204. 408, 425, 429 and 5xx are tried
again, as is a time-out: the id makes a repeat harmless. Everything else is permanent: 410 means
that the target is gone, 415 that it does not take the format. So is a ``body`` that cannot be
rendered or gives no JSON; the reason says where.

Sources: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md and
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from backup_auditor.channels import Channel
from backup_auditor.channels._template import check, rendered
from backup_auditor.errors import DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import REFERENCE_PATTERN, Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut, cut_all
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import edition
from backup_auditor.secret import Secret

_PREFIX = "whsec_"
_READ_SECONDS = 20.0
_ENVELOPE_BYTES = 120
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


_LONGEST_EVENT = 60 << 10
_CLOUD_HEADERS = {"Content-Type": "application/cloudevents+json; charset=UTF-8"}
_CLOUD_SUCCESS = frozenset(
    {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}
)
_SAID: dict[int, str] = {
    HTTPStatus.GONE: "the target is gone",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the target does not take this format",
}
_TYPE = "backup.audit.completed"
_OWN = (
    *("host", "connection", "content-length", "content-type", "transfer-encoding", "webhook-id"),
    *("webhook-timestamp", "webhook-signature"),
)
_ANY_CASE = "|".join(re.sub("[a-z]", lambda one: f"[{one[0].upper()}{one[0]}]", n) for n in _OWN)
_HEADER = rf"^(?!({_ANY_CASE})$)[A-Za-z0-9!#$%&'*+.^_`|~-]+$"


class Format(StrEnum):
    """What stands around the JSON contract."""

    STANDARD = "standard"
    CLOUDEVENTS = "cloudevents"


def _template(text: str) -> str:
    check(text)
    return text


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name in value:
        if not re.fullmatch(_HEADER, name):
            raise ValueError(f"a header that may be set is needed; not {', '.join(_OWN)}")
    if len({name.lower() for name in value}) < len(value):
        raise ValueError("a header stands twice")
    return value


Headers = Annotated[
    dict[str, Reference],
    AfterValidator(_headers),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": _HEADER},
            "additionalProperties": {"type": "string", "pattern": REFERENCE_PATTERN},
        }
    ),
]
"""Header -> where its value lies."""
_IS_CLOUD: JsonDict = {"required": ["format"], "properties": {"format": {"const": "cloudevents"}}}
_HAS_BODY: JsonDict = {"required": ["body"]}


class Options(HttpOptions):
    """Options of this channel."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"anyOf": [_HAS_BODY, _IS_CLOUD]},
            "then": {"not": {"allOf": [_HAS_BODY, _IS_CLOUD]}},
            "else": {"required": ["secret"]},
        }
    )

    url: Reference = Field(
        description="Where the address lies, e.g. env:NAME.",
        examples=["ssm:/backup-auditor/webhook-url"],
    )
    format: Format = Field(
        default=Format.STANDARD,
        description="standard (Standard Webhooks) or cloudevents.",
        examples=["cloudevents"],
    )
    secret: Reference | None = Field(
        default=None,
        description="Where the signing secret (whsec_…) lies; standard needs one.",
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
    body: Annotated[str, AfterValidator(_template)] | None = Field(
        default=None,
        min_length=1,
        max_length=20_000,
        description="A Jinja template that gives the JSON to send, from the JSON contract.",
        examples=['{"text": {{ verdict | tojson }}, "failed": {{ counts.fail }}}'],
    )
    headers: Headers = Field(
        default={},
        description="More headers, and where their values lie.",
        examples=[{"Authorization": "ssm:/backup-auditor/webhook-authorization"}],
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        is_cloud = self.format is Format.CLOUDEVENTS
        if is_cloud and self.body is not None:
            raise ValueError("body and format: cloudevents exclude each other")
        if self.secret is None and self.body is None and not is_cloud:
            raise ValueError("the key 'secret' is missing; format: standard is signed")
        return self


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
        options, resolve = self._options, self._outside.resolve
        body = self._body(report)
        given = {name: resolve(value).reveal() for name, value in options.headers.items()}
        headers = {**given, **self._signed(edition(report), body)}
        if options.format is Format.CLOUDEVENTS:
            headers |= _CLOUD_HEADERS
        reply = post(
            Post(resolve(options.url), body, headers, _READ_SECONDS), options, self._outside
        )
        if not self._is_success(reply):
            raise failure(reply, _SAID.get(reply.status, ""))

    def _is_success(self, reply: Reply) -> bool:
        if self._options.format is Format.CLOUDEVENTS:
            return reply.status in _CLOUD_SUCCESS
        return reply.is_success

    def _signed(self, message: str, body: bytes) -> dict[str, str]:
        if self._options.secret is None:
            return {}
        timestamp = int(self._outside.now().timestamp())
        message_id = "msg_" + message.replace(".", "-")
        secret = self._outside.resolve(self._options.secret)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, message_id, timestamp, body),
        }

    def _body(self, report: Report) -> bytes:
        document, most = to_document(report), self._options.max_bytes
        if self._options.body is not None:
            return _own(self._options.body, document, most=most, monotonic=self._outside.monotonic)
        if self._options.format is Format.CLOUDEVENTS:
            return _cloud_event(document, edition(report), min(most, _LONGEST_EVENT))
        document = cut(document, most - _ENVELOPE_BYTES)
        event = {"type": _TYPE, "timestamp": document["run"]["finished_at"], "data": document}
        return as_json(event)


def _cloud_event(document: dict[str, Any], event_id: str, most: int) -> bytes:
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/backup-auditor",
        "type": _TYPE,
        "time": document["run"]["finished_at"],
        "datacontenttype": "application/json",
    }
    around = len(as_json({**event, "data": {}}))
    return as_json({**event, "data": cut_all(document, most - around)})


def _own(
    template: str, document: dict[str, Any], *, most: int, monotonic: Callable[[], float]
) -> bytes:
    """Render with as many resources as give no more than ``most`` bytes, within a factor of two."""
    room = most
    while True:
        part = cut(document, room)
        body = rendered(template, part, monotonic)
        if len(body) <= most:
            return body
        if not part["resources"]:
            reason = (
                f"body gives {len(body)} bytes without any resource; at most {most} are allowed"
            )
            raise DeliveryError(reason, permanent=True)
        room //= 2
