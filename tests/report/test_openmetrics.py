"""An audit as metrics: accepted by both parsers, unique, and made so that alarms ring."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import StringIO

import pytest
from backup_auditor.model import Gap, GapReason
from backup_auditor.report.build import build
from backup_auditor.report.model import Report
from backup_auditor.report.openmetrics import to_openmetrics
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_fd_to_metric_families as openmetrics
from prometheus_client.parser import text_fd_to_metric_families as classic

from tests.report import samples

EACH = pytest.mark.parametrize("make", samples.SMALL.values(), ids=samples.SMALL)
PREFIX = "backup_auditor_"
OF_A_RESOURCE = {"source", "account", "region", "id", "name", "policy", "owner"}

Values = dict[str, list[tuple[dict[str, str], float]]]


def read(parser: Callable[..., Iterable[Metric]], text: str) -> list[Metric]:
    """Parse ``text``; only a line feed ends a line."""
    return list(parser(StringIO(text, newline="\n")))


def families(report: Report) -> list[Metric]:
    """Parse the metrics as OpenMetrics."""
    return read(openmetrics, to_openmetrics(report))


def values(report: Report) -> Values:
    """Return what each family holds: name without prefix -> labels and values."""
    return {
        family.name.removeprefix(PREFIX): [(s.labels, s.value) for s in family.samples]
        for family in families(report)
    }


@EACH
def test_both_formats_of_prometheus_read_the_same(make: Callable[[], Report]) -> None:
    """Of the older one the textfile collector takes nothing but gauges."""
    text = to_openmetrics(make())
    text.encode()
    assert text.endswith("\n# EOF\n")
    new, old = read(openmetrics, text), read(classic, text)
    assert [(f.name, f.documentation, f.samples) for f in new] == [
        (f.name, f.documentation, f.samples) for f in old
    ]
    assert {f.type for f in new} == {f.type for f in old} == {"gauge"}


@EACH
def test_no_series_comes_twice_and_every_family_is_explained(make: Callable[[], Report]) -> None:
    for family in families(make()):
        assert family.name.startswith(PREFIX)
        assert family.documentation.endswith(".")
        series = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(series) == len(set(series)), family.name
        if family.name.endswith(("_seconds", "_bytes")):
            assert family.unit == family.name.rpartition("_")[2]


def test_a_resource_has_one_series_with_its_outcome() -> None:
    found = values(samples.failing())["resource_outcome"]
    assert {(labels["name"], labels["outcome"]): value for labels, value in found} == {
        ("prod-never", "fail"): 1,
        ("prod-failed", "fail"): 1,
        ("prod-shrunk", "fail"): 1,
        ("free-for-all", "fail"): 1,
        ("prod-fine", "pass"): 1,
    }
    assert found[0][0] == {
        "source": "ucloud.uredis",
        "account": "org-test",
        "region": "cn-bj2",
        "id": "uredis-1",
        "name": "prod-never",
        "policy": "production",
        "owner": "ops@example.com",
        "outcome": "fail",
    }


def test_a_limit_on_the_age_rings_for_what_has_no_backup_too() -> None:
    found = values(samples.failing())
    ages = {labels["name"]: v for labels, v in found["resource_last_success_age_seconds"]}
    assert ages == {
        "prod-never": math.inf,
        "prod-failed": 7200,
        "prod-shrunk": 3600,
        "free-for-all": 7200,
        "prod-fine": 7200,
    }
    times = {labels["name"]: v for labels, v in found["resource_last_success_timestamp_seconds"]}
    ((_, now),) = found["run_timestamp_seconds"]
    assert {name: now - ages[name] for name in ages if name != "prod-never"} == {
        name: time for name, time in times.items() if name != "prod-never"
    }
    assert times["prod-never"] == 0
    sizes = {labels["name"]: v for labels, v in found["resource_last_success_size_bytes"]}
    assert "prod-never" not in sizes
    assert sizes["prod-shrunk"] == 1 << 20


def test_what_could_not_be_read_is_beyond_any_limit() -> None:
    found = values(samples.incomplete())
    ages = {labels["name"]: v for labels, v in found["resource_last_success_age_seconds"]}
    assert ages["prod-x"] == math.inf
    assert found["gaps"] == [({}, 1)]
    place = {"source": "ucloud.uredis", "account": "org-test", "region": "cn-bj2"}
    assert found["gap"] == [({**place, "reason": "refused"}, 1)]
    assert found["verdict"] == [({"verdict": "incomplete"}, 1)]


def test_findings_tell_rule_and_severity_and_whether_somebody_answers_for_them() -> None:
    found = values(samples.exempt())
    rules = {
        (labels["id"], labels["rule"], labels["severity"], labels["outcome"], labels["exempt"])
        for labels, value in found["resource_finding"]
    }
    assert ("uredis-5", "error_state", "critical", "fail", "false") in rules
    assert ("uredis-5", "size_drift", "critical", "fail", "true") in rules
    assert ("uredis-3", "size_drift", "critical", "unknown", "true") in rules
    assert len(rules) == 6
    totals = {(n["severity"], n["outcome"]): value for n, value in found["findings"]}
    assert len(totals) == 8
    assert {key: value for key, value in totals.items() if value} == {("critical", "fail"): 1}


def test_the_run_is_told() -> None:
    found = values(samples.failing())
    assert found["info"] == [({"version": "0.1.0", "policy_digest": "sha256:abc"}, 1)]
    assert found["run_timestamp_seconds"] == [({}, 1795500420)]
    assert found["run_duration_seconds"] == [({}, 42)]
    assert found["resources"] == [
        ({"outcome": "pass"}, 1),
        ({"outcome": "fail"}, 4),
        ({"outcome": "unknown"}, 0),
    ]
    assert found["ungoverned_resources"] == [({}, 1)]
    assert found["exempt_resources"] == [({}, 0)]
    assert found["backups"] == [({}, 58)]


def test_a_resource_that_is_listed_twice_spoils_nothing_and_its_worst_is_kept() -> None:
    """A policy file may name a source twice; one doubled series and Prometheus takes nothing."""
    good, bad = (
        samples.assessed("prod-a", *samples.daily(), id="u-1"),
        samples.assessed("prod-a", id="u-1"),
    )
    found = values(samples.report(good, bad))
    assert [labels["outcome"] for labels, _ in found["resource_outcome"]] == ["fail"]
    assert found["resources"][0] == ({"outcome": "pass"}, 1)
    odd = samples.report(*[samples.assessed("x", id=f"u-{char}") for char in "\ud800\udfff"])
    assert [labels["id"] for labels, _ in values(odd)["resource_outcome"]] == ["u-?"]


def test_gaps_of_one_place_and_reason_are_one_series() -> None:
    gap = Gap("a", "b", "c", GapReason.REFUSED, "x")
    several = build(replace(samples.fine().audit, gaps=(gap, replace(gap, detail="y"))))
    (series,) = values(several)["gap"]
    assert series[1] == 2


@given(st.text(max_size=30))
def test_labels_of_any_text_are_read_back(text: str) -> None:
    one = samples.report(replace(samples.assessed("x", id=text), owner=text))
    ((labels, _),) = values(one)["resource_outcome"]
    assert labels["id"] == text.encode(errors="replace").decode()
    assert set(labels) == OF_A_RESOURCE | {"outcome"}
