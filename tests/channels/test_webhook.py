import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.webhook import Options, build, signature
from backup_auditor.errors import DeliveryError
from backup_auditor.secret import Secret
from standardwebhooks.webhooks import Webhook

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import HttpContract, texts_of
from tests.channels.target import Target
from tests.contract import assert_valid
from tests.fakes import outside
from tests.report import samples

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the published test vector's


def webhook(end: Target, secret: str = KEY, **fields: Any) -> Channel:
    """Return the channel that sends to ``end``."""
    near = {"url": "env:URL", "secret": "env:KEY", "allow_http": True, "allow_private": True}
    options = Options.model_validate(near | fields)
    world = outside(
        {"URL": end.url + "/T0PSECRETPATH", "KEY": secret}, now=lambda: datetime.now(UTC)
    )
    return build(options, world)


class TestWebhook(HttpContract):
    kind = "webhook"
    options: ClassVar = {"url": "env:URL", "secret": "env:KEY"}
    environ: ClassVar = {"KEY": KEY}
    accepted = Answer(204)
    any_body = range(200, 300)
    meanings = (
        (Answer(410, b"gone"), PERMANENT, "the target is gone"),
        (Answer(200, b"<html>proxy</html>"), DELIVERED, ""),
        (Answer(502, b"<html>proxy</html>"), PASSING, "HTTP 502"),
    )
    limit = 20_000
    end_of_a_row = "close"

    def measured(self, body: bytes) -> int:
        document = json.loads(body)["data"]
        assert_valid(document)
        return len(body) if document["resources"] else 0  # gaps and exemptions are never cut

    def readable(self, body: bytes) -> str:
        return "\n".join(texts_of(json.loads(body)))

    def left_out(self, text: str) -> int:
        found = re.search(r"(\d+) of \d+ resources are left out", text)
        return int(found[1]) if found else 0

    def texts(self, body: bytes) -> Iterator[str]:
        """Yield nothing: JSON carries names as they are."""
        return iter(())

    def assert_harmless(self, body: bytes) -> None:
        names = {r["name"] for r in json.loads(body)["data"]["resources"]}
        assert names <= {name.encode(errors="replace").decode() for name in samples.HOSTILE_NAMES}


def test_the_published_vector_is_signed_alike() -> None:
    body = b'{"test": 2432232314}'
    found = signature(Secret(KEY), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_library_accepts_what_arrives(end: Target) -> None:
    webhook(end).send(samples.failing())
    _, headers, body = end.got[0]
    event = Webhook(KEY).verify(body, headers)
    assert event["type"] == "backup.audit.completed"
    assert_valid(event["data"])


def test_a_repeat_has_the_same_id(end: Target) -> None:
    for _ in range(2):
        webhook(end).send(samples.failing())
    ids = {headers["webhook-id"] for _, headers, _ in end.got}
    assert ids == {"msg_20261124T060700Z-abc"}


def test_a_report_that_fits_is_not_cut(end: Target) -> None:
    webhook(end, max_bytes=5_000_000).send(samples.failing())
    document = json.loads(end.got[0][2])["data"]
    assert len(document["resources"]) == 5


@pytest.mark.parametrize("secret", ["whsec_!!", "whsec_c2hvcnQ=", "whsec_" + "YQ==" * 100])
def test_a_secret_that_cannot_be_used_is_refused_without_being_told(
    secret: str, end: Target
) -> None:
    with pytest.raises(DeliveryError, match="the signing secret") as caught:
        webhook(end, secret).send(samples.fine())
    assert caught.value.permanent
    assert secret not in str(caught.value)
