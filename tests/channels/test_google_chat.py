import html
import json
import re
from typing import Any

import pytest
from backup_auditor.channels.google_chat import escaped, message

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import HttpContract
from tests.report import samples


def error(status: int, word: str) -> Answer:
    """Return an error as Google sends it; its sentence is not ours to tell."""
    document = {"error": {"code": status, "message": "T0PSECRETKEY", "status": word}}
    return Answer(status, json.dumps(document).encode())


class TestGoogleChat(HttpContract):
    kind = "google_chat"
    path = "/v1/spaces/T0PSECRETPATH/messages?key=T0PSECRETKEY&token=T0PSECRETTOKEN"
    accepted = Answer(200, b'{"name":"spaces/AAA/messages/BBB","thread":{},"text":"x"}')
    meanings = (
        (Answer(200, b'{"name":"spaces/A/messages/B"}'), DELIVERED, ""),
        (Answer(200, b'{"name":["spaces/"]}'), PERMANENT, "no message in the answer"),
        (Answer(200, b'{"error":{"code":400}}'), PERMANENT, "no message in the answer"),
        (error(400, "INVALID_ARGUMENT"), PERMANENT, "INVALID_ARGUMENT"),
        (error(403, "PERMISSION_DENIED"), PERMANENT, "PERMISSION_DENIED"),
        (error(404, "NOT_FOUND"), PERMANENT, "NOT_FOUND"),
        (error(404, "T0PSECRET"), PERMANENT, "HTTP 404"),
        (Answer(400, b'{"error":"T0PSECRET"}'), PERMANENT, "HTTP 400"),
        (error(429, "RESOURCE_EXHAUSTED"), PASSING, "RESOURCE_EXHAUSTED"),
        (error(503, "UNAVAILABLE"), PASSING, "UNAVAILABLE"),
    )
    limit = 28_000
    machine_words = ("audit", "br")

    def card(self, body: bytes) -> dict[str, Any]:
        (card,) = json.loads(body)["cardsV2"]
        found: dict[str, Any] = card["card"]
        return found

    def paragraphs(self, body: bytes) -> list[str]:
        (section,) = self.card(body)["sections"]
        assert len(section["widgets"]) <= 100
        return [widget["textParagraph"]["text"] for widget in section["widgets"]]

    def measured(self, body: bytes) -> int:
        assert self.paragraphs(body)
        return len(body)

    def readable(self, body: bytes) -> str:
        text = "\n".join(self.paragraphs(body)).replace("<br>", "\n")
        return html.unescape(re.sub("</?b>", "", text)).replace("\u200b", "")

    def assert_harmless(self, body: bytes) -> None:
        assert not set("<>*_~`@") & set(json.loads(body)["text"])
        assert self.card(body)["header"].keys() == {"title", "subtitle"}
        for text in self.paragraphs(body):
            assert not set("<>") & set(re.sub("</?b>|<br>", "", text))
            assert re.fullmatch(r"(?:[^<]|<br>|<b>[^<]*</b>)*", text)
            assert not re.search(r"&(?!(lt|gt|amp);)|@(?!\u200b)|://|www\.", text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<users/all>", "&lt;users/all&gt;"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("<a href='https://b.example'>", "&lt;a href='https:\u200b//b.example'&gt;"),
    ],
)
def test_a_name_is_escaped(name: str, shown: str) -> None:
    assert escaped(name) == shown


def test_the_text_says_the_verdict_and_holds_no_name() -> None:
    payload = message(samples.named("<users/all> *b*"))
    assert payload["text"] == "Backup audit FAIL: 1 of 1 resource has no reliable backup."
    assert payload["cardsV2"][0]["card"]["header"]["title"] == "Backup audit: FAIL"
