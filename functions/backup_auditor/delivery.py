"""Sending a report through all channels at once: each its part, a receipt of each, and fallbacks.

A channel that fails or is slow is in no other one's way. Its fallback gets what it should have
told, and why; the receipt of the failure stays, because somebody has to mend the channel.

With a store, a message is sent in four steps: take the turn, see that no receipt is there, send,
write the receipt. Whoever is killed between the last two has sent what nobody knows of, so a
repeated run sends it again: no order of steps closes that window. Channels whose receivers know a
repeat by its id (``narrow.edition``) do no harm then; the others are seen twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Protocol

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
LONGEST_TURN = 120.0
"""Seconds. Nothing is begun through a channel later than so long after its turn began."""


@dataclass(frozen=True, slots=True)
class Target:
    """A channel that is ready to be used."""

    name: str
    channel: Channel
    when: SendWhen = SendWhen.ALWAYS
    part: Part = field(default_factory=Part)
    fallback: Target | None = None
    remind: timedelta = timedelta(hours=24)
    """With ``changed``: how long what goes on may stay untold."""


Targets = Sequence[Target]
Receipts = tuple[Delivery, ...]


class Ledger(Protocol):
    """What is known of earlier messages; nothing of it raises. Channels ask it at once."""

    def turn(self, message: str, until: float) -> Delivery | None:
        """Take the turn of sending ``message``: a channel, or one in place of another.

        Return the receipt instead where another invocation of the run has sent it, or has the turn
        until after ``until``, an instant on the clock of ``outside.monotonic``.
        """
        ...

    def keep(self, message: str, receipt: Delivery) -> None:
        """Remember what became of a message."""
        ...

    def has_news(self, target: Target, part: Report) -> bool | None:
        """Return whether ``part`` tells a channel more than it was last told; None: not known."""
        ...

    def tells(self, target: Target, part: Report) -> None:
        """Remember that a channel has been told ``part``."""
        ...


class Forgetful:
    """The ledger of a run without a store: nothing was ever sent, and nothing is known."""

    def turn(self, message: str, until: float) -> Delivery | None:  # noqa: ARG002 - the form
        """Let everybody send."""
        return None

    def keep(self, message: str, receipt: Delivery) -> None:
        """Forget it."""

    def has_news(self, target: Target, part: Report) -> bool | None:  # noqa: ARG002 - the form
        """Know nothing."""
        return None

    def tells(self, target: Target, part: Report) -> None:
        """Forget it."""


def deliver(
    report: Report, targets: Targets, outside: Outside, ledger: Ledger | None = None
) -> Receipts:
    """Send ``report`` through each of ``targets``; never raises, every channel has its turn.

    Receipts come in the order of ``targets``; that of a fallback follows the channel that failed.
    """
    told = _at_once(report, targets, Sending(outside, ledger or Forgetful(), _end(outside)))
    used = {receipt.channel for receipts in told for receipt in receipts}
    return tuple(
        receipt
        for target, receipts in zip(targets, told, strict=True)
        for receipt in (receipts if target.name in used else (_skipped(target, "not needed"),))
    )


@dataclass(frozen=True, slots=True)
class Sending:
    """What all channels of one run send with."""

    outside: Outside
    ledger: Ledger
    until: float
    """When the receipts must be there, on the clock of ``outside.monotonic``."""


def _at_once(report: Report, targets: Targets, sending: Sending) -> list[Receipts]:
    """Return the receipts of each target; none of one that is only a fallback."""
    outside, until = sending.outside, sending.until
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="channel")
    try:
        sent = [pool.submit(_receipts, report, target, sending) for target in targets]
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


def _receipts(report: Report, target: Target, sending: Sending) -> Receipts:
    try:
        return tuple(_told(report, target, sending))
    except Exception as error:  # noqa: BLE001 - no fault may keep the other receipts from anybody
        _log.error("channel %s: internal fault %s", target.name, type(error).__name__)
        reason = f"a fault of this program ({type(error).__name__})"
        return (Delivery(target.name, DeliveryOutcome.FAILED, 0, reason),)


def _told(report: Report, target: Target, sending: Sending) -> Iterator[Delivery]:
    """Yield the receipt of ``target``, and of its fallbacks as far as they are needed."""
    if target.when is SendWhen.FALLBACK:
        return
    part = narrow(report, target.part)
    quiet = _reason_for_silence(part, target, sending.ledger)
    if quiet:
        yield _skipped(target, quiet)
        return
    receipt = _sent(target, part, sending)
    yield receipt
    sentence = part.language.say(
        "Sent here in place of channel {channel}, which failed: {reason}.",
        channel=target.name,
        reason=receipt.reason,
    )
    fallback = target.fallback
    while receipt.outcome is DeliveryOutcome.FAILED and fallback:
        instead = remarked(part, Remark.FALLBACK, sentence)
        receipt = _sent(fallback, instead, sending, instead_of=target)
        yield _in_place_of(target, receipt)
        fallback = fallback.fallback


def _sent(
    target: Target, part: Report, sending: Sending, *, instead_of: Target | None = None
) -> Delivery:
    """Send ``part`` unless another invocation of the run has, and remember what became of it."""
    ledger, outside = sending.ledger, sending.outside
    message = f"{target.name} for {instead_of.name}" if instead_of else target.name
    other = ledger.turn(message, sending.until)
    if other is not None:
        return replace(other, channel=target.name)
    until = min(sending.until, outside.monotonic() + LONGEST_TURN)
    is_whole = instead_of is None and target.part.is_everything
    send = partial(target.channel.send, replace(part, message="" if is_whole else message))
    receipt = attempted(target.name, send, outside, until)
    ledger.keep(message, receipt)
    if receipt.outcome is DeliveryOutcome.SENT and instead_of is None:
        ledger.tells(target, part)  # not what another has sent: that may have been less
    return receipt


def _reason_for_silence(part: Report, target: Target, ledger: Ledger) -> str:
    """Say why ``target`` has nothing to tell; empty where it has."""
    if target.when not in {SendWhen.FAILING, SendWhen.CHANGED}:
        return ""
    news = ledger.has_news(target, part) if target.when is SendWhen.CHANGED else None
    if news:
        return ""
    if part.audit.verdict is AuditVerdict.PASS:
        return "the verdict is pass" if news is None else "nothing has changed"
    if not has_something_to_say(part):
        return "nothing in its part"
    return "" if news is None else "nothing has changed"


def _skipped(target: Target, reason: str) -> Delivery:
    return Delivery(target.name, DeliveryOutcome.SKIPPED, 0, reason)


def _in_place_of(target: Target, receipt: Delivery) -> Delivery:
    reason = f"{receipt.reason} (in place of {target.name})".strip()
    if receipt.outcome is DeliveryOutcome.SENT:
        reason = f"in place of {target.name}"
    return Delivery(receipt.channel, receipt.outcome, receipt.attempts, reason)
