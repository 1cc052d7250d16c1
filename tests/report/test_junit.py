"""An audit as JUnit XML: what fails, what is an error, what is skipped, and that it all counts."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from backup_auditor.model import AuditVerdict, Outcome
from backup_auditor.report.build import build
from backup_auditor.report.junit import NO_POLICY, to_junit
from backup_auditor.report.model import Report

from tests.report import samples

EACH = pytest.mark.parametrize("make", samples.SMALL.values(), ids=samples.SMALL)
KINDS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def parsed(report: Report) -> ET.Element:
    """Return the root of the document."""
    return ET.fromstring(to_junit(report))  # noqa: S314 - written just now


def answers(root: ET.Element, suite: str) -> dict[str, tuple[str, str, str]]:
    """Return the cases of a suite that have not passed: name -> (element, type, message)."""
    return {
        case.get("name", ""): (case[0].tag, case[0].get("type", ""), case[0].get("message", ""))
        for case in root.iterfind(f"testsuite[@name='{suite}']/testcase")
        if len(case)
    }


@EACH
def test_the_counts_are_those_of_the_cases(make: Callable[[], Report]) -> None:
    root = parsed(make())
    for element in (root, *root.iterfind("testsuite")):
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        for count, tag in KINDS.items():
            assert element.get(count) == str(len(list(element.iter(tag))))


def test_what_fails_is_a_failure_and_what_is_unknown_an_error() -> None:
    root = parsed(samples.failing())
    assert [suite.get("name") for suite in root] == ["audit", NO_POLICY, "production"]
    found = answers(root, "production")
    place = "(uredis-1, org-test, cn-bj2)"
    assert found[f"prod-never {place} last_success_age"] == (
        *("failure", "critical"),
        "Never backed up (at most 26 h).",
    )
    assert found[f"prod-never {place} size_drift"] == (
        *("error", "critical"),
        "There is no usable backup to measure.",
    )
    assert f"prod-never {place} auto_backup" not in found
    assert answers(root, NO_POLICY) == {
        "free-for-all (uredis-4, org-test, cn-bj2) ungoverned": (
            *("failure", "high"),
            "No policy governs this resource.",
        )
    }


def test_a_failure_tells_everything_that_helps() -> None:
    root = parsed(samples.exempt())
    (failure,) = root.iter("failure")
    assert (failure.text or "").splitlines() == [
        "Observed: 1 failed",
        "Expected: at most 0 failed in a row",
        "Since: 2026-11-24T05:37:00Z",
        "Last good backup: 2026-11-24T05:07:00Z",
        f"To do: {samples.RULES['error_state'].advice}",
        "Policy: production",
        "Owner: ops@example.com",
        "Runbook: https://wiki.example.com/redis",
        "Controls: ISO/IEC 27001:2022 A.8.13; SOC 2 A1.2",
    ]
    (failure, *_) = parsed(samples.hostile()).iter("failure")
    assert "\nLast good backup: none\n" in (failure.text or "")


def test_a_last_backup_that_was_not_looked_for_is_not_denied() -> None:
    errors = parsed(samples.incomplete()).iterfind("testsuite[@name='production']//error")
    assert {(error.text or "").splitlines()[0] for error in errors} == {"Policy: production"}


def test_what_is_exempt_is_skipped_with_who_answers_for_it() -> None:
    found = answers(parsed(samples.exempt()), "production")
    kind, severity, message = found["prod-daily (uredis-4, org-test, cn-bj2) size_drift"]
    assert (kind, severity) == ("skipped", "critical")
    assert message.startswith("Exempt by ann until 2026-12-03: rebuilt daily: The newest backup is")
    unknown = found["prod-moving (uredis-3, org-test, cn-bj2) size_drift"]
    assert unknown[0] == "skipped"


def test_what_could_not_be_audited_is_an_error_and_what_answered_a_case() -> None:
    detail = "DescribeURedisBackup: IAM permission error (RetCode 299)"
    found = answers(parsed(samples.incomplete()), "audit")
    assert found == {"org-test, cn-bj2, refused": ("error", "refused", detail)}
    (case,) = parsed(samples.fine()).iterfind("testsuite[@name='audit']/testcase")
    assert (case.get("classname"), case.get("name")) == ("ucloud.uredis", "org-test, cn-bj2")
    broken = answers(parsed(samples.broken()), "audit")
    assert broken == {"policy": ("error", "policy", "p.yaml:1:1: version")}


def test_an_audit_that_saw_nothing_does_not_look_like_a_pass() -> None:
    nothing = build(replace(samples.fine().audit, verdict=AuditVerdict.INCOMPLETE, results=()))
    found = answers(parsed(nothing), "audit")
    assert found == {"resources": ("error", "incomplete", "No resource was audited.")}


def test_what_nobody_has_judged_has_not_passed() -> None:
    """Ungoverned where the policy reports that only, and governed by a policy without rules."""
    (finding,) = (f for f in samples.failing().findings if f.title == "free-for-all")
    let_be = replace(finding.members[0].checks[0], outcome=Outcome.PASS)
    ungoverned = replace(finding.members[0], outcome=Outcome.PASS, checks=(let_be,))
    unasked = replace(samples.assessed("prod-a", *samples.daily(), id="uredis-9"), checks=())
    root = parsed(samples.report(ungoverned, unasked))
    assert answers(root, NO_POLICY) == {
        "free-for-all (uredis-4, org-test, cn-bj2) ungoverned": (
            *("skipped", ""),
            "No policy governs this resource.",
        )
    }
    assert answers(root, "production") == {
        "prod-a (uredis-9, org-test, cn-bj2) (no rule)": (
            *("skipped", ""),
            "The policy asks nothing of this resource.",
        )
    }


def test_a_policy_of_any_name_is_a_suite_of_its_own() -> None:
    things = [
        replace(samples.assessed("prod-a", *samples.daily(), id=f"u-{n}"), policy=policy)
        for n, policy in enumerate(["b", NO_POLICY, "", None, "</testsuite>", "b"])
    ]
    suites = [(suite.get("name"), suite.get("tests")) for suite in parsed(samples.report(*things))]
    assert suites == [
        *(("audit", "1"), (NO_POLICY, "4"), ("", "4"), (NO_POLICY, "4")),
        *(("</testsuite>", "4"), ("b", "8")),
    ]


@EACH
def test_no_two_cases_have_one_name(make: Callable[[], Report]) -> None:
    """Servers follow a case from run to run by its class name and name."""
    cases = [(c.get("classname"), c.get("name")) for c in parsed(make()).iter("testcase")]
    assert len(cases) == len(set(cases))


def test_the_first_suite_holds_what_the_run_was() -> None:
    found = {p.get("name"): p.get("value") for p in parsed(samples.fine()).iter("property")}
    assert found == {
        "verdict": "PASS",
        "headline": "All 2 resources have reliable backups.",
        "run": "20261124T060700Z-abc",
        "started at": "2026-11-24T06:07:00Z",
        "policy digest": "sha256:abc",
        "version": "0.1.0",
    }


def test_texts_keep_their_breaks_and_lose_what_xml_forbids() -> None:
    odd = replace(samples.assessed("prod-a"), policy="a\tb\r\nc\x00\ud800\ufffe\u202e]]>")
    root = parsed(samples.report(odd))
    assert root[1].get("name") == "a\tb\r\nc\u202e]]>"


def test_a_resource_that_two_scopes_list_is_counted_twice() -> None:
    audit = samples.fine().audit
    twice = build(replace(audit, results=audit.results * 2))
    assert parsed(twice).get("tests") == "18"
