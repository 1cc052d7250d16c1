import json
import re
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from backup_auditor.channels.dingtalk import Options, build, message, signature
from backup_auditor.delivery import Target as Delivering
from backup_auditor.delivery import deliver
from backup_auditor.secret import Secret

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import NEAR, HttpContract
from tests.channels.target import Target
from tests.fakes import outside
from tests.report import samples

SECRET = "SECexample0123456789abcdef"
AT = 1_700_000_000
SIGNED = "+cxnz7PMkHTgYGZLYfiu2juTRMk8MZfdVOdDh8s0utc="
SIGNED_IN_A_URL = "%2Bcxnz7PMkHTgYGZLYfiu2juTRMk8MZfdVOdDh8s0utc%3D"
TOO_FAST = (
    b'{"status":1111,"wait":5,"source":"x5","punish":"deny","errcode":130101,'
    b'"errmsg":"send too fast, exceed 20 times per minute"}'
)


class TestDingTalk(HttpContract):
    kind = "dingtalk"
    options: ClassVar = {"url": "env:URL", "secret": "env:KEY"}
    environ: ClassVar = {"KEY": SECRET}
    path = "/robot/send?access_token=T0PSECRETTOKEN"
    accepted = Answer(200, b'{"errcode":0,"errmsg":"ok"}')
    meanings = (
        (Answer(200, b'{"errcode":0}'), DELIVERED, ""),
        (Answer(200, b"<html>proxy</html>"), PERMANENT, "the body holds no errcode that is known"),
        (Answer(200, b'{"errcode":310000,"errmsg":"sign not match"}'), PERMANENT, "signature"),
        (Answer(200, b'{"errcode":310000,"errmsg":"keywords not in content"}'), PERMANENT, "keyw"),
        (Answer(200, b'{"errcode":300001}'), PERMANENT, "errcode 300001: there is no such robot"),
        (Answer(200, b'{"errcode":300005}'), PERMANENT, "errcode 300005: there is no such robot"),
        (Answer(200, b'{"errcode":460101}'), PERMANENT, "the message is too large"),
        (Answer(200, b'{"errcode":101002}'), PERMANENT, "the message is too large"),
        (Answer(200, TOO_FAST), PERMANENT, "blocked for 10 minutes"),
        (Answer(429, TOO_FAST), PERMANENT, "blocked for 10 minutes"),
        (Answer(200, b'{"errcode":99,"errmsg":"T0PSECRETTOKEN"}'), PERMANENT, "errcode 99"),
        (Answer(200, b'{"errcode":-1}'), PASSING, "errcode -1: the service is busy"),
        (Answer(503, b'{"errcode":99}'), PASSING, "errcode 99"),
    )
    limit = 18_000
    machine_words = ("text",)

    def measured(self, body: bytes) -> int:
        return len(body)

    def readable(self, body: bytes) -> str:
        content: str = json.loads(body)["text"]["content"]
        return content

    def assert_harmless(self, body: bytes) -> None:
        document = json.loads(body)
        assert document.keys() == {"msgtype", "text", "at"}
        assert document["msgtype"] == "text"
        assert document["at"] == {"isAtAll": False}
        assert not re.search(r"@|://|www\.", document["text"]["content"])


@pytest.mark.parametrize("secret", [SECRET, f" {SECRET}\n"])
def test_the_known_vector_is_signed_alike(secret: str) -> None:
    assert signature(Secret(secret), AT * 1000) == SIGNED


@pytest.mark.parametrize(
    ("address", "signing", "path"),
    [
        ("/robot/send?access_token=a", {}, "/robot/send?access_token=a"),
        (
            "/robot/send?access_token=a\n",
            {"secret": "env:KEY"},
            f"/robot/send?access_token=a&timestamp={AT}000&sign={SIGNED_IN_A_URL}",
        ),
        ("/mine", {"secret": "env:KEY"}, f"/mine?timestamp={AT}000&sign={SIGNED_IN_A_URL}"),
    ],
)
def test_the_signature_stands_in_the_query_and_is_encoded_once(
    end: Target, address: str, signing: dict[str, str], path: str
) -> None:
    end.answer = TestDingTalk.accepted
    options = Options.model_validate({"url": "env:URL", **signing, **NEAR})
    environ = {"URL": end.url + address, "KEY": SECRET}
    world = outside(environ, now=lambda: datetime.fromtimestamp(AT, UTC))
    build(options, world).send(samples.fine())
    assert end.got[0][0] == path


def test_a_robot_that_is_blocked_is_not_asked_again(end: Target) -> None:
    end.answer = Answer(200, TOO_FAST)
    options = Options.model_validate({"url": "env:URL", **NEAR})
    channel = build(options, outside({"URL": end.url}))
    (receipt,) = deliver(samples.fine(), [Delivering("d", channel)], outside())
    assert receipt.attempts == len(end.got) == 1


def test_what_a_message_says_in_the_order_of_reading() -> None:
    first, gap, *findings, meta = message(samples.incomplete())["text"]["content"].split("\n\n")
    title, headline = first.splitlines()
    assert title == "Backup audit: INCOMPLETE"
    assert headline.startswith("13 of 14 resources cannot be judged")
    assert gap.startswith("! Not audited: ucloud.uredis org-test cn-bj2: ")
    assert len(findings) == 2
    assert meta == "Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc"


def test_a_name_mentions_nobody_and_keeps_its_other_signs() -> None:
    text = message(samples.named("@13800138000 **prod_a** <x>"))["text"]["content"]
    assert "\uff2013800138000 **prod_a** <x>" in text
