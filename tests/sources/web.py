"""A web server on loopback that answers GET as it is told, and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.channels.answers import Answer


@dataclass
class Web:
    """Its address, what it answers in turn (the last one for ever), and what it was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [Answer(404)])
    got: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """(path, headers) of each request."""

    def next(self) -> Answer:
        """Return the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def web() -> Iterator[Web]:
    """Serve until the block ends."""
    end = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            end.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = end.next()
            with suppress(OSError):  # who has read enough does not read the rest
                if answer.raw is not None:
                    self.wfile.write(answer.raw)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

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
