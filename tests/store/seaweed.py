"""SeaweedFS on loopback: an S3 server that shares no code with moto.

Its data lie in a folder that goes away with it. It listens on 127.0.0.1 alone, and the statistics
that it would send to its makers are switched off.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from tests.store.keys import KEYS

_HOST = "127.0.0.1"
_READY_SECONDS = 60
_SOCKETS = Path("/tmp")  # noqa: S108 - its choice, and no option changes it
_OPTIONS = (
    *(f"-ip={_HOST}", f"-ip.bind={_HOST}", "-master.telemetry=false"),
    *("-filer=true", "-s3=true", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    *("-s3.autoCreateBucket=false", "-master.volumeSizeLimitMB=64", "-volume.max=100"),
)
_PORTS = ("master", "volume", "filer", "s3")


@contextmanager
def seaweedfs() -> Iterator[str]:
    """Serve S3 until the block ends; raises RuntimeError if there is no ``weed`` on the path."""
    weed = shutil.which("weed")
    if weed is None:
        raise RuntimeError("there is no program `weed` on the path; `make second-s3` installs it")
    ports = _free_ports([f"{name}.port{kind}" for name in _PORTS for kind in ("", ".grpc")])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weed-")))
        process = subprocess.Popen(
            [weed, "-logtostderr", "server", *_OPTIONS, *_options(folder, ports)],
            cwd=folder,
            env=_environ(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stack.enter_context((folder / "log").open("wb")),
        )
        try:
            url = f"http://{_HOST}:{ports['s3.port']}"
            _wait(url, process, folder / "log")
            yield url
        finally:
            process.kill()  # it would take half a minute to leave in peace
            process.wait()
            for port in ports.values():
                for path in _SOCKETS.glob(f"seaweedfs-*-grpc-{port}.sock"):
                    path.unlink()


def empty(client: Any, bucket: str) -> None:
    """Remove the bucket with all that is in it, if it is there."""
    with suppress(client.exceptions.NoSuchBucket):
        client.delete_bucket(Bucket=bucket)


def _options(folder: Path, ports: dict[str, int]) -> list[str]:
    identity = {
        "name": "tests",
        "credentials": [
            {"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
        ],
        "actions": ["Admin"],
    }
    (folder / "data").mkdir()
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    return [
        f"-dir={folder / 'data'}",
        f"-s3.config={folder / 's3.json'}",
        f"-filer.localSocket={folder / 'filer.sock'}",
        f"-s3.localSocket={folder / 's3.sock'}",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]


def _environ(folder: Path) -> dict[str, str]:
    """Return an environment without ours in it; with the key, it can encrypt what it keeps."""
    return {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "WEED_S3_SSE_KEY": "for the tests",
        "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
    }


def _free_ports(names: list[str]) -> dict[str, int]:
    """Return a free port for each name; all are held until all are known, so they differ."""
    with ExitStack() as stack:
        held = {name: stack.enter_context(socket.socket()) for name in names}
        for one in held.values():
            one.bind((_HOST, 0))
        return {name: int(one.getsockname()[1]) for name, one in held.items()}


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Ask until it answers; raises RuntimeError with the end of its log if it never does."""
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(f"{url}/healthz", timeout=5).ok:
                return
        time.sleep(0.05)
    raise RuntimeError(f"SeaweedFS does not answer: {log.read_text(errors='replace')[-2000:]}")
