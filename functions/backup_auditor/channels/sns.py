"""A topic of Amazon SNS (``Publish``).

Those who subscribed by e-mail get the verdict, what could not be audited, the worst findings, what
is exempt, and the exemptions that need attention, in at most 100,000 bytes; all others the same in
at most 1,500, which a text message can hold. Both are cut on whole findings. SNS takes 262,144
bytes at most, and a subject of less than 100 characters of ASCII. The attribute ``verdict`` is for
filters of subscriptions.

Delivered means that SNS answered with the id of the message; whether a subscriber gets it, SNS
does not tell. Throttling and faults of SNS are tried again, and so is no answer: a message twice is
better than none. A topic that is not there or lies in another region, missing rights to it or to
the key that encrypts it, and wrong parameters are permanent. Topics must be standard ones, because
a FIFO topic sends no mail.

Sources: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from backup_auditor.aws import REFUSALS, call
from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, cut, plain
from backup_auditor.channels._said import said
from backup_auditor.errors import AwsError, DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import ChannelOptions
from backup_auditor.policy.reference import REFERENCE_PATTERN, parse_reference
from backup_auditor.posting import as_json
from backup_auditor.report.model import Report

_MAIL_BYTES, _MOST_MAIL_ROWS = 100_000, 200
_SHORT_BYTES, _MOST_SHORT_ROWS = 1_500, 10
_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}"
_HINT = "write the ARN of a standard topic (arn:aws:sns:REGION:ACCOUNT:NAME), or env:NAME"
_PERMANENT = REFUSALS | frozenset(
    {
        *("NotFound", "NotFoundException", "InvalidParameter", "InvalidParameterException"),
        *("InvalidParameterValue", "ParameterValueInvalid", "ValidationError"),
        *("AuthorizationError", "AuthorizationErrorException", "InvalidSecurity"),
        *("KMSAccessDenied", "KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired"),
        *("OptInRequired", "ExpiredToken"),
    }
)


def _topic(value: object) -> str:
    is_reference = isinstance(value, str) and parse_reference(value) is not None
    if not isinstance(value, str) or not (is_reference or _is_arn(value)):
        raise ValueError(_HINT)
    return value


def _is_arn(text: str) -> bool:
    return re.fullmatch(_ARN, text, re.ASCII) is not None


Topic = Annotated[
    str,
    BeforeValidator(_topic),
    WithJsonSchema(
        {"type": "string", "pattern": f"{REFERENCE_PATTERN}|^{_ARN}$", "errorMessage": _HINT}
    ),
]
"""The ARN of a topic, or where it lies."""


class Options(ChannelOptions):
    """Options of this channel."""

    topic_arn: Topic = Field(
        description="The ARN of the topic, or where it lies, e.g. env:NAME.",
        examples=[
            "arn:aws:sns:eu-central-1:123456789012:backup-audit",
            "env:BACKUP_AUDITOR_TOPIC_ARN",
        ],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Sns(options, outside)


class _Sns:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        message = {"TopicArn": self._topic_arn(), **content(report)}
        try:
            answer = call(self._outside.aws, "sns", "publish", **message)
        except AwsError as error:
            permanent = error.code in _PERMANENT
            raise DeliveryError(f"SNS: {error.code}", permanent=permanent) from None
        if not answer.get("MessageId"):
            raise DeliveryError("SNS: the answer has no id of a message", permanent=False)

    def _topic_arn(self) -> str:
        given = self._options.topic_arn
        if _is_arn(given):
            return given
        found = self._outside.resolve(given).reveal().strip()
        if not _is_arn(found):
            raise DeliveryError(f"{given[:80]} is not the ARN of a standard topic", permanent=True)
        return found


def content(report: Report) -> dict[str, Any]:
    """Return what is published: texts by protocol, the subject, and attributes."""
    texts = {
        "default": _text(report, room=_SHORT_BYTES, most=_MOST_SHORT_ROWS),
        "email": _text(report, room=_MAIL_BYTES, most=_MOST_MAIL_ROWS),
    }
    verdict = {"DataType": "String", "StringValue": str(report.audit.verdict)}
    return {
        "Subject": report.subject,
        "Message": as_json(texts).decode(),
        "MessageStructure": "json",
        "MessageAttributes": {"verdict": verdict},
    }


def _text(report: Report, *, room: int, most: int) -> str:
    what = said(report)
    ends = [f"{what.title}\n{what.headline}", what.meta]
    left = room - sum(map(_size, ends))
    paper = Paper(row=plain, line=str, size=_size, room=left, most=most)
    return "\n\n".join([ends[0], *cut(what, paper), ends[1]])


def _size(text: str) -> int:
    """Count bytes as they stand in JSON, with the blank line that follows for the two quotes."""
    return len(as_json(f"{text}\n\n")) - len('""')
