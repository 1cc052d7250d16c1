"""One HTTP POST to somebody's webhook: bounded, without redirects, and without leaking its URL.

The URL of a webhook is a secret, and the exceptions of ``requests`` contain it. So no exception of
that library leaves this module, and errors name the host at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
import urllib3

from backup_auditor import __version__
from backup_auditor.errors import DeliveryError
from backup_auditor.policy.reference import is_loopback_url
from backup_auditor.secret import Secret

_CONNECT_SECONDS = 5.0
_LONGEST_ANSWER = 65_536
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Reply:
    """What the target answered."""

    status: int
    body: str
    retry_after: float | None
    """Seconds that the target wants us to wait; None when it does not say."""

    @property
    def is_permanent(self) -> bool:
        """Return whether the same request cannot succeed later."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in _PASSING


@dataclass(frozen=True, slots=True)
class Post:
    """One message: ``body`` is sent as it is, because some targets verify its bytes."""

    url: Secret
    body: bytes
    headers: Mapping[str, str]
    read_seconds: float
    now: datetime


def post(message: Post) -> Reply:
    """Send ``message`` once; raises DeliveryError for a wrong URL and when no answer comes."""
    url = _checked(message.url)
    host = urlsplit(url).hostname
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"backup-auditor/{__version__}",
        **message.headers,
    }
    try:
        with requests.post(
            url,
            data=message.body,
            headers=headers,
            timeout=(_CONNECT_SECONDS, message.read_seconds),
            allow_redirects=False,  # a redirected POST becomes a GET that "succeeds"
            stream=True,
        ) as answer:
            body = answer.raw.read(_LONGEST_ANSWER, decode_content=True)
            return Reply(
                answer.status_code,
                body.decode("utf-8", errors="replace"),
                _seconds(answer.headers.get("Retry-After", ""), message.now),
            )
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        reason = f"no answer from {host} ({type(error).__name__})"
        raise DeliveryError(reason, permanent=False) from None


def failure(reply: Reply, said: str = "") -> DeliveryError:
    """Return the error that a reply stands for; ``said`` is a known word of the target."""
    what = f"HTTP {reply.status}"
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        what += ", a redirect, which is not followed"
    reason = f"the target answered {what}{f' ({said})' if said else ''}"
    return DeliveryError(reason, permanent=reply.is_permanent, retry_after=reply.retry_after)


def _checked(secret: Secret) -> str:
    url = secret.reveal().strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DeliveryError("the address of the target is not a URL", permanent=True) from None
    if parts.username or parts.password:
        raise DeliveryError("the address of the target holds a password", permanent=True)
    if not parts.hostname or (parts.scheme != "https" and not is_loopback_url(url)):
        raise DeliveryError("the address of the target must begin with https://", permanent=True)
    return url


def _seconds(text: str, now: datetime) -> float | None:
    """Read Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None
