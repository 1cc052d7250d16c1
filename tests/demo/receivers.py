"""What the demo delivers to: Amazon SES, three chats and a webhook, on loopback.

They answer as the real ones do and keep what they were sent. Standard library only: the demo needs
nothing but the run-time dependencies.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_SES_PATH = "/v2/email/outbound-emails"
_ANSWERS: dict[str, tuple[int, bytes]] = {
    "/slack": (200, b"ok"),
    "/teams": (202, b""),
    "/feishu": (200, b'{"code":0,"msg":"success","data":{}}'),
    "/webhook": (204, b""),
}
"""Path of a chat or webhook -> what it says to a message that it takes."""


@dataclass
class Receivers:
    """What has arrived, by kind."""

    url: str
    posted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Path -> the last message."""
    mail: list[dict[str, Any]] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Write the last message of each kind into ``folder``."""
        for path, message in self.posted.items():
            text = json.dumps(message, ensure_ascii=False, indent=1)
            (folder / f"{path.strip('/')}.json").write_text(text, encoding="utf-8")
        if self.mail:
            self._save_mail(folder, self.mail[-1]["Content"]["Simple"])

    @staticmethod
    def _save_mail(folder: Path, mail: dict[str, Any]) -> None:
        for kind, suffix in (("Html", "html"), ("Text", "txt")):
            text = mail["Body"][kind]["Data"]
            (folder / f"email.{suffix}").write_text(text, encoding="utf-8")
        for attachment in mail["Attachments"]:
            data = base64.b64decode(attachment["RawContent"])
            (folder / Path(attachment["FileName"]).name).write_bytes(data)


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Serve on a free loopback port until the block ends."""
    got = Receivers("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = json.loads(body)
            if self.path == _SES_PATH:
                got.mail.append(message)
                self._answer(200, json.dumps({"MessageId": f"demo-{len(got.mail)}"}).encode())
            elif self.path in _ANSWERS:
                got.posted[self.path] = message
                self._answer(*_ANSWERS[self.path])
            else:
                self._answer(404, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Keep the terminal for the report."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        got.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield got
        finally:
            server.shutdown()
            thread.join()
