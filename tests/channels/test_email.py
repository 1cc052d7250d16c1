import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from backup_auditor.aws import clients
from backup_auditor.channels import Channel
from backup_auditor.channels._mail import mailboxes
from backup_auditor.channels.email import Options, build
from backup_auditor.errors import DeliveryError
from moto.backends import get_backend
from moto.server import ThreadedMotoServer
from pydantic import ValidationError

from tests.channels.contract import ACCEPTS, BUSY, REFUSES, ChannelContract, Far
from tests.contract import assert_valid
from tests.fakes import outside
from tests.report import samples


class FailedError(Exception):
    """Looks like a botocore ClientError."""

    def __init__(self, code: str) -> None:
        """Carry the code as botocore does, and a text that must not be told."""
        self.response = {"Error": {"Code": code, "Message": "T0PSECRETPATH"}}
        super().__init__("T0PSECRETPATH AKIDEXAMPLE")


class Ses:
    """An SES client that keeps messages, or fails with a code."""

    def __init__(self, failure: Exception | None = None) -> None:
        """Fail with ``failure`` where one is given."""
        self.failure = failure
        self.sent: list[dict[str, Any]] = []

    def send_email(self, **message: Any) -> None:
        """Take one message."""
        if self.failure:
            raise self.failure
        self.sent.append(message)


def options(**fields: Any) -> Options:
    """Return options with a sender and a recipient."""
    return Options.model_validate({"from": "a@example.com", "to": "b@example.com"} | fields)


class TestEmail(ChannelContract):
    ses: Ses

    @contextmanager
    def channel(self, far: Far) -> Iterator[Channel]:
        failures = {
            REFUSES: FailedError("MessageRejected"),
            BUSY: FailedError("TooManyRequestsException"),
        }
        known = failures.get(far)
        self.ses = Ses(None if far is ACCEPTS else known or TimeoutError("T0PSECRETPATH"))
        yield build(options(), outside(aws=lambda _service: self.ses))

    def simple(self) -> dict[str, Any]:
        content: dict[str, Any] = self.ses.sent[-1]["Content"]["Simple"]
        return content

    def read(self) -> str:
        return html.unescape(re.sub("<[^>]*>", " ", self.simple()["Body"]["Html"]["Data"]))

    def check_size(self) -> None:
        body = self.simple()["Body"]
        assert len(body["Html"]["Data"].encode()) <= 75_000
        assert len(body["Text"]["Data"].encode()) <= 75_000
        assert sum(len(a["RawContent"]) for a in self.simple()["Attachments"]) < 8_000_000

    def check_escaping(self) -> None:
        content = self.simple()
        markup = content["Body"]["Html"]["Data"]
        assert not any(word in markup for word in ("<script>", "<at>", "evil.example'>", "<b>b"))
        assert "\x1b" not in content["Body"]["Text"]["Data"]
        assert all(h["Value"].isascii() for h in content["Headers"])
        table = content["Attachments"][1]["RawContent"].decode("utf-8-sig")
        assert '"=' not in table
        assert "'=HYPERLINK" in table or "=HYPERLINK" not in table


def test_the_mail_has_text_html_and_both_attachments() -> None:
    ses = Ses()
    build(options(), outside(aws=lambda _: ses)).send(samples.failing())
    content = ses.sent[0]["Content"]["Simple"]
    assert content["Subject"]["Data"] == "[backup-audit] FAIL 4/5 2026-11-24"
    names = [a["FileName"] for a in content["Attachments"]]
    assert names == ["backup-audit-2026-11-24.json", "backup-audit-2026-11-24.csv"]
    assert {a["ContentTransferEncoding"] for a in content["Attachments"]} == {"BASE64"}
    assert_valid(json.loads(content["Attachments"][0]["RawContent"]))
    assert {"Name": "Auto-Submitted", "Value": "auto-generated"} in content["Headers"]


def test_ses_takes_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real client, the real parameters, a real server."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        aws = clients({"AWS_REGION": "eu-west-1"})
        channel = build(options(reply_to=["Ops <c@example.com>"]), outside(aws=aws))
        with pytest.raises(DeliveryError) as caught:
            channel.send(samples.failing())
        assert caught.value.permanent  # the sender is not verified
        aws("sesv2").create_email_identity(EmailIdentity="a@example.com")
        channel.send(samples.failing())
        (mail,) = get_backend("ses")["123456789012"]["eu-west-1"].sent_messages
        assert "no reliable backup" in mail.body
        aws("sesv2").close()
    finally:
        server.stop()


def test_addresses_may_come_from_the_environment() -> None:
    ses = Ses()
    given = options(**{"from": "env:FROM", "to": ["env:TO", "d@example.com"]})
    world = outside(
        {"FROM": "备份 <a@bücher.example>", "TO": "b@example.com, C <c@example.com>"},
        aws=lambda _: ses,
    )
    build(given.model_copy(update={"configuration_set": "cs"}), world).send(samples.fine())
    message = ses.sent[0]
    assert message["FromEmailAddress"].isascii()
    assert message["FromEmailAddress"].endswith("<a@xn--bcher-kva.example>")
    assert message["Destination"]["ToAddresses"] == [
        "b@example.com",
        "C <c@example.com>",
        "d@example.com",
    ]
    assert message["ConfigurationSetName"] == "cs"


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("env:NONE", "env:NONE is not set"),
        ("env:BAD", "env:BAD is not an address"),
        ("env:MANY", "1 to 50 recipients"),
    ],
)
def test_addresses_that_cannot_be_used_are_named_by_their_reference(to: str, sentence: str) -> None:
    many = ",".join(f"u{n}@example.com" for n in range(51))
    world = outside({"BAD": "nobody", "MANY": many}, aws=lambda _: Ses())
    with pytest.raises(Exception, match=sentence):
        build(options(to=to), world).send(samples.fine())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "a@",
        "@b.example",
        "a@b",
        "a b@c.example",
        "ä@b.example",
        "a@b.example\nBcc: x",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address"):
        mailboxes(text)
    with pytest.raises(ValidationError):
        options(to=text)


@pytest.mark.parametrize("value", [[], 5, [5]])
def test_recipients_are_addresses_and_nothing_else(value: object) -> None:
    with pytest.raises(ValidationError, match="write an address"):
        options(to=value)
