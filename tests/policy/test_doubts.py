"""Warnings of ``validate``: what is allowed, and probably not meant."""

from datetime import UTC, datetime

import pytest
from backup_auditor.compose import kinds
from backup_auditor.model import Resource
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.load import load, load_files
from backup_auditor.policy.model import PolicySet
from backup_auditor.rules import load_rules
from backup_auditor.sources import load_sources
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.policy.test_covering import RESOURCES

KINDS, RULES = kinds(), load_rules()
TELLS = {name: kind.tells for name, kind in load_sources().items()}
HEAD = "version: 1\nsources: [ucloud.uredis]\n"
AGE = "rules: {last_success_age: {max: 26h}}"


def policies(text: str) -> PolicySet:
    """Load a policy without its head."""
    return load(HEAD + text, "p.yaml", KINDS)


def doubted(text: str, now: datetime = NOW) -> list[str]:
    """Return what is doubted, one line each."""
    return [str(one) for one in doubts(policies(text), RULES, now, TELLS)]


def doubted_of(text: str) -> list[str]:
    """Return what is doubted of a policy with sources of its own."""
    found = load(f"version: 1\n{text}", "p.yaml", KINDS)
    return [str(one) for one in doubts(found, RULES, NOW, TELLS)]


def listed(*matches: str) -> str:
    """Return policies a, b, c ... with these selectors."""
    lines = (
        f"  - {{name: {name}, match: {match}, {AGE}}}\n"
        for name, match in zip("abcdefgh", matches, strict=False)
    )
    return "policies:\n" + "".join(lines)


@pytest.mark.parametrize("rule", [name for name, one in RULES.items() if one.notices_missing])
def test_a_rule_that_notices_a_missing_backup_is_enough(rule: str) -> None:
    options = {
        "last_success_age": "{max: 1d}",
        "backup_count": "{min: 1}",
        "backup_gap": "{max: 1d}",
        "retention": "{min: 1d}",
        "rpo": "{target: 1d}",
    }
    rules = f"{{auto_backup: {{}}, {rule}: {options[rule]}}}"
    text = f"policies: [{{name: a, match: {{}}, rules: {rules}}}]"
    assert doubted(text) == []


@pytest.mark.parametrize(
    "rules", ["{auto_backup: {}, error_state: {}}", "{minimum_size: {min: 1}}"]
)
def test_a_policy_that_notices_no_missing_backup_is_doubted(rules: str) -> None:
    (found,) = doubted(f"policies:\n  - {{name: a, match: {{}}, rules: {rules}}}\n")
    assert found.startswith(
        "p.yaml:4:5: no rule of policy 'a' fails when there is no backup at all; these do: "
    )
    assert "last_success_age" in found


def test_an_abstract_policy_is_never_accused_of_missing_rules() -> None:
    base = "  - {name: base, abstract: true, rules: {auto_backup: {}}}\n"
    extending = f"  - {{name: x, extends: base, match: {{}}, {AGE}}}\n"
    assert doubted(listed("{name: a}") + base + extending) == []


def test_a_base_that_no_policy_extends_is_doubted() -> None:
    base = "  - {name: base, abstract: true, rules: {auto_backup: {}}}\n"
    assert doubted(listed("{}") + base) == [
        "p.yaml:5:5: policy 'base' is abstract, and no policy extends it"
    ]


@pytest.mark.parametrize(
    ("matches", "lines"),
    [
        (["{}", "{name: a}"], [5]),
        (["{name: 'prod-*'}", "{name: prod-1}"], [5]),
        (["{name: 'prod-*'}", "{}"], []),
        (["{name: 'prod-*'}", "{name: ['prod-1', dev]}"], []),
        (["{name: '*-x'}", "{name: 'prod-*-x'}"], [5]),
        (["{name: 'a*', region: hk}", "{name: 'a*'}", "{name: 'ab*', region: hk, zone: z}"], [6]),
        (["{id: x}", "{name: y}", "{id: x, name: y}"], [6]),
        (["{tags: {t: '*'}}", "{tags: {t: a}}", "{}"], [5]),
        (["{not: {region: sg}}", "{region: hk}", "{region: sg}"], [5]),
        (["{name: a}", "{name: a}", "{name: a}"], [5, 6]),
        (["{name: a, not: {name: 'a*'}}", "{name: a}"], [4]),
    ],
)
def test_a_policy_that_an_earlier_one_leaves_nothing_is_doubted(
    matches: list[str], lines: list[int]
) -> None:
    found = doubted(listed(*matches))
    assert [int(one.split(":")[1]) for one in found] == lines


