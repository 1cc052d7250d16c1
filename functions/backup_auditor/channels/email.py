"""E-mail by Amazon SES (SESv2 ``SendEmail``, content ``Simple``).

Text and HTML (at most 75 KB each), with the JSON contract and a CSV of all resources attached, at
most 3 MB each: healthy resources are left out first, and both say how many.
Marked as generated (RFC 3834), so that nobody's vacation reply answers it.

Delivered means that SES accepted the message: it can still bounce. Throttling and faults of SES
are tried again; a refused sender or recipient, a suspended account and missing rights are
permanent.

Sources: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from backup_auditor.aws import REFUSALS, call
from backup_auditor.channels import Channel
from backup_auditor.channels._mail import HEADERS, Attached, Mail, MailOptions, envelope, mail
from backup_auditor.errors import AwsError, DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.report.model import Report

_PERMANENT = REFUSALS | frozenset(
    {
        *("MessageRejected", "MailFromDomainNotVerifiedException", "AccountSuspendedException"),
        *("SendingPausedException", "NotFoundException", "BadRequestException"),
    }
)


class Options(MailOptions):
    """Options of this channel."""

    configuration_set: str | None = Field(
        default=None, description="SES configuration set.", examples=["backup-audit"]
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Email(options, outside)


class _Email:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        message = self._message(report)
        try:
            call(self._outside.aws, "sesv2", "send_email", **message)
        except AwsError as error:
            permanent = error.code in _PERMANENT
            raise DeliveryError(f"SES: {error.code}", permanent=permanent) from None

    def _message(self, report: Report) -> dict[str, Any]:
        who = envelope(self._options, self._outside)
        message: dict[str, Any] = {
            "FromEmailAddress": str(who.sender),
            "Destination": {"ToAddresses": [str(one) for one in who.to]},
            "Content": {"Simple": _content(mail(report))},
        }
        if who.reply_to:
            message["ReplyToAddresses"] = [str(one) for one in who.reply_to]
        if self._options.configuration_set:
            message["ConfigurationSetName"] = self._options.configuration_set
        return message


def _content(what: Mail) -> dict[str, Any]:
    return {
        "Subject": {"Data": what.subject, "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": what.text, "Charset": "UTF-8"},
            "Html": {"Data": what.html, "Charset": "UTF-8"},
        },
        "Headers": [{"Name": name, "Value": value} for name, value in HEADERS.items()],
        "Attachments": [_attachment(one) for one in what.attached],
    }


def _attachment(one: Attached) -> dict[str, Any]:
    is_text = one.kind.startswith("text/")
    return {
        "FileName": one.name,
        "ContentType": f"{one.kind}; charset=utf-8" if is_text else one.kind,
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",  # the default cannot carry UTF-8
        "RawContent": one.data,
    }
