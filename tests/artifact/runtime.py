"""A Lambda Runtime API on loopback: hands events to a runtime process and keeps its answers.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_PREFIX = "/2018-06-01/runtime/"
_SECONDS = 900
HANDLER = "backup_auditor.handler.lambda_handler"


class Runtime:
    """Events in, (kind, document) out; kind is ``response``, ``error`` or ``init-error``."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115 - ``started`` closes it
        self.events: queue.Queue[object] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()

    def invoke(self, event: object) -> tuple[str, Any]:
        """Run one event and wait for its answer."""
        self.events.put(event)
        return self.answers.get(timeout=60)

    def lines(self) -> list[str]:
        """Return what the process has printed: what Lambda hands to CloudWatch Logs."""
        # Not by reading on: the process writes where the file stands.
        size = os.fstat(self.printed.fileno()).st_size
        return os.pread(self.printed.fileno(), size, 0).decode().splitlines()


def _handler(runtime: Runtime) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                body = json.dumps(runtime.events.get(timeout=120)).encode()
            except queue.Empty:
                return
            self.send_response(200)
            self.send_header(
                "Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
            )
            deadline = int((time.time() + _SECONDS) * 1000)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
            self.send_header(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:auditor",
            )
            # The client is C++ and trusts that these are there.
            self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = "init-error" if "init/error" in self.path else self.path.rsplit("/", 1)[-1]
            runtime.answers.put((kind, json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Keep quiet."""

    return Handler


@contextmanager
def started(
    artifact: Path, runtime_client: Path, environ: Mapping[str, str], *, handler: str = HANDLER
) -> Iterator[Runtime]:
    """Start ``artifact`` with awslambdaric, as Lambda does; stop it when the block ends.

    ``-S`` keeps site-packages away, so that a package which the artifact forgot is missed. Only
    awslambdaric is added, from the folder ``runtime_client``: Lambda brings it along.
    """
    runtime = Runtime()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(runtime)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        command = [sys.executable, "-S", "-m", "awslambdaric", handler]
        with subprocess.Popen(
            command,
            env={
                **environ,
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(artifact), str(runtime_client)]),
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": "auditor",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
                "LAMBDA_TASK_ROOT": str(artifact),
            },
            cwd="/",
            stdout=runtime.printed,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield runtime
            finally:
                process.kill()
                server.shutdown()
                thread.join()
                runtime.printed.close()
