"""A dialogue with a mail server: at one checked address, bounded in time and in what is read.

``smtplib`` alone would look the name up once more, wait anew for each byte of an answer, read
answers of any length, and tell the server the name of this machine.
"""

from __future__ import annotations

import io
import smtplib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 20.0
_SECONDS = 50.0
"""For all of it: a door keeps back a minute for deliveries."""
_MOST_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: its name, and one of its addresses."""

    host: str
    address: str
    port: int


class Session(smtplib.SMTP):
    """A dialogue, begun when it is made; certificates are checked for the name of the server."""

    def __init__(
        self, server: Server, tls: SSLContext | None, monotonic: Callable[[], float]
    ) -> None:
        """Connect, with ``tls`` from the first byte where it is given; raises OSError."""
        self._server, self._tls = server, tls
        self._bounds = _Bounds(monotonic, monotonic() + _SECONDS)
        super().__init__(server.host, server.port, local_hostname="", timeout=_CONNECT_SECONDS)
        self.local_hostname = self._literal()

    def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
        """Replace what ``smtplib`` lets its own sub-classes replace."""
        made = socket.create_connection((self._server.address, port), timeout)
        return self._tls.wrap_socket(made, server_hostname=self._server.host) if self._tls else made

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer, within bounds."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Reader(self.sock, self._bounds))
        return super().getreply()

    def _literal(self) -> str:
        """Return this machine's address as RFC 5321, 4.1.3, writes it."""
        own = str(self.sock.getsockname()[0]).partition("%")[0] if self.sock else "127.0.0.1"
        return f"[IPv6:{own}]" if ":" in own else f"[{own}]"


@dataclass(slots=True)
class _Bounds:
    monotonic: Callable[[], float]
    end: float
    left: int = _MOST_READ


class _Reader(io.RawIOBase):
    def __init__(self, source: socket.socket, bounds: _Bounds) -> None:
        self._source, self._bounds = source, bounds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds = self._bounds.end - self._bounds.monotonic()
        if seconds <= 0 or self._bounds.left <= 0:
            raise TimeoutError
        self._source.settimeout(min(seconds, _READ_SECONDS))
        number = self._source.recv_into(buffer)
        self._bounds.left -= number
        return number
