"""An outside watcher is called when a run ends, and told when it failed; no run depends on it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from backup_auditor.errors import DeliveryError
from backup_auditor.heartbeat import beat, watched
from backup_auditor.model import DeliveryOutcome
from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.model import SendWhen
from backup_auditor.report.model import Report
from backup_auditor.run import Manner, tell

from tests.channels.answers import Answer
from tests.channels.target import Target, target
from tests.fakes import FakeChannel, outside
from tests.report import samples
from tests.test_delivery import target as channel

SENT, FAILED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED
ONE = Heartbeat(url="env:HB", allow_http=True, allow_private=True)
TWO = ONE.model_copy(update={"fail_url": "env:HB_FAIL"})
PATH = "/T0PSECRETPATH"


@pytest.fixture
def watcher() -> Iterator[Target]:
    """Serve a watcher."""
    with target() as end:
        yield end


def called(end: Target) -> list[str]:
    """Return the paths that were called."""
    return [path for path, _, _ in end.got]


@pytest.mark.parametrize(
    ("heartbeat", "address", "failed", "path"),
    [
        (ONE, PATH, False, PATH),
        (ONE, PATH, True, f"{PATH}/fail"),
        (ONE, f"{PATH}/", True, f"{PATH}/fail"),
        (ONE, f"{PATH}?create=1", False, f"{PATH}?create=1"),
        (ONE, f"{PATH}?create=1", True, f"{PATH}/fail?create=1"),
        (ONE, f"{PATH}\n", True, f"{PATH}/fail"),
        (TWO, PATH, False, PATH),
        (TWO, PATH, True, "/other?status=down"),
    ],
)
def test_the_address_says_whether_the_run_failed(
    heartbeat: Heartbeat, address: str, path: str, watcher: Target, *, failed: bool
) -> None:
    environ = {"HB": watcher.url + address, "HB_FAIL": f"{watcher.url}/other?status=down"}
    receipt = beat(heartbeat, outside(environ), failed=failed)
    assert (receipt.channel, receipt.outcome, receipt.attempts) == ("heartbeat", SENT, 1)
    assert called(watcher) == [path]
    assert watcher.got[0][2] == b""


@pytest.mark.parametrize(
    ("status", "body", "outcome", "attempts", "reason"),
    [
        (200, b"OK", SENT, 1, ""),
        (201, b"Created", SENT, 1, ""),
        (200, b"anything", SENT, 1, ""),
        (200, b"OK (not found)", FAILED, 1, "the target did not count the call"),
        (200, b"OK (rate limited)\n", FAILED, 1, "the target did not count the call"),
        (302, b"", FAILED, 1, "the target answered HTTP 302, a redirect, which is not followed"),
        (404, b"not found", FAILED, 1, "the target answered HTTP 404"),
        (409, b"ambiguous slug", FAILED, 1, "the target answered HTTP 409"),
        (429, b"", FAILED, 3, "the target answered HTTP 429"),
        (503, b"", FAILED, 3, "the target answered HTTP 503"),
    ],
)
def test_a_call_counts_when_the_watcher_says_so(
    status: int,
    body: bytes,
    outcome: DeliveryOutcome,
    attempts: int,
    reason: str,
    *,
    watcher: Target,
) -> None:
    headers = {"Location": "https://example.com/"} if status == 302 else {}
    watcher.answer = Answer(status, body, headers)
    receipt = beat(ONE, outside({"HB": watcher.url + PATH}), failed=False)
    assert (receipt.outcome, receipt.attempts, receipt.reason) == (outcome, attempts, reason)


@pytest.mark.parametrize("failed", [True, False])
@pytest.mark.parametrize(
    "address",
    [
        "http://hc.example.com/T0PSECRETPATH",
        "https://[/T0PSECRETPATH",
        "T0PSECRETPATH",
        "https://user:T0PSECRETPATH@hc.example.com/",
        "http://127.0.0.1:1/T0PSECRETPATH",
        "",
    ],
)
def test_no_address_breaks_anything_or_is_told(
    address: str, caplog: pytest.LogCaptureFixture, *, failed: bool
) -> None:
    caplog.set_level(logging.INFO, logger="backup_auditor")
    receipt = beat(ONE, outside({"HB": address} if address else {}), failed=failed)
    assert receipt.outcome is FAILED
    assert receipt.reason
    assert "T0PSECRETPATH" not in receipt.reason + caplog.text


def test_there_is_no_second_attempt_when_the_time_is_up(watcher: Target) -> None:
    watcher.answer = Answer(503)
    receipt = beat(ONE, outside({"HB": watcher.url}, end=3.0), failed=False)
    assert receipt.attempts == 1


GONE = DeliveryError("gone", permanent=True)


@pytest.mark.parametrize(
    ("report", "channels", "path"),
    [
        (samples.fine(), [channel("c", FakeChannel())], "/ok"),
        (samples.failing(), [channel("c", FakeChannel())], "/ok"),
        (samples.incomplete(), [channel("c", FakeChannel())], "/ok"),
        (samples.fine(), [channel("c", FakeChannel(), SendWhen.FAILING)], "/ok"),
        (samples.fine(), [], "/ok"),
        (samples.fine(), [channel("c", FakeChannel(GONE))], "/ok/fail"),
        (
            samples.fine(),
            [channel("c", FakeChannel(GONE), fallback=channel("f", FakeChannel()))],
            "/ok/fail",
        ),
        (samples.broken(), [channel("c", FakeChannel())], "/ok/fail"),
    ],
)
def test_a_run_fails_when_it_did_not_audit_or_not_deliver_whatever_the_verdict(
    report: Report, channels: list[Any], path: str, watcher: Target
) -> None:
    told = tell(report.audit, channels, outside({"HB": f"{watcher.url}/ok"}), Manner(ONE))
    assert called(watcher) == [path]
    assert told.audit.heartbeat is not None
    assert told.audit.receipts[-1] == told.audit.heartbeat
    assert told.audit.heartbeat not in told.audit.deliveries


def test_without_a_heartbeat_nobody_is_called() -> None:
    told = tell(samples.fine().audit, [], outside())
    assert told.audit.heartbeat is None
    assert told.audit.receipts == ()


def test_a_fault_is_told_and_goes_on(watcher: Target) -> None:
    world = outside({"HB": f"{watcher.url}/ok"})
    with pytest.raises(ZeroDivisionError), watched(ONE, world):
        raise ZeroDivisionError
    assert called(watcher) == ["/ok/fail"]
    with pytest.raises(ZeroDivisionError), watched(None, world):
        raise ZeroDivisionError
    with watched(ONE, world):
        pass
    assert called(watcher) == ["/ok/fail"]


def test_whoever_interrupts_a_run_knows_that_it_failed(watcher: Target) -> None:
    with pytest.raises(KeyboardInterrupt), watched(ONE, outside({"HB": watcher.url})):
        raise KeyboardInterrupt
    assert called(watcher) == []
