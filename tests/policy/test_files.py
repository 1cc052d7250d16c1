"""Policies as files: what is good, and what is bad with the problems that are told of it.

The first lines of a file in ``bad/`` say what is expected: ``# expect: line:column: message`` for a
problem, ``# warns: ...`` for a doubt about a file that is sound. A folder is one policy; there the
name of the file comes first. The messages may go on; their order is that of the lines.
"""

from pathlib import Path
from typing import Any

import pytest
from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.model import Problem, Resource, Severity
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.extent import OWN
from backup_auditor.policy.load import load_files
from backup_auditor.policy.model import Policy, PolicySet, Ungoverned
from backup_auditor.policy.quoting import told
from backup_auditor.policy_file import CASES_SUFFIX
from backup_auditor.rules import load_rules
from backup_auditor.values import parse_duration

from tests.builders import NOW

HERE = Path(__file__).parent
KINDS, RULES = kinds(), load_rules()
BAD = sorted(path for path in (HERE / "bad").iterdir())
GOOD = sorted(path for path in (HERE / "good").iterdir())
SHIPPED = sorted(
    path
    for path in (HERE.parents[1] / "policies").glob("*.yaml")
    if not path.name.endswith(CASES_SUFFIX)
)


def files_of(path: Path) -> list[tuple[str, bytes]]:
    """Return the files of a policy with the names that are told."""
    if path.is_dir():
        return [(file.name, file.read_bytes()) for file in sorted(path.iterdir())]
    return [("p.yaml", path.read_bytes())]


def judged(path: Path) -> tuple[str, tuple[Problem, ...]]:
    """Return what is wrong, or what is doubted about a policy that is sound."""
    try:
        found = load_files(files_of(path), KINDS)
    except PolicyError as error:
        return "expect", error.problems
    return "warns", doubts(found, RULES, NOW, {})


def expected(path: Path, kind: str) -> list[str]:
    """Return the problems that the first file names."""
    first = files_of(path)[0][1].decode()
    marks = [line for line in first.splitlines() if line.startswith(f"# {kind}: ")]
    name = "" if path.is_dir() else "p.yaml:"
    return [f"{name}{mark.removeprefix(f'# {kind}: ')}" for mark in marks]


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_every_mistake_is_told_with_its_place(path: Path) -> None:
    kind, found = judged(path)
    wanted = expected(path, kind)
    assert wanted, [str(problem) for problem in found]
    assert len(found) == len(wanted), [str(problem) for problem in found]
    for one, start in zip(found, wanted, strict=True):
        assert str(one).startswith(start)
    assert not expected(path, "warns" if kind == "expect" else "expect")


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_the_caret_stands_inside_the_line_it_is_about(path: Path) -> None:
    for problem in judged(path)[1]:
        name, content = next(f for f in files_of(path) if f[0] == problem.place.file)
        lines = content.decode().split("\n")
        assert 1 <= problem.place.line <= len(lines), name
        line = lines[problem.place.line - 1].removeprefix("\ufeff")
        assert 1 <= problem.place.column <= len(line) + 1
        assert problem.place.column + problem.place.width <= len(line) + 2
        assert told(problem, 80)


def test_there_is_a_file_for_every_kind_of_mistake() -> None:
    assert len(BAD) >= 150
    assert len(GOOD) >= 12


@pytest.mark.parametrize("path", [*GOOD, *SHIPPED], ids=lambda p: p.stem)
def test_a_good_policy_is_sound_and_beyond_doubt(path: Path) -> None:
    kind, found = judged(path)
    assert (kind, [str(problem) for problem in found]) == ("warns", [])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_policy_that_ships_has_channels_and_expects_something(path: Path) -> None:
    policies = load_files(files_of(path), KINDS)
    assert policies.channels
    assert policies.sources[0].options.expect.min_resources >= 1


def good(name: str) -> PolicySet:
    """Load one of the good policies."""
    return load_files(files_of(HERE / "good" / name), KINDS)


def options(policy: Policy) -> dict[str, dict[str, object]]:
    """Return the options that are written, rule by rule."""
    return {use.rule: use.options.model_dump(exclude_unset=True) for use in policy.rules}


def test_extends_merges_rules_key_by_key_and_off_removes() -> None:
    first, second = good("extends.yaml").policies
    assert options(second) == {
        "last_success_age": {"max": parse_duration("8d"), "severity": Severity.LOW},
        "size_drift": {"shrink": 0.2},
    }
    assert (second.owner, second.extends) == ("ops@example.com", ("production",))
    assert [use.severity for use in second.rules] == [Severity.LOW, Severity.MEDIUM]
    assert [use.rule for use in first.rules] == ["last_success_age", "size_drift", "error_state"]


def test_an_abstract_policy_governs_nothing_and_may_be_incomplete() -> None:
    found = good("abstract-bases.yaml")
    (policy,) = found.policies
    assert (policy.name, policy.extends) == ("database", ("daily", "base"))
    assert options(policy)["last_success_age"] == {
        "schedule": "0 3 * * *",
        "tolerance": parse_duration("4h"),
    }
    assert [(base.name, base.is_used) for base in found.bases] == [("daily", True), ("base", True)]


