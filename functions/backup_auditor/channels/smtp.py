"""E-mail by an SMTP server, for those who do not use Amazon SES.

Says and attaches what ``email`` does, with the same headers, as ASCII (7bit): text and HTML of at
most 75 KB each, the JSON contract and a CSV of at most 3 MB each. ``Message-ID`` is the same for
every repeat of one run to the same people.

``security`` is ``starttls`` (port 587), ``tls`` from the first byte (port 465), or ``none`` (port
25). A server that does not offer STARTTLS gets neither a password nor a mail. Its certificate must
be one that this machine trusts, for ``host``; ``SSL_CERT_FILE`` names others. ``none`` needs
``allow_plain: true``, and takes no password. An address that is not public needs ``allow_private:
true``. Connecting may take 5 seconds, an answer 20, all of it 50.

Delivered means that the server accepted the message for all recipients: it can still bounce. When
it refuses some, the others get the mail, and the delivery fails; a repeat goes to the rest only.

4xx, a lost connection and a time-out are tried again. 5xx is permanent, as are a certificate that
is not trusted, and a server without STARTTLS or without a login that is known here (CRAM-MD5,
PLAIN, LOGIN; in ASCII).

Sources: https://www.rfc-editor.org/rfc/rfc5321, https://www.rfc-editor.org/rfc/rfc3207,
https://www.rfc-editor.org/rfc/rfc8314
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from backup_auditor.channels import Channel
from backup_auditor.channels._mail import Envelope, MailOptions, envelope
from backup_auditor.channels._mime import as_bytes
from backup_auditor.channels._session import Server, Session
from backup_auditor.destination import addresses_of
from backup_auditor.errors import DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.reference import Reference
from backup_auditor.report.model import Report


class Security(StrEnum):
    """How the dialogue is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
_PERMANENT_FROM, _PERMANENT_TO = 500, 599
_STEPS = {
    smtplib.SMTPConnectError: "the connection",
    smtplib.SMTPHeloError: "the greeting",
    smtplib.SMTPAuthenticationError: "the login",
    smtplib.SMTPSenderRefused: "the sender",
    smtplib.SMTPDataError: "the message",
}
_IS_PLAIN: JsonDict = {"required": ["security"], "properties": {"security": {"const": "none"}}}
_IS_ALLOWED: JsonDict = {
    "required": ["allow_plain"],
    "properties": {"allow_plain": {"const": True}},
}


class Options(MailOptions):
    """Options of this channel."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": _IS_PLAIN,
            "then": {**_IS_ALLOWED, "not": {"required": ["username"]}},
            "dependencies": {"username": ["password"], "password": ["username"]},
        }
    )

    host: str = Field(
        pattern=r"^[A-Za-z0-9_.:-]+$",
        max_length=253,
        description="Name of the mail server.",
        examples=["smtp.example.com"],
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        strict=True,
        description="Port of the mail server: 587, with security tls 465, with none 25.",
        examples=[2525],
    )
    security: Security = Field(
        default=Security.STARTTLS,
        description="starttls; or tls from the first byte; or none, with allow_plain.",
        examples=["tls"],
    )
    username: Reference | None = Field(
        default=None,
        description="Where the name for the login lies.",
        examples=["secretsmanager:backup-auditor/smtp#username"],
    )
    password: Reference | None = Field(
        default=None,
        description="Where the password for the login lies.",
        examples=["secretsmanager:backup-auditor/smtp#password"],
    )
    allow_plain: bool = Field(
        default=False,
        strict=True,
        description="true: security may be none; anyone on the way can read the mail.",
        examples=[True],
    )
    allow_private: bool = Field(
        default=False,
        strict=True,
        description="true: the server may stand in a private network or be this machine.",
        examples=[True],
    )

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password need each other")
        if self.security is Security.NONE and not self.allow_plain:
            raise ValueError("security: none needs allow_plain: true")
        if self.security is Security.NONE and self.username is not None:
            raise ValueError("a password needs security: starttls or tls")
        return self


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Smtp(options, outside)


class _Smtp:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside
        self._have: tuple[str, frozenset[str]] = ("", frozenset())
        """A run that some were refused for, and who has it already."""

    def send(self, report: Report) -> None:
        who = envelope(self._options, self._outside)
        login = self._login()
        data = as_bytes(report, who, self._outside.now())
        host = self._options.host
        with _told(host), closing(self._session()) as session:
            if self._options.security is Security.STARTTLS:
                _start_tls(session, host)
            if login:
                session.login(*login)
            self._hand_over(session, report.audit.run.id, who, data)
            with suppress(OSError):  # it has the mail, whatever it says now
                session.quit()

    def _login(self) -> tuple[str, str] | None:
        if self._options.username is None or self._options.password is None:
            return None
        name = self._outside.resolve(self._options.username).reveal()
        word = self._outside.resolve(self._options.password).reveal()
        if not (name.isascii() and word.isascii()):
            raise DeliveryError("username or password is not in ASCII", permanent=True)
        return name, word

    def _session(self) -> Session:
        options, world = self._options, self._outside
        port = options.port or _PORTS[options.security]
        tls = ssl.create_default_context() if options.security is Security.TLS else None
        problem: OSError = OSError()
        for address in addresses_of(
            options.host, port, world.lookup, allow_private=options.allow_private
        ):
            try:
                return Session(Server(options.host, address, port), tls, world.monotonic)
            except smtplib.SMTPResponseException:
                raise
            except OSError as error:
                problem = error
        raise problem

    def _hand_over(self, session: Session, run: str, who: Envelope, data: bytes) -> None:
        """Give the message to those who do not have it; raises DeliveryError where some cannot."""
        everyone = list(dict.fromkeys(one.address for one in who.to))
        known, have = self._have
        have = have if known == run else frozenset()
        rest = [address for address in everyone if address not in have]
        try:
            refused = session.sendmail(who.sender.address, rest, data) if rest else {}
            have |= set(rest) - refused.keys()
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        missing = [address for address in everyone if address not in have]
        self._have = (run, have) if missing else ("", frozenset())
        if missing:
            codes = {refused[address][0] if address in refused else 0 for address in missing}
            reason = f"{self._options.host} refused {len(missing)} of {len(everyone)} recipients"
            raise DeliveryError(reason, permanent=all(map(_is_permanent, codes)))


def _start_tls(session: Session, host: str) -> None:
    session.ehlo_or_helo_if_needed()
    if not session.has_extn("starttls"):
        raise DeliveryError(f"{host} does not offer STARTTLS", permanent=True)
    session.starttls(context=ssl.create_default_context())


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Turn what goes wrong into a DeliveryError; what the server says is not trusted, nor told."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        step = _STEPS.get(type(error), "a command")
        reason = f"{host} answered {error.smtp_code} to {step}"
        raise DeliveryError(reason, permanent=_is_permanent(error.smtp_code)) from None
    except ssl.SSLCertVerificationError:
        raise DeliveryError(f"the certificate of {host} is not trusted", permanent=True) from None
    except smtplib.SMTPServerDisconnected:
        raise DeliveryError(f"{host} broke off", permanent=False) from None
    except smtplib.SMTPException:
        raise DeliveryError(f"{host} offers no login that is known", permanent=True) from None
    except OSError as error:
        reason = f"no answer from {host} ({type(error).__name__})"
        raise DeliveryError(reason, permanent=False) from None


def _is_permanent(code: int) -> bool:
    return _PERMANENT_FROM <= code <= _PERMANENT_TO
