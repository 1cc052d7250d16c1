from typing import Any

import pytest
import yaml
from backup_auditor.explanation.build import explain_unread
from backup_auditor.explanation.evidence import depends_on, tried
from backup_auditor.explanation.model import Explanation
from backup_auditor.judge import judge
from backup_auditor.model import Backup, BackupKind, ExemptionState, Outcome, Severity
from backup_auditor.rules import Rule
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.builders import before, expired, failed, history, moment, resource, running, succeeded
from tests.explanation.samples import DAILY, POLICIES, RULES, explained, policies, rule
from tests.rules.test_every_rule import HISTORIES, ONCE, example
from tests.test_foresight import policy

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def refusals(found: Explanation) -> list[tuple[str, str]]:
    """Return the policies that refuse, each with its reason."""
    return [(one.policy.name, one.why) for one in found.refusals]


@given(HISTORIES)
def test_an_explanation_says_what_an_audit_says(backups: list[Backup]) -> None:
    found = explained(*backups)
    assert found.assessment == judge(history(*backups), POLICIES, RULES, moment())
    assert [one.check for one in found.rules] == list(found.assessment.checks)


def test_the_governing_policy_is_told_with_what_it_extends_and_why_no_earlier_one_governs() -> None:
    found = explained(*DAILY)
    assert found.policy is not None
    assert (found.policy.name, str(found.policy.place)) == ("top", "team/b.yaml:5:5")
    assert [(one.name, str(one.place)) for one in found.extends] == [
        ("middle", "team/a.yaml:14:5"),
        ("base", "team/a.yaml:3:5"),
    ]
    assert refusals(found) == [("staging", "region is 'cn-bj2', not 'hk' or 'sg'")]


def test_what_no_policy_governs_is_told_with_why_each_of_them_refuses() -> None:
    found = explained(*DAILY, name="staging-x")
    assert (found.policy, found.rules, found.next_breach) == (None, (), None)
    assert found.assessment.outcome is FAIL
    assert refusals(found) == [
        ("staging", "region is 'cn-bj2', not 'hk' or 'sg'"),
        ("top", "name is 'staging-x', not 'prod-*'"),
    ]


def test_every_option_is_told_as_it_is_written_and_where() -> None:
    options = {
        option.name: (
            option.value,
            option.origin and (str(option.origin.place), option.origin.policy),
        )
        for option in rule(explained(*DAILY), "size_drift").options
    }
    assert options == {
        "shrink": ("30%", ("team/b.yaml:11:20", "top")),
        "growth": ("50%", ("team/a.yaml:18:20", "middle")),
        "baseline": ("7", None),
        "warm_up": ("3", None),
        "sensitivity": ("off", None),
        "floor": ("10MiB", ("team/b.yaml:11:33", "top")),
        "frozen": ("off", None),
    }


@ONCE
def test_options_are_told_so_that_a_policy_could_say_them(rule: Rule) -> None:
    text = yaml.safe_dump({rule.id: example(rule)}, default_flow_style=True, width=999)
    asked = policies(text.strip().removeprefix("{").removesuffix("}"))
    (found,) = explained(succeeded(), policies=asked).rules
    assert len(found.options) == len(rule.options.model_fields) - 2  # severity and controls
    for one in found.options:
        field = rule.options.model_fields[one.name]
        adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
        value = None if one.value == "off" else adapter.validate_python(yaml.safe_load(one.value))
        assert value == getattr(found.use.options, one.name)
        assert (one.origin is not None) is (one.name in example(rule))


def test_a_severity_that_the_rule_lowers_is_told_as_it_counts() -> None:
    drift = rule(explained(*DAILY), "size_drift")
    assert (drift.use.severity, drift.severity) == (Severity.CRITICAL, Severity.HIGH)


def test_an_exemption_is_told_with_its_state_and_what_it_covers() -> None:
    """One that does not match the resource is not told."""
    assert [(e.exemption.owner, e.state, e.covers) for e in explained(*DAILY).exemptions] == [
        ("jane", ExemptionState.EXPIRING, ("size_drift",)),
        ("joe", ExemptionState.EXPIRED, ()),
    ]
    fine = explained(*DAILY[1:])
    assert [e.covers for e in fine.exemptions] == [(), ()]


def test_a_breach_that_will_be_exempt_says_so_and_is_next_only_where_there_is_no_other() -> None:
    rules = "last_success_age: {max: 26h}, backup_gap: {max: 50h}"
    until = "owner: a, reason: b, until: 2026-12-31"
    exempt = f"exemptions:\n  - {{match: {{}}, rules: [last_success_age], {until}}}\n"
    found = explained(succeeded("2h"), succeeded("26h"), policies=policies(rules, exempt))
    coming = {r.use.rule: r.foreseen.exemption for r in found.rules if r.foreseen}
    assert coming == {"last_success_age": "a until 2026-12-31: b", "backup_gap": ""}
    assert found.next_breach is not None
    assert found.next_breach.breach.check.rule == "backup_gap"
    alone = explained(succeeded("2h"), policies=policies("last_success_age: {max: 26h}", exempt))
    assert alone.next_breach is not None
    assert alone.next_breach.exemption == "a until 2026-12-31: b"


