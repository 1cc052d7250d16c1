"""Which policy governs: the first that matches, however many there are."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from backup_auditor.model import Resource
from backup_auditor.policy.load import load
from backup_auditor.policy.model import Kinds, PolicySet
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector
from backup_auditor.rules import load_rules
from backup_auditor.sources.ucloud.uredis import Options
from hypothesis import given
from hypothesis import strategies as st

KINDS = Kinds(
    {name: rule.options for name, rule in load_rules().items()}, {"ucloud.uredis": Options}, {}
)


def policies(*matches: str) -> PolicySet:
    """Return policies called p0, p1 ... with these selectors, written as YAML."""
    entries = "".join(
        f"  - {{name: p{number}, match: {match}, rules: {{auto_backup: {{}}}}}}\n"
        for number, match in enumerate(matches)
    )
    return load(f"version: 1\nsources: [ucloud.uredis]\npolicies:\n{entries}", "p.yaml", KINDS)


def thing(name: str = "a", **fields: Any) -> Resource:
    """Return a resource."""
    given = {"id": "i", "source": "ucloud.uredis", "account": "o", "region": "hk", **fields}
    return Resource(name=name, **given)


def governor(found: PolicySet, resource: Resource) -> str | None:
    """Return the name of the policy that governs."""
    policy = found.governing(resource)
    return policy.name if policy else None


@pytest.mark.parametrize(
    ("resource", "policy"),
    [
        (thing("prod-a"), "p0"),
        (thing("prod-a", region="sg"), "p1"),
        (thing("prod-a", region="sg", tags={"t": "x"}), "p1"),
        (thing("test-a"), "p3"),
        (thing("test-a", tags={"t": "x"}), "p2"),
        (thing("test-a", id="i2"), "p4"),
        (thing("test-a", id="i2", zone="hk-02"), "p5"),
        (thing("other", id="i2"), None),
        (thing("prod-a\nx"), "p0"),
    ],
)
def test_the_first_policy_that_matches_governs(resource: Resource, policy: str | None) -> None:
    """A resource is governed by the FIRST policy that matches it."""
    found = policies(
        "{name: prod-*, region: [hk, cn-*]}",
        "{name: [x, prod-*]}",
        "{name: test-*, tags: {t: x}}",
        "{id: i}",
        "{name: '*-a', not: {zone: hk-02}}",
        "{name: test-*}",
    )
    assert governor(found, resource) == policy


def test_answers_are_not_mixed_up_between_resources() -> None:
    found = policies("{region: hk, name: a*}", "{region: sg, name: a*}", "{kind: x}", "{state: y}")
    asked = [
        (thing("a1"), "p0"),
        (thing("a1", region="sg"), "p1"),
        (thing("b", kind="x"), "p2"),
        (thing("b", kind="x", state="y"), "p2"),
        (thing("b", state="y"), "p3"),
        (thing("b"), None),
        (thing("a1", account="other", source="aws.rds"), "p0"),
    ]
    for resource, policy in [*asked, *reversed(asked)]:
        assert governor(found, resource) == policy


def test_without_policies_nothing_is_governed() -> None:
    empty = PolicySet("", policies("{}").timezone, (), (), (), policies("{}").ungoverned)
    assert empty.governing(thing()) is None


WORDS = st.sampled_from(["", "a", "b", "ab", "ba", "a*", "*b", "?", "[ab]", "a[!b]", "*"])
GLOBS = st.lists(WORDS.filter(bool), min_size=1, max_size=2).map(tuple)
SELECTORS = st.builds(
    Selector,
    st.dictionaries(st.sampled_from(SELECTOR_KEYS), GLOBS, max_size=2),
    st.dictionaries(st.sampled_from(["t", "u"]), GLOBS, max_size=1),
    st.none() | st.builds(Selector, st.dictionaries(st.sampled_from(SELECTOR_KEYS), GLOBS)),
)
VALUES = st.sampled_from(["", "a", "b", "ab", "ba", "abc"])
RESOURCES = st.builds(
    Resource,
    **dict.fromkeys(("id", "name", "account", "region", "zone", "kind", "state"), VALUES),
    source=st.sampled_from(["a.a", "a.b", "b.a", "ab.b"]),
    tags=st.dictionaries(st.sampled_from(["t", "u"]), VALUES, max_size=2),
)


def matches(selector: Selector, resource: Resource) -> bool:
    """Match in another way than the program does."""

    def any_of(value: str, globs: tuple[str, ...]) -> bool:
        return any(fnmatchcase(value, glob) for glob in globs)

    fits = all(any_of(getattr(resource, key), globs) for key, globs in selector.globs.items())
    tagged = all(
        tag in resource.tags and any_of(resource.tags[tag], globs)
        for tag, globs in selector.tags.items()
    )
    return fits and tagged and not (selector.exclude and matches(selector.exclude, resource))


@given(st.lists(SELECTORS, max_size=6), st.lists(RESOURCES, max_size=6))
def test_it_answers_as_trying_one_policy_after_the_other_does(
    selectors: list[Selector], resources: list[Resource]
) -> None:
    template = policies("{}")
    (one,) = template.policies
    made = tuple(
        replace(one, name=f"p{number}", selector=selector)
        for number, selector in enumerate(selectors)
    )
    found = PolicySet("", template.timezone, (), made, (), template.ungoverned)
    for resource in resources:
        first = next((p.name for p in made if matches(p.selector, resource)), None)
        assert governor(found, resource) == first
