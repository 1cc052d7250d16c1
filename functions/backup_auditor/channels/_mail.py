"""What a mail is, whoever carries it: its addresses, its bodies, what is attached, its headers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import formataddr, getaddresses
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from backup_auditor.errors import DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import ChannelOptions
from backup_auditor.policy.reference import REFERENCE_PATTERN, parse_reference
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut
from backup_auditor.report.html import email_html
from backup_auditor.report.model import Report
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import mail_text

HEADERS = {
    "Auto-Submitted": "auto-generated",  # RFC 3834
    "X-Auto-Response-Suppress": "All",  # Exchange
    "List-Id": "<backup-audit.backup-auditor>",
}
_MOST_RECIPIENTS = 50
_LONGEST_NAME = 100
_LONGEST_JSON = _LONGEST_TABLE = 3_000_000  # many gateways refuse messages of more than 10 MB
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in ASCII, and the name that is shown for it."""

    name: str
    address: str

    def __str__(self) -> str:
        """Return both as a header holds them, in ASCII."""
        return formataddr((self.name, self.address))


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file; ``kind`` is its media type."""

    name: str
    kind: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says: the same facts as text and as HTML, and all of them attached."""

    subject: str
    text: str
    html: str
    attached: tuple[Attached, ...]


def _addresses(value: object) -> tuple[str, ...]:
    """Accept an address, ``env:NAME``, or a list of them; raise ValueError for anything else."""
    items = value if isinstance(value, list) else [value]
    texts = tuple(item for item in items if isinstance(item, str))
    if not texts or len(texts) != len(items):
        raise ValueError("write an address, env:NAME, or a list of addresses")
    for text in texts:
        if parse_reference(text) is None:
            mailboxes(text)
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


class MailOptions(ChannelOptions):
    """What every channel takes that sends mail."""

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


def mailboxes(text: str) -> list[Mailbox]:
    """Split and check addresses; raises ValueError.

    Names may hold any printable character, the part before the @ only ASCII (no SMTPUTF8), and the
    domain is turned into Punycode.
    """
    if any(char in text for char in "\r\n\0"):
        raise ValueError("an address must not hold a line break")
    found = [_mailbox(name, address) for name, address in getaddresses([text])]
    if not found:
        raise ValueError("an address is missing")
    return found


def _mailbox(name: str, address: str) -> Mailbox:
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
        Address(username=local, domain=ascii_domain)
    except (UnicodeError, ValueError, IndexError):
        ascii_domain = ""
    if not at or "." not in ascii_domain or not _LOCAL.fullmatch(local):
        raise ValueError(f"{address[:80]!r} is not an e-mail address")
    if len(name) > _LONGEST_NAME or not name.isprintable():
        wanted = f"at most {_LONGEST_NAME} printable characters"
        raise ValueError(f"the name before an address may have {wanted}")
    return Mailbox(name, f"{local}@{ascii_domain}")


def envelope(options: MailOptions, outside: Outside) -> Envelope:
    """Return who writes to whom; raises DeliveryError where that cannot be used."""
    sender = _resolved(options.sender, outside)
    to = _resolved(options.to, outside)
    if len(sender) != 1 or not 0 < len(to) <= _MOST_RECIPIENTS:
        reason = f"one sender and 1 to {_MOST_RECIPIENTS} recipients are needed"
        raise DeliveryError(reason, permanent=True)
    return Envelope(sender[0], to, _resolved(options.reply_to, outside))


def _resolved(texts: tuple[str, ...], outside: Outside) -> tuple[Mailbox, ...]:
    found: list[Mailbox] = []
    for text in texts:
        is_reference = parse_reference(text) is not None
        given = outside.resolve(text).reveal() if is_reference else text
        try:
            found += mailboxes(given)
        except ValueError:
            reason = f"{text[:80]} is not an address" if is_reference else "wrong address"
            raise DeliveryError(reason, permanent=True) from None
    return tuple(found)


def mail(report: Report) -> Mail:
    """Return what a mail says of ``report``, within the limits of what mail programs show."""
    day = report.audit.run.started_at.astimezone(report.zone).date()
    document = cut(to_document(report), _LONGEST_JSON)
    written = json.dumps(document, ensure_ascii=False, indent=1).encode(errors="replace")
    table = to_csv(report, _LONGEST_TABLE)
    return Mail(
        subject=report.subject,
        text=_clean(mail_text(report)),
        html=_clean(email_html(report)),
        attached=(
            Attached(f"backup-audit-{day}.json", "application/json", written),
            Attached(f"backup-audit-{day}.csv", "text/csv", table),
        ),
    )


def _clean(text: str) -> str:
    """Replace lone surrogates, which cannot be sent as UTF-8."""
    return text.encode(errors="replace").decode()
