"""A webhook's far end on loopback: answers as it is told, and keeps what it was sent."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.channels.answers import Answer


@dataclass
class Target:
    """What it answers, and what has arrived."""

    url: str = ""
    answer: Answer = field(default_factory=lambda: Answer(200, b"ok"))
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """(path, headers, body) of each request."""
    named: list[str | None] = field(default_factory=list)
    """The host that each TLS handshake asked for."""

    def reset(self) -> None:
        """Answer ``ok``, and forget what has arrived."""
        self.answer = Answer(200, b"ok")
        self.got.clear()


@dataclass(frozen=True)
class TlsFiles:
    """Files in PEM."""

    certificate: Path
    key: Path


def certificate(host: str, folder: Path) -> TlsFiles:
    """Make a certificate for ``host`` that signs itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.NameAttribute(NameOID.COMMON_NAME, host),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(x509.Name([name]), x509.Name([name]), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = TlsFiles(folder / "certificate.pem", folder / "key.pem")
    pem = serialization.Encoding.PEM
    files.certificate.write_bytes(made.public_bytes(pem))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files.key.write_bytes(key.private_bytes(pem, *plain))
    return files


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about handshakes that fail."""


@contextmanager
def target(tls: TlsFiles | None = None) -> Iterator[Target]:
    """Serve until the block ends."""
    end = Target()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            end.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if end.answer.raw is not None:
                self.wfile.write(end.answer.raw)
                return
            self.send_response(end.answer.status, "T0PSECRETPATH")
            for name, value in end.answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who has read enough does not read the rest
                self.wfile.write(end.answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Keep quiet."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        end.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            context.sni_callback = lambda _socket, name, _context: end.named.append(name)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield end
        finally:
            server.shutdown()
            thread.join()
