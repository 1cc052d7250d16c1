"""Sending a report through all channels at once: each its part, a receipt of each, and fallbacks.

A channel that fails or is slow is in no other one's way. Its fallback gets what it should have
told, and why; the receipt of the failure stays, because somebody has to mend the channel.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial

from backup_auditor.channels import Channel
from backup_auditor.model import AuditVerdict, Delivery, DeliveryOutcome
from backup_auditor.outside import Outside
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import Remark, has_something_to_say, narrow, remarked
from backup_auditor.report.parts import Part
from backup_auditor.retrying import attempted

_log = logging.getLogger(__name__)

_AT_ONCE = 16
# Kept back for the receipts, the heartbeat and the answer: at most so long, at most so much.
_KEPT_SECONDS = 15.0
_KEPT_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Target:
    """A channel that is ready to be used."""

    name: str
    channel: Channel
    when: SendWhen = SendWhen.ALWAYS
    part: Part = field(default_factory=Part)
    fallback: Target | None = None


Targets = Sequence[Target]
Receipts = tuple[Delivery, ...]


def deliver(report: Report, targets: Targets, outside: Outside) -> Receipts:
    """Send ``report`` through each of ``targets``; never raises, every channel has its turn.

    Receipts come in the order of ``targets``; that of a fallback follows the channel that failed.
    """
    told = _at_once(report, targets, outside)
    used = {receipt.channel for receipts in told for receipt in receipts}
    return tuple(
        receipt
        for target, receipts in zip(targets, told, strict=True)
        for receipt in (receipts if target.name in used else (_skipped(target, "not needed"),))
    )


def _at_once(report: Report, targets: Targets, outside: Outside) -> list[Receipts]:
    """Return the receipts of each target; none of one that is only a fallback."""
    until = _end(outside)
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="channel")
    try:
        sent = [pool.submit(_receipts, report, target, outside, until) for target in targets]
        left = until - outside.monotonic()
        wait(sent, timeout=None if left == float("inf") else max(0.0, left))
        return [_result(one, target) for one, target in zip(sent, targets, strict=True)]
    finally:  # all are done here, unless the time was up or somebody interrupts
        pool.shutdown(wait=False, cancel_futures=True)


def _end(outside: Outside) -> float:
    """Return the instant at which the receipts must be there."""
    left = max(0.0, outside.seconds_to_end())
    return outside.monotonic() + left - min(_KEPT_SECONDS, left * _KEPT_SHARE)


def _result(sent: Future[Receipts], target: Target) -> Receipts:
    if sent.done():
        return sent.result()
    attempts = 0 if sent.cancel() else 1
    reason = "no answer before the time was up"
    return (Delivery(target.name, DeliveryOutcome.FAILED, attempts, reason),)


def _receipts(report: Report, target: Target, outside: Outside, until: float) -> Receipts:
    try:
        return tuple(_told(report, target, outside, until))
    except Exception as error:  # noqa: BLE001 - no fault may keep the other receipts from anybody
        _log.error("channel %s: internal fault %s", target.name, type(error).__name__)
        reason = f"a fault of this program ({type(error).__name__})"
        return (Delivery(target.name, DeliveryOutcome.FAILED, 0, reason),)


def _told(report: Report, target: Target, outside: Outside, until: float) -> Iterator[Delivery]:
    """Yield the receipt of ``target``, and of its fallbacks as far as they are needed."""
    if target.when is SendWhen.FALLBACK:
        return
    part = narrow(report, target.part)
    quiet = _reason_for_silence(part, target)
    if quiet:
        yield _skipped(target, quiet)
        return
    receipt = attempted(target.name, partial(target.channel.send, part), outside, until)
    yield receipt
    sentence = part.language.say(
        "Sent here in place of channel {channel}, which failed: {reason}.",
        channel=target.name,
        reason=receipt.reason,
    )
    fallback = target.fallback
    while receipt.outcome is DeliveryOutcome.FAILED and fallback:
        send = partial(fallback.channel.send, remarked(part, Remark.FALLBACK, sentence))
        receipt = attempted(fallback.name, send, outside, until)
        yield _in_place_of(target, receipt)
        fallback = fallback.fallback


def _reason_for_silence(part: Report, target: Target) -> str:
    """Say why ``target`` has nothing to tell; empty where it has."""
    if target.when is not SendWhen.FAILING:
        return ""
    if part.audit.verdict is AuditVerdict.PASS:
        return "the verdict is pass"
    return "" if has_something_to_say(part) else "nothing in its part"


def _skipped(target: Target, reason: str) -> Delivery:
    return Delivery(target.name, DeliveryOutcome.SKIPPED, 0, reason)


def _in_place_of(target: Target, receipt: Delivery) -> Delivery:
    reason = f"{receipt.reason} (in place of {target.name})".strip()
    if receipt.outcome is DeliveryOutcome.SENT:
        reason = f"in place of {target.name}"
    return Delivery(receipt.channel, receipt.outcome, receipt.attempts, reason)
