"""A mail server on loopback: answers as it is told, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.channels.target import TlsFiles

NAME, PASSWORD = "T0PSECRETNAME", "T0PSECRETPASSWORD"

logging.getLogger("mail.log").disabled = True  # the server's own, which tells all that it hears


@dataclass
class MailTarget:
    """What it answers, and what has arrived."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    """Command, or the address of a recipient -> answer; an empty one breaks off."""
    got: list[tuple[list[str], bytes]] = field(default_factory=list)
    """(recipients, message) of each mail."""
    logins: list[bool] = field(default_factory=list)
    hellos: list[str] = field(default_factory=list)

    def last(self) -> EmailMessage:
        """Return the last mail."""
        found = message_from_bytes(self.got[-1][1], _class=EmailMessage, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def answer(self, server: SMTP, *keys: str) -> str:
        """Return what is said to a command."""
        said = next((self.answers[key] for key in keys if key in self.answers), "250 OK")
        if not said:
            server.transport.abort()  # type: ignore[union-attr]
        return said

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any
    ) -> AuthResult:
        """Take one name with one password."""
        is_right = data == LoginPassword(NAME.encode(), PASSWORD.encode())
        self.logins.append(is_right)
        return AuthResult(success=is_right, handled=False)


class _Handler:
    def __init__(self, end: MailTarget) -> None:
        self._end = end

    async def handle_EHLO(  # noqa: N802 - the server's form
        self, server: SMTP, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        self._end.hellos.append(name)
        session.host_name = name
        said = self._end.answer(server, "EHLO")
        return lines if said == "250 OK" else [said]

    async def handle_MAIL(  # noqa: N802 - the server's form
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._end.answer(server, "MAIL")

    async def handle_RCPT(  # noqa: N802 - the server's form
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        said = self._end.answer(server, address, "RCPT")
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the server's form
        said = self._end.answer(server, "DATA")
        if said.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self._end.got.append((list(envelope.rcpt_tos), envelope.content))
        return said

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the server's form
        said = self._end.answer(server, "QUIT")
        return "221 Bye" if said == "250 OK" else said


def served(tls: TlsFiles) -> ssl.SSLContext:
    """Return the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    return context


@contextmanager
def mail_target(
    *, starttls: TlsFiles | None = None, tls: TlsFiles | None = None, takes_logins: bool = True
) -> Iterator[MailTarget]:
    """Serve until the block ends: in plain text, or with one of the two kinds of TLS."""
    end = MailTarget()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(
            _Handler(end),
            hostname="mx.example.com",
            loop=loop,
            data_size_limit=20_000_000,
            require_starttls=starttls is not None,
            tls_context=served(starttls) if starttls else None,
            auth_require_tls=starttls is not None,
            authenticator=end.authenticate,
            auth_exclude_mechanism=() if takes_logins else ("LOGIN", "PLAIN"),
        )

    listening = loop.create_server(protocol, "127.0.0.1", 0, ssl=served(tls) if tls else None)
    server = loop.run_until_complete(listening)
    end.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield end
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
