"""YAML text into plain values with the place of each, and nothing that YAML could do besides."""

from typing import Any

import pytest
from backup_auditor.errors import PolicyError
from backup_auditor.policy.document import MOST_PROBLEMS, Document
from backup_auditor.policy.reader import read


def value(text: str) -> Any:
    """Return what ``text`` holds; it must be sound."""
    document = read(text, "p")
    assert document.problems == []
    return document.value


def problems(data: str | bytes) -> list[str]:
    """Return what is wrong, whether or not reading went on."""
    try:
        found = read(data, "p").problems
    except PolicyError as error:
        found = list(error.problems)
    return [f"{p.place.line}:{p.place.column}+{p.place.width}: {p.message}" for p in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((word, None) for word in ("~", "null", "Null", "NULL")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, word) for word in ("yes", "no", "on", "off", "Yes", "y", "nUll", "tRUE", "nil")),
        ("0", 0),
        ("-0", 0),
        ("7", 7),
        ("-12", -12),
        ("999999999999999999", 999_999_999_999_999_999),
        *((word, word) for word in ("1000000000000000000", "01", "+1", "0x10", "0o7", "1_000")),
        ("0.5", 0.5),
        ("-1.25", -1.25),
        ("1.0", 1.0),
        *((word, word) for word in (".5", "1.", "1e3", "1.5e3", ".inf", ".nan", "01.5", "1.2.3")),
        *((word, word) for word in ("2026-12-31", "12:30", "2026-12-31T00:00:00Z", "=", "26h")),
        ("'true'", "true"),
        ('"7"', "7"),
        ("'~'", "~"),
        ("''", ""),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">\n  a\n  b\n", "a b\n"),
        ("a\n  b", "a b"),
        ('"\\u751f"', "生"),
    ],
)
def test_scalars_are_those_of_yaml_1_2_and_lose_nothing(text: str, expected: object) -> None:
    """``no`` and ``off`` are words, ``12:30`` is no number, ``0123`` keeps its zero."""
    found = value(f"key: {text}")["key"]
    assert found == expected
    assert type(found) is type(expected)


def test_mappings_and_lists_nest_in_both_styles() -> None:
    assert value("a:\n- b: [1, {c: 2}]\n  d:\n- \n") == {
        "a": [{"b": [1, {"c": 2}], "d": None}, None]
    }
    assert value('{"a": [], b: {}}') == {"a": [], "b": {}}
    assert value("7: a\ntrue: b\n~: c\n") == {"7": "a", "true": "b", "~": "c"}, "keys are words"


TEXT = """\
top: one
list:
  - first: "quoted text"
    second: |
      block
  - [生产, 'x']
empty:
last: {in: flow, deep: {er: 1}}
"""


@pytest.mark.parametrize(
    ("path", "line", "column", "width"),
    [
        ((), 1, 1, 1),
        (("top",), 1, 6, 3),
        (("list",), 3, 3, 1),
        (("list", 0), 3, 5, 1),
        (("list", 0, "first"), 3, 12, 13),
        (("list", 0, "second"), 4, 13, 1),
        (("list", 1), 6, 5, 1),
        (("list", 1, 0), 6, 6, 2),
        (("list", 1, 1), 6, 10, 3),
        (("empty",), 7, 7, 1),
        (("last",), 8, 7, 1),
        (("last", "in"), 8, 12, 4),
        (("last", "deep", "er"), 8, 29, 1),
    ],
)
def test_every_value_has_its_place_and_width(
    path: tuple[str | int, ...], line: int, column: int, width: int
) -> None:
    """Columns count characters, not bytes; what goes over several lines has the width 1."""
    place = read(TEXT, "p").places[path]
    assert (place.file, place.line, place.column, place.width) == ("p", line, column, width)


