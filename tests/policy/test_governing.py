"""The governing policy: the first that matches, however it is found."""

from dataclasses import replace

import pytest
from backup_auditor.compose import kinds
from backup_auditor.model import Resource
from backup_auditor.policy.governing import Governor
from backup_auditor.policy.load import load
from backup_auditor.policy.model import Policy
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import resource
from tests.policy.naive import first_of
from tests.policy.test_selector import GLOBS, TEXTS

TEMPLATE = load(
    "version: 1\nsources: [ucloud.uredis]\n"
    "policies: [{name: a, match: {}, rules: {last_success_age: {max: 26h}}}]\n",
    "p.yaml",
    kinds(),
).policies[0]


def policies(*selectors: Selector) -> list[Policy]:
    """Return policies with these selectors, called by their numbers."""
    return [replace(TEMPLATE, name=str(n), selector=one) for n, one in enumerate(selectors)]


def governing(governor: Governor, of: Resource) -> str | None:
    """Return the number of the governing policy."""
    found = governor.governing(of)
    return None if found is None else found.name


PROD = Selector({"name": ("prod-*",)})
HONG_KONG = Selector({"region": ("hk",)})
TEAM = Selector({"name": ("prod-*",)}, {"team": ("shop",)})
ONE = Selector({"id": ("uredis-1",)})
NOT_PROD = Selector(exclude=PROD)


@pytest.mark.parametrize(
    ("selectors", "number"),
    [
        ([], None),  # without policies nothing is governed
        ([Selector()], "0"),
        ([PROD, Selector()], "0"),
        ([Selector(), PROD], "0"),
        ([HONG_KONG, PROD], "1"),
        ([HONG_KONG], None),
        ([TEAM, PROD], "1"),
        ([TEAM, TEAM, HONG_KONG, PROD, Selector()], "3"),
        ([TEAM, ONE, PROD], "1"),
        ([Selector({"id": ("uredis-2",)}), ONE], "1"),
        ([NOT_PROD, Selector({"name": ("*-1",)})], "1"),
        ([NOT_PROD], None),
        ([Selector({"name": ("dev-*", "prod-*")}), PROD], "0"),
        ([Selector({"name": ("dev-*", "test-*")}), PROD], "1"),
        ([Selector({"name": ("prod-*",), "region": ("hk",)}), PROD], "1"),
    ],
)
def test_the_first_policy_that_matches_governs(
    selectors: list[Selector], number: str | None
) -> None:
    """A resource is governed by the FIRST policy that matches it; ungoverned if none does."""
    governor = Governor(policies(*selectors))
    for _ in range(2):  # the second answer may come from memory
        assert governing(governor, resource("uredis-1", name="prod-uredis-1")) == number


@pytest.mark.parametrize("key", ["source", "account", "region", "zone", "kind", "state"])
def test_what_is_remembered_of_one_resource_is_not_said_of_another(key: str) -> None:
    """Only one field differs, so an answer that is kept for both would be wrong for one."""
    governor = Governor(policies(Selector({key: ("x.1",)}), Selector({key: ("y.1",)})))
    one, other = resource(**{key: "x.1"}), resource(**{key: "y.1"})
    third = resource(**{key: "z.1"})
    found = [governing(governor, each) for each in (one, other, third, one, other)]
    assert found == ["0", "1", None, "0", "1"]


def test_the_provider_is_part_of_what_is_remembered() -> None:
    governor = Governor(policies(Selector({"provider": ("x",)}), Selector()))
    found = [governing(governor, resource(source=source)) for source in ("x.a", "y.a", "x.b")]
    assert found == ["0", "1", "0"]


def test_names_ids_and_tags_are_looked_at_each_time() -> None:
    governor = Governor(policies(ONE, TEAM, PROD, Selector({"name": ("*",), "id": ("x",)})))
    for given_, number in (
        (resource("uredis-1"), "0"),
        (resource("uredis-2"), "2"),
        (resource("uredis-3", tags={"team": "shop"}), "1"),
        (resource("uredis-3", tags={"team": "pay"}), "2"),
        (resource("x", name="dev"), "3"),
        (resource("y", name="dev"), None),
        (resource("uredis-2"), "2"),
    ):
        assert governing(governor, given_) == number


def test_a_hundred_policies_that_match_the_name_are_tried_in_order() -> None:
    selectors = [Selector({"name": ("prod-*",), "id": (f"id-{n}",)}) for n in range(100)]
    governor = Governor(policies(*selectors))
    for number in (0, 1, 57, 99):
        assert governing(governor, resource(f"id-{number}")) == str(number)
    assert governing(governor, resource("id-100")) is None


SOME = st.lists(GLOBS, min_size=1, max_size=2).map(tuple)
KEYS = st.dictionaries(st.sampled_from(SELECTOR_KEYS), SOME, max_size=3)
TAGS = st.dictionaries(st.sampled_from(["t", "u"]), SOME, max_size=1)
SELECTORS = st.builds(Selector, KEYS, TAGS, st.none() | st.builds(Selector, KEYS, TAGS))
FIELD = st.sampled_from(["a", "b", "ab", ""])
RESOURCES = st.builds(
    Resource,
    **dict.fromkeys(("account", "region", "zone", "kind", "state"), FIELD),
    **dict.fromkeys(("id", "name"), TEXTS),
    source=st.sampled_from(["a.a", "a.b", "b.a"]),
    tags=st.dictionaries(st.sampled_from(["t", "u"]), TEXTS, max_size=2),
)


@given(st.lists(SELECTORS, max_size=6), st.lists(RESOURCES, min_size=1, max_size=8))
def test_it_answers_as_trying_one_policy_after_the_other_does(
    selectors: list[Selector], resources: list[Resource]
) -> None:
    """With globs that are matched letter by letter, by code of our own."""
    listed = policies(*selectors)
    governor = Governor(listed)
    for each in resources:
        assert governor.governing(each) is first_of(listed, each)
