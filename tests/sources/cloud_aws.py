"""AWS over HTTP on loopback: moto's server, emptied, and the environment that reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.store.bucket import KEYS, s3_server

__all__ = ["KEYS", "aws_server"]


@contextmanager
def aws_server() -> Iterator[str]:
    """Serve all of AWS that moto knows until the block ends; return its address."""
    with s3_server() as url:
        requests.post(f"{url}/moto-api/reset", timeout=10)
        yield url
