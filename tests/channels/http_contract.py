"""The contract of a channel over HTTP: its test file declares what its target does, and no more."""

from __future__ import annotations

import html
import json
import logging
import re
import unicodedata
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from backup_auditor.channels import Channel, load_channels
from backup_auditor.delivery import Target as Delivering
from backup_auditor.delivery import deliver
from backup_auditor.errors import DeliveryError

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer, Meaning, answers
from tests.channels.chinese_contract import ChineseContract
from tests.channels.contract import ACCEPTS, BUSY, REFUSES, Far, told_by
from tests.channels.target import Target
from tests.fakes import outside
from tests.report import samples

NEAR = {"allow_http": True, "allow_private": True}
_FAR = {REFUSES: Answer(404), BUSY: Answer(429, headers={"Retry-After": "7"})}
_OWN = {"\n", "\u200b"}  # what channels put between lines, and behind an @


class HttpContract(ChineseContract):
    """Tests of a channel that posts to an address which somebody configures."""

    kind: ClassVar[str]
    """The channel's id."""
    options: ClassVar[Mapping[str, Any]] = {"url": "env:URL"}
    """Its options, besides those that permit loopback; ``env:URL`` is the far end's address."""
    environ: ClassVar[Mapping[str, str]] = {}
    """What else its options name; every value is a secret."""
    path: str = "/hooks/T0PSECRETPATH?key=T0PSECRETKEY"
    """What follows the host in ``env:URL``."""
    accepted: ClassVar[Answer]
    """How a success looks."""
    any_body: ClassVar[Sequence[int]] = ()
    """Statuses that mean success whatever the body."""
    meanings: ClassVar[Sequence[tuple[Answer, Meaning, str]]] = ()
    """Answers of this target: what each means, and what is said of it."""
    limit: ClassVar[int]
    """Largest message, in the unit of ``measured``."""

    end: Target

    @abstractmethod
    def measured(self, body: bytes) -> int:
        """Return the size of a message in the unit of its limit."""

    @abstractmethod
    def readable(self, body: bytes) -> str:
        """Return what a reader of a message sees."""

    @abstractmethod
    def assert_harmless(self, body: bytes) -> None:
        """Assert that nothing in a message of hostile names pings or is markup; and its form."""

    def bodies(self) -> list[bytes]:
        """Return what has arrived of the last report."""
        return [body for *_, body in self.end.got]

    def texts(self, body: bytes) -> Iterator[str]:
        """Yield the texts of a message that its target shows."""
        return texts_of(json.loads(body))

    @pytest.fixture(autouse=True)
    def _end(self, end: Target) -> None:
        self.end = end

    def make(self, **options: Any) -> Channel:
        """Return the channel that sends to the far end."""
        kind = load_channels()[self.kind]
        given = kind.options.model_validate({**self.options, **NEAR, **options})
        environ = {"URL": self.end.url + self.path, **self.environ}
        self.secrets = tuple(self.environ.values())
        return kind.build(given, outside(environ, now=lambda: datetime.now(UTC)))

    @contextmanager
    def channel(self, far: Far) -> Iterator[Channel]:
        known = self.accepted if far is ACCEPTS else _FAR.get(far, Answer(raw=b""))
        self.end.answer = known
        self.forget()
        yield self.make()

    def forget(self) -> None:
        self.end.got.clear()

    def read(self) -> str:
        return "\n".join(self.readable(body) for body in self.bodies())

    def shown(self) -> str:
        texts = "\n".join(text for body in self.bodies() for text in texts_of(json.loads(body)))
        return html.unescape(re.sub(r"\\(.)", r"\1", texts)).replace("\u200b", "")

    def check_size(self) -> None:
        for body in self.bodies():
            assert self.measured(body) <= self.limit

    def check_escaping(self) -> None:
        for body in self.bodies():
            self.assert_harmless(body)
            for text in self.texts(body):
                odd = {char for char in text if unicodedata.category(char)[0] == "C"}
                assert odd <= _OWN

    def expected(self, answer: Answer) -> Meaning:
        """Return what ``answer`` means to this channel."""
        for own, meaning, _ in [(self.accepted, DELIVERED, ""), *self.meanings]:
            if (own.status, own.body, own.raw) == (answer.status, answer.body, answer.raw):
                return meaning
        if answer.raw is None and answer.status in self.any_body:
            return DELIVERED
        return answer.usual_meaning

    def test_every_answer_means_what_it_says(self, caplog: pytest.LogCaptureFixture) -> None:
        """A table of more than 300 answers: no failure looks like a success, and none is told."""
        caplog.set_level(logging.DEBUG)
        channel, report = self.make(), samples.fine()
        table = [*answers(self.end.url + "/landing"), *(own for own, *_ in self.meanings)]
        wrong, told = [], []
        for answer in table:
            self.end.answer = answer
            self.forget()
            meaning = DELIVERED
            try:
                channel.send(report)
            except DeliveryError as error:
                meaning = PERMANENT if error.permanent else PASSING
                told += told_by(error)
            if meaning is not self.expected(answer):
                wrong.append(f"{answer}: taken for {meaning}")
            assert all("landing" not in path for path, *_ in self.end.got)
        assert not wrong, "\n".join(wrong)
        assert len(table) > 300
        self.assert_kept([*told, caplog.text])

    def test_what_the_target_says_is_told(self) -> None:
        channel = self.make()
        for answer, meaning, said in self.meanings:
            self.end.answer = answer
            if meaning is not DELIVERED:
                with pytest.raises(DeliveryError) as caught:
                    channel.send(samples.fine())
                assert said in caught.value.reason

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_no_redirect_is_followed(self, status: int) -> None:
        self.end.answer = Answer(status, b"ok", {"Location": self.end.url + "/landing"})
        with pytest.raises(DeliveryError, match="a redirect, which is not followed") as caught:
            self.make().send(samples.failing())
        assert caught.value.permanent
        assert len(self.end.got) == 1

    def test_a_wish_to_wait_is_obeyed_within_bounds(self) -> None:
        pauses: list[float] = []
        self.end.answer = Answer(429, b"", {"Retry-After": "99999"})
        targets = [Delivering("c", self.make())]
        (receipt,) = deliver(samples.failing(), targets, outside(sleep=pauses.append))
        assert receipt.attempts == 3
        assert pauses == [20.0, 20.0]

    @pytest.mark.parametrize("option", NEAR)
    def test_it_sends_to_this_machine_only_when_both_options_permit_it(self, option: str) -> None:
        self.end.answer = self.accepted
        with pytest.raises(DeliveryError, match=option) as caught:
            self.make(**{option: False}).send(samples.fine())
        assert caught.value.permanent
        assert not self.end.got


def texts_of(value: object) -> Iterator[str]:
    """Yield all texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
