"""Whether a selector takes all of another: a yes is never wrong, and the plain cases are a yes."""

from fnmatch import fnmatchcase

import pytest
from backup_auditor.model import Resource
from backup_auditor.policy.covering import covers, covers_glob, literal_ends, matches_nothing
from backup_auditor.policy.selector import Selector
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("*", "*"),
        ("*", "prod-*"),
        ("*", "?"),
        ("*", "[ab]"),
        ("prod-*", "prod-1"),
        ("prod-*", "prod-*"),
        ("prod-*", "prod-*-x"),
        ("prod-*", "prod-?"),
        ("prod-*", "prod-[ab]"),
        ("*-x", "prod-*-x"),
        ("a*b*c", "a*b*b*c"),
        ("a?", "a?"),
        ("?", "[ab]"),
        ("?", "?"),
        ("**", "*"),
        ("a?c", "abc"),
        ("[ab]*", "a"),
        ("[ab]", "[ab]"),
        ("a.*", "a.b"),
        ("*", ""),
    ],
)
def test_a_glob_covers_what_it_matches_for_certain(wide: str, narrow: str) -> None:
    assert covers_glob(wide, narrow)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("prod-*", "*"),
        ("?", "*"),
        ("??", "*"),
        ("?*", "*"),
        ("prod-1", "prod-*"),
        ("prod-?", "prod-*"),
        ("prod-*", "dev-*"),
        ("a", "?"),
        ("a", "A"),
        ("[!x]", "*"),
        ("[!x]", "?"),
        ("[ab]", "[ac]"),
        ("a.c", "abc"),
        ("a*a", "a"),
        ("*\ue000", "**"),
    ],
)
def test_a_glob_does_not_cover_what_it_may_miss(wide: str, narrow: str) -> None:
    assert not covers_glob(wide, narrow)


@pytest.mark.parametrize(
    ("glob", "ends"),
    [
        ("prod", ("prod", "prod")),
        ("prod-*", ("prod-", "")),
        ("*-x", ("", "-x")),
        ("a*b?c", ("a", "c")),
        ("a[bc]d", ("a", "d")),
        ("a]b*", ("a]b", "")),
        ("", ("", "")),
    ],
)
def test_the_ends_of_a_glob_are_what_is_certain(glob: str, ends: tuple[str, str]) -> None:
    assert literal_ends(glob) == ends


def names(*globs: str) -> Selector:
    """Select names."""
    return Selector({"name": globs})


ALL = Selector()


@pytest.mark.parametrize(
    ("wide", "narrow", "is_covered"),
    [
        (ALL, ALL, True),
        (ALL, names("a"), True),
        (names("a"), ALL, False),
        (names("*"), ALL, True),
        (names("x", "*"), Selector({"region": ("hk",)}), True),
        (names("a*", "b*"), names("a1", "b1"), True),
        (names("a*"), names("a1", "b1"), False),
        (names("a*"), Selector({"name": ("a1",), "region": ("hk",)}), True),
        (Selector({"name": ("a*",), "region": ("hk",)}), names("a1"), False),
        (Selector({"region": ("hk",)}), Selector({"zone": ("hk",)}), False),
        (Selector(tags={"t": ("*",)}), ALL, False),
        (Selector(tags={"t": ("*",)}), Selector(tags={"t": ("a",)}), True),
        (Selector(tags={"t": ("a",)}), Selector(tags={"t": ("b",)}), False),
        (ALL, Selector(tags={"t": ("a",)}), True),
        (ALL, Selector(exclude=names("a")), True),
        (Selector(exclude=names("a")), ALL, False),
        (Selector(exclude=names("a")), names("b"), True),
        (Selector(exclude=names("a*")), names("b*"), True),
        (Selector(exclude=names("a*")), names("*b"), False),
        (Selector(exclude=names("a*")), names("ab*"), False),
        (Selector(exclude=names("a", "b")), names("c", "b"), False),
        (Selector(exclude=names("a")), Selector(exclude=names("a*")), True),
        (Selector(exclude=names("a*")), Selector(exclude=names("a")), False),
        (Selector(exclude=Selector(tags={"t": ("a",)})), Selector(tags={"t": ("b",)}), True),
        (Selector(exclude=Selector(tags={"t": ("a",)})), names("b"), False),
    ],
)
def test_a_selector_covers_another_key_by_key(
    wide: Selector, narrow: Selector, *, is_covered: bool
) -> None:
    assert covers(wide, narrow) is is_covered


@pytest.mark.parametrize(
    ("selector", "is_idle"),
    [
        (Selector(exclude=ALL), True),
        (Selector({"name": ("a1",)}, exclude=names("a*")), True),
        (Selector({"name": ("a*",)}, exclude=names("a1")), False),
        (Selector({"name": ("a1",)}, exclude=names("b")), False),
        (Selector({"name": ("a",)}, exclude=Selector(exclude=names("b"))), True),
        (names("a"), False),
    ],
)
def test_a_selector_may_exclude_all_that_it_takes(selector: Selector, *, is_idle: bool) -> None:
    assert matches_nothing(selector) is is_idle


GLOBS = st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "-"]), max_size=4).map(
    "".join
)
VALUES = st.text(st.sampled_from("ab-"), max_size=4)


@given(GLOBS, GLOBS, st.lists(VALUES, min_size=5, max_size=40))
def test_what_a_covered_glob_matches_the_other_one_matches(
    wide: str, narrow: str, values: list[str]
) -> None:
    if covers_glob(wide, narrow):
        assert not [v for v in values if fnmatchcase(v, narrow) and not fnmatchcase(v, wide)]


@given(GLOBS, VALUES)
def test_every_text_that_a_glob_matches_has_its_ends(glob: str, value: str) -> None:
    begin, end = literal_ends(glob)
    if fnmatchcase(value, glob):
        assert value.startswith(begin)
        assert value.endswith(end)


def selectors(depth: int = 2) -> st.SearchStrategy[Selector]:
    """Return small selectors, so that many of them have to do with each other."""
    some = st.lists(GLOBS, min_size=1, max_size=2).map(tuple)
    keys = st.dictionaries(st.sampled_from(["name", "region"]), some, max_size=2)
    tags = st.dictionaries(st.sampled_from(["t", "u"]), some, max_size=1)
    inner = st.none() | selectors(depth - 1) if depth else st.none()
    return st.builds(Selector, keys, tags, inner)


RESOURCES = st.builds(
    lambda name, region, tags: Resource("i", name, "s.x", "", region, tags=tags),
    VALUES,
    VALUES,
    st.dictionaries(st.sampled_from(["t", "u"]), VALUES, max_size=2),
)


@given(selectors(), selectors(), st.lists(RESOURCES, min_size=10, max_size=40))
def test_what_a_covered_selector_takes_the_other_one_takes(
    wide: Selector, narrow: Selector, resources: list[Resource]
) -> None:
    if covers(wide, narrow):
        assert not [r for r in resources if narrow.matches(r) and not wide.matches(r)]
    if matches_nothing(narrow):
        assert not [r for r in resources if narrow.matches(r)]
