"""One HTTP POST to somebody's webhook: bounded, without redirects, and without leaking its URL.

The URL of a webhook is a secret. The exceptions of ``requests`` contain it and ``urllib3`` writes
its path into the log. So no exception of theirs leaves this module, not even as a context, they
log nothing meanwhile, and errors name the host at most.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.utils import select_proxy

from backup_auditor import __version__
from backup_auditor.destination import destination
from backup_auditor.errors import DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.pinning import adapters, never_connected, unlogged
from backup_auditor.policy.model import HttpOptions
from backup_auditor.secret import Secret
from backup_auditor.speech import phrase

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_BODY_SECONDS = 30.0
_LONGEST_ANSWER = 1 << 20
_PIECE = 1 << 16
_WRONG_HEADER = phrase("a header of the message holds what HTTP does not allow")
_NO_URL = phrase("the address of the target is not a URL")
_PASSING = frozenset({408, 425, 429})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the target answered; its body is not trusted, and never told."""

    status: int
    body: str
    """At most a megabyte; the rest is not read."""
    retry_after: float | None = None
    """Seconds that the target wants us to wait; None when it does not say."""
    is_whole: bool = True
    """The body could be read to its end, or to the limit."""

    @property
    def is_success(self) -> bool:
        """The status is a 2xx. For many targets that is not enough."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_permanent(self) -> bool:
        """Return whether the same request cannot succeed later."""
        if self.is_success:
            return self.is_whole
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in _PASSING

    def document(self) -> dict[str, Any]:
        """Return the body as a JSON object; empty where it is anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Post:
    """One message: ``body`` is sent as it is, because some targets verify its bytes."""

    url: Secret
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    read_seconds: float = _READ_SECONDS


def as_json(document: object) -> bytes:
    """Return compact JSON in UTF-8, as it is sent and as limits in bytes count it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")


def with_query(url: Secret, **fields: str) -> Secret:
    """Return ``url`` with these fields in its query, instead of its own of the same names.

    What is no URL is returned as it is: ``post`` refuses it.
    """
    try:
        parts = urlsplit(url.reveal().strip())
    except ValueError:
        return url
    # Encoded here, because a raw "+" in a query is a space; requests leaves %2B as it is.
    own = [one for one in parts.query.split("&") if one and one.partition("=")[0] not in fields]
    return Secret(parts._replace(query="&".join([*own, urlencode(fields)]), fragment="").geturl())


def post(message: Post, options: HttpOptions, outside: Outside) -> Reply:
    """Send ``message`` once; raises DeliveryError for a wrong URL and when no answer comes."""
    headers = {"Content-Type": "application/json; charset=utf-8", **message.headers}
    request = prepared("POST", message.url, headers, message.body)
    return exchange(
        request, lambda a: _read(a, outside), options, outside, read_seconds=message.read_seconds
    )


def exchange(
    request: requests.PreparedRequest,
    take: Callable[[requests.Response], T],
    options: HttpOptions,
    outside: Outside,
    *,
    read_seconds: float = _READ_SECONDS,
) -> T:
    """Send ``request`` once and return what ``take`` makes of the answer; raises DeliveryError."""
    url = request.url or ""
    with requests.Session() as session:  # only to learn of proxies and certificates
        around = session.merge_environment_settings(url, {}, stream=True, verify=True, cert=None)
    is_proxied = select_proxy(url, around["proxies"]) is not None
    goal = destination(url, options, outside.lookup, is_proxied=is_proxied)
    how: dict[str, Any] = {**around, "timeout": (_CONNECT_SECONDS, read_seconds)}
    problem = ""
    for adapter in adapters(goal):
        try:
            with closing(adapter), unlogged(), adapter.send(request, **how) as answer:
                return take(answer)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            problem = type(error).__name__
            if not never_connected(error):
                break
    # Raised out here, because a context would keep the URL.
    reason = phrase("no answer from {host} ({problem})", host=goal.host, problem=problem)
    raise DeliveryError(reason, permanent=False)


def failure(reply: Reply, said: str = "", *, permanent: bool | None = None) -> DeliveryError:
    """Return the error that a reply stands for; ``said`` is a known word of the target.

    ``permanent`` is for targets that say in the body what the status does not.
    """
    what = f"HTTP {reply.status}"
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        what += ", a redirect, which is not followed"
    reason = f"the target answered {what}{f' ({said})' if said else ''}"
    is_permanent = reply.is_permanent if permanent is None else permanent
    return DeliveryError(reason, permanent=is_permanent, retry_after=reply.retry_after)


def prepared(
    method: str, address: Secret, more: Mapping[str, str], body: bytes | None = None
) -> requests.PreparedRequest:
    """Return the request; its URL is in the one form that is both checked and connected to.

    Raises DeliveryError for what is no URL, and for headers that cannot be sent.
    """
    headers = {
        "User-Agent": f"backup-auditor/{__version__}",
        "Accept-Encoding": "identity",
        **more,
    }
    url, problem = address.reveal().strip(), _WRONG_HEADER
    if not all(value.isascii() for value in headers.values()):
        raise DeliveryError(problem, permanent=True)
    try:
        # Outside of a session: no cookies, and no password out of a .netrc file.
        return requests.Request(method, url, headers, data=body).prepare()
    except requests.exceptions.InvalidHeader:
        pass
    except (requests.RequestException, ValueError):
        problem = _NO_URL
    raise DeliveryError(problem, permanent=True)


def _read(answer: requests.Response, outside: Outside) -> Reply:
    body, is_whole = read_within(answer, outside, _LONGEST_ANSWER)
    return Reply(
        answer.status_code,
        body.decode("utf-8-sig", errors="replace"),
        retry_after(answer, outside),
        is_whole=is_whole,
    )


def read_within(answer: requests.Response, outside: Outside, most: int) -> tuple[bytes, bool]:
    """Return at most ``most`` bytes of a body, and whether nothing went wrong meanwhile.

    It is bounded in time as well: a target may send one byte in ten seconds, for ever.
    """
    body, is_whole = bytearray(), True
    end = outside.monotonic() + _BODY_SECONDS
    try:
        while len(body) < most:
            piece = answer.raw.read1(_PIECE, decode_content=True)
            is_whole = outside.monotonic() <= end
            if not piece or not is_whole:
                break
            body += piece
    except (urllib3.exceptions.HTTPError, OSError):
        is_whole = False
    return bytes(body[:most]), is_whole


def retry_after(answer: requests.Response, outside: Outside) -> float | None:
    """Return the seconds that the other side wants us to wait; None when it does not say."""
    return _seconds(answer.headers.get("Retry-After", ""), outside.now())


def _seconds(text: str, now: datetime) -> float | None:
    """Read Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