def test_a_selector_has_all_keys() -> None:
    (policy,) = good("selectors.yaml").policies
    tags = {"team": "pay", "keep": "yes"}
    fits: dict[str, Any] = {
        "id": "uredis-1",
        "name": "生产-1",
        "source": "ucloud.uredis",
        "account": "0123",
        "region": "cn-bj2",
        "zone": "hk-02",
        "kind": "single",
        "state": "Running",
    }
    assert policy.selector.matches(Resource(**fits, tags=tags))
    for key, value in {
        "id": "uredis-x1",
        "name": "dev-1",
        "account": "123",
        "region": "sg",
        "zone": "hkk-02",
        "kind": "Single",
        "state": "",
        "source": "aws.uredis",
    }.items():
        assert not policy.selector.matches(Resource(**{**fits, key: value}, tags=tags)), key
    assert not policy.selector.matches(Resource(**fits, tags={"team": "pay"}))
    excluded = {**fits, "name": "prod-test"}
    assert policy.selector.matches(Resource(**excluded, tags=tags)), "not asks for a tag as well"
    assert not policy.selector.matches(Resource(**excluded, tags={**tags, "keep": "no"}))


def test_exemptions_end_with_their_day_in_the_zone() -> None:
    one, two = good("exemptions.yaml").exemptions
    assert (one.rules, two.rules) == (("size_drift",), ())
    assert str(one.ends_at) == "2026-12-31 16:00:00+00:00"
    assert one.began_before is None
    assert str(two.began_before) == "2026-09-30 16:00:00+00:00"
    assert (
        one.say() == "jane@example.com until 2026-12-31: dataset is being migrated, ticket OPS-1234"
    )


def test_the_files_of_a_folder_are_put_together_in_the_order_of_their_names() -> None:
    found = good("several-files")
    assert [(one.name, one.owner) for one in found.policies] == [
        ("shop", "shop@example.com"),
        ("rest", "ops@example.com"),
    ]
    assert [channel.name for channel in found.channels] == ["slack", "slack-2"]
    assert found.timezone.key == "Europe/Berlin"
    assert found.policies[0].place.file == "20-shop.yaml"


def test_ungoverned_fails_unless_report_is_set() -> None:
    assert good("ungoverned-report.yaml").ungoverned is Ungoverned.REPORT
    assert good("units.yaml").ungoverned is Ungoverned.FAIL


def test_controls_are_those_of_the_rule_else_of_the_policy_else_of_the_defaults() -> None:
    labelled, rest = good("controls.yaml").policies
    assert [use.controls for use in labelled.rules] == [("BSI CON.3",), ("SOC 2 A1.2",), ()]
    assert [use.controls for use in rest.rules] == [("ISO/IEC 27001:2022 A.8.13",)]


def test_an_alias_stands_for_the_value_that_it_names() -> None:
    one, two = good("aliases.yaml").policies
    assert two.selector.exclude is not None
    assert two.selector.exclude.globs == one.selector.globs
    assert options(one) == options(two)


def test_names_may_be_in_any_script() -> None:
    found = good("chinese-names.yaml")
    assert found.policies[0].name == "生产环境"
    assert found.exemptions[0].owner == "张三"


def test_values_have_units() -> None:
    (policy,) = good("units.yaml").policies
    found = options(policy)
    assert policy.grace == parse_duration("90m")
    assert found["last_success_age"]["max"] == parse_duration("36h")
    assert found["size_drift"] == {
        "shrink": 0.125,
        "growth": 2.0,
        "floor": 1_500_000_000,
        "frozen": None,
    }
    assert found["rpo"]["min"] == pytest.approx(0.999)


def test_what_only_looks_like_a_number_or_a_truth_is_a_word() -> None:
    first, second = good("words-that-are-words.yaml").policies
    assert (first.name, first.owner, second.name) == ("no", "off", "2026")
    looks = ("yes", "on", "off", "12:30", "007", "0x10")
    assert first.selector.globs == {"name": looks}
    assert second.selector.globs == {"name": ("true", "null", "1", "-1")}


def test_a_second_channel_of_a_kind_has_a_number() -> None:
    found = good("sources-and-channels.yaml")
    assert [c.name for c in found.channels] == ["email", "slack", "slack-2", "webhook", "file"]
    assert found.sources[0].options.extent().regions == ("cn-bj2", "hk")
    assert good("units.yaml").sources[0].options.extent().accounts == (OWN,)


def test_channels_have_names_parts_and_fallbacks() -> None:
    found = good("delivery.yaml")
    assert [(c.name, c.fallback) for c in found.channels] == [
        ("运维", ""),
        ("team-shop", "mail"),
        ("slack-2", "mail"),  # the second entry of its kind, whatever the first is called
        ("mail", ""),
    ]
    assert found.channels[1].options.owner == ("shop@*",)
    assert found.channels[2].options.min_severity is Severity.HIGH


def test_a_heartbeat_has_an_address_and_perhaps_one_for_failures() -> None:
    heartbeat = good("delivery.yaml").heartbeat
    assert heartbeat is not None
    assert (heartbeat.url, heartbeat.fail_url) == (
        "env:HEARTBEAT_URL",
        "ssm:/backup-auditor/heartbeat-fail-url",
    )
    assert good("units.yaml").heartbeat is None