@pytest.mark.parametrize(
    ("now", "count"),
    [
        (datetime(2026, 11, 30, 15, 59, 59, 999_999, tzinfo=UTC), 0),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), 1),
    ],
)
def test_an_exemption_that_is_over_is_doubted_from_the_end_of_its_day_in_the_zone(
    now: datetime, count: int
) -> None:
    text = (
        "timezone: Asia/Shanghai\nexemptions:\n"
        "  - {match: {}, owner: o, reason: r, until: 2026-11-30}\n" + listed("{}")
    )
    expected = "p.yaml:5:5: this exemption ended with 2026-11-30 and has no effect; remove it"
    assert doubted(text, now) == [expected] * count


def test_off_that_removes_nothing_is_doubted() -> None:
    text = listed("{name: x}") + (
        "  - {name: b, extends: a, match: {}, rules: {error_state: off}}\n"
    )
    assert doubted(text) == [
        "p.yaml:5:46: error_state: off removes nothing; extends brings no such rule"
    ]


@pytest.mark.parametrize(
    ("matches", "rules", "silent"),
    [
        (["{}"], "minimum_size: {min: 1}", {"minimum_size": ["aws.aurora"]}),
        (["{source: ucloud.uredis}"], "minimum_size: {min: 1}", {}),
        (["{provider: ucloud}"], "minimum_size: {min: 1}", {}),
        (["{not: {provider: aws}}"], "minimum_size: {min: 1}", {}),
        (["{source: 'aws.*'}"], "encrypted: {}", {}),
        (["{}"], "error_state: {}", {}),
        (
            ["{name: x}"],
            "encrypted: {}, immutable: {min: 1d}, duration: {max: 1h}",
            {
                "encrypted": ["ucloud.uredis"],
                "immutable": ["aws.aurora", "ucloud.uredis"],
                "duration": ["aws.aurora", "ucloud.uredis"],
            },
        ),
        (["{source: aws.aurora}", "{}"], "minimum_size: {min: 1}", {}),
        (
            ["{source: aws.aurora, name: x}", "{}"],
            "minimum_size: {min: 1}",
            {"minimum_size": ["aws.aurora"]},
        ),
    ],
)
def test_a_rule_that_a_source_can_never_answer_is_doubted(
    matches: list[str], rules: str, silent: dict[str, list[str]]
) -> None:
    """Of several policies, only the last has the rules in question."""
    *others, last = matches
    text = "sources: [ucloud.uredis, aws.aurora]\npolicies:\n"
    for match in others:
        text += f"  - {{name: other, match: {match}, {AGE}}}\n"
    text += (
        f"  - {{name: last, match: {last}, rules: {{last_success_age: {{max: 1d}}, {rules}}}}}\n"
    )
    found = [one.split(" can only be unknown for ") for one in doubted_of(text)]
    named = {rule.split()[1]: why.partition(", where")[0].split(", ") for rule, why in found}
    assert named == silent


