"""Trying again: the one place that decides how often, how long to wait, and when it is too late."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from backup_auditor.errors import AuditorError, DeliveryError
from backup_auditor.model import Delivery, DeliveryOutcome
from backup_auditor.outside import Outside

_log = logging.getLogger(__name__)

_ATTEMPTS = 3
_BASE_SECONDS = 1.0
_LONGEST_WAIT = 20.0
_SHORTEST_ATTEMPT = 5.0
"""With less time left after a pause, another attempt would only be cut off."""
_LONGEST_REASON = 300


def attempted(
    name: str, action: Callable[[], None], outside: Outside, until: float = float("inf")
) -> Delivery:
    """Do ``action``, again where that may help, and return the receipt of ``name``; never raises.

    No attempt but the first begins when ``until``, an instant on ``outside.monotonic``, is near.
    """
    attempt, said = 1, ""
    while error := _failure(name, action):
        reason = error.reason[:_LONGEST_REASON]
        if reason != said:  # the same once more is not news
            _log.info("%s, attempt %d: %s", name, attempt, reason)
            said = reason
        pause = _pause(attempt, error)
        is_late = outside.monotonic() + pause + _SHORTEST_ATTEMPT > until
        if error.permanent or is_late or attempt == _ATTEMPTS:
            return Delivery(name, DeliveryOutcome.FAILED, attempt, reason)
        outside.sleep(pause)
        attempt += 1
    return Delivery(name, DeliveryOutcome.SENT, attempt)


def _failure(name: str, action: Callable[[], None]) -> DeliveryError | None:
    try:
        action()
    except DeliveryError as error:
        return error
    except AuditorError as error:  # a secret that cannot be resolved
        return DeliveryError(str(error), permanent=True)
    except Exception as error:  # noqa: BLE001 - a faulty channel must not silence the others
        _log.error("%s: internal fault %s", name, type(error).__name__)
        reason = f"a fault of this program ({type(error).__name__})"
        return DeliveryError(reason, permanent=True)
    return None


def _pause(attempt: int, error: DeliveryError) -> float:
    """Wait as long as the target wants, within bounds; else a jittered back-off."""
    if error.retry_after is not None:
        return min(error.retry_after, _LONGEST_WAIT)
    longest = _BASE_SECONDS * 2.0**attempt
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret
