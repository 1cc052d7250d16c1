import json
from dataclasses import replace
from typing import Any

import pytest
from backup_auditor.comparison.changes import Comparison, Direction, compare
from backup_auditor.comparison.renderings import comparison_json, comparison_text
from backup_auditor.judge import conclude
from backup_auditor.model import (
    Assessment,
    Audit,
    Check,
    Gap,
    GapReason,
    Outcome,
    Run,
    Scope,
    ScopeResult,
    Severity,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, resource
from tests.report.samples import HOSTILE

SCOPE = Scope("ucloud.uredis", "org-test", "cn-bj2")
PASS, UNKNOWN, FAIL = Outcome.PASS, Outcome.UNKNOWN, Outcome.FAIL
WORSE, BETTER = Direction.WORSE, Direction.BETTER


def assessed(
    name: str, outcome: Outcome, policy: str | None = "p", severity: Severity = Severity.HIGH
) -> Assessment:
    """Return what became of a resource called ``name``, with one check."""
    check = Check("rule", outcome, severity, f"it is {outcome}", expected="pass")
    return Assessment(resource(name, name=name), policy, outcome, (check,), None, None, 0, (), ())


def audited(*assessments: Assessment, digest: str = "sha256:a", gaps: Any = ()) -> Audit:
    """Return an audit of these."""
    result = ScopeResult(SCOPE, assessments)
    run = Run("run", NOW, NOW, digest, "0.1.0")
    return Audit(run, conclude([result], gaps), "UTC", (result,), tuple(gaps))


def directions(found: Comparison) -> list[tuple[str, Direction]]:
    """Return name and direction of all changes."""
    return [(change.known.resource.name, change.direction) for change in found.changes]


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        (PASS, FAIL, WORSE),
        (PASS, UNKNOWN, WORSE),
        (UNKNOWN, FAIL, WORSE),
        (FAIL, UNKNOWN, BETTER),
        (FAIL, PASS, BETTER),
        (UNKNOWN, PASS, BETTER),
        (PASS, None, Direction.ONLY_FIRST),
        (None, PASS, Direction.ONLY_SECOND),
        (PASS, PASS, None),
        (FAIL, FAIL, None),
    ],
)
def test_a_resource_changes_one_way(
    old: Outcome | None, new: Outcome | None, direction: Direction | None
) -> None:
    first, second = (audited(*([assessed("x", each)] if each else [])) for each in (old, new))
    found = compare(first, second)
    assert directions(found) == ([("x", direction)] if direction is not None else [])
    assert found.unchanged == (direction is None)


def test_the_worst_comes_first() -> None:
    names = ("better", "gone", "low", "unknown", "critical", "added", "same")
    first = audited(
        assessed("better", FAIL),
        assessed("gone", PASS),
        *(assessed(name, PASS) for name in ("low", "unknown", "critical", "same")),
    )
    second = audited(
        assessed("better", PASS),
        assessed("low", FAIL, severity=Severity.LOW),
        assessed("unknown", UNKNOWN, severity=Severity.CRITICAL),
        assessed("critical", FAIL, severity=Severity.CRITICAL),
        assessed("added", FAIL),
        assessed("same", PASS),
    )
    found = compare(first, second)
    assert [name for name, _ in directions(found)] == [
        *("critical", "low", "unknown", "gone", "added", "better")
    ]
    assert len(found.changes) + found.unchanged == len(names)


def test_a_resource_that_is_listed_twice_counts_once_as_the_worse() -> None:
    twice = audited(assessed("x", FAIL), assessed("x", PASS))
    assert directions(compare(audited(assessed("x", PASS)), twice)) == [("x", WORSE)]


def test_the_text_says_each_change_in_a_line_and_the_answer_at_the_end() -> None:
    gap = Gap("ucloud.uredis", "", "sg", GapReason.INCOMPLETE, "not in the snapshot")
    first = audited(
        assessed("worse", PASS),
        assessed("moved", FAIL, "p"),
        assessed("gone", FAIL),
        assessed("same", PASS),
        gaps=[replace(gap, region="hk")],
    )
    second = audited(
        assessed("worse", FAIL),
        assessed("moved", PASS, "q"),
        assessed("new", FAIL, None),
        assessed("same", PASS),
        gaps=[gap],
    )
    assert comparison_text(compare(first, second), "a.yaml", "b.yaml") == (
        "worse (worse, org-test, cn-bj2): pass -> fail, policy p: It is fail (pass).\n"
        "gone (gone, org-test, cn-bj2): only audited with a.yaml, fail, policy p\n"
        "new (new, org-test, cn-bj2): only audited with b.yaml, fail, no policy:"
        " It is fail (pass).\n"
        "moved (moved, org-test, cn-bj2): fail -> pass, policy p -> policy q: no longer:"
        " It is fail (pass).\n"
        "only with b.yaml not audited: ucloud.uredis, sg: not in the snapshot\n"
        "only with a.yaml not audited: ucloud.uredis, hk: not in the snapshot\n"
        "FAIL -> FAIL: 2 of 5 resources would change: 1 worse, 1 better;"
        " 1 resource only audited with a.yaml; 1 resource only audited with b.yaml.\n"
    )


def test_where_nothing_changes_the_text_says_so() -> None:
    found = compare(audited(assessed("x", PASS)), audited(assessed("x", PASS)))
    assert comparison_text(found, "a", "b") == "PASS -> PASS: none of 1 resource would change.\n"


def test_the_json_says_the_same() -> None:
    gap = Gap("ucloud.uredis", "", "sg", GapReason.INCOMPLETE, "not in the snapshot")
    first = audited(assessed("x", PASS), assessed("y", PASS), assessed("z", FAIL))
    second = audited(assessed("x", FAIL, "q"), assessed("y", PASS), digest="sha256:b", gaps=[gap])
    place = {"source": "ucloud.uredis", "account": "org-test", "region": "cn-bj2"}
    assert json.loads(comparison_json(compare(first, second))) == {
        "compared": ["sha256:a", "sha256:b"],
        "verdicts": ["fail", "fail"],
        "changes": [
            {
                "id": "x",
                "name": "x",
                **place,
                "from": "pass",
                "to": "fail",
                "policy_from": "p",
                "policy_to": "q",
                "why": ["It is fail (pass)."],
            },
            {
                "id": "z",
                "name": "z",
                **place,
                "from": "fail",
                "to": None,
                "policy_from": "p",
                "policy_to": None,
                "why": [],
            },
        ],
        "unchanged": 1,
        "gaps": [
            [],
            [
                {
                    "source": "ucloud.uredis",
                    "account": "",
                    "region": "sg",
                    "reason": "incomplete",
                    "detail": "not in the snapshot",
                }
            ],
        ],
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_cannot_make_a_line_of_its_own(name: str) -> None:
    found = compare(audited(assessed(name, PASS, name)), audited(assessed(name, FAIL, name)))
    text = comparison_text(found, name, name)
    assert text.count("\n") == 2
    assert all(line.isprintable() for line in text.split("\n"))


OUTCOMES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(Outcome))


@given(OUTCOMES, OUTCOMES)
def test_the_other_way_round_everything_is_the_other_way_round(
    old: dict[str, Outcome], new: dict[str, Outcome]
) -> None:
    first, second = (audited(*(assessed(*item) for item in each.items())) for each in (old, new))
    there, back = compare(first, second), compare(second, first)
    assert there.count(WORSE) == back.count(BETTER)
    assert there.count(BETTER) == back.count(WORSE)
    assert there.count(Direction.ONLY_FIRST) == back.count(Direction.ONLY_SECOND)
    assert there.unchanged == back.unchanged
