import json
import re
from typing import Any

import jsonschema
import pytest
from backup_auditor.channels.teams import Options, build, message
from backup_auditor.errors import DeliveryError

from tests.channels.answers import DELIVERED, HTML, PASSING, PERMANENT, Answer
from tests.channels.http_contract import HttpContract
from tests.fakes import outside
from tests.report import samples

_ERROR = b'{"error":{"code":"DirectApiAuthorizationRequired","message":"T0PSECRETPATH"}}'


def closed(kind: str, required: list[str], **properties: Any) -> dict[str, Any]:
    """Return the schema of an element that has these properties and no others."""
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **properties},
        "required": ["type", *required],
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
COLOUR = {"enum": ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]}
WEIGHT = {"enum": ["Default", "Lighter", "Bolder"]}
SIZE = {"enum": ["Default", "Small", "Medium", "Large", "ExtraLarge"]}
SPACING = {"enum": ["None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"]}
RUN = closed("TextRun", ["text"], text=TEXT, weight=WEIGHT, isSubtle={"type": "boolean"})
RUNS = {"type": "array", "items": RUN, "minItems": 1}
FACT = {
    "type": "object",
    "properties": {"title": TEXT, "value": TEXT},
    "required": ["title", "value"],
    "additionalProperties": False,
}
ELEMENTS = [
    closed(
        "TextBlock",
        ["text"],
        text=TEXT,
        weight=WEIGHT,
        size=SIZE,
        color=COLOUR,
        wrap={"type": "boolean"},
    ),
    closed("RichTextBlock", ["inlines"], inlines=RUNS, spacing=SPACING),
    closed("FactSet", ["facts"], facts={"type": "array", "items": FACT, "minItems": 1}),
]
CARD = closed(
    "AdaptiveCard",
    ["version", "body", "fallbackText"],
    **{"$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"}},
    version={"const": "1.2"},
    msteams={"const": {"width": "Full"}},
    fallbackText=TEXT,
    body={"type": "array", "items": {"oneOf": ELEMENTS}, "minItems": 1},
)
"""The elements of Adaptive Cards 1.2 that are used, as the schema explorer describes them."""


class TestTeams(HttpContract):
    kind = "teams"
    path = "/workflows/T0PSECRETPATH/triggers/manual/paths/invoke?sp=run&sig=T0PSECRETKEY"
    accepted = Answer(202)
    any_body = (200, 202)
    meanings = (
        (Answer(202, b'{"id":"x"}'), DELIVERED, ""),
        (Answer(200, HTML), PERMANENT, "a page, and no answer of a flow"),
        (Answer(200, b" <?xml version='1.0'?>"), PERMANENT, "a page, and no answer of a flow"),
        (Answer(204), PERMANENT, "HTTP 204"),
        (Answer(400, b'{"error":{"code":"TriggerInputSchemaMismatch"}}'), PERMANENT, "HTTP 400"),
        (Answer(401, _ERROR), PERMANENT, "HTTP 401"),
        (Answer(404, b'{"error":{"code":"WorkflowNotFound"}}'), PERMANENT, "HTTP 404"),
        (Answer(429, b'{"error":{"code":"WorkflowRunLimit"}}'), PASSING, "HTTP 429"),
        (Answer(502, b'{"error":{"code":"NoResponse"}}'), PASSING, "HTTP 502"),
    )
    limit = 20_000
    machine_words = (
        *("message", "application/vnd.microsoft.card.adaptive", "AdaptiveCard", "TextBlock"),
        *("RichTextBlock", "TextRun", "FactSet", "Full", "Bolder", "Medium", "None"),
        *("Good", "Attention", "Warning"),
    )

    def card(self, body: bytes) -> dict[str, Any]:
        document = json.loads(body)
        (attachment,) = document["attachments"]
        assert document["type"] == "message"
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        found: dict[str, Any] = attachment["content"]
        jsonschema.validate(found, CARD)
        return found

    def measured(self, body: bytes) -> int:
        """Count the bytes of a flow that writes JSON anew, with escapes beyond ASCII."""
        assert self.card(body)
        return len(json.dumps(json.loads(body), separators=(",", ":")))

    def readable(self, body: bytes) -> str:
        blocks = (block.get("inlines", [block]) for block in self.card(body)["body"])
        lines = ("".join(run.get("text", "") for run in block) for block in blocks)
        return "\n".join(lines).replace("\u200b", "")

    def assert_harmless(self, body: bytes) -> None:
        card = self.card(body)
        for text in self.texts(body):
            assert "{{" not in text
            assert not re.search(r"@(?!\u200b)|www\.", text)
        own = [block for block in card["body"] if block["type"] != "RichTextBlock"]
        assert "seen" not in json.dumps([own, card["fallbackText"]])


@pytest.mark.parametrize(
    "host",
    [
        "acme.webhook.office.com",
        "webhook.office.com",
        "OUTLOOK.OFFICE.COM",
        "outlook.office365.com",
    ],
)
def test_a_retired_connector_is_refused_before_anything_is_sent(host: str) -> None:
    world = outside({"URL": f"https://{host}/webhookb2/T0PSECRETPATH"})
    with pytest.raises(DeliveryError, match="make one with Workflows") as caught:
        build(Options(url="env:URL"), world).send(samples.fine())
    assert caught.value.permanent


@pytest.mark.parametrize("url", ["https://[::1", "", "webhook.office.com"])
def test_what_is_no_address_is_refused_as_such(url: str) -> None:
    with pytest.raises(DeliveryError, match="is not a URL"):
        build(Options(url="env:URL"), outside({"URL": url})).send(samples.fine())


def test_the_card_says_the_verdict_and_the_numbers_first() -> None:
    title, headline, facts, *_ = message(samples.failing())["attachments"][0]["content"]["body"]
    assert (title["text"], title["color"]) == ("Backup audit: FAIL", "Attention")
    assert headline["inlines"][0]["text"].startswith("4 of 5 resources have no reliable backup")
    assert [fact["value"] for fact in facts["facts"]] == ["4", "0", "0", "0", "1"]


def test_chinese_names_are_counted_as_the_flow_writes_them() -> None:
    """20,000 bytes of UTF-8 could become 40,000, and Teams would say nothing."""
    report = samples.named(*(f"生产环境主数据库备份资源{n:03}" * 5 for n in range(200)))
    body = json.dumps(message(report), separators=(",", ":"))
    assert 18_000 < len(body) <= 20_000