def test_an_exemption_that_ends_before_a_breach_does_not_cover_it() -> None:
    until = "owner: a, reason: b, until: 2026-11-24"
    exempt = f"exemptions:\n  - {{match: {{}}, {until}}}\n"
    asked = policies("last_success_age: {max: 26h}", exempt)
    found = explained(succeeded("2h"), policies=asked)
    assert found.next_breach is not None
    assert found.next_breach.exemption == ""


def test_a_resource_whose_backups_could_not_be_read_is_unknown_and_no_rule_was_asked() -> None:
    found = explain_unread(resource(), "refused", POLICIES, moment())
    assert (found.assessment.outcome, found.assessment.unread) == (UNKNOWN, "refused")
    assert found.policy is not None
    assert [r.use.rule for r in found.rules] == [use.rule for use in found.policy.rules]
    assert {r.check for r in found.rules} == {None}
    assert (found.backups, found.next_breach) == ((), None)
    assert [e.covers for e in found.exemptions] == [(), ()]
    ungoverned = explain_unread(resource(name="x"), "refused", POLICIES, moment())
    assert (ungoverned.assessment.outcome, ungoverned.rules) == (FAIL, ())


MANUAL = succeeded("5h", id="manual", kind=BackupKind.MANUAL)


@pytest.mark.parametrize(
    ("rules", "backups", "ids"),
    [
        ("last_success_age: {max: 26h}", DAILY, ["b-20"]),
        ("last_success_age: {max: 26h, kinds: [manual]}", [*DAILY, MANUAL], ["manual"]),
        ("last_success_age: {max: 26h}", [failed("1h", id="f"), expired("2h", id="e")], ["f", "e"]),
        ("backup_count: {min: 2}", DAILY[:3], ["b-20", "b-19", "b-18"]),
        ("retention: {max: 365d}", DAILY, ["b-9"]),
        ("error_state: {}", [failed("1h", id="f"), *DAILY], ["f"]),
        ("error_state: {}", [running("30h", id="r"), *DAILY[1:]], ["r"]),
        ("size_drift: {baseline: 3}", DAILY, ["b-20"]),
        ("auto_backup: {}", DAILY, []),
        # Each of two that were taken at once stands in for the other.
        ("last_success_age: {max: 26h}", [succeeded("1h", id="a"), succeeded("1h", id="b")], []),
    ],
)
def test_the_backups_that_an_answer_depends_on(
    rules: str, backups: list[Backup], ids: list[str]
) -> None:
    (found,) = explained(*backups, policies=policies(rules)).rules
    assert [backup.id for backup in found.depends_on] == ids


@pytest.mark.parametrize(("number", "expected"), [(0, 0), (60, 60), (61, 60), (1000, 60)])
def test_of_a_long_history_the_newest_and_the_oldest_are_tried(number: int, expected: int) -> None:
    many = [succeeded(f"{hour}h", id=str(hour)) for hour in range(1, number + 1)]
    found = history(*many)
    assert len(tried(found)) == expected
    assert [*tried(found)][:50] == [*found.backups[:50]]
    assert [*tried(found)][-10:] == [*found.backups[-10:]]
    (own,) = depends_on(found, policy("retention: {max: 365d}"), RULES, moment())
    assert [backup.id for backup in own] == ([str(number)] if number else [])


@given(HISTORIES, st.data())
def test_without_a_backup_that_it_depends_on_an_answer_is_another(
    backups: list[Backup], data: st.DataObject
) -> None:
    found = explained(*backups)
    one = data.draw(st.sampled_from(found.rules))
    rest = explained(*(b for b in found.backups if b not in one.depends_on[:1]))
    old, new = one.check, rule(rest, one.use.rule).check
    assert old is not None
    assert new is not None
    told = (old.outcome, old.message, old.observed) == (new.outcome, new.message, new.observed)
    assert told is not bool(one.depends_on)


def test_a_new_resource_is_explained_until_its_first_backup_is_due() -> None:
    found = explained(created_at=before("2h"))
    assert found.assessment.outcome is PASS
    assert found.next_breach is not None
    assert found.next_breach.breach.say(moment()) == ("breaches in 46 h, at 2026-11-26 12:07 CST")


def test_an_answer_depends_on_copies_elsewhere_as_well() -> None:
    near, far = succeeded("3h", id="near", region="hk"), succeeded("90h", id="far", region="hk")
    found = history(succeeded("1h"), copies=[near, far])
    governing = policies("copy_elsewhere: {max_age: 26h}, auto_backup: {}").policies[0]
    copies, setting = depends_on(found, governing, RULES, moment())
    assert ([backup.id for backup in copies], setting) == (["near"], ())
