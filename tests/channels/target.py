"""A webhook's far end on loopback: answers as it is told, and keeps what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Target:
    """What it answers, and what has arrived."""

    url: str = ""
    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    """Close the connection without an answer."""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """(path, headers, body) of each request."""


@contextmanager
def target() -> Iterator[Target]:
    """Serve until the block ends."""
    end = Target()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            end.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if end.drops:
                return
            self.send_response(end.status)
            for name, value in end.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(end.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        end.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield end
        finally:
            server.shutdown()
            thread.join()
