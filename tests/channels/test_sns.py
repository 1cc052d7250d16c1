import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from backup_auditor.aws import clients
from backup_auditor.channels import Channel
from backup_auditor.channels.sns import Options, build, content
from backup_auditor.errors import DeliveryError
from backup_auditor.report.model import Report
from botocore.stub import Stubber
from moto.backends import get_backend
from moto.server import ThreadedMotoServer
from pydantic import ValidationError

from tests.channels.chinese_contract import ChineseContract
from tests.channels.contract import ACCEPTS, BUSY, REFUSES, Far
from tests.fakes import outside
from tests.report import samples

ARN = "arn:aws:sns:eu-west-1:123456789012:backup-audit"
LARGEST = 262_144


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a real client that sends nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "T0PSECRETKEY")
    client = boto3.client("sns", region_name="eu-west-1")
    yield client
    client.close()


class TestSns(ChineseContract):
    sns: Any
    stub: Stubber
    got: dict[str, Any]

    @pytest.fixture(autouse=True)
    def _client(self, sns: Any) -> None:
        self.sns = sns
        sns.meta.events.register("provide-client-params.sns.Publish", self.take)

    def take(self, params: dict[str, Any], **_: object) -> None:
        self.got = params

    @contextmanager
    def channel(self, far: Far) -> Iterator[Channel]:
        codes = {REFUSES: ("AuthorizationError", 403), BUSY: ("Throttled", 429)}
        with Stubber(self.sns) as stub:
            for _ in range(20):
                if far is ACCEPTS:
                    stub.add_response("publish", {"MessageId": "1"})
                else:
                    code, status = codes.get(far, ("InternalError", 500))
                    stub.add_client_error("publish", code, "T0PSECRETPATH", status)
            yield build(Options(topic_arn=ARN), outside(aws=lambda _service: self.sns))

    def texts(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.got["Message"])
        return found

    def read(self) -> str:
        return self.texts()["email"]

    def shown(self) -> str:
        return "\n".join(self.texts().values())

    def check_size(self) -> None:
        subject, message = self.got["Subject"], self.got["Message"]
        assert subject.isascii()
        assert subject.isprintable()
        assert 0 < len(subject) < 100
        assert len(message.encode()) <= LARGEST
        assert len(self.texts()["default"].encode()) <= 1_500

    def check_escaping(self) -> None:
        assert self.got["Subject"].startswith("[backup-audit] FAIL ")
        for text in self.texts().values():
            assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("number", [0, 1, 50, 20_000])
def test_the_short_text_is_cut_on_whole_rows_too(number: int) -> None:
    text = json.loads(content(samples.findings(number))["Message"])["default"]
    shown = text.count("begin")
    assert text.count("\nTo do: ") == text.count("end0") == shown
    assert bool(shown) is bool(number)
    more = f"… and {number - shown:,} more findings\n" in text
    assert more is (number > shown)


def test_what_is_published() -> None:
    found = content(samples.failing())
    assert found["Subject"] == "[backup-audit] FAIL 4/5 2026-11-24"
    assert found["MessageStructure"] == "json"
    assert found["MessageAttributes"]["verdict"] == {"DataType": "String", "StringValue": "fail"}
    texts = json.loads(found["Message"])
    assert texts.keys() == {"default", "email"}
    for text in texts.values():
        assert text.startswith("Backup audit: FAIL\n4 of 5 resources have no reliable backup")
        assert "✕ CRITICAL prod-never (uredis-1, org-test, cn-bj2): Never backed up" in text
        assert text.endswith("Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc")


@pytest.mark.parametrize(
    ("make", "verdict"),
    [(samples.fine, "pass"), (samples.failing, "fail"), (samples.broken, "incomplete")],
)
def test_subscriptions_can_filter_by_the_verdict(make: Callable[[], Report], verdict: str) -> None:
    attributes = content(make())["MessageAttributes"]
    assert attributes["verdict"]["StringValue"] == verdict


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        ("NotFound", True),
        ("InvalidParameter", True),
        ("AuthorizationError", True),
        ("KMSAccessDenied", True),
        ("InvalidClientTokenId", True),
        ("ExpiredToken", True),
        ("InternalError", False),
        ("Throttled", False),
        ("KMSThrottling", False),
        ("ServiceUnavailable", False),
    ],
)
def test_what_helps_no_repeat_is_permanent(sns: Any, code: str, permanent: bool) -> None:
    channel = build(Options(topic_arn=ARN), outside(aws=lambda _: sns))
    with Stubber(sns) as stub:
        stub.add_client_error("publish", code, "T0PSECRET", 400)
        with pytest.raises(DeliveryError) as caught:
            channel.send(samples.failing())
    assert caught.value.permanent is permanent
    assert caught.value.reason == f"SNS: {code}"


def test_an_answer_without_an_id_is_no_delivery(sns: Any) -> None:
    channel = build(Options(topic_arn=ARN), outside(aws=lambda _: sns))
    with Stubber(sns) as stub:
        stub.add_response("publish", {})
        with pytest.raises(DeliveryError, match="no id of a message") as caught:
            channel.send(samples.failing())
    assert not caught.value.permanent


def test_sns_takes_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real client, the real parameters, a real server, a subscriber of each kind."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        aws = clients({"AWS_REGION": "eu-west-1"})
        channel = build(Options(topic_arn="env:TOPIC"), outside({"TOPIC": ARN}, aws=aws))
        with pytest.raises(DeliveryError, match="SNS: NotFound") as caught:
            channel.send(samples.huge())
        assert caught.value.permanent
        aws("sns").create_topic(Name="backup-audit")
        channel.send(samples.huge())
        topics: Any = get_backend("sns")["123456789012"]["eu-west-1"].topics
        topic = topics[ARN]
        ((_, message, subject, attributes, *_),) = topic.sent_notifications
        assert subject == samples.huge().subject
        assert attributes["verdict"]["Value"] == "fail"
        assert json.loads(message).keys() == {"default", "email"}
        aws("sns").close()
    finally:
        server.stop()


@pytest.mark.parametrize(
    "topic", ["backup-audit", f"{ARN}.fifo", f"{ARN}:1", ARN.replace("sns", "sqs"), "", f"{ARN}\n"]
)
def test_what_is_no_topic_is_refused(topic: str) -> None:
    with pytest.raises(ValidationError, match="write the ARN of a standard topic"):
        Options(topic_arn=topic)
    if topic.strip() != ARN:
        channel = build(Options(topic_arn="env:TOPIC"), outside({"TOPIC": topic}))
        with pytest.raises(DeliveryError, match="env:TOPIC is not the ARN") as caught:
            channel.send(samples.fine())
        assert caught.value.permanent


@pytest.mark.parametrize("topic", [5, [ARN], None])
def test_a_topic_is_a_text(topic: Any) -> None:
    with pytest.raises(ValidationError):
        Options(topic_arn=topic)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_topics_of_all_partitions_are_taken(partition: str) -> None:
    arn = ARN.replace("arn:aws:", f"arn:{partition}:")
    assert Options(topic_arn=arn).topic_arn == arn
