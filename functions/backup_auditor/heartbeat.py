"""Calling an outside watcher when a run ends: it raises the alarm when no call comes.

The form is that of healthchecks.io, which many others take: a POST without a body to an address
that is a secret, and to the same address with ``/fail`` at the end of its path when the run failed:
its policy was broken, a channel failed, or the program did. A verdict of fail is no failed run.

It never breaks a run. A watcher that is not called raises the alarm by itself.

Source: https://healthchecks.io/docs/http_api/
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from backup_auditor.errors import DeliveryError
from backup_auditor.model import Delivery
from backup_auditor.outside import Outside
from backup_auditor.policy.fields import HEARTBEAT
from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.model import HttpOptions
from backup_auditor.posting import Post, failure, post
from backup_auditor.retrying import attempted
from backup_auditor.secret import Secret

_log = logging.getLogger(__name__)

_READ_SECONDS = 10.0
# Kept back for the answer.
_KEPT_SECONDS = 1.0
_IGNORED = frozenset({"OK (not found)", "OK (rate limited)"})
"""What healthchecks.io says with status 200 when it did not count the call."""


def beat(heartbeat: Heartbeat, outside: Outside, *, failed: bool) -> Delivery:
    """Call the watcher and return the receipt; never raises."""
    until = outside.monotonic() + outside.seconds_to_end() - _KEPT_SECONDS
    receipt = attempted(HEARTBEAT, lambda: _call(heartbeat, outside, failed=failed), outside, until)
    said = f": {receipt.reason}" if receipt.reason else ""
    _log.info("heartbeat (%s): %s%s", "fail" if failed else "success", receipt.outcome, said)
    return receipt


@contextmanager
def watched(heartbeat: Heartbeat | None, outside: Outside) -> Iterator[None]:
    """Tell the watcher that the run failed when the block raises anything."""
    try:
        yield
    except Exception:
        if heartbeat is not None:
            beat(heartbeat, outside, failed=True)
        raise


def _call(heartbeat: Heartbeat, outside: Outside, *, failed: bool) -> None:
    url = _address(heartbeat, outside, failed=failed)
    seconds = max(1.0, min(_READ_SECONDS, outside.seconds_to_end() / 2))
    reach = HttpOptions(allow_http=heartbeat.allow_http, allow_private=heartbeat.allow_private)
    reply = post(Post(url, b"", read_seconds=seconds), reach, outside)
    if not reply.is_success:
        raise failure(reply)
    if reply.body.strip() in _IGNORED:
        raise DeliveryError("the target did not count the call", permanent=True)


def _address(heartbeat: Heartbeat, outside: Outside, *, failed: bool) -> Secret:
    if not failed:
        return outside.resolve(heartbeat.url)
    if heartbeat.fail_url:
        return outside.resolve(heartbeat.fail_url)
    return _fail_twin(outside.resolve(heartbeat.url))


def _fail_twin(url: Secret) -> Secret:
    """Return the address with ``/fail`` at the end of its path; a query stays what it is."""
    try:
        parts = urlsplit(url.reveal().strip())
    except ValueError:
        raise DeliveryError("the address of the target is not a URL", permanent=True) from None
    return Secret(urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail")))
