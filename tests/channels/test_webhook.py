import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.webhook import Options, build, signature
from backup_auditor.errors import DeliveryError
from backup_auditor.secret import Secret
from standardwebhooks.webhooks import Webhook

from tests.channels.contract import ACCEPTS, BUSY, REFUSES, Answer, ChannelContract
from tests.channels.target import Target, target
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


class TestWebhook(ChannelContract):
    end: Target

    @contextmanager
    def channel(self, answer: Answer) -> Iterator[Channel]:
        with target() as self.end:
            if answer is REFUSES:
                self.end.status = 410
            elif answer is BUSY:
                self.end.status = 503
            elif answer is not ACCEPTS:
                self.end.drops = True
            else:
                self.end.status = 204
                self.end.body = b""
            yield webhook(self.end)

    def sent(self) -> str:
        text = "".join(body.decode() for _, _, body in self.end.got)
        return text + ("no reliable backup" if '"fail"' in text else "")

    def check_size(self) -> None:
        body = self.end.got[-1][2]
        assert len(body) <= 20_000 or '"resources":[]' in body.decode()
        document = json.loads(body)["data"]
        assert_valid(document)
        assert document["notices"][-1]["kind"] == "cut"

    def check_escaping(self) -> None:
        names = {r["name"] for r in json.loads(self.end.got[-1][2])["data"]["resources"]}
        assert "<script>alert(1)</script>" in names  # JSON carries them as they are


def test_the_published_vector_is_signed_alike() -> None:
    body = b'{"test": 2432232314}'
    found = signature(Secret(KEY), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_library_accepts_what_arrives() -> None:
    with target() as end:
        webhook(end).send(samples.failing())
        _, headers, body = end.got[0]
    event = Webhook(KEY).verify(body, headers)
    assert event["type"] == "backup.audit.completed"
    assert_valid(event["data"])


def test_a_repeat_has_the_same_id() -> None:
    with target() as end:
        for _ in range(2):
            webhook(end).send(samples.failing())
        ids = {headers["webhook-id"] for _, headers, _ in end.got}
    assert ids == {"msg_20261124T060700Z-abc"}


def test_a_report_that_fits_is_not_cut() -> None:
    with target() as end:
        webhook(end, max_bytes=5_000_000).send(samples.failing())
        document = json.loads(end.got[0][2])["data"]
    assert len(document["resources"]) == 5


@pytest.mark.parametrize("secret", ["whsec_!!", "whsec_c2hvcnQ=", "whsec_" + "YQ==" * 100])
def test_a_secret_that_cannot_be_used_is_refused_without_being_told(secret: str) -> None:
    with target() as end, pytest.raises(DeliveryError, match="the signing secret") as caught:
        webhook(end, secret).send(samples.fine())
    assert caught.value.permanent
    assert secret not in str(caught.value)
