"""The cases of the policies that ship: all pass, and each rule is seen to find something."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import compose
from backup_auditor.case_files import load_suites, without_cases
from backup_auditor.cases.run import Result, run_cases
from backup_auditor.model import Outcome, Place
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.model import PolicySet, RuleUse
from backup_auditor.rules import load_rules
from backup_auditor.sources import load_sources

from tests.builders import NOW
from tests.fakes import outside

POLICIES = str(Path(__file__).parents[2] / "policies")
RULES = load_rules()
SUITES = {
    Path(suite.cases.name).name: suite
    for suite in load_suites([POLICIES], outside(), compose.kinds())
}
BOTH = ("ISO/IEC 27001:2022 A.8.13", "SOC 2 A1.2")


def results(name: str) -> list[Result]:
    """Run the cases of one file."""
    return list(run_cases(SUITES[name].cases, SUITES[name].policies, RULES))


def expected(result: Result) -> Iterator[tuple[str, str, bool]]:
    """Yield (policy, rule, whether it passes) of all that a case expects of rules."""
    expect, policy = result.case.entry.expect, result.assessment.policy or ""
    if expect.outcome is Outcome.PASS:  # of the resource, so each of its rules passes
        yield from ((policy, check.rule, True) for check in result.assessment.checks)
    for rule, wanted in expect.rules.items():
        if wanted.outcome is not None:
            yield policy, rule, wanted.outcome is Outcome.PASS


def test_every_policy_that_ships_has_cases() -> None:
    assert len(SUITES) >= 4
    assert list(without_cases([POLICIES], SUITES.values())) == []


@pytest.mark.parametrize("name", SUITES)
def test_nothing_that_ships_is_doubted(name: str) -> None:
    tells = {id_: kind.tells for id_, kind in load_sources().items()}
    assert doubts(SUITES[name].policies, RULES, NOW, tells) == ()


def test_the_policy_of_the_estate_asks_every_service() -> None:
    """But for AWS Backup, which has no resources of its own: it counts for those of the others."""
    asked = {request.kind for request in SUITES["estate.test.yaml"].policies.sources}
    known = {kind for kind in load_sources() if kind.startswith(("ucloud.", "aws."))}
    assert known - asked == {"aws.backup"}


@pytest.mark.parametrize("name", SUITES)
def test_all_cases_that_ship_pass(name: str) -> None:
    assert [str(one) for result in results(name) for one in result.differences] == []


@pytest.mark.parametrize("name", SUITES)
def test_every_rule_that_ships_is_expected_to_pass_and_not_to_pass(name: str) -> None:
    seen = {one for result in results(name) for one in expected(result)}
    wanted = {
        (policy.name, use.rule, passes)
        for policy in SUITES[name].policies.policies
        for use in policy.rules
        for passes in (True, False)
    }
    assert wanted - seen == set()


@pytest.mark.parametrize("name", SUITES)
def test_the_cases_know_a_resource_without_backups_and_a_new_one(name: str) -> None:
    empty = [r.assessment for r in results(name) if not r.case.entry.backups]
    assert {Outcome.PASS, Outcome.FAIL} <= {assessment.outcome for assessment in empty}


@pytest.mark.parametrize("name", SUITES)
def test_every_limit_that_ships_is_held_by_a_case(name: str) -> None:
    """A quarter more or a fifth less of any limit that a policy writes is noticed."""
    suite = SUITES[name]
    unnoticed = [
        f"{place}: {option} -> {value}"
        for (place, option), limit in limits(suite.policies).items()
        for value in around(limit)
        if all(
            result.passed
            for result in run_cases(
                suite.cases, with_limit(suite.policies, place, {option: value}), RULES
            )
        )
    ]
    assert unnoticed == []


def limits(policies: PolicySet) -> dict[tuple[Place, str], Any]:
    """Return every limit by the place that it was written at, which several policies may share."""
    return {
        (origin.place, option): getattr(use.options, option)
        for policy in policies.policies
        for use in policy.rules
        for option, origin in use.origins.items()
        if option not in {"severity", "controls"}
    }


def with_limit(policies: PolicySet, place: Place, changed: Mapping[str, Any]) -> PolicySet:
    """Return the policies as if something else stood at ``place``."""

    def rewritten(use: RuleUse) -> RuleUse:
        if all(origin.place != place for origin in use.origins.values()):
            return use
        return replace(use, options=use.options.model_copy(update=changed))

    others = (
        replace(policy, rules=tuple(map(rewritten, policy.rules))) for policy in policies.policies
    )
    return replace(policies, policies=tuple(others))


def around(limit: Any) -> tuple[Any, ...]:
    """Return a lower and a higher limit."""
    if isinstance(limit, timedelta | float):
        return limit * 0.8, limit * 1.25
    return (limit * 4 // 5, limit * 5 // 4 + 1) if limit else (1,)


def test_the_evidence_claims_no_control_for_a_size_and_not_that_backup_must_be_automatic() -> None:
    (policy,) = SUITES["evidence-iso27001-soc2.test.yaml"].policies.policies
    controls = {use.rule: use.controls for use in policy.rules}
    assert controls.pop("size_drift") == controls.pop("minimum_size") == ()
    assert controls.pop("auto_backup") == BOTH[1:]
    assert set(controls.values()) == {BOTH}


def test_the_evidence_says_of_each_rule_with_a_label_what_it_shows() -> None:
    text = Path(POLICIES, "evidence-iso27001-soc2.yaml").read_text("utf-8")
    shown = text.partition("do show")[2].partition("do NOT show")[0]
    (policy,) = SUITES["evidence-iso27001-soc2.test.yaml"].policies.policies
    labelled = {use.rule for use in policy.rules if use.controls}
    assert set(re.findall(r"(\w+)$", shown, re.MULTILINE)) & RULES.keys() == labelled
