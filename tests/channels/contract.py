"""The contract of every channel, as tests; a channel's test file inherits them with a driver.

A driver makes a channel whose far end answers as the test wants.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from backup_auditor.channels import Channel
from backup_auditor.errors import DeliveryError

from tests.report import samples

SECRET_WORDS = ("T0PSECRETPATH", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "AKIDEXAMPLE")


@dataclass(frozen=True)
class Answer:
    """What the far end does: it accepts, refuses for good, or has no time now."""

    kind: str


ACCEPTS, REFUSES, BUSY, SILENT = (Answer(k) for k in ("accepts", "refuses", "busy", "silent"))


class ChannelContract(ABC):
    """Tests that every channel passes."""

    passing_failures: tuple[Answer, ...] = (BUSY, SILENT)
    """Answers after which trying again may help."""

    @abstractmethod
    def channel(self, answer: Answer) -> AbstractContextManager[Channel]:
        """Return a channel whose far end behaves like ``answer``."""

    @abstractmethod
    def sent(self) -> str:
        """Return everything that has arrived, as text."""

    def test_what_is_accepted_is_delivered(self) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(samples.failing())
            assert "no reliable backup" in self.sent()

    def test_a_refusal_is_permanent_and_names_no_secret(self) -> None:
        self._fails(REFUSES, permanent=True)

    def test_a_busy_or_silent_target_may_be_tried_again(self) -> None:
        for answer in self.passing_failures:
            self._fails(answer, permanent=False)

    def _fails(self, answer: Answer, *, permanent: bool) -> None:
        with self.channel(answer) as channel, pytest.raises(DeliveryError) as caught:
            channel.send(samples.failing())
        assert caught.value.permanent is permanent
        told = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
        assert not any(word in told for word in SECRET_WORDS)

    def test_no_report_is_too_large(self) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(samples.huge())
            self.check_size()

    @abstractmethod
    def check_size(self) -> None:
        """Assert the limits of what has arrived."""

    def test_hostile_names_do_no_harm(self) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(samples.hostile())
            self.check_escaping()

    @abstractmethod
    def check_escaping(self) -> None:
        """Assert that no name of ``samples.HOSTILE`` means anything to the target."""

    def test_sending_twice_works_twice(self) -> None:
        with self.channel(ACCEPTS) as channel:
            channel.send(samples.failing())
            channel.send(samples.failing())
