"""S3 over HTTP on loopback, with an empty bucket in it.

It is moto's S3, unless ``BACKUP_AUDITOR_S3_SERVER`` names the other one, ``seaweedfs``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from backup_auditor.aws import clients
from backup_auditor.outside import Outside
from moto.backends import get_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.fakes import outside
from tests.store import seaweed
from tests.store.keys import KEYS

BUCKET = "audits-of-ours"
SERVER = os.environ.get("BACKUP_AUDITOR_S3_SERVER", "moto")
IS_MOTO = SERVER == "moto"


class _OneWriter:
    """Lets writers in one by one: moto looks whether a condition holds, and writes a moment later.

    S3 itself does both at once: of several writers it lets one through.
    """

    def __init__(self, app: Any, deaf_to: str) -> None:
        self._app = app
        self._deaf_to = deaf_to
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] != "PUT":
            return self._app(environ, start_response)
        environ.pop(self._deaf_to, None)
        with self._lock:
            return self._app(environ, start_response)


def s3_server() -> AbstractContextManager[str]:
    """Serve S3 until the block ends."""
    return {"moto": moto_server, "seaweedfs": seaweed.seaweedfs}[SERVER]()


@contextmanager
def moto_server(deaf_to: str = "", before: Callable[[Any], Any] = lambda app: app) -> Iterator[str]:
    """Serve moto until the block ends: S3, and all else that it knows.

    It does not hear a header such as ``HTTP_IF_MATCH``. ``before`` wraps it.
    """
    app = before(_OneWriter(DomainDispatcherApplication(create_backend_app), deaf_to))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(WSGIRequestHandler):
    """Logs no request."""

    def log_request(self, *_: object) -> None:
        """Keep the log for what fails."""


@contextmanager
def bucket() -> Iterator[Outside]:
    """Return a world with an empty bucket; the environment says where S3 is, and holds ``KEYS``."""
    aws = clients(KEYS)
    if IS_MOTO:
        backend().reset()
    else:
        seaweed.empty(aws("s3"), BUCKET)
    aws("s3").create_bucket(Bucket=BUCKET)
    try:
        yield outside(aws=aws)
    finally:
        aws("s3").close()


def backend() -> Any:
    """Return what moto keeps; it runs in this process."""
    return get_backend("s3")["123456789012"]["aws"]
