"""All channels at once: each its part, a receipt of each, fallbacks, and nobody in the way."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from backup_auditor.delivery import Target, deliver
from backup_auditor.errors import DeliveryError
from backup_auditor.model import Delivery, DeliveryOutcome, Gap, GapReason, Severity
from backup_auditor.policy.model import SendWhen
from backup_auditor.policy.selector import Selector
from backup_auditor.report.model import Report
from backup_auditor.report.parts import Claim, Part

from tests.fakes import FakeChannel, outside
from tests.report import samples

SENT, FAILED, SKIPPED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED, DeliveryOutcome.SKIPPED
ALWAYS, FAILING, FALLBACK = SendWhen.ALWAYS, SendWhen.FAILING, SendWhen.FALLBACK
GONE = DeliveryError("gone", permanent=True)
NOBODY = Part(Claim(owners=("nobody",)))
PROD = Part(Claim(Selector({"name": ("prod-fine",)})))
HK = Part(Claim(Selector({"region": ("hk",)})))


class Faulty(FakeChannel):
    """A channel with a fault of its own."""

    def send(self, report: Report) -> None:
        """Fail."""
        raise ZeroDivisionError("T0PSECRET")


class Waiting(FakeChannel):
    """A channel that waits for others, as long as a test takes at most."""

    def __init__(self, barrier: threading.Barrier) -> None:
        """Keep what to wait at."""
        super().__init__()
        self.barrier = barrier

    def send(self, report: Report) -> None:
        """Wait, then accept."""
        self.barrier.wait(20)
        super().send(report)


def target(name: str, channel: FakeChannel, when: SendWhen = ALWAYS, **fields: Any) -> Target:
    """Return a target."""
    return replace(Target(name, channel, when), **fields)


def rows(receipts: tuple[Delivery, ...]) -> list[tuple[str, DeliveryOutcome, str]]:
    """Return what matters of receipts."""
    return [(receipt.channel, receipt.outcome, receipt.reason) for receipt in receipts]


def test_one_channel_never_stops_another_and_receipts_keep_the_order() -> None:
    good = FakeChannel()
    found = deliver(
        samples.failing(),
        [target("bad", Faulty()), target("gone", FakeChannel(GONE)), target("good", good)],
        outside(),
    )
    assert rows(found) == [
        ("bad", FAILED, "a fault of this program (ZeroDivisionError)"),
        ("gone", FAILED, "gone"),
        ("good", SENT, ""),
    ]
    assert len(good.reports) == 1


def test_channels_are_used_at_the_same_time() -> None:
    barrier = threading.Barrier(3)  # each waits until all are there
    targets = [target(f"c{n}", Waiting(barrier)) for n in range(3)]
    assert [receipt.outcome for receipt in deliver(samples.fine(), targets, outside())] == [
        SENT
    ] * 3


def test_many_channels_have_their_turn() -> None:
    channels = [FakeChannel() for _ in range(50)]
    deliver(samples.fine(), [target(f"c{n}", c) for n, c in enumerate(channels)], outside())
    assert [len(channel.reports) for channel in channels] == [1] * 50


def test_no_channels_no_receipts() -> None:
    assert deliver(samples.fine(), [], outside()) == ()


def test_a_channel_that_does_not_answer_is_not_waited_for_to_the_bitter_end() -> None:
    barrier = threading.Barrier(2)
    good = FakeChannel()
    world = outside(end=0.2)  # a quarter of it is kept for the receipts
    targets = [target("slow", Waiting(barrier)), target("good", good)]
    try:
        found = deliver(samples.fine(), targets, world)
    finally:
        barrier.abort()
    assert rows(found) == [
        ("slow", FAILED, "no answer before the time was up"),
        ("good", SENT, ""),
    ]
    assert [receipt.attempts for receipt in found] == [1, 1]


def test_when_the_time_is_up_there_is_one_attempt() -> None:
    busy = FakeChannel(DeliveryError("busy", permanent=False))
    for end, attempts in ((None, 3), (1000.0, 3), (5.0, 1)):
        (found,) = deliver(samples.fine(), [target("c", busy)], outside(end=end))
        assert found.attempts == attempts


REFUSED = Gap("ucloud.uredis", "org-test", "sg", GapReason.REFUSED, "may not")
INCOMPLETE = samples.report(samples.assessed("prod-a", *samples.daily()), gaps=(REFUSED,))


@pytest.mark.parametrize(
    ("report", "when", "part", "outcome", "reason"),
    [
        (samples.fine(), ALWAYS, Part(), SENT, ""),
        (samples.fine(), FAILING, Part(), SKIPPED, "the verdict is pass"),
        (samples.failing(), FAILING, Part(), SENT, ""),
        (samples.incomplete(), FAILING, Part(), SENT, ""),
        (samples.failing(), FAILING, PROD, SKIPPED, "nothing in its part"),
        (samples.failing(), ALWAYS, PROD, SENT, ""),
        (samples.failing(), FAILING, NOBODY, SKIPPED, "nothing in its part"),
        (samples.fine(), FAILING, NOBODY, SKIPPED, "the verdict is pass"),
        (samples.incomplete(), FAILING, NOBODY, SENT, ""),  # a gap may be anybody's
        (INCOMPLETE, FAILING, NOBODY, SENT, ""),
        (INCOMPLETE, FAILING, HK, SKIPPED, "nothing in its part"),
        (samples.incomplete(), FAILING, Part(least=Severity.CRITICAL), SENT, ""),
        (samples.failing(), FAILING, Part(least=Severity.CRITICAL), SENT, ""),
        (samples.broken(), FAILING, NOBODY, SENT, ""),
    ],
)
def test_a_channel_is_quiet_when_it_has_nothing_to_say(
    report: Report, when: SendWhen, part: Part, outcome: DeliveryOutcome, reason: str
) -> None:
    channel = FakeChannel()
    found = deliver(report, [target("c", channel, when, part=part)], outside())
    assert rows(found) == [("c", outcome, reason)]
    assert len(channel.reports) == (outcome is SENT)


def test_a_part_that_is_fine_is_never_told_as_an_audit_that_is_fine() -> None:
    channel = FakeChannel()
    deliver(samples.failing(), [target("c", channel, part=PROD)], outside())
    (told,) = channel.reports
    assert told.audit.verdict == samples.failing().audit.verdict
    assert told.headline.startswith(samples.failing().headline)
    assert "This part: the only resource has a reliable backup. Left out: 4 of 4" in told.headline


def test_a_fallback_is_used_when_a_channel_fails_and_both_receipts_are_kept() -> None:
    mail = FakeChannel()
    fallback = target("mail", mail, FALLBACK)
    slack = target("slack", FakeChannel(GONE), part=PROD, fallback=fallback)
    found = deliver(samples.failing(), [fallback, slack], outside())
    assert rows(found) == [("slack", FAILED, "gone"), ("mail", SENT, "in place of slack")]
    (told,) = mail.reports
    assert not told.findings, "it gets the part of the channel that failed"
    assert told.headline.endswith("Sent here in place of channel slack, which failed: gone.")


def test_a_fallback_says_so_in_the_language_of_the_report_and_quotes_the_receipt() -> None:
    mail = FakeChannel()
    slack = target("slack", FakeChannel(GONE), fallback=target("mail", mail, FALLBACK))
    deliver(samples.in_chinese(samples.failing()), [slack], outside())
    (told,) = mail.reports
    assert told.headline.endswith("渠道 slack 发送失败（gone），改由此处送达。")


@pytest.mark.parametrize(
    ("slack", "mail", "pager", "expected"),
    [
        (None, None, None, [("slack", SENT), ("mail", SKIPPED), ("pager", SKIPPED)]),
        (GONE, None, None, [("slack", FAILED), ("mail", SENT), ("pager", SKIPPED)]),
        (GONE, GONE, None, [("slack", FAILED), ("mail", FAILED), ("pager", SENT)]),
        (GONE, GONE, GONE, [("slack", FAILED), ("mail", FAILED), ("pager", FAILED)]),
    ],
)
def test_a_fallback_may_have_a_fallback(
    slack: DeliveryError | None,
    mail: DeliveryError | None,
    pager: DeliveryError | None,
    expected: list[tuple[str, DeliveryOutcome]],
) -> None:
    third = target("pager", FakeChannel(pager), FALLBACK)
    second = target("mail", FakeChannel(mail), FALLBACK, fallback=third)
    first = target("slack", FakeChannel(slack), fallback=second)
    found = deliver(samples.fine(), [first, second, third], outside())
    assert [(receipt.channel, receipt.outcome) for receipt in found] == expected


def test_a_fallback_that_fails_says_for_whom() -> None:
    fallback = target("mail", FakeChannel(DeliveryError("no", permanent=True)), FALLBACK)
    first = target("slack", FakeChannel(GONE), fallback=fallback)
    found = deliver(samples.fine(), [first], outside())
    assert rows(found) == [("slack", FAILED, "gone"), ("mail", FAILED, "no (in place of slack)")]


def test_a_channel_may_tell_for_itself_and_for_two_others() -> None:
    mail = FakeChannel()
    regular = target("mail", mail)
    others = [target(name, FakeChannel(GONE), fallback=regular) for name in ("a", "b")]
    found = deliver(samples.fine(), [regular, *others], outside())
    assert [(receipt.channel, receipt.outcome) for receipt in found] == [
        ("mail", SENT),
        ("a", FAILED),
        ("mail", SENT),
        ("b", FAILED),
        ("mail", SENT),
    ]
    assert len(mail.reports) == 3


def test_a_channel_that_has_nothing_to_say_needs_no_fallback() -> None:
    fallback = target("mail", FakeChannel(), FALLBACK)
    quiet = target("slack", FakeChannel(GONE), FAILING, fallback=fallback)
    found = deliver(samples.fine(), [quiet, fallback], outside())
    assert rows(found) == [
        ("slack", SKIPPED, "the verdict is pass"),
        ("mail", SKIPPED, "not needed"),
    ]


def test_a_fault_outside_of_the_channels_is_a_receipt_too() -> None:
    broken = target("c", FakeChannel(), part=None)
    good = FakeChannel()
    found = deliver(samples.fine(), [broken, target("good", good)], outside())
    assert rows(found)[0] == ("c", FAILED, "a fault of this program (AttributeError)")
    assert len(good.reports) == 1
