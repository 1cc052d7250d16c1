import json
import re
from typing import Any

import pytest
from backup_auditor.channels.mattermost import escaped, message

from tests.channels.answers import DELIVERED, PERMANENT, Answer
from tests.channels.http_contract import HttpContract
from tests.report import samples


def error(status: int, name: str) -> Answer:
    """Return an error as Mattermost sends it: its sentence holds the webhook's key."""
    sentence = "Failed to handle the payload for incoming webhook T0PSECRETKEY."
    document = {"id": f"web.incoming_webhook.{name}.app_error", "message": sentence}
    return Answer(status, json.dumps(document | {"status_code": status}).encode())


class TestMattermost(HttpContract):
    kind = "mattermost"
    accepted = Answer(200, b"ok")
    meanings = (
        (Answer(200, b" ok\n"), DELIVERED, ""),
        (Answer(200, b"<html>proxy</html>"), PERMANENT, "the body is not ok"),
        (error(400, "invalid"), PERMANENT, "no such webhook"),
        (error(400, "parse"), PERMANENT, "the message was not understood"),
        (error(403, "permissions"), PERMANENT, "its user may not post there"),
        (error(404, "channel"), PERMANENT, "its channel is gone"),
        (error(501, "disabled"), PERMANENT, "incoming webhooks are switched off"),
        (error(400, "T0PSECRET"), PERMANENT, "HTTP 400"),
    )
    limit = 12_000

    def text(self, body: bytes) -> str:
        document: dict[str, Any] = json.loads(body)
        assert document.keys() == {"text"}
        return str(document["text"])

    def measured(self, body: bytes) -> int:
        return len(self.text(body))

    def readable(self, body: bytes) -> str:
        return re.sub(r"\\(.)", r"\1", self.text(body)).replace("\u200b", "")

    def assert_harmless(self, body: bytes) -> None:
        text = self.text(body)
        assert not re.search(r"@(?!\u200b)", text)
        assert not {"<", ">"} & set(text)
        assert not re.search(r"://|www\.|&\w+;", text)
        # What is left without escapes is our own: the heading, bold titles, the last line.
        bare = re.sub(r"\\.", "", text)
        assert re.fullmatch(r"#{4} [^#]*", bare)
        assert not re.search(r"[`~|\[\]{}]|(?<!\*)\*(?!\*)", bare)
        assert all(re.fullmatch(r"[^*]*\*\*[^*]*\*\*[^*]*|[^*]*", row) for row in bare.split("\n"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("@all", "@\u200ball"),
        ("<!channel>", "＜\\!channel＞"),  # noqa: RUF001
        ("[a](https://b)", "\\[a\\]\\(https:\u200b//b\\)"),
        ("R&D &lt;", "R&D &\u200blt;"),
        ("a_b*c`d", "a\\_b\\*c\\`d"),
    ],
)
def test_a_name_is_escaped(name: str, shown: str) -> None:
    assert escaped(name) == shown


def test_the_message_says_the_verdict_first() -> None:
    text = message(samples.failing())["text"]
    assert text.startswith("#### Backup audit: FAIL\n")
    assert (
        "✕ **CRITICAL prod\\-never** \\(uredis\\-1, org\\-test, cn\\-bj2\\): Never backed up"
        in text
    )
    assert "\nTo do: " in text
