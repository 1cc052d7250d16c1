import html
import json
import re
from typing import Any, ClassVar

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.telegram import Options, build, message
from backup_auditor.errors import DeliveryError
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import NEAR, HttpContract
from tests.channels.target import Target
from tests.fakes import outside
from tests.report import samples

TOKEN = "123456:T0PSECRETTOKEN_-9"


def refusal(status: int, description: str, **parameters: object) -> Answer:
    """Return how Telegram refuses."""
    document = {"ok": False, "error_code": status, "description": description}
    return Answer(status, json.dumps(document | {"parameters": parameters}).encode())


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


class TestTelegram(HttpContract):
    kind = "telegram"
    options: ClassVar = {"token": "env:TOKEN", "chat_id": -1001234567890}
    environ: ClassVar = {"TOKEN": TOKEN}
    accepted = Answer(200, b'{"ok":true,"result":{"message_id":7}}')
    meanings = (
        (Answer(200, b'{"ok":true}'), DELIVERED, ""),
        (refusal(200, "Forbidden: T0PSECRET"), PERMANENT, "the body is not ok"),
        (refusal(400, "Bad Request: chat not found"), PERMANENT, "chat not found"),
        (refusal(400, "Bad Request: T0PSECRET"), PERMANENT, "HTTP 400"),
        (refusal(401, "Unauthorized"), PERMANENT, "Unauthorized"),
        (
            refusal(403, "Forbidden: bot was kicked from the group chat"),
            PERMANENT,
            "bot was kicked",
        ),
        (
            refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100987),
            PERMANENT,
            "the group is a supergroup now, with the chat_id -100987",
        ),
        (refusal(429, "Too Many Requests: retry after 9"), PASSING, "Too Many Requests"),
        (refusal(502, "Bad Gateway"), PASSING, "HTTP 502"),
    )
    limit = 4096
    machine_words = ("code", "HTML")

    def make(self, **options: Any) -> Channel:
        return super().make(**{"server": self.end.url, **options})

    def measured(self, body: bytes) -> int:
        return units(json.loads(body)["text"])

    def readable(self, body: bytes) -> str:
        return html.unescape(re.sub(r"</?(?:b|code)>", "", json.loads(body)["text"]))

    def assert_harmless(self, body: bytes) -> None:
        document = json.loads(body)
        assert document["parse_mode"] == "HTML"
        assert document["link_preview_options"] == {"is_disabled": True}
        left = re.sub(r"<b>[^<>]*</b>|<code>[^<>]*</code>", "", document["text"])
        assert not set(left) & set("<>@/#")
        assert "seen" not in left

    def test_the_token_stands_in_the_path_and_the_chat_in_the_body(self) -> None:
        self.end.answer = self.accepted
        self.make(thread_id=7).send(samples.failing())
        ((path, _, body),) = self.end.got
        assert path == f"/bot{TOKEN}/sendMessage"
        document = json.loads(body)
        assert (document["chat_id"], document["message_thread_id"]) == ("-1001234567890", 7)
        assert TOKEN not in body.decode()

    @pytest.mark.parametrize(("report", "silent"), [("fine", True), ("failing", False)])
    def test_only_a_pass_arrives_without_a_sound(self, report: str, silent: bool) -> None:
        self.end.answer = self.accepted
        self.make().send(samples.ALL[report]())
        document = json.loads(self.end.got[0][2])
        assert document["disable_notification"] is silent
        assert "message_thread_id" not in document

    @pytest.mark.parametrize(
        ("parameters", "wanted"),
        [
            ({"retry_after": 9}, 9.0),
            ({"retry_after": 0}, 0.0),
            ({"retry_after": -1}, 3.0),
            ({"retry_after": True}, 3.0),
            ({"retry_after": "9"}, 3.0),
            ({"retry_after": float("nan")}, 3.0),
            ({"retry_after": 1 << 63}, 3.0),
            ([], 3.0),
        ],
    )
    def test_how_long_to_wait_stands_in_the_body(self, parameters: Any, wanted: float) -> None:
        body = json.dumps({"ok": False, "parameters": parameters}).encode()
        self.end.answer = Answer(429, body, {"Retry-After": "3"})
        with pytest.raises(DeliveryError) as caught:
            self.make().send(samples.failing())
        assert caught.value.retry_after == wanted

    @pytest.mark.parametrize("moved", [True, "-1", 1 << 63, 1.5, None])
    def test_no_new_chat_is_told_that_is_no_number(self, moved: object) -> None:
        self.end.answer = refusal(400, "no", migrate_to_chat_id=moved)
        with pytest.raises(DeliveryError) as caught:
            self.make().send(samples.failing())
        assert caught.value.reason == "the target answered HTTP 400"


@pytest.mark.parametrize(
    "token", ["T0PSECRET", "1:a/../../x", "1:a?b", "1:", ":a", "1:a\n2:b", "\u0661:a", "1:ä"]
)
def test_a_token_that_is_none_is_not_sent_and_not_told(end: Target, token: str) -> None:
    given = {"token": "env:T", "chat_id": 1, "server": end.url}
    channel = build(Options.model_validate(NEAR | given), outside({"T": token}))
    with pytest.raises(DeliveryError, match="the token of the bot must be") as caught:
        channel.send(samples.failing())
    assert caught.value.permanent
    assert token not in str(caught.value)
    assert not end.got


def test_all_that_strangers_wrote_stands_in_code() -> None:
    text = message(samples.exempt())
    moving = (
        "~ <b>EXEMPT CRITICAL</b> <code>prod-moving (uredis-3, org-test, cn-bj2): Never backed up"
    )
    assert moving in text
    assert f"Exempt by: <code>{samples.JANE}</code>" in text
    assert "<b>Backup audit: FAIL</b>\n" in text
    assert "! <b>Exemption matches nothing, runs until 2027-01-31:</b> <code>eve (0 " in text
    assert text.endswith("Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc")


def test_a_message_has_no_more_tags_than_telegram_reads() -> None:
    assert 40 < message(samples.findings(50)).count("</") < 100


@settings(max_examples=20)
@given(st.text(st.sampled_from("<>&😀a "), max_size=80))
def test_signs_outside_of_the_basic_plane_count_twice(name: str) -> None:
    text = message(samples.named(*[f"{n}{name}" for n in range(60)]))
    assert units(text) <= 4_000
    assert re.search(r"… and \d+ more findings\n", text)


@pytest.mark.parametrize("chat_id", [-1001234567890, 5, "-100", "@backups", "@Back_ups9"])
def test_a_chat_is_a_number_or_a_name(chat_id: object) -> None:
    options = Options.model_validate({"token": "env:T", "chat_id": chat_id})
    assert options.chat_id == str(chat_id)


@pytest.mark.parametrize(
    "chat_id", [True, 1.5, "backups", "@", "@a b", "@1abcd", "", "--1", "\u0661", "5\n", ["5"]]
)
def test_what_is_no_chat_is_refused(chat_id: object) -> None:
    with pytest.raises(ValidationError, match="write the number of a chat"):
        Options.model_validate({"token": "env:T", "chat_id": chat_id})
