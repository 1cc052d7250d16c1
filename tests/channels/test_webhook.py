import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any, ClassVar

import pytest
from backup_auditor.channels import Channel, load_channels
from backup_auditor.channels.webhook import Options, build, signature
from backup_auditor.errors import DeliveryError
from backup_auditor.report.contract import to_document
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import Remark, narrow, remarked
from backup_auditor.report.parts import Claim, Part
from backup_auditor.secret import Secret
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer, Meaning
from tests.channels.contract import in_chinese
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


def sayings(value: object) -> Iterator[str]:
    """Yield the texts of a document that are for people."""
    if isinstance(value, list):
        for inner in value:
            yield from sayings(inner)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_of(inner) if key in FOR_PEOPLE else sayings(inner)


FOR_PEOPLE = {"detail", "message", "observed", "expected", "advice", "exemption", "said"}


class TestWebhook(HttpContract):
    kind = "webhook"
    options: ClassVar = {"url": "env:URL", "secret": "env:KEY"}
    environ: ClassVar = {"KEY": KEY}
    accepted = Answer(204)
    any_body: ClassVar[Sequence[int]] = range(200, 300)
    meanings: ClassVar[Sequence[tuple[Answer, Meaning, str]]] = (
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

    def shown(self) -> str:
        return "\n".join(said for body in self.bodies() for said in sayings(json.loads(body)))

    def left_out(self, text: str) -> int:
        found = re.search(r"(\d+) of \d+ resources are left out|个资源中的 (\d+) 个", text)
        return int(found[1] or found[2]) if found else 0

    def texts(self, body: bytes) -> Iterator[str]:
        """Yield nothing: JSON carries names as they are."""
        return iter(())

    def assert_harmless(self, body: bytes) -> None:
        names = {r["name"] for r in json.loads(body)["data"]["resources"]}
        assert names <= {name.encode(errors="replace").decode() for name in samples.HOSTILE_NAMES}


class TestCloudEvents(TestWebhook):
    options: ClassVar = {
        "url": "env:URL",
        "format": "cloudevents",
        "max_bytes": 5_000_000,
        "headers": {"Authorization": "env:TOKEN"},
    }
    environ: ClassVar = {"TOKEN": "Bearer T0PSECRETTOKEN"}
    accepted = Answer(202)
    any_body = (200, 201, 202, 204)
    meanings = (
        (Answer(410, b"gone"), PERMANENT, "the target is gone"),
        (Answer(415, b"what"), PERMANENT, "does not take this format"),
        (Answer(203, b"ok"), PERMANENT, "HTTP 203"),
        (Answer(429, b"", {"Retry-After": "7"}), PASSING, "HTTP 429"),
    )
    limit = 60 * 1024

    def measured(self, body: bytes) -> int:
        assert_valid(json.loads(body)["data"])
        return len(body)

    def check_size(self) -> None:
        super().check_size()
        for _, headers, _ in self.end.got:
            assert headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
            assert headers["authorization"] == "Bearer T0PSECRETTOKEN"


OWN = """{"text": {{ ("Backups: " ~ verdict) | tojson }}, "failed": {{ counts.fail }},
 "left out": {{ notices | map(attribute="detail") | list | tojson }},
 "data": {"gaps": {{ gaps | length }}, "resources": [
  {% for one in resources %}
  {"name": {{ one.name | tojson }}, "said":
   {{ one.checks | map(attribute="message") | list | tojson }}}
  {{ "" if loop.last else "," }}
  {% endfor %}
 ]}}"""


class TestOwnBody(TestWebhook):
    options: ClassVar = {"url": "env:URL", "body": OWN, "headers": {"X-Key": "env:TOKEN"}}
    environ: ClassVar = {"TOKEN": "T0PSECRETTOKEN"}
    accepted = Answer(200)

    def largest(self) -> Report:
        return in_chinese(samples.huge)

    def measured(self, body: bytes) -> int:
        json.loads(body)
        return len(body)

    def check_size(self) -> None:
        super().check_size()
        assert all(headers["x-key"] == "T0PSECRETTOKEN" for _, headers, _ in self.end.got)

    @pytest.mark.parametrize("make", [samples.huge, samples.hostile, samples.hostile_exempt])
    def test_no_report_is_too_large(self, make: Callable[[], Report]) -> None:
        super().test_no_report_is_too_large(make)


def test_a_cloud_event_is_what_the_specification_asks_for(end: Target) -> None:
    webhook(end, secret=KEY, format="cloudevents").send(samples.failing())
    _, headers, body = end.got[0]
    event = json.loads(body)
    assert_valid(event.pop("data"))
    assert event == {
        "specversion": "1.0",
        "id": "20261124T060700Z-abc",
        "source": "/backup-auditor",
        "type": "backup.audit.completed",
        "time": "2026-11-24T06:07:42Z",
        "datacontenttype": "application/json",
    }
    assert Webhook(KEY).verify(body, headers)["id"] == event["id"]


def test_an_event_of_too_many_gaps_says_how_many_are_left_out(end: Target) -> None:
    webhook(end, format="cloudevents").send(samples.everything())
    document = json.loads(end.got[0][2])["data"]
    told = [notice["detail"] for notice in document["notices"]]
    for key, number in (("gaps", 300), ("orphans", 100), ("exemptions", 300)):
        left = f"{number - len(document[key])} of {number} {key} are left out of this document"
        assert left in told


def test_the_body_of_the_manual_is_rendered(end: Target) -> None:
    manual = load_channels()["webhook"].manual
    (example,) = re.findall(r"    body: \|\n((?:      .*\n)+)", manual)
    webhook(end, body=dedent(example)).send(samples.named('a"b\\', "备", "<c>"))
    sent = json.loads(end.got[0][2])
    assert (sent["text"], sent["failed"]) == ("Backups: fail", 3)
    assert set(sent["worst"]) == {'a"b\\', "备", "<c>"}


def test_the_manual_names_all_keys_of_the_contract() -> None:
    manual = load_channels()["webhook"].manual
    document = to_document(samples.failing())
    for key in (*document, *document["run"], *document["counts"]):
        assert f"``{key}``" in manual


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"a":\n {{ verdct }}}', "body, line 2: 'verdct' is undefined"),
        ('{"a": {{ verdct | tojson }}}', "body, line 1: 'verdct' is undefined"),
        ("\n\n{{ counts.failed }}", "body, line 3: 'dict object' has no attribute 'failed'"),
        ("{{ verdict }}", "body gives no JSON; line 1, column 1 of what it gives"),
        ('{"a": 1,\n}', "body gives no JSON; line 2, column 1"),
        ('{"a": NaN}', "no JSON"),
        ("[" * 20_000, "no JSON"),
        ("{{ 1 / 0 }}", "body, line 1: ZeroDivisionError"),
        ("{{ counts.fail() }}", "body, line 1: TypeError"),
        ("{{ ''.__class__.__mro__ }}", "body, line 1: SecurityError"),
        ("{{ resources.append(1) }}", "body, line 1: SecurityError"),
        ("{% include 'x' %}", "body, line 1: TypeError"),
        ("{{ range(1000000000) | list }}", "body, line 1: OverflowError"),
        ("{{ 2 ** (9 ** 9) }}", "body, line 1: SecurityError"),
        ("{{ 'a' * 9999999999 }}", "body, line 1: SecurityError"),
        (
            "{% for a in range(90000) %}{% for b in range(90000) %}x{% endfor %}{% endfor %}",
            "body: it gives more than 10,000,000 characters",
        ),
        ('"{% for n in range(3000) %}{{ run.id }}{% endfor %}"', "at most 20000 are allowed"),
    ],
)
def test_a_body_that_cannot_be_sent_is_permanent_and_says_where(
    body: str, sentence: str, end: Target
) -> None:
    with pytest.raises(DeliveryError, match=re.escape(sentence)) as caught:
        webhook(end, body=body).send(samples.failing())
    assert caught.value.permanent
    assert not end.got


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "{{"}, "line 1 of the template is not Jinja"),
        ({"body": '{"a":\n {% T0PSECRET %}}'}, "line 2 of the template is not Jinja"),
        ({"body": ""}, "body"),
        ({"body": "{}", "format": "cloudevents"}, "exclude each other"),
        ({}, "the key 'secret' is missing"),
        ({"format": "xml"}, "format"),
        *(
            ({"body": "{}", "headers": {name: "env:A"}}, "a header that may be set is needed")
            for name in ("Host", "content-LENGTH", "webhook-signature", "a b", "a:", "", "é", "a\n")
        ),
        ({"body": "{}", "headers": {"X-A": "env:A", "x-a": "env:A"}}, "stands twice"),
        ({"body": "{}", "headers": {"X-A": "T0PSECRET"}}, "a secret does not belong in a policy"),
    ],
)
def test_options_that_do_not_fit_are_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as caught:
        Options.model_validate({"url": "env:URL", **fields})
    assert all("T0PSECRET" not in one["msg"] for one in caught.value.errors())


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


def test_another_message_of_the_same_run_has_another_id(end: Target) -> None:
    part = narrow(samples.failing(), Part(Claim(owners=("nobody",))))
    instead = remarked(samples.failing(), Remark.FALLBACK, "Sent here in place of channel x.")
    for report in (samples.failing(), part, part, instead):
        webhook(end).send(report)
        webhook(end, format="cloudevents").send(report)
    for told in (
        [headers["webhook-id"] for _, headers, _ in end.got[::2]],
        [json.loads(body)["id"] for _, _, body in end.got[1::2]],
    ):
        assert told[1] == told[2]
        assert len(set(told)) == 3


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
