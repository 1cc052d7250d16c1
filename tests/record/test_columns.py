"""Whatever JSON is packed comes out again; what was never packed is refused, at little cost."""

import json
from typing import Any

import pytest
from backup_auditor.record.columns import MOST_CELLS, pack, unpack
from hypothesis import given
from hypothesis import strategies as st

from tests.record.documents import document

WORDS = st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.text(max_size=3)
SCALARS = WORDS | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.sampled_from(["rows", "column", "names", "object", "all", "keys", "a", "b", ""])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, min_size=8, max_size=12)
        | st.lists(st.fixed_dictionaries({"a": inner, "b": WORDS}), min_size=8, max_size=20)
        | st.lists(st.lists(st.integers(), max_size=4), min_size=8, max_size=20)
        | st.lists(st.tuples(inner, WORDS).map(list), min_size=8, max_size=20)
    ),
    max_leaves=60,
)


def text(value: object) -> str:
    """Return JSON: it tells 1 from true and from 1.0, and keeps the order of keys."""
    return json.dumps(value)


@given(VALUES)
def test_what_was_packed_comes_out_again(value: Any) -> None:
    assert text(unpack(json.loads(text(pack(value))))) == text(value)


def test_a_document_comes_out_again() -> None:
    assert text(unpack(pack(document()))) == text(document())


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([7] * 9, {"all": 7}),
        ([None] * 9, {"all": None}),
        ([*"aabbabaa", None], {"values": ["a", "b", None], "letters": "aabbabaac"}),
        ([*range(9)], [*range(9)]),
        ([True, 1] * 5, [True, 1] * 5),
        ([1.0] * 9, [1.0] * 9),
        ([{"k": n, "l": 1} for n in range(9)], {"keys": {"k": [*range(9)], "l": {"all": 1}}}),
        ([{"k": 1}, {"l": 1}] * 4, [{"k": 1}, {"l": 1}] * 4),
        (
            [None, {"k": 1}] * 4,
            {"there": "01010101", "column": {"keys": {"k": {"all": 1}}}},
        ),
        (
            [[5, 7, 6], []] * 4,
            {"lengths": {"values": [3, 0], "letters": "abababab"}, "steps": [5, 2, -1] * 4},
        ),
        ([["x", 1]] * 8, {"places": [{"all": "x"}, {"all": 1}]}),
        (
            [["x"], ["x", "x"]] * 4,
            {"lengths": {"values": [1, 2], "letters": "abababab"}, "column": {"all": "x"}},
        ),
    ],
    ids=str,
)
def test_a_column_has_the_form_that_fits(values: list[Any], column: object) -> None:
    assert pack(values) == {"rows": len(values), "column": column}
    assert text(unpack(pack(values))) == text(values)


def test_an_object_with_many_keys_of_the_same_is_a_table() -> None:
    value = {f"k{n}": [n, "x"] for n in range(8)}
    assert pack(value) == {
        "names": [*value],
        "rows": 8,
        "column": {"places": [[*range(8)], {"all": "x"}]},
    }


def test_what_looks_like_a_table_is_told_from_one() -> None:
    assert pack({"rows": 1, "column": [5]}) == {"rows": 0, "object": {"rows": 1, "column": [5]}}


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        ({"rows": 1}, "neither a list nor an object"),
        ({"rows": 1, "column": "x"}, "neither a list nor an object"),
        ({"rows": 2, "column": [1]}, "not as long"),
        ({"rows": True, "column": [1]}, "a number of values is not one"),
        ({"rows": -1, "column": []}, "a number of values is not one"),
        ({"rows": 0, "object": []}, "neither a list nor an object"),
        ({"rows": 1, "column": {}}, "a form that is not known"),
        ({"rows": 1, "column": {"all": [1]}}, "a form that is not known"),
        ({"rows": 1, "column": {"keys": {}}}, "a form that is not known"),
        ({"rows": 1, "column": {"places": []}}, "a form that is not known"),
        ({"rows": 1, "column": {"values": ["x"], "letters": "b"}}, "stands for no value"),
        ({"rows": 1, "column": {"values": ["x"], "letters": "aa"}}, "not as long"),
        ({"rows": 1, "column": {"values": [[]], "letters": "a"}}, "a list or an object"),
        ({"rows": 1, "column": {"there": "11", "column": [1, 2]}}, "not as long"),
        ({"rows": 2, "column": {"there": "11", "column": [1]}}, "not as long"),
        ({"rows": 1, "column": {"lengths": [2], "column": [1]}}, "not as long"),
        ({"rows": 1, "column": {"lengths": [1]}}, "neither a list nor an object"),
        ({"rows": 1, "column": {"lengths": ["1"], "column": [1]}}, "a number of values is not"),
        ({"rows": 1, "column": {"lengths": [1], "steps": [True]}}, "not a whole number"),
        ({"rows": 1, "names": ["a", "b"], "column": [1]}, "not as many"),
        ({"rows": 2, "names": ["a", "a"], "column": [1, 2]}, "not as many"),
        ({"rows": 1, "names": [1], "column": [1]}, "are not texts"),
        ({"rows": 1, "names": "a", "column": [1]}, "are not texts"),
    ],
    ids=str,
)
def test_what_was_not_packed_is_refused(packed: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        unpack({"deeper": [packed]})


@pytest.mark.parametrize(
    "packed",
    [
        {"rows": MOST_CELLS + 1, "column": {"all": 1}},
        [{"rows": MOST_CELLS // 2 + 1, "column": [1]}] * 2,
        {"rows": 3000, "column": {"lengths": {"all": MOST_CELLS // 2000}, "column": {"all": 1}}},
    ],
    ids=["rows", "twice", "lists"],
)
def test_little_text_does_not_stand_for_very_much(packed: object) -> None:
    with pytest.raises(ValueError, match=r"^(it holds more than|a number|a column is not as)"):
        unpack(packed)


@pytest.mark.parametrize("form", ["list", "object", "column"])
def test_what_is_too_deep_is_refused(form: str) -> None:
    value: Any = {"all": 1} if form == "column" else 1
    for _ in range(200):
        value = {
            "list": [value],
            "object": {"rows": 0, "object": {"a": value}},
            "column": {"keys": {"a": value}},
        }[form]
    with pytest.raises(ValueError, match="it is too deep"):
        unpack({"rows": 1, "column": value} if form == "column" else value)
