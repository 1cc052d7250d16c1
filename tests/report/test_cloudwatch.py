"""An audit as metrics of CloudWatch: sound by its specification, and what the JSON says too."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from backup_auditor.model import (
    Assessment,
    AuditVerdict,
    Changes,
    Delivery,
    DeliveryOutcome,
    Gap,
    GapReason,
)
from backup_auditor.report.build import build
from backup_auditor.report.cloudwatch import UNITS, VERDICTS, to_cloudwatch
from backup_auditor.report.contract import to_document
from backup_auditor.report.model import Report

from tests.builders import before, failed, succeeded
from tests.report import samples
from tests.report.samples import assessed, daily, exempted, report

EACH = pytest.mark.parametrize("make", samples.SMALL.values(), ids=samples.SMALL)
DAY = 86_400

# From the specification: what an embedded metric document must be.
NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
DIMENSION_SET = {
    "type": "array",
    "maxItems": 30,
    "items": {"type": "string", "minLength": 1, "maxLength": 250},
}
METRIC = {
    "type": "object",
    "required": ["Name"],
    "additionalProperties": False,
    "properties": {
        "Name": NAME,
        "Unit": {"enum": ["None", "Count", "Seconds", "Milliseconds", "Bytes", "Percent"]},
        "StorageResolution": {"enum": [1, 60]},
    },
}
DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": NAME,
        "Dimensions": {"type": "array", "minItems": 1, "items": DIMENSION_SET},
        "Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": METRIC},
    },
}
DOCUMENT = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_000_000_000_000},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": DIRECTIVE},
            },
        },
    },
    "additionalProperties": {"type": ["string", "number"]},
}


def metrics(of: Report) -> dict[str, Any]:
    """Return what the line of a report holds."""
    document: dict[str, Any] = json.loads(to_cloudwatch(of, "default"))
    return document


@EACH
def test_the_line_is_an_embedded_metric_document(make: Callable[[], Report]) -> None:
    line = to_cloudwatch(make(), "default")
    assert "\n" not in line
    assert len(line) < 4096
    document = json.loads(line)
    jsonschema.validate(document, DOCUMENT)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    for metric in directive["Metrics"]:
        assert isinstance(document[metric["Name"]], int), metric
        assert metric["Unit"] == UNITS[metric["Name"]]
    for dimension in directive["Dimensions"][0]:
        assert document[dimension] == "default"
    named = {metric["Name"] for metric in directive["Metrics"]}
    assert document.keys() == {"_aws", "Set", "Run"} | named
    assert named <= UNITS.keys()


@EACH
def test_it_says_what_the_json_says(make: Callable[[], Report]) -> None:
    compared = Changes(compared_with="earlier", new=("a", "b", "c"), resolved=("d", "e"))
    audit = replace(make().audit, changes=compared)
    told = build(audit)
    found, document = metrics(told), to_document(told)
    counts = document["counts"]
    assert {name: found[name] for name in ("Resources", "Passed", "Failed", "Unknown")} == {
        "Resources": counts["resources"],
        "Passed": counts["pass"],
        "Failed": counts["fail"],
        "Unknown": counts["unknown"],
    }
    assert (found["Exempt"], found["Ungoverned"]) == (counts["exempt"], counts["ungoverned"])
    assert found["Gaps"] == len(document["gaps"])
    assert found["Verdict"] == ["pass", "incomplete", "fail"].index(document["verdict"])
    assert found["NewFindings"] == len(document["changes"]["new"]) == 3
    assert found["ResolvedFindings"] == len(document["changes"]["resolved"]) == 2
    assert found["Run"] == document["run"]["id"]
    run = told.audit.run
    assert found["Duration"] == (run.finished_at - run.started_at).total_seconds() * 1000
    assert found["_aws"]["Timestamp"] == run.finished_at.timestamp() * 1000
    assert found["FailedDeliveries"] == sum(
        d["outcome"] == "failed" and d["channel"] != "heartbeat" for d in document["deliveries"]
    )


@EACH
def test_no_resource_is_named(make: Callable[[], Report]) -> None:
    told = make()
    line = to_cloudwatch(told, "default")
    for one in told.audit.assessments:
        assert one.resource.id not in line
        assert not (len(one.resource.name) > 6 and one.resource.name in line)


def test_every_verdict_has_a_number_that_rises_with_what_is_to_do() -> None:
    assert VERDICTS == {AuditVerdict.PASS: 0, AuditVerdict.INCOMPLETE: 1, AuditVerdict.FAIL: 2}
    gap = Gap("ucloud.uredis", "org-test", "hk", GapReason.UNREACHABLE, "no answer")
    assert metrics(report(assessed("a", *daily())))["Verdict"] == 0
    assert metrics(report(assessed("a", *daily()), gaps=(gap,)))["Verdict"] == 1
    assert metrics(report(assessed("a"), gaps=(gap,)))["Verdict"] == 2


def test_what_is_new_is_left_out_where_nothing_was_compared() -> None:
    found = metrics(report(assessed("a", *daily())))
    assert not {"NewFindings", "ResolvedFindings"} & found.keys()


def test_failed_deliveries_are_those_that_break_the_run() -> None:
    deliveries = (
        Delivery("email", DeliveryOutcome.SENT, 1),
        Delivery("slack", DeliveryOutcome.FAILED, 3, "no answer"),
        Delivery("store", DeliveryOutcome.FAILED, 1, "refused"),
        Delivery("ntfy", DeliveryOutcome.SKIPPED, 0),
    )
    heartbeat = Delivery("heartbeat", DeliveryOutcome.FAILED, 1, "no answer")
    told = report(assessed("a", *daily()), deliveries=deliveries, heartbeat=heartbeat)
    assert metrics(told)["FailedDeliveries"] == 2


def unread(name: str) -> Assessment:
    """Return a resource whose backups could not be read."""
    return replace(assessed(name), unread="refused")


FRESH = assessed("fresh", *daily())
UNTIMED = assessed("untimed", succeeded(None))
FREE = assessed("free-1", succeeded("90d"))


@pytest.mark.parametrize(
    ("assessments", "age"),
    [
        ([], None),
        ([FRESH], 2 * 3600),
        ([FRESH, assessed("old", succeeded("9d"))], 9 * DAY),
        ([FRESH, assessed("never", created_at=before("30d"))], 30 * DAY),
        ([FRESH, assessed("failing", failed("1h"), created_at=before("30d"))], 30 * DAY),
        # A backup of a younger resource does not hide an older one, and the other way round.
        ([assessed("old", succeeded("9d")), assessed("n", created_at=before("3d"))], 9 * DAY),
        # Not known: when it was made; whether there is a backup; when the backup was taken.
        ([assessed("never", created_at=None)], None),
        ([unread("hidden")], None),
        ([UNTIMED], None),
        ([FRESH, unread("hidden"), UNTIMED], 2 * 3600),
        # Nobody judges it, or somebody answers for it.
        ([FRESH, exempted(assessed("moving", succeeded("9d")))], 2 * 3600),
        ([FRESH, replace(FREE, outcome=FRESH.outcome)], 2 * 3600),
        # No policy governs it, and that is a fault.
        ([FRESH, FREE], 90 * DAY),
        # The clock of the provider is ahead.
        ([assessed("ahead", succeeded("-2m"))], 0),
    ],
)
def test_the_oldest_age_is_that_of_the_worst_resource_of_which_it_is_known(
    assessments: list[Assessment], age: int | None
) -> None:
    assert metrics(report(*assessments)).get("OldestUnbackedAge") == age


def test_ages_are_those_when_the_audit_began() -> None:
    began = before("0h") + timedelta(hours=1)
    assert metrics(report(FRESH, started_at=began))["OldestUnbackedAge"] == 3 * 3600
