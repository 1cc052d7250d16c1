import json
import re
from typing import Any, ClassVar

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.ntfy import Options, _Ntfy, build, payload
from backup_auditor.errors import DeliveryError
from backup_auditor.report.model import Report
from pydantic import ValidationError

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import NEAR, HttpContract
from tests.channels.target import Target
from tests.fakes import outside
from tests.report import samples


def refusal(code: int, error: str = "T0PSECRET") -> Answer:
    """Return how ntfy refuses."""
    document = {"code": code, "http": code // 100, "error": error}
    return Answer(code // 100, json.dumps(document).encode())


class TestNtfy(HttpContract):
    kind = "ntfy"
    options: ClassVar = {"topic": "env:TOPIC", "token": "env:TOKEN"}
    environ: ClassVar = {"TOPIC": "T0PSECRETTOPIC", "TOKEN": "tk_T0PSECRETTOKEN"}
    accepted = Answer(200, b'{"id":"a1","event":"message","topic":"t","message":"m"}')
    meanings = (
        (Answer(200, b'{"id":"a1","event":"message","attachment":null}'), DELIVERED, ""),
        (Answer(200, b'{"id":"","event":"message"}'), PERMANENT, "the body is no message"),
        (Answer(200, b'{"id":"a1","event":"open"}'), PERMANENT, "the body is no message"),
        (
            Answer(200, b'{"id":"a1","event":"message","attachment":{"name":"T0PSECRET"}}'),
            PERMANENT,
            "the message became an attachment",
        ),
        (refusal(40009), PERMANENT, "the topic is not valid"),
        (refusal(40101), PERMANENT, "the token is wrong"),
        (refusal(40301), PERMANENT, "the topic may not be written to"),
        (refusal(41303), PERMANENT, "the message is too long"),
        (refusal(42901), PASSING, "too many requests"),
        (refusal(42908), PASSING, "too many messages today"),
        (refusal(40099), PERMANENT, "HTTP 400"),
        (Answer(400, b'{"code":[40009]}'), PERMANENT, "HTTP 400"),
    )
    limit = 4096
    machine_words = ("T0PSECRETTOPIC", "white_check_mark", "red_circle", "warning")

    def make(self, **options: Any) -> Channel:
        return super().make(**{"server": self.end.url, **options})

    def measured(self, body: bytes) -> int:
        assert len(body) <= 2 * self.limit  # ntfy reads no more
        return len(json.loads(body)["message"].encode())

    def readable(self, body: bytes) -> str:
        document = json.loads(body)
        return f"{document['title']}\n{document['message']}"

    def assert_harmless(self, body: bytes) -> None:
        document = json.loads(body)
        assert document["markdown"] is False
        assert not re.search(r"://|www\.|@\w", document["message"])
        assert document["title"] == "Backup audit: FAIL"
        keys = {"topic", "title", "message", "priority", "tags", "markdown"}
        assert document.keys() == keys

    def test_json_goes_to_the_root_of_the_server_with_the_token(self) -> None:
        self.end.answer = self.accepted
        self.make().send(samples.failing())
        ((path, headers, body),) = self.end.got
        assert path == "/"
        assert headers["authorization"] == "Bearer tk_T0PSECRETTOKEN"
        assert json.loads(body)["topic"] == "T0PSECRETTOPIC"

    @pytest.mark.parametrize(("details", "is_named"), [(True, True), (False, False)])
    def test_details_may_be_chosen(self, details: bool, is_named: bool) -> None:
        self.end.answer = self.accepted
        self.make(details=details).send(samples.failing())
        assert ("prod-never" in self.read()) is is_named


def ntfy(server: str, **options: str) -> Channel:
    """Return the channel that sends to ``server``."""
    given = {"topic": "env:TOPIC", "server": server}
    environ = {"TOPIC": "t", "WRONG": "tk_a\nX: T0PSECRET", "ODD": "tk_ä"}
    return build(Options.model_validate(given | NEAR | options), outside(environ))


@pytest.mark.parametrize("token", ["WRONG", "ODD"])
def test_a_token_that_no_header_can_hold_is_refused(end: Target, token: str) -> None:
    with pytest.raises(DeliveryError, match="a header of the message") as caught:
        ntfy(end.url, token=f"env:{token}").send(samples.failing())
    assert caught.value.permanent
    assert "tk_" not in str(caught.value)
    assert not end.got


def test_a_topic_that_needs_no_token_is_written_to_without_one(end: Target) -> None:
    end.answer = TestNtfy.accepted
    ntfy(end.url).send(samples.fine())
    assert "authorization" not in end.got[0][1]


@pytest.mark.parametrize(
    ("server", "is_named"),
    [
        ("https://ntfy.sh", False),
        ("https://NTFY.sh/", False),
        ("https://ntfy.sh.:443", False),
        ("https://ntfy.example.com", True),
    ],
)
def test_where_anybody_may_read_no_resource_is_named(server: str, is_named: bool) -> None:
    channel = ntfy(server)
    assert isinstance(channel, _Ntfy)
    assert channel.is_detailed is is_named


def test_without_details_the_verdict_and_the_numbers_are_said_and_no_name() -> None:
    found = payload(samples.hostile(), details=False)
    assert found["message"].startswith("8 of 8 resources have no reliable backup")
    assert "Resources are not named here" in found["message"]
    assert "h-0" not in found["message"]
    assert "script" not in found["message"]


@pytest.mark.parametrize(
    ("report", "priority", "tag"),
    [
        (samples.fine(), 2, "white_check_mark"),
        (samples.failing(), 4, "red_circle"),
        (samples.incomplete(), 4, "warning"),
        (samples.broken(), 4, "warning"),
    ],
)
def test_priority_and_tag_tell_the_verdict(report: Report, priority: int, tag: str) -> None:
    found = payload(report, details=True)
    assert (found["priority"], found["tags"]) == (priority, [tag])


@pytest.mark.parametrize(
    "server",
    [
        "ntfy.sh",
        "https://",
        "ftp://ntfy.sh",
        "https://user:T0PSECRET@ntfy.sh",
        "https://ntfy.sh?auth=T0PSECRET",
        "https://ntfy.sh#T0PSECRET",
        "https://ntfy.sh /x",
        "https://ntfy.sh\\x",
        5,
    ],
)
def test_a_server_is_an_address_without_secrets(server: object) -> None:
    with pytest.raises(ValidationError, match="https://") as caught:
        Options.model_validate({"topic": "env:TOPIC", "server": server})
    assert "T0PSECRET" not in caught.value.errors()[0]["msg"]
