"""Selectors: globs over the fields of a resource, lists of them, tags, and what is excluded."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from backup_auditor.model import Resource
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector, matcher
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import resource
from tests.policy.naive import glob_matches, selects

HERE = resource(
    "uredis-1",
    name="prod-cache",
    source="ucloud.uredis",
    account="org-a",
    region="cn-bj2",
    zone="cn-bj2-02",
    kind="single",
    state="Running",
    tags={"team": "shop", "empty": ""},
)
VALUES = {
    "source": "ucloud.uredis",
    "provider": "ucloud",
    "account": "org-a",
    "region": "cn-bj2",
    "zone": "cn-bj2-02",
    "id": "uredis-1",
    "name": "prod-cache",
    "kind": "single",
    "state": "Running",
}


def test_the_keys_are_those_of_the_language() -> None:
    """``source``, ``provider``, ``account``, ``region``, ``zone``, ``id``, ``name`` and so on."""
    assert tuple(VALUES) == SELECTOR_KEYS


@pytest.mark.parametrize("key", SELECTOR_KEYS)
def test_each_key_asks_for_its_own_field(key: str) -> None:
    """No other field may answer for it: all values differ."""
    for other, value in VALUES.items():
        assert Selector({key: (value,)}).matches(HERE) is (other == key)


@pytest.mark.parametrize(
    ("selector", "is_matched"),
    [
        (Selector(), True),
        (Selector({"name": ("prod-*",)}), True),
        (Selector({"name": ("prod",)}), False),
        (Selector({"name": ("rod-cache",)}), False),
        (Selector({"name": ("prod-cach",)}), False),
        (Selector({"name": ("PROD-*",)}), False),
        (Selector({"name": ("prod-cach?",)}), True),
        (Selector({"name": ("prod-cache?",)}), False),
        (Selector({"name": ("prod-[bc]ache",)}), True),
        (Selector({"name": ("prod-[!bc]ache",)}), False),
        (Selector({"name": ("prod-[a-c]*",)}), True),
        (Selector({"name": ("dev-*", "prod-*")}), True),
        (Selector({"name": ("dev-*", "test-*")}), False),
        (Selector({"name": ("prod-*",), "region": ("cn-bj2",)}), True),
        (Selector({"name": ("prod-*",), "region": ("hk",)}), False),
        (Selector({"name": ("dev-*",), "region": ("cn-bj2",)}), False),
        (Selector(tags={"team": ("shop",)}), True),
        (Selector(tags={"team": ("pay", "sh*")}), True),
        (Selector(tags={"team": ("pay",)}), False),
        (Selector(tags={"team": ("shop",), "owner": ("*",)}), False),
        (Selector(tags={"team": ("shop",), "empty": ("",)}), True),
        (Selector(tags={"empty": ("*",)}), True),
        (Selector(tags={"Team": ("shop",)}), False),
        (Selector(exclude=Selector({"name": ("prod-*",)})), False),
        (Selector(exclude=Selector({"name": ("dev-*",)})), True),
        (Selector(exclude=Selector()), False),
        (Selector({"name": ("prod-*",)}, exclude=Selector(tags={"team": ("shop",)})), False),
        (Selector({"name": ("prod-*",)}, exclude=Selector(tags={"team": ("pay",)})), True),
        (Selector(exclude=Selector(exclude=Selector({"name": ("prod-*",)}))), True),
        (Selector({"name": ("dev-*",)}, {"team": ("shop",)}), False),
    ],
)
def test_a_selector_matches_what_it_says(selector: Selector, *, is_matched: bool) -> None:
    """Globs; a list means any of; ``not`` excludes. All keys and all tags must match."""
    assert selector.matches(HERE) is is_matched
    assert selects(selector, HERE) is is_matched
    assert (selector.refusal(HERE) is None) is is_matched


@pytest.mark.parametrize(
    ("selector", "sentence"),
    [
        (Selector(), None),
        (Selector({"name": ("dev-*",)}), "name is 'prod-cache', not 'dev-*'"),
        (Selector({"name": ("a", "b", "c")}), "name is 'prod-cache', not 'a' or 'b' or 'c'"),
        (Selector({"region": ("hk",), "name": ("x",)}), "region is 'cn-bj2', not 'hk'"),
        (Selector({"name": ("prod-*",), "region": ("hk",)}), "region is 'cn-bj2', not 'hk'"),
        (Selector(tags={"owner": ("*",)}), "it has no tag 'owner'"),
        (Selector(tags={"team": ("pay", "x")}), "tag team is 'shop', not 'pay' or 'x'"),
        (Selector(exclude=Selector({"name": ("prod-*",)})), "it is excluded by not"),
        (Selector({"name": ("x",)}, exclude=Selector()), "name is 'prod-cache', not 'x'"),
    ],
)
def test_a_refusal_names_the_first_key_that_does_not_match(
    selector: Selector, sentence: str | None
) -> None:
    assert selector.refusal(HERE) == sentence


@pytest.mark.parametrize(
    ("glob", "text", "is_matched"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("*", "a\nb", True),
        ("a.c", "abc", False),
        ("a.c", "a.c", True),
        ("a+", "aa", False),
        ("(a)", "(a)", True),
        ("a|b", "a", False),
        ("a|b", "a|b", True),
        ("^a$", "a", False),
        ("a", "a\n", False),
        ("[[]a", "[a", True),
        ("[]]a", "]a", True),
        ("[!]]a", "]a", False),
        ("[*]", "*", True),
        ("[*]", "x", False),
        ("[?]", "?", True),
        ("生产-?", "生产-一", True),
    ],
)
def test_only_stars_question_marks_and_brackets_are_special(
    glob: str, text: str, *, is_matched: bool
) -> None:
    assert bool(matcher((glob,))(text)) is is_matched
    assert glob_matches(glob, text) is is_matched


GLOBS = st.lists(
    st.sampled_from(["a", "b", "-", ".", "*", "?", "[ab]", "[!a]", "[a-c]", "[]]", "[*]"]),
    max_size=5,
).map("".join)
TEXTS = st.text(st.sampled_from("abc-.]*\n"), max_size=6)


@given(st.lists(GLOBS, min_size=1, max_size=3), TEXTS)
def test_a_list_of_globs_matches_where_one_of_them_does(globs: list[str], text: str) -> None:
    assert bool(matcher(tuple(globs))(text)) is any(glob_matches(glob, text) for glob in globs)


@given(
    st.lists(st.text("ab*?[]!-\n", max_size=6), min_size=1, max_size=3).map(tuple),
    st.text("ab[]!-\n", max_size=6),
)
def test_globs_mean_what_they_mean_in_a_shell(globs: tuple[str, ...], value: str) -> None:
    """Odd ones too, such as a bracket that is never closed, which ``--select`` may bring."""
    assert bool(matcher(globs)(value)) is any(fnmatchcase(value, glob) for glob in globs)


def test_a_selector_without_tags_takes_resources_with_any() -> None:
    fields: dict[str, Any] = {"name": "n", "source": "s.x", "account": "", "region": ""}
    assert Selector({"name": ("n",)}).matches(Resource("i", **fields))
    assert Selector({"name": ("n",)}).matches(Resource("i", **fields, tags={"a": "b"}))
