"""The simulated cloud as an HTTP server on loopback: signatures, faults, and a count of requests.

Standard library only. It keeps connections open as a gateway does, and answers errors with HTTP 200
and a RetCode as the real one does.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.simulator.actions import Api, ApiError, Params
from tests.simulator.faults import Faults
from tests.simulator.world import Account

# Public sample keys of UCloud's own documentation.
PUBLIC_KEY = "ucloudsomeone@example.com1296235120854146120"
PRIVATE_KEY = "46f09bb9fab4f12dfc160dae12273d5332b5debe"


def sign(params: Params, private_key: str) -> str:
    """Return the signature of ``params``, which must not hold one yet."""
    text = "".join(key + params[key] for key in sorted(params)) + private_key
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the API's own choice


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are part of the tests."""


class Simulator:
    """A context manager: the cloud of one account, at ``url`` until the block ends."""

    def __init__(
        self,
        account: Account,
        *,
        generation: int = 3,
        faults: Faults | None = None,
        security_token: str = "",
    ) -> None:
        """Choose the generation of the backup action (1, 2, 3) and the faults."""
        self.public_key, self.private_key = PUBLIC_KEY, PRIVATE_KEY
        self.security_token = security_token
        self.account = account
        self.faults = faults or Faults()
        self.api = Api(account, generation, self.faults)
        self.counts: Counter[str] = Counter()
        self.max_in_flight = 0
        self._in_flight = 0
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Listen on a free port of the loopback interface."""
        handler = type("Handler", (_Handler,), {"cloud": self})
        self._server = _Listener(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def requests(self) -> int:
        """How many requests have arrived."""
        return sum(self.counts.values())

    def respond(self, params: Params) -> tuple[int, bytes | None]:
        """Return (HTTP status, body); None as the body drops the connection."""
        with self._lock:
            self._in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self._in_flight)
        try:
            if self.faults.latency:
                time.sleep(self.faults.latency)  # the switch is there to be slow
            return self._faulty(params)
        finally:
            with self._lock:
                self._in_flight -= 1

    def _faulty(self, params: Params) -> tuple[int, bytes | None]:
        action = params.get("Action", "")
        fault = self._fault(action, params)
        if fault in {"http_500", "http_429"}:
            return int(fault.removeprefix("http_")), b"<html>sorry</html>"
        if fault == "dropped":
            return 0, None
        if fault in {"html", "empty_body"}:
            return 200, b"<html>gateway</html>" if fault == "html" else b""
        if fault in {"throttled", "backend_timeout"}:
            code = 153 if fault == "throttled" else 110
            return 200, json.dumps({"RetCode": code, "Message": fault}).encode()
        answer = self._answer(params)
        if fault == "missing_retcode":
            answer.pop("RetCode")
        body = json.dumps(answer).encode()
        return 200, body[: len(body) // 2] if fault == "truncated" else body

    def _fault(self, action: str, params: Params) -> str:
        key = "&".join(f"{k}={v}" for k, v in sorted(params.items()) if k != "Signature")
        with self._lock:
            self.counts[action] += 1
            self._seen[key] += 1
            seen = self._seen[key]
        return self.faults.hit(key, seen) if self.faults.concerns(action) else ""

    def _answer(self, params: Params) -> dict[str, Any]:
        try:
            self._authenticate(params)
            return self.api.answer(params)
        except ApiError as error:
            return {"RetCode": error.code, "Message": error.message}

    def _authenticate(self, params: Params) -> None:
        signature = params.pop("Signature", None)
        if not signature:
            raise ApiError(170, "Missing Signature")
        if params.get("PublicKey") != self.public_key:
            raise ApiError(172, "User Not Exists")
        if params.get("SecurityToken", "") != self.security_token:
            raise ApiError(174, "Token Not Exists")
        if signature != sign(params, self.private_key):
            raise ApiError(171, "Signature VerifyAC Error")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Simulator

    def setup(self) -> None:
        """Answer at once: a page is one small packet."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        """Take a form in the body."""
        length = int(self.headers.get("Content-Length") or 0)
        self._respond(self.rfile.read(length).decode())

    def do_GET(self) -> None:
        """Take a query."""
        self._respond(urlsplit(self.path).query)

    def _respond(self, form: str) -> None:
        status, body = self.cloud.respond(dict(parse_qsl(form, keep_blank_values=True)))
        if body is None:
            self.close_connection = True
            return
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
            f"X-UCLOUD-REQUEST-UUID: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet."""
