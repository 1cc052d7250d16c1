"""The cut that all chats share: whole rows, worst first, no kind hidden by another, N right."""

import re
from functools import partial

import pytest
from backup_auditor.channels._chat import (
    Paper,
    Row,
    Said,
    Section,
    cut,
    inert,
    plain,
)
from backup_auditor.channels._said import (
    _EXEMPT_FINDINGS,
    _EXEMPTIONS,
    _FINDINGS,
    _GAPS,
    said,
)
from backup_auditor.model import AuditVerdict
from backup_auditor.speech import ENGLISH, LANGUAGES, Language, language
from hypothesis import given
from hypothesis import strategies as st

from tests.report import samples

KINDS = {
    "gap": _GAPS,
    "finding": _FINDINGS,
    "exempt finding": _EXEMPT_FINDINGS,
    "exemption": _EXEMPTIONS,
}
WORDS = tuple(KINDS)
SHARES = (2, 4, 1, 1)


def row(word: str, number: int) -> Row:
    """Return a row that says its kind and its number."""
    return Row("", word, str(number), "", "")


def sections(*lengths: int) -> list[Section]:
    """Return a section of so many rows for each word."""
    return [
        Section(KINDS[word], share, range(length), partial(row, word))
        for word, share, length in zip(WORDS, SHARES, lengths, strict=False)
    ]


def whole(sections: list[Section], language: Language = ENGLISH) -> Said:
    """Return what says these sections and nothing else."""
    return Said(AuditVerdict.FAIL, "", "", "", "", sections, language)


def paper(room: int, most: int = 40) -> Paper[str]:
    """Return a paper on which each character counts, and a row one more."""
    return Paper(
        lambda row: f"{row.label}-{row.title}", str, lambda text: len(text) + 1, room, most
    )


@given(
    st.tuples(*[st.integers(0, 300)] * 4),
    st.integers(80, 5000),
    st.integers(1, 60),
    st.sampled_from(list(LANGUAGES)),
)
def test_the_cut_keeps_the_worst_fits_and_counts_the_rest(
    lengths: tuple[int, ...], room: int, most: int, code: str
) -> None:
    shown = cut(whole(sections(*lengths), language(code)), paper(room, most))
    assert sum(len(text) + 1 for text in shown) <= room
    assert len(shown) <= most
    rows = [text for text in shown if not text.startswith("…")]
    for word, length in zip(WORDS, lengths, strict=True):
        own = [row for row in rows if row.rpartition("-")[0] == word]
        assert own == [f"{word}-{n}" for n in range(len(own))]
        assert len(own) <= length
    left = sum(lengths) - len(rows)
    assert len(shown) - len(rows) == bool(left)
    if left:
        assert int(re.findall(r"[\d,]+", shown[-1])[0].replace(",", "")) == left


@pytest.mark.parametrize(
    ("lengths", "most", "shown", "last_in_chinese"),
    [
        ((0, 2), 2, ["finding-0", "finding-1"], "finding-1"),
        ((0, 3), 2, ["finding-0", "… and 2 more findings"], "… 另有 2 个问题"),
        ((0, 1234), 1, ["… and 1,234 more findings"], "… 另有 1,234 个问题"),
        ((2,), 1, ["… and 2 more gaps"], "… 另有 2 处未能审计"),
        ((0, 0, 2), 1, ["… and 2 more exempt findings"], "… 另有 2 个已豁免的问题"),
        ((0, 0, 0, 2), 1, ["… and 2 more exemptions"], "… 另有 2 项豁免"),
        (
            (2, 0, 0, 1),
            2,
            ["gap-0", "… and 2 more: 1 gap, 1 exemption"],
            "… 另有 2 项：1 处未能审计、1 项豁免",
        ),
    ],
)
def test_the_last_row_says_how_many_are_left_out(
    lengths: tuple[int, ...], most: int, shown: list[str], last_in_chinese: str
) -> None:
    assert cut(whole(sections(*lengths)), paper(1000, most)) == shown
    chinese = whole(sections(*lengths), language("zh-CN"))
    assert cut(chinese, paper(1000, most)) == [*shown[:-1], last_in_chinese]


def test_no_kind_of_rows_hides_another_one() -> None:
    shown = cut(whole(sections(1000, 1000, 1000, 1000)), paper(10_000, 17))
    kinds = [text.rpartition("-")[0] for text in shown[:-1]]
    assert [kinds.count(word) for word in WORDS] == [4, 8, 2, 2]
    assert kinds == sorted(kinds, key=WORDS.index)


def test_a_row_that_does_not_fit_closes_its_own_section_only() -> None:
    long = Section(_GAPS, 2, range(3), lambda n: Row("", "gap", "x" * 500 * n, "", ""))
    shown = cut(whole([long, *sections(0, 3)]), paper(200))
    assert shown == ["gap-", *(f"finding-{n}" for n in range(3)), "… and 2 more gaps"]


def test_what_is_said_of_an_audit() -> None:
    what = said(samples.incomplete())
    assert what.title == "Backup audit: INCOMPLETE"
    assert what.meta == "Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc"
    gaps, findings, *_ = what.sections
    assert plain(next(gaps.rows())).startswith("! Not audited: ucloud.uredis org-test cn-bj2: ")
    assert plain(next(findings.rows())).startswith(
        "? CRITICAL 12 resources of org-test in cn-bj2: "
    )


def test_what_is_said_of_an_audit_in_chinese() -> None:
    what = said(samples.in_chinese(samples.incomplete()))
    assert what.title == "备份审计：不完整"
    assert what.summary.startswith("备份审计不完整：")
    assert what.meta == "2026-11-24 周二 14:07 CST · 运行 20261124T060700Z-abc"
    gaps, findings, *_ = what.sections
    assert plain(next(gaps.rows())).startswith("! 未能审计 ucloud.uredis org-test cn-bj2：Describe")
    first, last, *_ = plain(list(findings.rows())[1]).split("\n")
    assert first.startswith("? 紧急 prod-x（uredis-x, org-test, cn-bj2）：")
    assert last.startswith("最近一次可用备份：")


def test_exemptions_that_need_no_attention_are_not_said() -> None:
    pressing = said(samples.exempt()).sections[-1]
    assert [row.label for row in pressing.rows()] == [
        "Exemption expired on 2026-11-01:",
        "Exemption ends in 9 d, on 2026-12-03:",
        "Exemption matches nothing, runs until 2027-01-31:",
    ]


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("@all a@b.example", "@\u200ball a@\u200bb.example"),
        ("https://a.example?x=1", "https:\u200b//a.example?x=1"),
        ("WWW.a.example mailto:x", "WWW\u200b.a.example mailto\u200b:x"),
        (":smile: 12:30:00 a: b", ":\u200bsmile: 12:30:00 a: b"),
        ("prod-a (org/x): 3 d", "prod-a (org/x): 3 d"),
    ],
)
def test_mentions_and_links_without_brackets_are_broken(text: str, broken: str) -> None:
    assert inert(text) == broken
