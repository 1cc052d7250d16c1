"""``extends``: what a policy takes from others, key by key, and where each was written."""

from typing import Any

import pytest
from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.model import Severity
from backup_auditor.policy.load import load, load_files
from backup_auditor.policy.model import Policy, PolicySet

KINDS = kinds()
HEAD = "version: 1\nsources: [ucloud.uredis]\npolicies:\n"
BASE = "- {name: base, match: {name: x}, rules: {size_drift: {shrink: 20%, growth: 300%}}}\n"


def loaded(entries: str, head: str = HEAD) -> PolicySet:
    """Load policies."""
    return load(head + entries, "p.yaml", KINDS)


def last(entries: str, head: str = HEAD) -> Policy:
    """Return the last of some policies."""
    return loaded(entries, head).policies[-1]


def problems(entries: str) -> list[str]:
    """Return what is wrong."""
    with pytest.raises(PolicyError) as caught:
        loaded(entries)
    return [f"{p.place.line}:{p.place.column}: {p.message}" for p in caught.value.problems]


def written(policy: Policy) -> dict[str, dict[str, Any]]:
    """Return the options that are given, by rule, in order."""
    return {use.rule: use.options.model_dump(exclude_unset=True) for use in policy.rules}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", {"size_drift": {"shrink": 0.2, "growth": 3.0}}),
        ("rules: {}", {"size_drift": {"shrink": 0.2, "growth": 3.0}}),
        ("rules: {size_drift: {}}", {"size_drift": {"shrink": 0.2, "growth": 3.0}}),
        ("rules: {size_drift: }", {"size_drift": {"shrink": 0.2, "growth": 3.0}}),
        ("rules: {size_drift: {shrink: 10%}}", {"size_drift": {"shrink": 0.1, "growth": 3.0}}),
        ("rules: {size_drift: {shrink: off}}", {"size_drift": {"growth": 3.0}}),
        (
            "rules: {size_drift: {shrink: off, baseline: 9}}",
            {"size_drift": {"growth": 3.0, "baseline": 9}},
        ),
        (
            "rules: {error_state: {}}",
            {"size_drift": {"shrink": 0.2, "growth": 3.0}, "error_state": {}},
        ),
        ("rules: {size_drift: off, error_state: {}}", {"error_state": {}}),
        ("rules: {error_state: {}, size_drift: off}", {"error_state": {}}),
    ],
)
def test_rules_are_merged_key_by_key_and_off_removes(
    rules: str, expected: dict[str, dict[str, Any]]
) -> None:
    """``extends``: rules are merged key by key; ``rule: off`` removes one, so it does an option."""
    comma = ", " if rules else ""
    found = last(f"{BASE}- {{name: other, match: {{}}, extends: base{comma}{rules}}}\n")
    assert written(found) == expected
    assert list(written(found)) == list(expected)


def test_what_is_off_stays_off_for_those_that_extend_further() -> None:
    chain = BASE + (
        "- {name: b, match: {name: y}, extends: base, rules: {size_drift: off, error_state: {}}}\n"
        "- {name: c, match: {name: z}, extends: b, rules: {error_state: {tolerate: 2}}}\n"
        "- {name: d, match: {}, extends: c, rules: {size_drift: {growth: 50%}}}\n"
    )
    assert written(last(chain)) == {"error_state": {"tolerate": 2}, "size_drift": {"growth": 0.5}}
    assert last(chain).extends == ("c", "b", "base")


def test_the_match_of_a_base_is_not_taken() -> None:
    found = last(f"{BASE}- {{name: other, match: {{region: hk}}, extends: base}}\n")
    assert found.selector.globs == {"region": ("hk",)}


SETTINGS = """- name: base
  abstract: true
  severity: low
  owner: base
  runbook: https://example.com/base
  grace: 3d
  controls: [A]
  rules: {last_success_age: {max: 26h}}
- name: middle
  abstract: true
  extends: base
  owner: middle
- name: policy
  match: {}
  extends: middle
  severity: medium
"""


def test_each_setting_is_that_of_the_nearest_that_has_one() -> None:
    head = HEAD.replace("policies", "defaults: {severity: critical, owner: nobody}\npolicies")
    found = last(SETTINGS, head)
    assert (found.owner, found.runbook) == ("middle", "https://example.com/base")
    assert found.grace.days == 3
    assert [use.severity for use in found.rules] == [Severity.MEDIUM]
    assert [use.controls for use in found.rules] == [("A",)]
    assert {key: (one.place.line, one.policy) for key, one in found.origins.items()} == {
        "owner": (16, "middle"),
        "runbook": (9, "base"),
        "grace": (10, "base"),
        "severity": (20, "policy"),
        "controls": (11, "base"),
    }


