import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.slack import Options, build, message
from backup_auditor.errors import DeliveryError
from backup_auditor.report.model import Report

from tests.channels.contract import ACCEPTS, BUSY, REFUSES, Answer, ChannelContract
from tests.channels.target import Target, target
from tests.fakes import outside
from tests.report import samples

PATH = "/services/T0PSECRETPATH"


def slack(end: Target) -> Channel:
    """Return the channel that sends to ``end``."""
    options = Options(url="env:SLACK", allow_http=True, allow_private=True)
    return build(options, outside({"SLACK": end.url + PATH}))


class TestSlack(ChannelContract):
    end: Target

    @contextmanager
    def channel(self, answer: Answer) -> Iterator[Channel]:
        with target() as self.end:
            if answer is REFUSES:
                self.end.status, self.end.body = 404, b"no_service"
            elif answer is BUSY:
                self.end.status, self.end.headers = 429, {"Retry-After": "7"}
            elif answer is not ACCEPTS:
                self.end.drops = True
            yield slack(self.end)

    def sent(self) -> str:
        return "".join(body.decode() for _, _, body in self.end.got)

    def blocks(self) -> list[dict[str, Any]]:
        document: dict[str, Any] = json.loads(self.end.got[-1][2])
        assert document["unfurl_links"] is False
        found: list[dict[str, Any]] = document["blocks"]
        return found

    def check_size(self) -> None:
        assert len(self.blocks()) <= 50
        texts = [b["text"]["text"] for b in self.blocks() if "text" in b]
        assert sum(map(len, texts)) <= 12_000
        assert all(len(text) <= 3000 for text in texts)
        assert any("more" in text for text in texts)

    def check_escaping(self) -> None:
        for block in self.blocks():
            for text in [block.get("text"), *block.get("elements", [])]:
                assert text is None or text["type"] == "plain_text"
        assert "\x1b" not in self.sent()


@pytest.mark.parametrize(
    ("status", "body", "permanent", "said"),
    [
        (200, b"invalid_payload", True, "invalid_payload"),
        (200, b"<html>proxy</html>", True, "the body is not ok"),
        (302, b"", True, "a redirect, which is not followed"),
        (400, b"no_text", True, "no_text"),
        (403, b"secret-of-the-target", True, "HTTP 403"),
        (410, b"channel_is_archived", True, "channel_is_archived"),
        (500, b"rollup_error", False, "rollup_error"),
        (503, b"", False, "HTTP 503"),
    ],
)
def test_only_200_with_ok_is_success(status: int, body: bytes, permanent: bool, said: str) -> None:
    with target() as end:
        end.status, end.body = status, body
        end.headers = {"Location": end.url + "/landing"} if status == 302 else {}
        with pytest.raises(DeliveryError) as caught:
            slack(end).send(samples.fine())
        assert len(end.got) == 1
    assert caught.value.permanent is permanent
    assert said in caught.value.reason
    assert "secret-of-the-target" not in caught.value.reason


def test_the_notification_text_is_escaped() -> None:
    with target() as end:
        slack(end).send(samples.incomplete())
        text = json.loads(end.got[0][2])["text"]
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
