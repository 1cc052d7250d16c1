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

import json
import re
from email.headerregistry import Address
from email.utils import formataddr, getaddresses
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from backup_auditor.aws import call
from backup_auditor.channels import Channel
from backup_auditor.errors import AwsError, DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import ChannelOptions
from backup_auditor.policy.reference import REFERENCE_PATTERN, parse_reference
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut
from backup_auditor.report.html import email_html
from backup_auditor.report.model import Report
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import mail_text

_MOST_RECIPIENTS = 50
_LONGEST_JSON = _LONGEST_TABLE = 3_000_000  # many gateways refuse messages of more than 10 MB
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)
_PERMANENT = frozenset(
    {
        *("MessageRejected", "MailFromDomainNotVerifiedException", "AccountSuspendedException"),
        *("SendingPausedException", "NotFoundException", "BadRequestException"),
        *("AccessDeniedException", "AccessDenied", "UnrecognizedClientException"),
        *("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredTokenException"),
        *("NoCredentialsError", "NoRegionError", "ParamValidationError"),
    }
)


def _addresses(value: object) -> tuple[str, ...]:
    """Accept an address, ``env:NAME``, or a list of them; raise ValueError for anything else."""
    items = value if isinstance(value, list) else [value]
    texts = tuple(item for item in items if isinstance(item, str))
    if not texts or len(texts) != len(items):
        raise ValueError("write an address, env:NAME, or a list of addresses")
    for text in texts:
        if parse_reference(text) is None:
            parsed_addresses(text)
    return texts


_ADDRESS_SCHEMA = {"type": "string", "pattern": f"{REFERENCE_PATTERN}|@"}

Addresses = Annotated[
    tuple[str, ...],
    BeforeValidator(_addresses),
    WithJsonSchema(
        {**_ADDRESS_SCHEMA, "type": ["string", "array"], "items": _ADDRESS_SCHEMA, "minItems": 1}
    ),
]
"""An address, or a list of addresses."""


class Options(ChannelOptions):
    """Options of this channel."""

    sender: Addresses = Field(
        alias="from",
        description="Sender: an address, or env:NAME.",
        examples=["Backup audit <audit@example.com>", "env:BACKUP_AUDITOR_MAIL_FROM"],
    )
    to: Addresses = Field(
        description="Recipients: addresses, or env:NAME with commas in it.",
        examples=[["ops@example.com"], "env:BACKUP_AUDITOR_MAIL_TO"],
    )
    reply_to: Addresses = Field(
        default=(), description="Where answers go.", examples=["ops@example.com"]
    )
    configuration_set: str | None = Field(
        default=None, description="SES configuration set.", examples=["backup-audit"]
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Email(options, outside)


def parsed_addresses(text: str) -> list[str]:
    """Split and check addresses; return them as SES wants them; raises ValueError.

    Names may hold any character, the part before the @ only ASCII (SES has no SMTPUTF8), and the
    domain is turned into Punycode.
    """
    if any(char in text for char in "\r\n\0"):
        raise ValueError("an address must not hold a line break")
    found = [_one(name, address) for name, address in getaddresses([text])]
    if not found:
        raise ValueError("an address is missing")
    return found


def _one(name: str, address: str) -> str:
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
        Address(username=local, domain=ascii_domain)
    except (UnicodeError, ValueError, IndexError):
        ascii_domain = ""
    if not at or "." not in ascii_domain or not _LOCAL.fullmatch(local):
        raise ValueError(f"{address[:80]!r} is not an e-mail address")
    return formataddr((name, f"{local}@{ascii_domain}"))


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
        sender = self._resolved(self._options.sender)
        to = self._resolved(self._options.to)
        if len(sender) != 1 or not 0 < len(to) <= _MOST_RECIPIENTS:
            reason = f"one sender and 1 to {_MOST_RECIPIENTS} recipients are needed"
            raise DeliveryError(reason, permanent=True)
        message: dict[str, Any] = {
            "FromEmailAddress": sender[0],
            "Destination": {"ToAddresses": to},
            "Content": {"Simple": _content(report)},
        }
        if self._options.reply_to:
            message["ReplyToAddresses"] = self._resolved(self._options.reply_to)
        if self._options.configuration_set:
            message["ConfigurationSetName"] = self._options.configuration_set
        return message

    def _resolved(self, texts: tuple[str, ...]) -> list[str]:
        found: list[str] = []
        for text in texts:
            is_reference = parse_reference(text) is not None
            given = self._outside.resolve(text).reveal() if is_reference else text
            try:
                found += parsed_addresses(given)
            except ValueError:
                reason = f"{text[:80]} is not an address" if is_reference else "wrong address"
                raise DeliveryError(reason, permanent=True) from None
        return found


def _content(report: Report) -> dict[str, Any]:
    day = report.audit.run.started_at.astimezone(report.zone).date()
    document = cut(to_document(report), _LONGEST_JSON)
    return {
        "Subject": {"Data": report.subject, "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": _clean(mail_text(report)), "Charset": "UTF-8"},
            "Html": {"Data": _clean(email_html(report)), "Charset": "UTF-8"},
        },
        "Headers": [
            {"Name": "Auto-Submitted", "Value": "auto-generated"},
            {"Name": "X-Auto-Response-Suppress", "Value": "All"},
            {"Name": "List-Id", "Value": "<backup-audit.backup-auditor>"},
        ],
        "Attachments": [
            _attachment(
                f"backup-audit-{day}.json",
                "application/json",
                json.dumps(document, ensure_ascii=False, indent=1).encode(errors="replace"),
            ),
            _attachment(
                f"backup-audit-{day}.csv", "text/csv; charset=utf-8", to_csv(report, _LONGEST_TABLE)
            ),
        ],
    }


def _attachment(name: str, kind: str, data: bytes) -> dict[str, Any]:
    return {
        "FileName": name,
        "ContentType": kind,
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",  # the default cannot carry UTF-8
        "RawContent": data,
    }


def _clean(text: str) -> str:
    """Replace lone surrogates, which cannot be sent as UTF-8."""
    return text.encode(errors="replace").decode()