@pytest.mark.parametrize(
    ("path", "line", "column", "width"),
    [
        (("top",), 1, 1, 3),
        (("list", 0, "second"), 4, 5, 6),
        (("last", "deep"), 8, 18, 4),
    ],
)
def test_every_key_has_its_place_and_width(
    path: tuple[str | int, ...], line: int, column: int, width: int
) -> None:
    place = read(TEXT, "p").keys[path]
    assert (place.line, place.column, place.width) == (line, column, width)


@pytest.mark.parametrize(("text", "place"), [("---", "p:1:4"), ("---\n", "p:2:1"), ("a:", "p:1:3")])
def test_what_is_left_out_at_the_end_has_a_place_inside_the_file(text: str, place: str) -> None:
    assert str(list(read(text, "p").places.values())[-1]) == place


def test_a_path_that_is_not_there_has_the_place_of_what_is_around_it() -> None:
    document = read(TEXT, "p")
    assert str(document.place_of(("list", 0, "none", 3))) == "p:3:5"
    assert str(document.key_of(("list", 1))) == "p:6:5", "an entry of a list has no key"
    assert str(document.key_of(("top",))) == "p:1:1"
    assert str(Document("empty").place_of(("a",))) == "empty:1:1"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_lines_end_as_yaml_says_so_that_places_and_quotes_agree(ends: str) -> None:
    """A file from Windows, from an old Mac, or with a separator that came from a web page."""
    text = ends.join(["version: 1", "policies:", "  - a", "  - a: 1", "    a: 2"])
    (problem,) = read(text, "p").problems
    assert str(problem) == "p:5:5: duplicate key 'a'; it stands already in line 4"
    assert problem.quote == "    a: 2"


