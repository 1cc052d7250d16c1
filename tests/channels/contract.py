"""The contract of every channel, as tests; a channel's test file inherits them with a driver.

A driver makes a channel whose far end answers as the test wants, and reads back what has arrived.
Channels over HTTP inherit from ``http_contract`` instead, which is such a driver already.
"""

from __future__ import annotations

import logging
import re
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache, partial

import pytest
from backup_auditor.channels import Channel
from backup_auditor.delivery import Target, deliver
from backup_auditor.errors import DeliveryError
from backup_auditor.report.build import build as build_report
from backup_auditor.report.contract import to_json
from backup_auditor.report.model import Report

from tests.channels.answers import CANARY
from tests.fakes import outside
from tests.report import days, samples


@dataclass(frozen=True)
class Far:
    """What the far end does: it accepts, refuses for good, has no time now, or is silent."""

    kind: str


ACCEPTS, REFUSES, BUSY, SILENT = (Far(k) for k in ("accepts", "refuses", "busy", "silent"))
LARGE: dict[str, Callable[[], Report]] = {
    "huge": cache(samples.huge),
    "many exempt": cache(samples.many_exempt),
    "everything": cache(samples.everything),
    "many changed": partial(days.many_changed, 2_000),
    "hostile": cache(samples.hostile_names),
    "hostile exempt": cache(samples.hostile_exempt),
    "hostile changed": cache(days.hostile_changed),
}


@cache
def in_chinese(make: Callable[[], Report]) -> Report:
    """Return what ``make`` returns in Chinese."""
    return samples.in_chinese(make())


@cache
def findings(number: int, language: str) -> Report:
    """Return ``samples.findings`` in a language."""
    told = samples.findings(number)
    return told if language == "en" else samples.in_chinese(told)


class ChannelContract(ABC):
    """Tests that every channel passes."""

    passing_failures: tuple[Far, ...] = (BUSY, SILENT)
    """Answers after which trying again may help."""
    secrets: tuple[str, ...] = ()
    """Secrets of this channel that do not hold the canary."""
    end_of_a_row = "end"
    """What stands last in a row of ``samples.findings``: ``end`` in the advice, or ``close``."""

    @abstractmethod
    def channel(self, far: Far) -> AbstractContextManager[Channel]:
        """Return a channel whose far end behaves like ``far``."""

    @abstractmethod
    def read(self) -> str:
        """Return what a reader of the last message sees."""

    @abstractmethod
    def check_size(self) -> None:
        """Assert the limits of what has arrived."""

    @abstractmethod
    def check_escaping(self) -> None:
        """Assert that no name of ``samples.hostile_names`` means anything to the target."""

    def forget(self) -> None:  # noqa: B027 - nothing to do where ``read`` reads the last message
        """Forget what has arrived, so that ``read`` reads one report."""

    def left_out(self, text: str) -> int:
        """Return how many findings are left out, as a message says it."""
        return sum(
            int(number.replace(",", ""))
            for number in re.findall(r"(?:(?<=and )|(?<=另有 ))([\d,]+)(?= more| [个项处])", text)
        )

    def test_what_is_accepted_is_delivered(self) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(samples.failing())
            text = self.read()
            assert all(f"prod-{name}" in text for name in ("never", "failed", "shrunk"))

    def test_a_refusal_is_permanent(self) -> None:
        self._fails(REFUSES, permanent=True)

    def test_a_busy_or_silent_target_may_be_tried_again(self) -> None:
        for far in self.passing_failures:
            self._fails(far, permanent=False)

    def _fails(self, far: Far, *, permanent: bool) -> None:
        with self.channel(far) as channel, pytest.raises(DeliveryError) as caught:
            channel.send(samples.failing())
        assert caught.value.permanent is permanent

    def test_no_secret_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """Not in a log at its lowest level, an error, a picture of an object, or a receipt."""
        caplog.set_level(logging.DEBUG)
        for far in (ACCEPTS, REFUSES, *self.passing_failures):
            with self.channel(far) as channel:
                report = samples.failing()
                receipts = deliver(report, [Target("c", channel)], outside())
                audit = replace(report.audit, deliveries=receipts)
                told = [repr(channel), repr(receipts), to_json(build_report(audit))]
                try:
                    channel.send(report)
                except DeliveryError as error:
                    told += told_by(error)
                self.assert_kept([*told, caplog.text])

    def assert_kept(self, told: Iterable[str]) -> None:
        """Fail where a secret is told."""
        for text in told:
            assert not any(secret in text for secret in (CANARY, *self.secrets)), text

    # In Chinese ``largest`` is the larger of the large ones.
    @pytest.mark.parametrize(
        ("number", "language"), [*((n, "en") for n in (0, 1, 50, 20_000)), (50, "zh-CN")]
    )
    def test_a_message_fits_and_is_cut_on_whole_rows(self, number: int, language: str) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(findings(number, language))
            self.check_size()
            text = self.read()
        begun, ended = rows(text, "begin"), rows(text, self.end_of_a_row)
        assert begun == ended == set(range(len(begun)))
        assert self.left_out(text) == number - len(begun)
        assert begun or not number

    @pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
    def test_no_report_is_too_large(self, make: Callable[[], Report]) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(make())
            self.check_size()

    def largest(self) -> Report:
        """Return the largest report that must fit, in Chinese."""
        return in_chinese(samples.everything)

    def test_no_report_in_chinese_is_too_large(self) -> None:
        """A sign of Chinese takes three bytes of UTF-8, and six of an escape."""
        with self.channel(ACCEPTS) as channel:
            channel.send(self.largest())
            self.check_size()

    def test_hostile_names_arrive_readable_and_do_no_harm(self) -> None:
        with self.channel(ACCEPTS) as channel:
            for names in samples.SOME_HOSTILE_NAMES:
                self.forget()
                channel.send(samples.named(*names))
                text = self.read()
                marks = [f"seen{name.partition('seen')[2][:2]}" for name in names]
                assert sum(mark not in text for mark in marks) <= self.left_out(text)
                self.check_escaping()

    def test_sending_twice_works_twice(self) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(samples.failing())
            channel.send(samples.failing())


def rows(text: str, word: str) -> set[int]:
    """Return the numbers of the findings of ``samples.findings`` that stand behind ``word``."""
    return {int(number) for number in re.findall(rf"\b{word}(\d{{5}})\b", text)}


def told_by(error: BaseException) -> list[str]:
    """Return all that an error tells."""
    shown = "".join(traceback.format_exception(error))
    return [shown, f"{error!s} {error!r} {error.args!r} {vars(error)!r}"]
