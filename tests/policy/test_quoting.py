"""A caret stands under what it means, whatever stands before it and however narrow the window."""

import unicodedata

import pytest
from backup_auditor.model import Place, Problem
from backup_auditor.policy.quoting import told
from hypothesis import given
from hypothesis import strategies as st


def problem(quote: str, column: int, width: int = 1, message: str = "wrong") -> Problem:
    """Return a problem in line 9 of p.yaml."""
    return Problem(Place("p.yaml", 9, column, width), message, quote)


def columns(text: str) -> int:
    """Return how wide a terminal shows ``text``."""
    zero = {"Mn", "Me"}
    return sum(
        0 if unicodedata.category(c) in zero else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


@pytest.mark.parametrize(
    ("quote", "column", "width", "line", "caret"),
    [
        ("      size_drft: {}", 7, 9, "      size_drft: {}", "      ^^^^^^^^^"),
        ("a: b", 1, 1, "a: b", "^"),
        ("a:\tbad", 4, 3, "a:    bad", "      ^^^"),
        ("- 生产: bad", 7, 3, "- 生产: bad", "        ^^^"),
        ("- 生产: bad", 3, 2, "- 生产: bad", "  ^^^^"),
        ("e\u0301: bad", 5, 3, "e\u0301: bad", "   ^^^"),
        ("a: \x1b[31mred", 4, 1, "a: \ufffd[31mred", "   ^"),
        ("a: \u202ebad", 5, 3, "a: \ufffdbad", "    ^^^"),
        ("a: [b", 6, 1, "a: [b", "     ^"),
        ("a: [b", 9, 1, "a: [b", "        ^"),
        ("a: b", 4, 99, "a: b", "   ^"),
    ],
)
def test_the_caret_stands_under_the_place(
    quote: str, column: int, width: int, line: str, caret: str
) -> None:
    expected = f"p.yaml:9:{column}: wrong\n    9 | {line}\n      | {caret}"
    assert told(problem(quote, column, width), 80) == expected


@pytest.mark.parametrize("quote", ["", "   "])
def test_where_nothing_may_be_shown_the_sentence_stands_alone(quote: str) -> None:
    assert told(problem(quote, 1), 80) == "p.yaml:9:1: wrong"


def test_a_word_can_stand_before_the_sentence() -> None:
    assert told(problem("", 1), 80, "warning") == "p.yaml:9:1: warning: wrong"


def test_a_sentence_cannot_command_the_terminal() -> None:
    assert told(problem("", 1, message="\x1b[2J\nhidden"), 80) == (
        "p.yaml:9:1: \ufffd[2J\ufffdhidden"
    )


def test_a_line_that_fits_exactly_is_not_cut() -> None:
    assert told(problem("x" * 32, 1), 40).splitlines()[1] == "    9 | " + "x" * 32
    assert told(problem("x" * 33, 1), 40).splitlines()[1] == "    9 | " + "x" * 31 + "…"


@pytest.mark.parametrize("width", [1, 20, 40, 80, 200])
def test_a_long_line_is_cut_around_the_caret(width: int) -> None:
    quote = "".join(f"key{n}: " for n in range(1000)) + "bad" + " more" * 1000
    at = quote.index("bad")
    _, line, caret = told(problem(quote, at + 1, 3), width).splitlines()
    room = max(width, 18)
    assert max(len(line), len(caret)) <= room
    begin = caret.index("^")
    assert line[begin : begin + 3] == "bad"
    assert caret.count("^") == 3
    assert line[8] == "…"
    assert line[-1] == "…"


TEXT = st.text(st.sampled_from("ab {}:\t生\u0301\u200b\x07é"), min_size=1, max_size=120)


@given(TEXT, st.integers(1, 130), st.integers(1, 20), st.integers(20, 120))
def test_nothing_is_wider_than_the_window_and_the_caret_is_always_there(
    quote: str, column: int, width: int, window: int
) -> None:
    lines = told(problem("x" + quote, column, width), window).splitlines()[1:]
    assert len(lines) == 2
    assert all(columns(line) <= window for line in lines)
    assert lines[1].count("^") >= 1
    assert all(char.isprintable() for line in lines for char in line)


@given(TEXT, st.integers(0, 60), st.integers(20, 120))
def test_the_caret_is_under_the_very_character(before: str, more: int, window: int) -> None:
    quote = before + "§" + "z" * more
    _, line, caret = told(problem(quote, len(before) + 1), window).splitlines()
    assert columns(line.partition("§")[0]) == caret.index("^")
    assert "§" in line
