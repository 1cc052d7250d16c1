import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from backup_auditor.channels.feishu import Options, build, message, signature
from backup_auditor.model import AuditVerdict
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import NEAR, HttpContract
from tests.channels.target import Target
from tests.fakes import outside
from tests.report import samples

SECRET = "feishuExampleSecret"
AT = 1_700_000_000
SIGNED = "ZnKZ4g8962WBYxL7aY8K3YJq/LuBTXEuUAU7A10QiOg="


class TestFeishu(HttpContract):
    kind = "feishu"
    options: ClassVar = {"url": "env:URL", "secret": "env:KEY"}
    environ: ClassVar = {"KEY": SECRET}
    accepted = Answer(
        200, b'{"code":0,"msg":"success","data":{},"StatusCode":0,"StatusMessage":"success"}'
    )
    meanings = (
        (Answer(200, b'{"code":0}'), DELIVERED, ""),
        (Answer(200, b'{"StatusCode":0,"StatusMessage":"success"}'), PERMANENT, "no code"),
        (Answer(200, b"<html>proxy</html>"), PERMANENT, "the body holds no code that is known"),
        (Answer(200, b'{"code":9499,"msg":"Bad Request"}'), PERMANENT, "malformed or too large"),
        (Answer(200, b'{"code":19001}'), PERMANENT, "code 19001: there is no such bot"),
        (Answer(200, b'{"code":19021}'), PERMANENT, "the signature is wrong, or the clock"),
        (Answer(200, b'{"code":19022,"msg":"Ip Not Allowed"}'), PERMANENT, "IP address"),
        (Answer(200, b'{"code":19024,"msg":"Key Words Not Found"}'), PERMANENT, "keyword"),
        (Answer(200, b'{"code":19999,"msg":"T0PSECRETPATH"}'), PERMANENT, "code 19999"),
        (Answer(200, b'{"code":11232}'), PASSING, "code 11232: too many messages"),
        (Answer(200, b'{"code":11233}'), PASSING, "too many messages in this group"),
        (Answer(200, b'{"code":11247}'), PASSING, "too many messages"),
        (Answer(400, b'{"code":99991400}'), PASSING, "too many requests"),
        (Answer(429, b'{"code":99991400}'), PASSING, "too many requests"),
        (Answer(500, b'{"code":0}'), PASSING, "HTTP 500"),
    )
    limit = 18_000

    def measured(self, body: bytes) -> int:
        assert len(json.loads(body)["card"]["elements"]) <= 42
        return len(body)

    def shown(self) -> str:
        return self.read()  # the card, and not the signature

    def readable(self, body: bytes) -> str:
        return "\n".join(text["content"] for text in shown(json.loads(body)["card"]))

    def assert_harmless(self, body: bytes) -> None:
        document = json.loads(body)
        assert document.keys() == {"timestamp", "sign", "msg_type", "card"}
        assert document["msg_type"] == "interactive"
        card = document["card"]
        assert card.keys() == {"config", "header", "elements"}
        assert card["config"] == {"wide_screen_mode": True}
        assert {element["tag"] for element in card["elements"]} <= {"div", "note"}
        assert {text["tag"] for text in shown(card)} == {"plain_text"}


def shown(card: dict[str, Any]) -> list[dict[str, str]]:
    """Return the texts of a card, in the order of reading."""
    found = [card["header"]["title"]]
    for element in card["elements"]:
        found += element["elements"] if element["tag"] == "note" else [element["text"]]
    return found


@pytest.mark.parametrize("secret", [SECRET, f" {SECRET}\n"])
def test_the_known_vector_is_signed_alike(secret: str) -> None:
    assert signature(Secret(secret), AT) == SIGNED


@pytest.mark.parametrize("signing", [{"secret": "env:KEY"}, {}])
def test_a_bot_is_sent_a_signature_when_it_has_a_secret(
    end: Target, signing: dict[str, str]
) -> None:
    end.answer = TestFeishu.accepted
    options = Options.model_validate({"url": "env:URL", **signing, **NEAR})
    world = outside({"URL": end.url, "KEY": SECRET}, now=lambda: datetime.fromtimestamp(AT, UTC))
    build(options, world).send(samples.fine())
    document = json.loads(end.got[0][2])
    signed = {name: document[name] for name in ("timestamp", "sign") if name in document}
    assert signed == ({"timestamp": str(AT), "sign": SIGNED} if signing else {})


@pytest.mark.parametrize(
    ("make", "verdict", "colour"),
    [
        (samples.fine, AuditVerdict.PASS, "green"),
        (samples.failing, AuditVerdict.FAIL, "red"),
        (samples.empty, AuditVerdict.INCOMPLETE, "orange"),
    ],
)
def test_the_header_says_the_verdict_in_a_word_and_a_colour(
    make: Callable[[], Report], verdict: AuditVerdict, colour: str
) -> None:
    report = make()
    assert report.audit.verdict is verdict
    header = message(report, {})["card"]["header"]
    title = f"Backup audit: {verdict.name}"
    assert header == {"template": colour, "title": {"tag": "plain_text", "content": title}}


def test_what_a_card_says_in_the_order_of_reading() -> None:
    title, headline, gap, *findings, meta = [
        text["content"] for text in shown(message(samples.incomplete(), {})["card"])
    ]
    assert title == "Backup audit: INCOMPLETE"
    assert headline.startswith("13 of 14 resources cannot be judged")
    assert gap.startswith("! Not audited: ucloud.uredis org-test cn-bj2: ")
    assert len(findings) == 2
    assert meta == "Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc"
