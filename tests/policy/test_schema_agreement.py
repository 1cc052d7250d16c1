"""The schema and the loader accept the same, as far as the shape of one file can show it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.policy.json_schema import policy_schema
from backup_auditor.policy.load import load
from jsonschema import Draft7Validator

KINDS = kinds()
SCHEMA = policy_schema(KINDS)
VALIDATOR = Draft7Validator(SCHEMA)
RULES = SCHEMA["definitions"]["rules"]["properties"]
OPTIONS = {
    "rules": RULES,
    "sources": SCHEMA["properties"]["sources"]["items"]["properties"],
    "channels": SCHEMA["properties"]["channels"]["items"]["properties"],
}
UNSEEN = (
    "is not a time zone",
    "is not a schedule",
    "unknown policy",
    "the key 'sources' is missing",
    "the key 'policies' is missing",
    "found []; at least one entry is needed",  # other files may have some
    "unknown channel",
    "stand in for itself",
    "goes in a circle",
    "no channel names it as its fallback",
    "with send: fallback",
    "is called so already",
    "no rule is left",  # what a base brings stands elsewhere
)
"""What the loader says of mistakes that the shape of one file cannot show."""
UNSEEN_WITH_A_BASE = (
    "is missing",
    "needs either max or schedule",
    "found 'off'",
    "'off' is not",
)
"""What it says of options that are wrong once they are put together with those of a base."""

Value = Any


def refusals(document: Value) -> list[str]:
    """Return what the loader says."""
    try:
        load(json.dumps(document), "p.yaml", KINDS)
    except PolicyError as error:
        return [problem.message for problem in error.problems]
    return []


def assert_agreed(document: Value) -> bool:
    """Return whether both accept it; fail where they differ."""
    said = refusals(document)
    errors = [error.message for error in VALIDATOR.iter_errors(document)]
    unseen = UNSEEN + (UNSEEN_WITH_A_BASE if '"extends"' in json.dumps(document) else ())
    if said and all(any(phrase in one for phrase in unseen) for one in said):
        return False
    assert bool(said) == bool(errors), (document, said, errors)
    return not said


def policy(**keys: Value) -> Value:
    """Return a sound file with one policy, with these keys changed."""
    sound = {"name": "a", "match": {}, "rules": {"auto_backup": {}}}
    return file(policies=[{k: v for k, v in {**sound, **keys}.items() if v is not ...}])


def file(**keys: Value) -> Value:
    """Return a sound file, with these keys changed."""
    sound = {
        "version": 1,
        "sources": ["ucloud.uredis"],
        "policies": [{"name": "a", "match": {}, "rules": {"auto_backup": {}}}],
    }
    return {**sound, **keys}


BASE = {"name": "base", "abstract": True, "rules": {"minimum_size": {"severity": "low"}}}
AGE = {"max": "26h"}
WHO = {"match": {}, "owner": "jane", "reason": "moved", "until": "2026-12-31"}


def extending(**keys: Value) -> Value:
    """Return a sound file whose second policy extends the first, with these keys changed."""
    first = {"name": "base", "match": {"id": "x"}, "rules": {"last_success_age": AGE}}
    second = {"name": "a", "match": {}, "extends": "base", **keys}
    return file(policies=[first, {k: v for k, v in second.items() if v is not ...}])


@pytest.mark.parametrize(
    "document",
    [
        file(sources=["ucloud.uredis"], channels=[]),
        file(sources=[{"ucloud.uredis": None}, {"ucloud.uredis": {}}]),
        policy(rules={"auto_backup": None}),
        policy(rules={"auto_backup": {}, "error_state": "off"}),
        policy(abstract=False),
        policy(match={"id": 123, "name": ["a", 7], "tags": {"t": ["x"]}, "not": {"not": {}}}),
        policy(match={"name": "a[!b]c[]]d[[]"}),
        policy(rules={"last_success_age": {"schedule": "0 3 * * *", "tolerance": "1h"}}),
        policy(rules={"size_drift": {"frozen": "off", "sensitivity": 3}}),
        policy(rules={"minimum_size": {"min": 1}}),
        policy(controls=["A.8.13"], rules={"auto_backup": {"controls": []}}),
        extending(),
        extending(rules={}),
        extending(rules={"last_success_age": {"severity": "low"}}),
        extending(rules={"last_success_age": {"max": "off", "schedule": "0 3 * * *"}}),
        extending(rules={"last_success_age": "off", "auto_backup": {}}),
        file(policies=[BASE, *file()["policies"]]),
        file(policies=[{**BASE, "rules": {"minimum_size": None}}, *file()["policies"]]),
        file(policies=[{**BASE, "rules": {"minimum_size": {"min": "off"}}}, *file()["policies"]]),
        file(exemptions=[WHO, {**WHO, "rules": ["rpo"], "began_before": "2026-11-24"}]),
        file(channels=[{"slack": {"url": "http://127.0.0.1:1/x"}}]),
        file(channels=[{"email": {"from": "A <a@example.com>", "to": ["b@example.com", "env:B"]}}]),
    ],
    ids=repr,
)
def test_both_accept(document: Value) -> None:
    assert assert_agreed(document)


@pytest.mark.parametrize(
    "document",
    [
        file(version=2),
        file(version="1"),
        file(version=True),
        file(version=None),
        {"sources": ["ucloud.uredis"]},
        file(extra={}),
        file(sources="ucloud.uredis"),
        file(sources=["ucloud.redis"]),
        file(sources=[{}]),
        file(sources=[{"ucloud.uredis": {}, "other": {}}]),
        file(sources=[{"ucloud.uredis": {"regions": "hk"}}]),
        file(sources=[{"ucloud.uredis": {"concurrency": "5"}}]),
        file(sources=[{"ucloud.uredis": {"expect": {"min_resources": True}}}]),
        file(channels=["slack"]),
        file(channels=[{"slack": None}]),
        file(channels=[{"slack": {"url": "https://hooks.example.com/x"}}]),
        file(channels=[{"slack": {"url": "secretsmanager:#key"}}]),
        file(channels=[{"email": {"from": "nobody", "to": []}}]),
        file(ungoverned="maybe"),
        file(defaults={"match": {}}),
        policy(match=...),
        policy(match=None),
        policy(match={"name": []}),
        policy(match={"name": "a[b"}),
        policy(match={"tags": {"t": True}}),
        policy(match={"not": {"nam": "x"}}),
        policy(rules=...),
        policy(rules={}),
        policy(rules=None),
        policy(rules=["auto_backup"]),
        policy(rules={"auto_backup": "off"}),
        policy(rules={"auto_backup": "on"}),
        policy(rules={"auto_backup": True}),
        policy(rules={"size_drft": {}}),
        policy(rules={"minimum_size": None}),
        policy(rules={"minimum_size": {}}),
        policy(rules={"minimum_size": {"min": "off"}}),
        policy(rules={"last_success_age": {}}),
        policy(rules={"last_success_age": {"max": "1d", "schedule": "0 3 * * *"}}),
        policy(rules={"last_success_age": {"max": "1d", "tolerance": "1h"}}),
        policy(rules={"last_success_age": {"max": "1d", "severity": "off"}}),
        policy(rules={"last_success_age": {"max": 26}}),
        policy(rules={"retention": {}}),
        policy(rules={"size_drift": {"shrink": 50}}),
        policy(rules={"error_state": {"tolerate": "2"}}),
        policy(rules={"error_state": {"tolerate": -1}}),
        policy(name=""),
        policy(name=" "),
        policy(name="a\nb"),
        policy(name="x" * 101),
        policy(abstract="yes"),
        policy(abstract=True),
        policy(extends=None, rules=...),
        policy(severity=None),
        policy(runbook="wiki"),
        policy(runbook="https:///x"),
        policy(grace=3),
        extending(match=...),
        extending(rules=None),
        extending(rules={"last_success_age": {"maxx": "1d"}}),
        extending(rules={"last_success_age": {"max": True}}),
        file(policies=[{**BASE, "match": {}}]),
        file(policies=[{**BASE, "rules": {"minimum_size": {"min": "much"}}}]),
        file(policies=[{"name": "base", "abstract": True}]),
        file(exemptions=[{k: v for k, v in WHO.items() if k != "until"}]),
        file(exemptions=[{**WHO, "until": "2026-13-01"}]),
        file(exemptions=[{**WHO, "rules": []}]),
        file(exemptions=[{**WHO, "rules": ["size_drft"]}]),
        file(exemptions=[{**WHO, "match": {"id": None}}]),
    ],
    ids=repr,
)
def test_both_refuse(document: Value) -> None:
    assert not assert_agreed(document)
    assert list(VALIDATOR.iter_errors(document))


def entry_with(section: str, kind: str, option: str, example: Value) -> Value:
    """Return a sound file in which ``option`` of a plug-in is given, with what it needs."""
    shape = OPTIONS[section][kind]
    complete = SCHEMA["definitions"]["complete_rules"]["patternProperties"]
    needs = {**shape, **complete.get(f"^{kind}$", {})}
    is_choice = any(option in branch["required"] for branch in needs.get("oneOf", ()))
    is_alone = is_choice or ("oneOf" in needs and option in needs.get("dependencies", {}))
    given = {} if is_alone else {**shape["examples"][0]}
    for other in needs.get("dependencies", {}).get(option, ()):
        given[other] = shape["properties"][other]["examples"][0]
    given[option] = example
    if section == "rules":
        return policy(rules={kind: given})
    other = {"file": {"folder": "out", "name": "oncall-mail"}}  # what the example of fallback means
    return file(**{section: [{kind: given}, *([other] if section == "channels" else [])]})


EXAMPLES = [
    (section, kind, option, example)
    for section, plugins in OPTIONS.items()
    for kind, shape in plugins.items()
    for option, one in shape["properties"].items()
    for example in [*one["examples"], *([one["default"]] if "default" in one else [])]
]


@pytest.mark.parametrize(("section", "kind", "option", "example"), EXAMPLES)
def test_every_example_and_default_is_accepted_by_both(
    section: str, kind: str, option: str, example: Value
) -> None:
    assert assert_agreed(entry_with(section, kind, option, example))


@pytest.mark.parametrize(
    "key", [key for key in SCHEMA["properties"] if key not in {"version", "sources", "policies"}]
)
def test_every_example_at_the_top_is_accepted_by_both(key: str) -> None:
    for example in SCHEMA["properties"][key]["examples"]:
        assert assert_agreed(file(**{key: example}))


WRONG: tuple[Any, ...] = (
    ...,
    None,
    True,
    7,
    -1,
    0.5,
    "",
    "off",
    [],
    {},
    ["off"],
    {"unknown": "key"},
)
"""What is put in the place of each value in turn; ``...`` takes it away."""
Path = tuple[Any, ...]


def changed(whole: Value, within: Path = ()) -> Iterator[Value]:
    """Yield ``whole`` with each of its parts changed in turn."""
    for path in paths(whole):
        for wrong in WRONG if path[: len(within)] == within else ():
            copied = copy.deepcopy(whole)
            inner = copied
            for step in path[:-1]:
                inner = inner[step]
            if wrong is ...:
                del inner[path[-1]]
            else:
                inner[path[-1]] = wrong
            yield copied


def paths(value: Value, at: Path = ()) -> Iterator[Path]:
    """Yield the way to every part of ``value``."""
    keys: Any = ()
    if isinstance(value, dict):
        keys = value
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield (*at, key)
        yield from paths(value[key], (*at, key))


@pytest.mark.parametrize(
    "whole",
    [
        policy(
            match={"name": ["a"], "tags": {"t": "x"}, "not": {"zone": "z"}},
            severity="low",
            owner="jane",
            runbook="https://example.com/r",
            grace="1d",
            controls=["A.8.13"],
            abstract=False,
        ),
        extending(rules={"last_success_age": {"max": "1d"}, "size_drift": {"frozen": 3}}),
        file(policies=[BASE, *file()["policies"]]),
        file(
            name="production",
            timezone="UTC",
            defaults={"severity": "low", "grace": "1d"},
            ungoverned="report",
            exemptions=[{**WHO, "rules": ["rpo"], "began_before": "2026-11-24"}],
        ),
    ],
    ids=["policy", "extends", "abstract", "rest"],
)
def test_both_agree_whatever_part_of_a_file_is_wrong(whole: Value) -> None:
    answers = [assert_agreed(one) for one in changed(whole)]
    assert answers.count(True) > 10
    assert answers.count(False) > 100


@pytest.mark.parametrize(
    ("section", "kind"), [(s, k) for s, kinds in OPTIONS.items() for k in kinds]
)
def test_both_agree_whatever_an_option_is(section: str, kind: str) -> None:
    answers = []
    for option, one in OPTIONS[section][kind]["properties"].items():
        whole = entry_with(section, kind, option, one["examples"][0])
        at = ("policies", 0, "rules") if section == "rules" else (section, 0)
        answers += [assert_agreed(each) for each in changed(whole, (*at, kind, option))]
    assert {True, False} == set(answers)