def test_a_rule_that_cannot_be_answered_is_told_with_its_place_and_a_way_out() -> None:
    text = "sources: [ucloud.udisk]\npolicies:\n  - name: a\n    match: {}\n    rules:\n"
    text += "      last_success_age: {max: 1d}\n      minimum_size: {min: 1}\n"
    (found,) = doubted_of(text)
    assert found == (
        "p.yaml:8:7: minimum_size of policy 'a' can only be unknown for ucloud.udisk, where"
        " nothing tells the size of a backup; give ucloud.udisk a policy without this rule"
    )


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ("ucloud.uredis", "ucloud.uredis", False),  # the same, and named once
        ("ucloud.uredis", "ucloud.uredis: {concurrency: 20}", True),
        ("ucloud.uredis", "ucloud.umem", False),
        ("ucloud.uredis: {regions: [hk]}", "ucloud.uredis: {regions: [hk, sg]}", True),
        ("ucloud.uredis: {regions: [hk]}", "ucloud.uredis: {regions: [sg]}", False),
        ("ucloud.uredis: {regions: [hk]}", "ucloud.uredis", True),
        ("ucloud.uredis: {projects: [a]}", "ucloud.uredis: {projects: [b]}", False),
        ("ucloud.uredis", "ucloud.uredis: {base_url: 'https://other.example.com'}", False),
        ("ucloud.uredis: {projects: [a]}", "ucloud.uredis: {projects: all}", True),
        (
            "aws.rds: {accounts: ['111122223333']}",
            "aws.rds: {accounts: ['444455556666'], role: Other}",
            False,
        ),
        (
            "s3.objects: {bucket: backups, pattern: '{resource}.a'}",
            "s3.objects: {bucket: backups, pattern: '{resource}.b'}",
            True,
        ),
        (
            "s3.objects: {bucket: backups, pattern: '{resource}', prefix: a}",
            "s3.objects: {bucket: backups, pattern: '{resource}', prefix: b}",
            False,
        ),
    ],
)
def test_two_sources_that_ask_about_one_place_are_doubted(
    first: str, second: str, *, overlap: bool
) -> None:
    text = f"sources:\n  - {first}\n  - {second}\npolicies:\n  - {{name: a, match: {{}}, {AGE}}}\n"
    kind = first.partition(":")[0]
    expected = (
        f"p.yaml:4:5: another {kind} (line 3) asks about some of these places, and what lies"
        " there counts twice; make them one"
    )
    assert doubted_of(text) == [expected] * overlap


@pytest.mark.parametrize(("option", "doubts"), [("", 1), (", read_locks: true", 0)])
def test_what_a_source_tells_when_it_is_asked_to(option: str, doubts: int) -> None:
    bucket = f"{{bucket: backups, pattern: '{{resource}}-{{date}}'{option}}}"
    rules = "{last_success_age: {max: 1d}, immutable: {min: 1d}}"
    policies = f"policies: [{{name: a, match: {{}}, rules: {rules}}}]"
    assert len(doubted_of(f"sources: [s3.objects: {bucket}]\n{policies}")) == doubts


def test_a_policy_without_channels_is_no_doubt() -> None:
    assert doubted(listed("{}")) == []


def test_the_policy_that_comes_first_is_named_with_its_file_where_it_is_another_one() -> None:
    one = HEAD + listed("{}")
    files = [("1.yaml", one), ("2.yaml", one.replace("name: a", "name: b"))]
    (found,) = doubts(load_files(files, KINDS), RULES, NOW, TELLS)
    assert found.message == (
        "policy 'b' never governs anything: 'a' (1.yaml:4:5) comes first and takes everything that"
        " it matches"
    )
    (found,) = doubts(policies(listed("{}", "{}")), RULES, NOW, TELLS)
    assert "'a' (line 4) comes first" in found.message


def test_a_doubt_shows_the_line_that_it_is_about() -> None:
    text = listed("{name: x}", "{name: x}")
    (found,) = doubts(policies(text), RULES, NOW, TELLS)
    assert found.quote == text.splitlines()[2]


def test_doubts_come_in_the_order_of_the_files() -> None:
    one = HEAD + listed("{}", "{}")
    other = one.replace("name: a", "name: c").replace("name: b", "name: d")
    found = doubts(load_files([("1.yaml", one), ("2.yaml", other)], KINDS), RULES, NOW, TELLS)
    assert [str(d.place) for d in found] == ["1.yaml:5:5", "2.yaml:4:5", "2.yaml:5:5"]


GLOB = st.lists(st.sampled_from(["a", "b", "*", "?"]), min_size=1, max_size=3).map("".join)
MATCH = st.fixed_dictionaries({}, optional={"name": GLOB, "region": GLOB, "not": GLOB})


def written(match: dict[str, str]) -> str:
    """Return a selector in flow style."""
    parts = (
        f"not: {{name: '{glob}'}}" if key == "not" else f"{key}: '{glob}'"
        for key, glob in match.items()
    )
    return "{" + ", ".join(parts) + "}"


@given(st.lists(MATCH, min_size=2, max_size=8), st.lists(RESOURCES, min_size=10, max_size=40))
def test_what_is_said_to_govern_nothing_governs_nothing(
    matches: list[dict[str, str]], resources: list[Resource]
) -> None:
    found = policies(listed(*map(written, matches)))
    idle = {int(str(one.place).split(":")[1]) for one in doubts(found, RULES, NOW, TELLS)}
    governing = {one.place.line for r in resources if (one := found.governing(r)) is not None}
    assert not idle & governing