def test_defaults_are_taken_last_and_high_is_the_severity_without_any() -> None:
    head = HEAD.replace("policies", "defaults: {severity: low, owner: ops, grace: 9h}\npolicies")
    entry = "- {name: a, match: {}, rules: {last_success_age: {max: 26h}}}\n"
    found = last(entry, head)
    assert (found.owner, found.grace.total_seconds()) == ("ops", 9 * 3600)
    assert found.rules[0].severity is Severity.LOW
    plain = last(entry)
    assert (plain.owner, plain.runbook, plain.rules[0].severity) == ("", "", Severity.HIGH)
    assert plain.grace.total_seconds() == 26 * 3600, "the max of last_success_age"


def test_every_option_knows_where_it_was_written() -> None:
    entries = (
        "- name: base\n  match: {name: x}\n  rules:\n    size_drift:\n      shrink: 20%\n"
        "      growth: 300%\n"
        "- name: other\n  match: {}\n  extends: base\n  rules:\n    size_drift:\n"
        "      growth: 100%\n"
    )
    (use,) = last(entries).rules
    assert {key: (str(one.place), one.policy) for key, one in use.origins.items()} == {
        "shrink": ("p.yaml:8:7", "base"),
        "growth": ("p.yaml:15:7", "other"),
    }
    assert str(use.place) == "p.yaml:14:5"
    assert use.place.width == len("size_drift")


def test_a_wrong_option_is_told_where_it_was_written_not_where_it_is_taken() -> None:
    base = "- {name: base, abstract: true, rules: {last_success_age: {tolerance: 1h}}}\n"
    entry = "- {name: a, match: {}, extends: base, rules: {last_success_age: {max: 26}}}\n"
    hint = "write a number with a unit, such as 26h or 1d12h"
    assert problems(base + entry) == [f"5:71: 26 is not a duration; {hint}"]


def test_a_base_comes_from_any_file_and_any_place() -> None:
    one = HEAD + "- {name: a, match: {}, extends: b}\n"
    other = (
        "version: 1\npolicies:\n"
        "- {name: b, abstract: true, rules: {last_success_age: {max: 26h}}}\n"
    )
    (found,) = load_files([("1.yaml", one), ("2.yaml", other)], KINDS).policies
    assert written(found).keys() == {"last_success_age"}
    assert found.rules[0].place.file == "2.yaml"


@pytest.mark.parametrize(
    ("length", "is_refused"),
    [(29, False), (30, True)],
    ids=["thirty policies", "one more"],
)
def test_a_chain_of_thirty_policies_is_long_enough(length: int, *, is_refused: bool) -> None:
    links = "".join(
        f"- {{name: p{n}, match: {{name: n{n}}}, extends: p{n - 1}}}\n"
        for n in range(1, length + 1)
    )
    entries = "- {name: p0, match: {name: n0}, rules: {error_state: {}}}\n" + links
    if not is_refused:
        assert len(last(entries).extends) == length
        return
    assert problems(entries) == [
        "34:44: extends goes over more than 30 policies; put them together"
    ]


def test_two_circles_are_told_each_once() -> None:
    rules = "rules: {error_state: {}}"
    entries = (
        f"- {{name: a, match: {{}}, extends: b, {rules}}}\n"
        f"- {{name: b, match: {{}}, extends: a, {rules}}}\n"
        f"- {{name: c, match: {{}}, extends: c, {rules}}}\n"
        f"- {{name: d, match: {{}}, extends: a, {rules}}}\n"
    )
    assert problems(entries) == [
        "5:33: extends goes in a circle: a -> b -> a",
        "6:33: extends goes in a circle: c -> c",
    ]


def test_an_abstract_policy_may_be_incomplete_but_not_wrong() -> None:
    use = "- {name: a, match: {}, rules: {error_state: {}}}\n"
    abstract = "- {name: base, abstract: true, rules: {last_success_age: {tolerance: 1h}}}\n"
    assert [base.name for base in loaded(use + abstract).bases] == ["base"]
    wrong = "- {name: base, abstract: true, rules: {last_success_age: {tolerance: 1}}}\n"
    assert problems(use + wrong) == [
        "5:70: 1 is not a duration; write a number with a unit, such as 26h or 1d12h"
    ]
