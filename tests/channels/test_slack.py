import json
from collections.abc import Callable

import pytest
from backup_auditor.channels.slack import message
from backup_auditor.report.model import Report
from slackblocks import Block

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import HttpContract
from tests.report import samples


class TestSlack(HttpContract):
    kind = "slack"
    accepted = Answer(200, b"ok")
    meanings = (
        (Answer(200, b" ok\n"), DELIVERED, ""),
        (Answer(200, b"ok", {"Content-Encoding": "unheard-of"}), DELIVERED, ""),
        (Answer(200, b"invalid_payload"), PERMANENT, "invalid_payload"),
        (Answer(200, b"<html>proxy</html>"), PERMANENT, "the body is not ok"),
        (Answer(400, b"no_text"), PERMANENT, "no_text"),
        (Answer(403, b"action_prohibited"), PERMANENT, "action_prohibited"),
        (Answer(404, b"no_service"), PERMANENT, "no_service"),
        (Answer(410, b"channel_is_archived"), PERMANENT, "channel_is_archived"),
        (Answer(500, b"rollup_error"), PASSING, "rollup_error"),
    )
    limit = 12_000
    machine_words = ("header", "section", "context", "plain_text")

    def measured(self, body: bytes) -> int:
        self.assert_harmless(body)
        return sum(map(len, self.texts(body)))

    def readable(self, body: bytes) -> str:
        return "\n".join(self.texts(body))

    def assert_harmless(self, body: bytes) -> None:
        document = json.loads(body)
        assert document["unfurl_links"] is False
        assert not {"<", ">"} & set(document["text"])
        assert len(document["blocks"]) <= 50
        for block in document["blocks"]:
            Block.from_dict(block)  # raises where the block breaks a limit of Slack
            for text in [block.get("text"), *block.get("elements", [])]:
                assert text is None or text["type"] == "plain_text"


def test_the_notification_text_says_the_verdict_and_the_numbers() -> None:
    text = message(samples.incomplete())["text"]
    assert text.startswith("Backup audit INCOMPLETE: 13 of 14 resources cannot be judged; 1 part")


@pytest.mark.parametrize("make", [samples.many_exempt, samples.everything])
def test_exemptions_keep_within_the_limits(make: Callable[[], Report]) -> None:
    blocks = message(make())["blocks"]
    texts = [block["text"]["text"] for block in blocks if "text" in block]
    assert len(blocks) <= 50
    assert sum(map(len, texts)) <= 12_000
    assert all(len(text) <= 3000 for text in texts)
    assert any("more" in text for text in texts)


def test_exempt_findings_and_exemptions_that_need_attention_are_said() -> None:
    texts = [b["text"]["text"] for b in message(samples.exempt())["blocks"] if "text" in b]
    moving = "~ EXEMPT CRITICAL prod-moving (uredis-3, org-test, cn-bj2): Never backed up"
    assert any(t.startswith(moving) and t.endswith(samples.JANE) for t in texts)
    assert texts[-1].startswith("! Exemption matches nothing")
    assert not any("Exemption active" in text for text in texts)
