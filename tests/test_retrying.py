"""What may pass is tried again, for a while, and nothing else is."""

import logging
from collections.abc import Callable

import pytest
from backup_auditor.errors import DeliveryError, SecretError
from backup_auditor.model import DeliveryOutcome
from backup_auditor.retrying import attempted

from tests.fakes import outside

SENT, FAILED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED


def busy(reason: str = "busy", retry_after: float | None = None) -> DeliveryError:
    """Return a failure that may pass."""
    return DeliveryError(reason, permanent=False, retry_after=retry_after)


def failing(*failures: Exception) -> Callable[[], None]:
    """Return something that fails as often as it has exceptions, then succeeds."""
    left = list(failures)

    def action() -> None:
        if left:
            raise left.pop(0)

    return action


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.pauses.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    ("failures", "outcome", "attempts", "reason"),
    [
        ([], SENT, 1, ""),
        ([busy()], SENT, 2, ""),
        ([busy(), busy()], SENT, 3, ""),
        ([busy(), busy(), busy()], FAILED, 3, "busy"),
        ([DeliveryError("gone", permanent=True)], FAILED, 1, "gone"),
        ([busy(), DeliveryError("gone", permanent=True)], FAILED, 2, "gone"),
        ([SecretError("env:X is not set")], FAILED, 1, "env:X is not set"),
        ([KeyError("T0PSECRET")], FAILED, 1, "a fault of this program (KeyError)"),
    ],
)
def test_what_may_pass_is_tried_again_and_nothing_else(
    failures: list[Exception], outcome: DeliveryOutcome, attempts: int, reason: str
) -> None:
    receipt = attempted("c", failing(*failures), outside())
    assert (receipt.outcome, receipt.attempts, receipt.reason) == (outcome, attempts, reason)


def test_pauses_grow_are_jittered_and_obey_the_target_within_bounds() -> None:
    seen = set()
    for wish, least, most in (
        (None, (1.0, 2.0), (2.0, 4.0)),
        (3.0, (3.0, 3.0), (3.0, 3.0)),
        (0.0, (0.0, 0.0), (0.0, 0.0)),
        (9999.0, (20.0, 20.0), (20.0, 20.0)),
    ):
        clock = Clock()
        world = outside(sleep=clock.sleep)
        attempted("c", failing(busy("b", wish), busy("b", wish)), world)
        first, second = clock.pauses
        assert least[0] <= first <= least[1]
        assert most[0] <= second <= most[1]
        seen.add(first)
    for _ in range(5):
        clock = Clock()
        attempted("c", failing(busy()), outside(sleep=clock.sleep))
        seen.update(clock.pauses)
    assert len(seen) > 5, "no two pauses are the same"


@pytest.mark.parametrize(
    ("until", "attempts", "outcome"),
    [
        (float("inf"), 3, SENT),
        (25.0, 3, SENT),  # two pauses of ten seconds, and five for the last attempt
        (24.9, 2, FAILED),
        (15.0, 2, FAILED),
        (14.9, 1, FAILED),
        (0.0, 1, FAILED),
        (-100.0, 1, FAILED),
    ],
)
def test_no_attempt_begins_that_would_be_cut_off_and_the_first_always_does(
    until: float, attempts: int, outcome: DeliveryOutcome
) -> None:
    clock = Clock()
    world = outside(sleep=clock.sleep, monotonic=lambda: clock.now)
    receipt = attempted("c", failing(busy("b", 10.0), busy("b", 10.0)), world, until)
    assert (receipt.attempts, receipt.outcome) == (attempts, outcome)


def test_the_same_error_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    attempted("c", failing(busy("b"), busy("b"), busy("b")), outside())
    assert caplog.messages == ["c, attempt 1: b"]
    caplog.clear()
    attempted("c", failing(busy("b"), busy("x"), busy("b")), outside())
    assert caplog.messages == ["c, attempt 1: b", "c, attempt 2: x", "c, attempt 3: b"]


def test_a_reason_is_bounded() -> None:
    receipt = attempted("c", failing(DeliveryError("x" * 1000, permanent=True)), outside())
    assert len(receipt.reason) == 300
