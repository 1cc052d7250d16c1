import pytest
from backup_auditor.delivery import Targets, deliver
from backup_auditor.errors import DeliveryError, SecretError
from backup_auditor.model import DeliveryOutcome
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.model import Report

from tests.fakes import FakeChannel, outside
from tests.report import samples

SENT, FAILED, SKIPPED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED, DeliveryOutcome.SKIPPED


class Flaky(FakeChannel):
    """Fails as often as it has exceptions, then accepts."""

    def __init__(self, *failures: Exception) -> None:
        """Keep what to raise."""
        super().__init__()
        self.failures = list(failures)

    def send(self, report: Report) -> None:
        """Raise the next exception, if any is left."""
        if self.failures:
            raise self.failures.pop(0)
        super().send(report)


def busy(retry_after: float | None = None) -> DeliveryError:
    """Return a failure that may pass."""
    return DeliveryError("busy", permanent=False, retry_after=retry_after)


@pytest.mark.parametrize(
    ("failures", "outcome", "attempts"),
    [
        ([], SENT, 1),
        ([busy()], SENT, 2),
        ([busy(), busy()], SENT, 3),
        ([busy(), busy(), busy()], FAILED, 3),
        ([DeliveryError("gone", permanent=True)], FAILED, 1),
        ([SecretError("env:X is not set")], FAILED, 1),
        ([KeyError("a secret text")], FAILED, 1),
    ],
)
def test_what_may_pass_is_tried_again_and_nothing_else(
    failures: list[Exception], outcome: DeliveryOutcome, attempts: int
) -> None:
    (receipt,) = deliver(samples.failing(), [("c", Flaky(*failures), SendWhen.ALWAYS)], outside())
    assert (receipt.outcome, receipt.attempts) == (outcome, attempts)
    assert "secret text" not in receipt.reason


def test_one_channel_never_stops_another() -> None:
    good = FakeChannel()
    targets: Targets = [
        ("bad", Flaky(ZeroDivisionError()), SendWhen.ALWAYS),
        ("good", good, SendWhen.ALWAYS),
    ]
    bad, fine = deliver(samples.failing(), targets, outside())
    assert (bad.outcome, bad.reason) == (FAILED, "a fault of this program (ZeroDivisionError)")
    assert fine.outcome is SENT
    assert len(good.reports) == 1


def test_a_channel_for_failures_is_quiet_when_all_is_well() -> None:
    channel = FakeChannel()
    targets: Targets = [("c", channel, SendWhen.FAILING)]
    assert deliver(samples.fine(), targets, outside())[0].outcome is SKIPPED
    assert deliver(samples.incomplete(), targets, outside())[0].outcome is SENT
    assert len(channel.reports) == 1


def test_pauses_grow_are_jittered_and_obey_the_target_within_bounds() -> None:
    pauses: list[float] = []
    world = outside(sleep=pauses.append)
    for wish in (None, 3.0, 9999.0):
        channel = Flaky(busy(wish), busy(wish))
        deliver(samples.fine(), [("c", channel, SendWhen.ALWAYS)], world)
    first, second, *wished = pauses
    assert 1.0 <= first <= 2.0
    assert 2.0 <= second <= 4.0
    assert wished == [3.0, 3.0, 20.0, 20.0]


def test_nothing_is_tried_again_when_the_time_is_nearly_up() -> None:
    late = outside(deadline=0.0, monotonic=lambda: 31.0)
    targets: Targets = [("c", Flaky(busy()), SendWhen.ALWAYS)]
    (receipt,) = deliver(samples.fine(), targets, late)
    assert (receipt.outcome, receipt.attempts) == (FAILED, 1)
    early = outside(deadline=0.0, monotonic=lambda: 29.0)
    targets = [("c", Flaky(busy()), SendWhen.ALWAYS)]
    assert deliver(samples.fine(), targets, early)[0].outcome is SENT
