"""Connecting to an address that was checked, and to no other; and keeping ``urllib3`` quiet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from backup_auditor.destination import Destination

_TALKATIVE = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class Pinned(HTTPAdapter):
    """Connects to one address; SNI, certificate check and ``Host`` stay those of the URL.

    ``build_connection_pool_key_attributes`` and ``add_headers`` are what ``requests`` offers for
    this (https://requests.readthedocs.io/en/latest/api/#requests.adapters.HTTPAdapter).
    """

    def __init__(self, host: str, address: str) -> None:
        """Keep what the URL names, and where that is."""
        super().__init__()
        self._host, self._address = host, address

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Replace the host by the address, and let the certificate be checked for the host."""
        where, how = super().build_connection_pool_key_attributes(request, verify, cert)
        name = {"server_hostname": self._host} if where["scheme"] == "https" else {}
        return {**where, "host": self._address}, {**how, **name}

    def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
        """Name the host of the URL, not the address."""
        request.headers["Host"] = urlsplit(request.url or "").netloc


def adapters(goal: Destination) -> Iterator[HTTPAdapter]:
    """Yield one adapter for each address to try; behind a proxy there is only the proxy."""
    if not goal.addresses:
        yield HTTPAdapter()
    for address in goal.addresses:
        yield Pinned(goal.host, address)


def never_connected(error: Exception) -> bool:
    """Return whether nothing was sent, so that the next address may be tried."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(cause, urllib3.exceptions.ConnectTimeoutError)


@contextmanager
def unlogged() -> Iterator[None]:
    """Let ``urllib3`` log nothing of this thread: it writes paths, and a path may be a secret."""
    mine = threading.get_ident()

    def is_not_mine(record: logging.LogRecord) -> bool:
        return record.thread != mine

    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(is_not_mine)
    try:
        yield
    finally:
        for name in _TALKATIVE:
            logging.getLogger(name).removeFilter(is_not_mine)
