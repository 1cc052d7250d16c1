"""A mail as bytes for SMTP: ASCII throughout, because not every server takes 8-bit text."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from typing import Any

from backup_auditor.channels._mail import HEADERS, Attached, Envelope, Mailbox, mail
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import edition

_ID_LENGTH = 32


class _OneALine(EmailPolicy):
    """Writes one address a line.

    Before 3.13 Python encodes the comma between two addresses that it breaks a line at, and others
    then read one address less (CVE-2025-1795).
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as lines."""
        addresses = getattr(value, "addresses", ())
        if not addresses:
            return super().fold_binary(name, value)
        lines = ",\r\n ".join(map(_written, addresses))
        return f"{name}: {lines}\r\n".encode("ascii")


_POLICY = _OneALine(linesep="\r\n", cte_type="7bit", max_line_length=78)


def as_bytes(report: Report, who: Envelope, now: datetime) -> bytes:
    """Return the mail: text, then HTML, then what is attached."""
    what = mail(report)
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(who.sender)
    message["To"] = tuple(map(_address, who.to))
    if who.reply_to:
        message["Reply-To"] = tuple(map(_address, who.reply_to))
    message["Subject"] = what.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = _message_id(report, who)
    for name, value in HEADERS.items():
        message[name] = value
    message.set_content(what.text)
    message.add_alternative(what.html, subtype="html")
    for one in what.attached:
        _attach(message, one)
    return message.as_bytes()


def _attach(message: EmailMessage, one: Attached) -> None:
    major, _, minor = one.kind.partition("/")
    params = {"charset": "utf-8"} if major == "text" else {}
    message.add_attachment(
        one.data, maintype=major, subtype=minor, filename=one.name, params=params
    )


def _message_id(report: Report, who: Envelope) -> str:
    """Return the same for every repeat of one run and part to the same people, and no other."""
    known = "\n".join([edition(report), str(who.sender), *map(str, who.to)])
    digest = hashlib.sha256(known.encode()).hexdigest()[:_ID_LENGTH]
    return f"<{digest}@{who.sender.address.rpartition('@')[2]}>"


def _address(one: Mailbox) -> Address:
    return Address(display_name=one.name, addr_spec=one.address)


def _written(one: Address) -> str:
    if one.display_name.isascii():
        return formataddr((one.display_name, one.addr_spec))
    name = Header(one.display_name, "utf-8").encode(linesep="\r\n")
    return f"{name}\r\n <{one.addr_spec}>"
