import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from backup_auditor.channels import Channel
from backup_auditor.channels.pagerduty import Event, Options, events
from backup_auditor.errors import DeliveryError
from backup_auditor.model import Severity
from backup_auditor.report.build import build as build_report
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import narrow
from backup_auditor.report.parts import Claim, Part
from backup_auditor.report.sample import sample_report
from pydantic import ValidationError

from tests.builders import NOW
from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import HttpContract
from tests.report import samples

KEY = "T0PSECRET0123456789abcdef01234567"


class TestPagerDuty(HttpContract):
    kind = "pagerduty"
    options: ClassVar = {"routing_key": "env:KEY"}
    environ: ClassVar = {"KEY": KEY}
    accepted = Answer(202, b'{"status":"success","message":"Event processed","dedup_key":"k"}')
    meanings = (
        (Answer(202, b'{"status":"success"}'), DELIVERED, ""),
        (
            Answer(202, b'{"status":"throttle exceeded"}'),
            PERMANENT,
            "HTTP 202 (the event was not taken)",
        ),
        (Answer(400, b'{"status":"invalid event","errors":["T0PSECRET"]}'), PERMANENT, "HTTP 400"),
        (Answer(429, b"T0PSECRET"), PASSING, "HTTP 429"),
        (Answer(500, b'{"status":"success"}'), PASSING, "HTTP 500"),
    )
    limit = 512_000
    machine_words = (
        *(KEY, "backup-auditor", "trigger", "resolve", "fail", "incomplete", "critical", "error"),
        *("backup audit: fail", "backup audit: incomplete"),
    )

    def make(self, **options: Any) -> Channel:
        return super().make(**{"server": self.end.url, **options})

    def measured(self, body: bytes) -> int:
        event = json.loads(body)
        assert len(event["dedup_key"]) <= 255
        assert len(event.get("payload", {}).get("summary", "")) <= 1024
        return len(body)

    def readable(self, body: bytes) -> str:
        return "\n".join(self.texts(body))

    def assert_harmless(self, body: bytes) -> None:
        event = json.loads(body)
        assert event.keys() == {"routing_key", "event_action", "dedup_key", "client", "payload"}
        assert event["payload"].keys() == {
            *("summary", "source", "severity", "timestamp", "class", "custom_details")
        }
        assert "seen" not in event["payload"]["summary"]

    def test_a_failure_opens_an_alert_with_the_routing_key(self) -> None:
        self.end.answer = self.accepted
        self.make().send(samples.failing())
        ((path, _, body),) = self.end.got
        assert path == "/v2/enqueue"
        event = json.loads(body)
        assert (event["routing_key"], event["event_action"]) == (KEY, "trigger")
        assert event["dedup_key"] == "backup-auditor/fail"
        payload = event["payload"]
        assert payload["timestamp"] == "2026-11-24T06:07:00+00:00"
        assert payload["summary"].startswith("Backup audit FAIL: 4 of 5 resources have no reliable")

    def test_a_pass_resolves_what_any_verdict_has_opened(self) -> None:
        self.end.answer = self.accepted
        self.make(dedup_key="redis").send(samples.fine())
        assert [json.loads(body) for body in self.bodies()] == [
            {"routing_key": KEY, "event_action": "resolve", "dedup_key": "redis/fail"},
            {"routing_key": KEY, "event_action": "resolve", "dedup_key": "redis/incomplete"},
        ]

    @pytest.mark.parametrize(("headers", "wait"), [({}, 60.0), ({"Retry-After": "7"}, 7.0)])
    def test_it_is_given_time_when_it_is_busy(self, headers: dict[str, str], wait: float) -> None:
        self.end.answer = Answer(429, b"", headers)
        with pytest.raises(DeliveryError) as caught:
            self.make().send(samples.failing())
        assert caught.value.retry_after == wait


def only(report: Report) -> Event:
    """Return the one event about ``report``."""
    (event,) = events(report, "k")
    return event


def test_the_key_of_an_alert_depends_on_nothing_but_the_option_and_the_verdict() -> None:
    one = samples.failing()
    run = replace(one.audit.run, id="another", policy_digest="sha256:other", started_at=NOW)
    other = replace(one, audit=replace(one.audit, run=run))
    assert only(one)["dedup_key"] == only(other)["dedup_key"] == "k/fail"
    assert only(samples.huge())["dedup_key"] == "k/fail"
    assert only(samples.incomplete())["dedup_key"] == "k/incomplete"
    assert only(samples.broken())["dedup_key"] == "k/incomplete"


@pytest.mark.parametrize(
    ("severity", "said"),
    [
        (Severity.LOW, "info"),
        (Severity.MEDIUM, "warning"),
        (Severity.HIGH, "error"),
        (Severity.CRITICAL, "critical"),
    ],
)
def test_the_worst_finding_gives_the_severity(severity: Severity, said: str) -> None:
    one = samples.failing()
    low = replace(one.findings[0], severity=Severity.LOW)
    findings = (low, replace(low, severity=severity), low)
    assert only(replace(one, findings=findings))["payload"]["severity"] == said


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (samples.broken(), "error"),
        (samples.empty(), "error"),
        (samples.incomplete(), "critical"),
        (sample_report(NOW), "info"),
    ],
)
def test_what_could_not_be_audited_is_an_error_at_least(report: Report, said: str) -> None:
    assert only(report)["payload"]["severity"] == said


def test_a_gap_beside_a_small_finding_is_an_error() -> None:
    one = samples.incomplete()
    low = replace(one.findings[0], severity=Severity.LOW)
    assert only(replace(one, findings=(low,)))["payload"]["severity"] == "error"


def test_a_part_opens_alerts_and_resolves_none() -> None:
    for make in (samples.fine, samples.failing):
        report = make()
        part = replace(report, audit=replace(report.audit, is_partial=True))
        whole, told = list(events(report, "k")), list(events(part, "k"))
        assert told == ([] if make is samples.fine else whole)


def test_a_part_in_which_all_is_well_opens_no_alert_and_resolves_those_of_its_own() -> None:
    for owner, actions in (("shop", ["resolve"] * 2), ("ops@*", ["trigger"]), ("nobody", [])):
        whole = samples.failing().audit
        fine = replace(samples.assessed("shop-a", *samples.daily()), owner="shop")
        result = replace(whole.results[0], assessments=(*whole.assessments, fine))
        report = narrow(
            build_report(replace(whole, results=(result,))), Part(Claim(owners=(owner,)))
        )
        assert [event["event_action"] for event in events(report, "k")] == actions


def test_a_whole_audit_that_lists_nothing_and_is_no_pass_opens_an_alert() -> None:
    assert only(samples.report())["dedup_key"] == "k/incomplete"


def test_a_test_opens_an_alert_of_its_own() -> None:
    event = only(sample_report(NOW))
    assert event["dedup_key"] == "k/test"
    assert "This is a test of the channel" in str(event["payload"]["custom_details"])


def test_an_alert_holds_the_findings_and_what_is_left_out() -> None:
    details = only(samples.findings(20_000))["payload"]["custom_details"]
    assert details["run"] == "Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc"
    assert details["details"][0].startswith("✕ CRITICAL prod-00000 (uredis-00000, org-test, ")
    assert details["details"][-1] == "… and 19,801 more findings"
    assert len(details["details"]) == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 101, "a\nb", 5])
def test_a_key_that_names_nothing_is_refused(key: object) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"routing_key": "env:KEY", "dedup_key": key})
