import json
import re
from typing import Any

import pytest
from backup_auditor.channels.discord import escaped, message

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.contract import ACCEPTS
from tests.channels.http_contract import HttpContract
from tests.channels.target import Target
from tests.report import samples

MESSAGE = b'{"id":"1234567890","type":0,"content":"x","channel_id":"987","webhook_id":"1"}'


class TestDiscord(HttpContract):
    kind = "discord"
    accepted = Answer(200, MESSAGE)
    meanings = (
        (Answer(200, b'{"id":"1","channel_id":"2"}'), DELIVERED, ""),
        (Answer(200, b'{"id":1,"channel_id":2}'), PERMANENT, "no message in the answer"),
        (Answer(204), PERMANENT, "no message in the answer"),
        (
            Answer(400, b'{"code":50035,"message":"T0PSECRETPATH","errors":{"embeds":["0"]}}'),
            *(PERMANENT, "the message was not understood"),
        ),
        (Answer(400, b'{"code":220001}'), PERMANENT, "a forum needs thread_id in the address"),
        (Answer(401, b'{"code":50027}'), PERMANENT, "the token of the webhook is wrong"),
        (Answer(404, b'{"code":10015}'), PERMANENT, "no such webhook"),
        (Answer(400, b'{"code":[1]}'), PERMANENT, "HTTP 400"),
        (Answer(429, b'{"message":"rate","retry_after":0.5}'), PASSING, "HTTP 429"),
    )
    limit = 6_000

    def embed(self, body: bytes) -> dict[str, Any]:
        document = json.loads(body)
        assert document["allowed_mentions"] == {"parse": []}
        assert 0 < units(document["content"]) <= 2_000
        (embed,) = document["embeds"]
        found: dict[str, Any] = embed
        return found

    def measured(self, body: bytes) -> int:
        """Count as Discord does, over all texts of the embeds; each has a limit of its own too."""
        embed = self.embed(body)
        parts = [embed["title"], embed["description"], embed["footer"]["text"]]
        for text, limit in zip(parts, (256, 4_096, 2_048), strict=True):
            assert units(text) <= limit
        return sum(map(units, parts))

    def readable(self, body: bytes) -> str:
        return re.sub(r"\\(.)", r"\1", str(self.embed(body)["description"])).replace("\u200b", "")

    def assert_harmless(self, body: bytes) -> None:
        document, embed = json.loads(body), self.embed(body)
        for text in (document["content"], embed["description"]):
            bare = re.sub(r"\\[^0-9A-Za-z\s]", "", text)
            assert not re.search(r"[\\`_~|<>\[\]@#{}$]", bare)
            assert all(row.count("**") in {0, 2} for row in bare.split("\n"))
            assert "*" not in bare.replace("**", "")


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def test_the_answer_is_waited_for_and_the_thread_is_kept(end: Target) -> None:
    test = TestDiscord()
    test.end = end
    test.path = "/api/webhooks/1/T0PSECRETPATH?thread_id=5&wait=false"
    with test.channel(ACCEPTS) as channel:
        channel.send(samples.fine())
    assert end.got[0][0] == "/api/webhooks/1/T0PSECRETPATH?thread_id=5&wait=true"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("@everyone", "\\@\u200beveryone"),
        ("<@123>", "\\<\\@\u200b123\\>"),
        ("[a](https://b.example)", "\\[a\\]\\(https\\:\u200b\\/\\/b\\.example\\)"),
        ("生产-1_x", "生产\\-1\\_x"),
    ],
)
def test_a_name_is_escaped(name: str, shown: str) -> None:
    assert escaped(name) == shown


def test_a_message_without_findings_has_an_embed_without_rows() -> None:
    payload = message(samples.fine())
    assert payload["content"].startswith("**Backup audit: PASS**\n")
    assert payload["embeds"][0]["description"] == ""
    assert payload["embeds"][0]["timestamp"] == "2026-11-24T06:07:00+00:00"