def test_an_alias_is_the_value_that_it_names_with_its_place() -> None:
    document = read("a: &x [1, 2]\nb: *x\n", "p")
    assert document.value == {"a": [1, 2], "b": [1, 2]}
    assert document.places["b", 1] == document.places["a", 1]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", "1:1+1: the file is empty"),
        ("# nothing\n", "1:1+1: the file is empty"),
        ("---\n...\n", None),
        ("a: 1\na: 2\n", "2:1+1: duplicate key 'a'; it stands already in line 1"),
        ("a: {b: 1, 'b': 2}\n", "1:11+3: duplicate key 'b'; it stands already in line 1"),
        ("policies: {B: 1, B: 2}\n", "1:18+1: duplicate key 'B'; it stands already in line 1"),
        ("channels: {B: 1, B: 2}\n", "1:18+1: duplicate key; it stands already in line 1"),
        ("[a]: b\n", "1:1+1: a key must be a plain word"),
        ("? {a: b}\n: c\n", "1:3+1: a key must be a plain word"),
        ("<<: {a: 1}\n", "1:1+2: merge keys (<<) are not allowed; repeat the keys, or use extends"),
        ("'<<': 1\n", None),
        ("policies: !!int '1'\n", "1:11+9: the tag 'tag:yaml.org,2002:int' is not allowed here; a"),
        ("channels: !x y\n", "1:11+4: a tag is not allowed here; a text that begins with ! must"),
        ("policies: *a\n", "1:11+2: the alias *a names nothing before it; a text that begins"),
        ("channels: *Secret\n", "1:11+7: this alias names nothing before it; a text that begins"),
        ("policies: &a [*a]\n", "1:15+2: the alias *a stands inside itself"),
        ("---", None),
        ("a: 1\n---\nb: 2\n", "2:1+3: a second document (---) is not allowed; use a file of its"),
        ("a: ${B}\n", "1:4+4: ${B} is not replaced in a policy; write env:B"),
        ("a: ${}\n", None),
        ("a: $B\n", None),
        ("\ta: 1\n", "1:1+1: not valid YAML: a tab stands here; indent with spaces"),
        ("a\uff1a1\nb: 2\n", "2:2+1: not valid YAML: mapping values are not allowed in this"),
        (
            "a\n\uff1ab: 2\n",
            "2:3+1: not valid YAML: this line has a wide colon (\uff1a); write : and",
        ),
        ("a:\n\u3000b: 1\n", "2:1+2: what looks like a space here is none (such as U+3000)"),
        ("a: [1\n", "2:1+1: not valid YAML: did not find expected ',' or ']' (what began in line"),
        ("a: [1", "1:6+1: not valid YAML: did not find expected ',' or ']' (what began in line 1)"),
        ("a: 'b", "1:6+1: not valid YAML: found unexpected end of stream (what began in line 1)"),
        ("a: \x07", "1:4+1: the control character U+0007 is not allowed"),
        ("a: 1\nb: \ufeffc", "2:4+1: a byte order mark (U+FEFF) may only stand at the very"),
        ("\ufeffa: 1", None),
        (b"\xef\xbb\xbfa: 1", None),
        (b"a: \xff", "1:4+1: not UTF-8 text: byte 0xff (byte 4)"),
        (b"a: 1\n\xe7\x94\x9f: \xe7\x94", "2:4+1: not UTF-8 text: byte 0xe7 (byte 11)"),
        (b"\xef\xbb\xbfa: \xff", "1:4+1: not UTF-8 text: byte 0xff (byte 7)"),
        (b"\xef\xbbx", "1:1+1: not UTF-8 text: byte 0xef (byte 1)"),
        (b"a\x00b\x00", "1:2+1: the control character U+0000 is not allowed"),
        ("a: \ud800", "1:4+1: the control character U+D800 is not allowed"),
    ],
)
def test_what_is_no_plain_yaml_is_told_with_its_place(
    data: str | bytes, expected: str | None
) -> None:
    found = problems(data)
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("[" * 30 + "]" * 30, True),
        ("[" * 31 + "]" * 31, True),
        ("[" * 32 + "]" * 32, False),
        ("{a: " * 30 + "1" + "}" * 30, True),
        ("{a: " * 31 + "1" + "}" * 31, False),
        ("[" + "x," * 49_999 + "]", True),
        ("[" + "x," * 50_000 + "]", False),
        ("[&a [x, x, x, x], " + "*a," * 9_998 + "]", True),
        ("[&a [x, x, x, x], " + "*a," * 9_999 + "]", False),
        ("#" * 1_048_574 + "\n1", True),
        ("#" * 1_048_575 + "\n1", False),
    ],
    ids=[
        *("30 lists", "31 lists", "32 lists", "30 mappings", "31 mappings", "50,000 values"),
        *("one value more", "aliases count", "an alias too many", "a megabyte", "a byte more"),
    ],
)
def test_size_depth_and_aliases_are_bounded(text: str, *, is_allowed: bool) -> None:
    """YAML is read safely: no tags, no duplicate keys, bounded size, depth and aliases."""
    found = problems(text)
    assert (found == []) is is_allowed
    if not is_allowed:
        assert "too many or too deeply nested" in found[-1] or "longer than" in found[-1]


@pytest.mark.parametrize(
    ("data", "unit"), [("x" * 1_048_577, "characters"), (b"x" * 5_000_000, "bytes")]
)
def test_a_file_of_more_than_a_megabyte_is_not_looked_at(data: str | bytes, unit: str) -> None:
    assert problems(data) == [f"1:1+1: longer than 1048576 {unit}"]


def test_many_problems_are_told_up_to_a_number_that_people_can_read() -> None:
    found = problems("a: 1\n" * (MOST_PROBLEMS + 100))
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1].endswith(
        f"there may be more; only the first {MOST_PROBLEMS} problems are told"
    )
    assert len(problems("a: 1\n" * MOST_PROBLEMS)) == MOST_PROBLEMS - 1


def test_a_problem_is_told_once_however_often_it_is_met() -> None:
    assert len(problems("a: &a {b: ${X}}\nc: *a\nd: *a\n")) == 1
