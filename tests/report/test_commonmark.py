"""Escaped text shows itself and nothing else; GitHub's own parser is the judge."""

import re
from html import unescape
from typing import Any

import cmarkgfm
import pytest
from backup_auditor.report.commonmark import code, escaped, link
from backup_auditor.report.words import printable
from hypothesis import given
from hypothesis import strategies as st

NO_WIDTH = "\u200b"
# What Markdown and GitHub look for, more often than chance would bring it.
PIECES = st.sampled_from(
    [
        *"\\`*_[]<>|~$&#@:-+=.!(){}^'\" \t\n1aw",
        *("```", "~~~", "---", "===", "1. ", "- [ ] ", "    ", "&amp;", "&#64;", "<!--", "-->"),
        *("www.", "http://", "https://a.b", "ftp://", "mailto:", "xmpp:", "a@b.co", "@user"),
        *("#12", "GH-12", ":tada:", ":white_check_mark:", "[^1]", "[^1]: ", "| --- |", "![x](y)"),
        *("<b>", "</b>", "<https://a.b>", "<script>", "$x$", "\u2028", "\u202e", "\x00", "\ud800"),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join)).map(printable)
PLACES = {
    "a line": ("{}", "<p>{}</p>"),
    "behind text": ("x {}", "<p>x {}</p>"),
    "below a line": ("x\n{}", "<p>x\n{}</p>"),
    "an item": ("- {}\n  - y", "<ul>\n<li>{}\n<ul>\n<li>y</li>\n</ul>\n</li>\n</ul>"),
    "bold": ("**✕ {} !** x", "<p><strong>✕ {} !</strong> x</p>"),
}
CELLS = "<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>{}</td>"
TABLE = (
    "| a | b |\n| --- | --- |\n| {} | y |",
    f"<table>\n{CELLS}\n<td>y</td>\n</tr>\n</tbody>\n</table>",
)


def html(markdown: str) -> str:
    """Return what GitHub makes of it, before it looks for mentions and the like."""
    made: Any = cmarkgfm.github_flavored_markdown_to_html(markdown)
    return str(made).strip()


def as_text(text: str) -> str:
    """Return HTML that shows ``text`` as cmark writes it."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, entity)
    return text


@pytest.mark.parametrize("place", [*PLACES.values(), TABLE], ids=[*PLACES, "a cell"])
@given(text=TEXTS.filter(bool))
def test_escaped_text_shows_itself_wherever_it_stands(place: tuple[str, str], text: str) -> None:
    markdown, expected = place
    made = html(markdown.format(escaped(text)))
    assert made.replace(NO_WIDTH, "") == expected.format(as_text(text))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@given(text=TEXTS.filter(bool))
def test_code_shows_itself_wherever_it_stands(place: tuple[str, str], text: str) -> None:
    markdown, expected = place
    assert html(markdown.format(code(text))) == expected.format(f"<code>{as_text(text)}</code>")


@given(TEXTS)
def test_nothing_is_left_that_github_looks_for_in_the_finished_page(text: str) -> None:
    shown = unescape(re.sub("<[^>]*>", "", html(escaped(text))))
    assert not re.search(r"@\w|://|\bwww\.|#\d|\bgh-\d", shown, re.IGNORECASE)
    assert not re.search(r":(?!\d\d:)[a-z\d+_-]+:", shown, re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("re-run by 03:12:45, 2026-11-24 (1 h)", "re-run by 03:12:45, 2026-11-24 (1 h)"),
        ("0.1.0", "0.1.0"),
        ("1. one", r"1\. one"),
        ("- [ ] task", r"\- \[ \] task"),
        ("a|b", r"a\|b"),
        ("jane@example.com", "jane@&#8203;example.com"),
        ("see #12", r"see \#&#8203;12"),
        ("", ""),
    ],
)
def test_plain_words_stay_readable(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [("a", "`a`"), ("`a", "`` `a ``"), ("a``b", "```a``b```"), ("a\nb", "`a b`"), ("", "")],
)
def test_names_are_code(text: str, markdown: str) -> None:
    assert code(text) == markdown


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://e.com/a?b=c&d=e#f", "https://e.com/a?b=c&amp;d=e#f"),
        ("https://e.com/&copy;", "https://e.com/&amp;copy;"),
        ("https://e.com/a b", "https://e.com/a%20b"),
        ('https://e.com/>)"`|\\\n', "https://e.com/%3E%29%22%60%7C%5C%0A"),
        ("https://e.com/\u4e2d%20", "https://e.com/%E4%B8%AD%20"),
    ],
)
def test_a_link_leads_where_it_should(address: str, target: str) -> None:
    made = html(link(address, "Run [book]"))
    assert made == f'<p><a href="{target}">Run [book]</a></p>'
