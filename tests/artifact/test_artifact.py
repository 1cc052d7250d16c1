"""What `sam build` makes, started as Lambda starts it."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from tests.artifact.runtime import Runtime, started
from tests.contract import assert_valid
from tests.simulator.account import make_account
from tests.simulator.server import Simulator

BUILD = os.environ.get("BACKUP_AUDITOR_ARTIFACT", "")
EVENTS = Path(__file__).parents[2] / "events"
POLICIES = Path(__file__).parents[2] / "policies"

pytestmark = [
    pytest.mark.artifact,
    pytest.mark.skipif(not BUILD, reason="no artifact; .ci/run builds it with sam build"),
]


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """Serve moto with a verified sender; yield its address."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "sesv2",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_email_identity(EmailIdentity="audit@example.com")
    yield address
    server.stop()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the simulated account."""
    with Simulator(make_account(datetime.now(UTC))) as simulator:
        yield simulator


@pytest.fixture
def lambda_runtime(aws: str, cloud: Simulator) -> Iterator[Runtime]:
    """Start the artifact with the default policy."""
    build = Path(BUILD)
    environ = {
        "BACKUP_AUDITOR_POLICY": str(POLICIES / "default.yaml"),
        "BACKUP_AUDITOR_MAIL_FROM": "audit@example.com",
        "BACKUP_AUDITOR_MAIL_TO": "ops@example.com, dev@example.com",
        "UCLOUD_API_BASE_URL": cloud.url,
        "UCLOUD_PUBLIC_KEY": cloud.public_key,
        "UCLOUD_PRIVATE_KEY": cloud.private_key,
        "AWS_ENDPOINT_URL": aws,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    with started(build / "runnable" / "Auditor", build / "ric", environ) as runtime:
        yield runtime


def event(name: str) -> dict[str, Any]:
    """Read one of the event files."""
    document: dict[str, Any] = json.loads((EVENTS / name).read_text(encoding="utf-8"))
    return document


def sent_mails() -> list[Any]:
    """Return what SES has sent; moto runs in this process."""
    return list(get_backend("ses")["123456789012"]["us-east-1"].sent_messages)


def test_the_schedule_event_is_answered_and_the_mail_arrives(lambda_runtime: Runtime) -> None:
    kind, document = lambda_runtime.invoke(event("schedule.json"))
    assert kind == "response", document
    assert_valid(document)
    assert document["verdict"] == "fail"
    assert document["counts"]["resources"] == 60
    assert document["run"]["id"].startswith("20261124T060700Z-")
    assert [d["outcome"] for d in document["deliveries"]] == ["sent"]
    mail = sent_mails()[-1]
    assert mail.destinations["ToAddresses"] == ["ops@example.com", "dev@example.com"]
    assert "no reliable backup" in mail.body


def test_metrics_arrive_in_the_logs_as_they_are(lambda_runtime: Runtime) -> None:
    """The runtime makes JSON of its own out of what is logged, and none of what is printed."""
    _, document = lambda_runtime.invoke(event("schedule.json"))
    lines = [json.loads(line) for line in lambda_runtime.lines()]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert metrics["Set"] == "default"
    assert metrics["Resources"] == document["counts"]["resources"]
    assert any("audit" in str(line.get("message")) for line in lines)


def test_the_on_demand_event_is_answered_without_delivery(lambda_runtime: Runtime) -> None:
    kind, document = lambda_runtime.invoke(event("on-demand.json"))
    assert kind == "response", document
    assert_valid(document)
    assert document["deliveries"] == []


def test_a_malformed_event_ends_in_a_clear_error(lambda_runtime: Runtime) -> None:
    kind, document = lambda_runtime.invoke({"polcy": "x"})
    assert kind == "error"
    assert document["errorType"] == "UsageError"
    assert "unknown field 'polcy'" in document["errorMessage"]


def test_the_artifact_for_lambda_holds_the_wheels_of_its_processor() -> None:
    built = Path(BUILD) / "deployed" / "Auditor"
    assert list(built.glob("pydantic_core/*cpython-313-aarch64-linux-gnu.so"))
    assert not list(built.rglob("__pycache__"))
