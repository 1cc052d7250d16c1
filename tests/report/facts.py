"""What a machine reads out of the renderings of a report, to hold them against each other."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from backup_auditor import fingerprint
from backup_auditor.model import Resource
from backup_auditor.report.junit import to_junit
from backup_auditor.report.model import Report
from backup_auditor.report.openmetrics import to_openmetrics
from prometheus_client.openmetrics.parser import text_fd_to_metric_families

Key = tuple[str, str]
"""Account and id of a resource."""


@dataclass
class Facts:
    """What a machine reads out of a rendering."""

    verdict: str
    gaps: int
    outcomes: dict[Key, str] = field(default_factory=dict)
    fails: set[tuple[Key, str]] = field(default_factory=set)
    """Resource and rule; neither here nor below is anything exempt."""
    unknown: set[tuple[Key, str]] = field(default_factory=set)
    exempt: set[tuple[Key, str]] = field(default_factory=set)

    def add(self, key: Key, rule: str, outcome: str) -> None:
        """Note one finding that is not exempt."""
        (self.fails if outcome == "fail" else self.unknown).add((key, rule))

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers of the contract that follow from the rest."""
        counts = Counter(self.outcomes.values())
        exempt = {key for key, _ in self.exempt}
        names = ("pass", "fail", "unknown")
        return {
            "resources": len(self.outcomes),
            **{name: counts[name] for name in names},
            "exempt": len(exempt),
        }


def of_json(document: dict[str, Any]) -> Facts:
    """Read the contract."""
    facts = Facts(document["verdict"], len(document["gaps"]))
    for resource in document["resources"]:
        key = (resource["account"], resource["id"])
        facts.outcomes[key] = resource["outcome"]
        for check in resource["checks"]:
            if check["exempt"]:
                facts.exempt.add((key, check["rule"]))
            elif check["outcome"] != "pass":
                facts.add(key, check["rule"], check["outcome"])
    return facts


def of_junit(report: Report) -> Facts:
    """Read the JUnit XML: a resource is what its cases are."""
    root = ET.fromstring(to_junit(report))  # noqa: S314 - written just now
    audit, *policies = root
    told = {p.get("name"): p.get("value", "") for p in audit.iter("property")}
    facts = Facts(told["verdict"].lower(), int(audit.get("errors", "")))
    for case in (case for suite in policies for case in suite.iter("testcase")):
        found = re.search(r"\(([^()]*), ([^()]*), [^()]*\) (\S+)$", case.get("name", ""))
        assert found, case.get("name")
        key, rule = (found[2], found[1]), found[3]
        kind = case[0].tag if len(case) else "pass"
        outcome = {"failure": "fail", "error": "unknown"}.get(kind, "pass")
        worst = sorted([outcome, facts.outcomes.get(key, "pass")])  # fail, pass, unknown
        facts.outcomes[key] = "unknown" if worst == ["pass", "unknown"] else worst[0]
        if outcome != "pass":
            facts.add(key, rule, outcome)
        elif kind == "skipped" and case[0].get("message", "").startswith("Exempt by "):
            facts.exempt.add((key, rule))
    return facts


def of_openmetrics(report: Report) -> tuple[Facts, dict[str, float]]:
    """Read the metrics; also the numbers that they tell themselves."""
    text = io.StringIO(to_openmetrics(report), newline="\n")
    found = {f.name: f.samples for f in text_fd_to_metric_families(text)}  # type: ignore[no-untyped-call]  # has no types
    (verdict,), (gaps,) = found["backup_auditor_verdict"], found["backup_auditor_gaps"]
    facts = Facts(verdict.labels["verdict"], int(gaps.value))
    for labels in (s.labels for s in found["backup_auditor_resource_outcome"]):
        facts.outcomes[labels["account"], labels["id"]] = labels["outcome"]
    for labels in (s.labels for s in found["backup_auditor_resource_finding"]):
        key = (labels["account"], labels["id"])
        if labels["exempt"] == "true":
            facts.exempt.add((key, labels["rule"]))
        else:
            facts.add(key, labels["rule"], labels["outcome"])
    said = {s.labels["outcome"]: s.value for s in found["backup_auditor_resources"]}
    (exempt,) = found["backup_auditor_exempt_resources"]
    return facts, {"resources": sum(said.values()), **said, "exempt": exempt.value}


CHANGES = ("new", "worse", "ongoing", "resolved", "vanished", "appeared")
_FOUND_BY_THE_AUDIT = ("unread", "ungoverned")


def changes_of_json(document: dict[str, Any]) -> dict[str, int]:
    """Count the resources of the contract by what has changed about them."""
    changes = document["changes"]
    found = Counter(vanished=len(document["vanished"]), appeared=changes["appeared"])
    for row in document["resources"]:
        resource = Resource(row["id"], "", row["source"], row["account"], row["region"])
        rules = [*(check["rule"] for check in row["checks"]), *_FOUND_BY_THE_AUDIT]
        prints = {fingerprint.of_check(resource, rule) for rule in rules}
        found["resolved"] += not prints.isdisjoint(changes["resolved"])
        if row["outcome"] != "pass":
            found[_change(row, set(changes["new"]), set(changes["worse"]))] += 1
    return {name: found[name] for name in CHANGES}


def _change(row: dict[str, Any], new: set[str], worse: set[str]) -> str:
    wrong = {c["fingerprint"] for c in row["checks"] if c["outcome"] != "pass" and not c["exempt"]}
    if wrong <= new:
        return "new"
    return "ongoing" if wrong.isdisjoint(new | worse) else "worse"


def changes_of_junit(report: Report) -> dict[str, int]:
    """Read the properties of the JUnit XML."""
    root = ET.fromstring(to_junit(report))  # noqa: S314 - written just now
    told = {p.get("name"): p.get("value", "") for p in root[0].iter("property")}
    return {name: int(told[f"{name} resources"]) for name in CHANGES}


def changes_of_openmetrics(report: Report) -> dict[str, int]:
    """Read the metrics."""
    text = io.StringIO(to_openmetrics(report), newline="\n")
    found = {f.name: f.samples for f in text_fd_to_metric_families(text)}  # type: ignore[no-untyped-call]  # has no types
    return {s.labels["change"]: s.value for s in found["backup_auditor_changed_resources"]}
