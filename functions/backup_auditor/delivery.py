"""Sending a report through all channels: retries, receipts, and no channel in another one's way."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence

from backup_auditor.channels import Channel
from backup_auditor.errors import AuditorError, DeliveryError
from backup_auditor.model import AuditVerdict, Delivery, DeliveryOutcome
from backup_auditor.outside import Outside
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.model import Report

_log = logging.getLogger(__name__)

Targets = Sequence[tuple[str, Channel, SendWhen]]
"""Channels ready to be used: name, channel, when to send."""

_ATTEMPTS = 3
_BASE_SECONDS = 1.0
_LONGEST_WAIT = 20.0
_LONGEST_REASON = 300
# Collecting ends at the deadline; a door keeps back a minute after it. Nothing is tried again in
# the last part of that minute, so that the receipts are still told.
_LATEST_SECONDS = -30.0


def deliver(report: Report, targets: Targets, outside: Outside) -> tuple[Delivery, ...]:
    """Send ``report`` through each of ``targets``; never raises, every channel has its turn."""
    return tuple(_delivery(report, name, channel, when, outside) for name, channel, when in targets)


def _delivery(
    report: Report, name: str, channel: Channel, when: SendWhen, outside: Outside
) -> Delivery:
    if when is SendWhen.FAILING and report.audit.verdict is AuditVerdict.PASS:
        return Delivery(name, DeliveryOutcome.SKIPPED, 0, "the verdict is pass")
    attempt = 1
    while error := _attempt(report, name, channel):
        late = outside.seconds_left() < _LATEST_SECONDS
        if error.permanent or late or attempt == _ATTEMPTS:
            return Delivery(name, DeliveryOutcome.FAILED, attempt, error.reason[:_LONGEST_REASON])
        outside.sleep(_pause(attempt, error))
        attempt += 1
    return Delivery(name, DeliveryOutcome.SENT, attempt)


def _attempt(report: Report, name: str, channel: Channel) -> DeliveryError | None:
    try:
        channel.send(report)
    except DeliveryError as error:
        return error
    except AuditorError as error:  # a secret that cannot be resolved
        return DeliveryError(str(error), permanent=True)
    except Exception as error:  # noqa: BLE001 - a faulty channel must not silence the others
        _log.error("channel %s: internal fault %s", name, type(error).__name__)
        reason = f"a fault of this program ({type(error).__name__})"
        return DeliveryError(reason, permanent=True)
    return None


def _pause(attempt: int, error: DeliveryError) -> float:
    """Wait as long as the target wants, within bounds; else a jittered back-off."""
    if error.retry_after is not None:
        return min(error.retry_after, _LONGEST_WAIT)
    longest = _BASE_SECONDS * 2.0**attempt
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret
