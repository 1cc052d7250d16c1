"""A report in Chinese: no English word is left in it, and every limit and every fact holds."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from backup_auditor.judge import unread
from backup_auditor.model import (
    ExemptionState,
    ExemptionUse,
    Gap,
    GapReason,
    Notice,
    Orphan,
)
from backup_auditor.policy.selector import Selector
from backup_auditor.report.build import build
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut_all
from backup_auditor.report.html import LONGEST_EMAIL, email_html, page_html
from backup_auditor.report.junit import to_junit
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import narrow
from backup_auditor.report.openmetrics import to_openmetrics
from backup_auditor.report.parts import Claim, Part
from backup_auditor.report.scripts import messages, script
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import LONGEST_TEXT, mail_text, terminal_text
from backup_auditor.speech import ENGLISH, language

from tests.browser import Page
from tests.builders import NOW, before, failed, resource, running, succeeded, unclear
from tests.contract import assert_valid
from tests.report import samples
from tests.report.conftest import Open
from tests.report.facts import of_json
from tests.report.samples import POLICIES, assessed, controlled, daily, exempted, in_chinese, report

CHINESE = language("zh-CN")
WORD = re.compile(r"[A-Za-z]{3,}")
BY = "张三，至 2026-12-31：正在迁移"
SPOKEN = """[...document.querySelectorAll('[aria-label], [placeholder], svg title, svg desc')]
  .map((e) => e.getAttribute('aria-label') || e.placeholder || e.textContent)"""
# What is the same in every language: units, zones, formats, keys of a policy, names of ours.
COMMON = (
    *("backup-auditor", "KiB", "MiB", "GiB", "CST", "GMT", "UTC", "Asia/Shanghai", "CSV", "JSON"),
    *("API", "`ungoverned: report`"),
)


@cache
def everything() -> Report:
    """Return a report in Chinese with something of each kind."""
    return in_chinese(in_english())


@cache
def in_english() -> Report:
    """Return the same in English; what is data in it is Chinese or a name."""
    uses = [
        ExemptionUse("张三", "正在迁移", date(2026, 12, day), state, 2, 3)
        for day, state in enumerate(ExemptionState, 1)
    ]
    near = [ExemptionUse("李四", "x", NOW.date(), ExemptionState.EXPIRING, 1, 1)]
    unseen = [
        unread(resource(f"uredis-u{n}", name=f"prod-u{n}", account="org-far"), "超时", POLICIES)
        for n in range(12)
    ]
    return report(
        *(assessed(f"prod-never-{n}", id=f"uredis-{n}", created_at=before("40d")) for n in "ab"),
        assessed("prod-stale", *daily()[4:], id="uredis-s", kind="cold", zone="z-1"),
        controlled(assessed("prod-failed", failed("30m"), *daily(), id="uredis-3")),
        exempted(controlled(assessed("prod-shrunk", succeeded("1h", 1 << 20), *daily())), by=BY),
        assessed("prod-odd", *daily(), running("1h"), unclear("2d"), id="uredis-5"),
        assessed("free-one", *daily(), id="uredis-6"),
        assessed("prod-fine", *daily(), id="uredis-7"),
        *unseen,
        gaps=tuple(
            Gap("ucloud.uredis", "org-1", "hk", reason, "无权限")
            for reason in GapReason
            if reason != "policy"
        ),
        orphans=(
            Orphan("ucloud.uredis", "org-test", "hk", "uredis-gone", "old", 3, before("9d")),
            Orphan("ucloud.uredis", "org-test", "hk", "uredis-lost", "lost", 1, None),
        ),
        notices=(Notice("policy-matches-nothing", "策略“甲”未匹配任何资源"),),
        exemptions=(*uses, *near),
    )


def part() -> Report:
    """Return what a channel is told that is about one of the resources alone."""
    whole = everything()
    some = Claim(Selector({"name": ("prod-f*",)}))
    return narrow(whole, Part(some, others=(some,)))


def names(told: Report) -> Iterator[str]:
    """Yield what in a report is data, and so the same in every language."""
    run = told.audit.run
    yield from (run.id, run.policy_digest, run.version, *COMMON)
    for assessment in told.worst_first:
        thing = assessment.resource
        yield from (thing.id, thing.name, thing.source, thing.account, thing.region, thing.zone)
        yield from (thing.kind, thing.state, assessment.policy or "", assessment.owner)
        yield assessment.runbook
        for check in assessment.checks:
            yield from (check.rule, *check.controls)
    for orphan in told.orphans:
        yield from (orphan.resource_id, orphan.name, orphan.account, orphan.region)
    for place in told.gaps:
        yield from (place.source, place.account, place.region)
    yield from (notice.kind for notice in told.notices)


def english(text: str, told: Report) -> list[str]:
    """Return the words of ``text`` that are neither Chinese nor data."""
    for name in sorted(set(names(told)), key=len, reverse=True):
        if name:
            text = text.replace(name, " ")
    return WORD.findall(text)


def said_in_html(html: str) -> str:
    """Return what a page shows, and what it says to those who do not see it."""
    html = re.sub(r"<(style|script).*?</\1>|<title>.*?</title>", "", html, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|placeholder|alt|title)="([^"]*)"', html)
    return unescape(" ".join([re.sub("<[^>]*>", " ", html), *spoken]))


def said_in_data(html: str) -> str:
    """Return what the script of a page is told to say."""
    (text,) = re.findall(r'id="data">(.*?)</script>', html)
    data = json.loads(text)
    machine = {"pass", "fail", "unknown", "exempt", "ungoverned"}
    said = [one for forms in data["said"].values() for one in forms]
    states = {data["texts"][n] for n in data["columns"]["states"]}
    return re.sub(r"\{\w+\}", "", "\n".join([*said, *(set(data["texts"]) - machine - states)]))


def said_in_table(told: Report) -> str:
    """Return the sentences of the table; outcomes and headings are for machines."""
    rows = list(csv.DictReader(io.StringIO(to_csv(told).decode("utf-8-sig"), newline="")))
    columns = ("what is wrong", "what is exempt", "exemption")
    return "\n".join(row[column] for row in rows for column in columns)


def said_in_junit(told: Report) -> str:
    """Return what people read of it; names of cases and types are for machines."""
    root = ET.fromstring(to_junit(told))  # noqa: S314 - we wrote it ourselves
    found = [(e.get("message") or "") + (e.text or "") for e in root.iter()]
    return "\n".join(
        [*found, *(p.get("value", "") for p in root.iter() if p.get("name") == "headline")]
    )


def said_in_json(told: Report) -> str:
    """Return the values of the contract that are sentences."""
    sentences = {"message", "observed", "expected", "detail", "advice", "unread", "sentences"}
    sentences |= {"title", "problem", "exemption"}

    def of(value: Any, key: str) -> Iterator[str]:
        if isinstance(value, dict):
            for name, one in value.items():
                yield from of(one, name)
        elif isinstance(value, list):
            for one in value:
                yield from of(one, key)
        elif isinstance(value, str) and key in sentences:
            yield value

    return "\n".join(of(to_document(told), ""))


RENDERINGS: dict[str, Callable[[Report], str]] = {
    "email": lambda told: said_in_html(email_html(told)),
    "mail text": mail_text,
    "page": lambda told: said_in_html(page_html(told)),
    "data of the page": lambda told: said_in_data(page_html(told)),
    "markdown": lambda told: to_markdown(told).replace("\\", ""),
    "terminal": lambda told: terminal_text(told, width=100, color=False),
    "junit": said_in_junit,
    "csv": said_in_table,
    "json": said_in_json,
}


@pytest.mark.parametrize("render", RENDERINGS.values(), ids=RENDERINGS)
@pytest.mark.parametrize("make", [everything, part], ids=["whole", "part"])
def test_no_english_word_is_left(
    make: Callable[[], Report], render: Callable[[Report], str]
) -> None:
    told = make()
    text = render(told)
    assert re.search("[一-龥]{4,}", text)
    assert english(text, told) == []


@pytest.mark.parametrize("render", RENDERINGS.values(), ids=RENDERINGS)
def test_english_words_would_be_found(render: Callable[[Report], str]) -> None:
    """So that a silence of the test above means something."""
    assert {"policy", "governs"} <= set(english(render(in_english()), everything()))


@pytest.mark.parametrize("render", [email_html, page_html])
def test_a_document_names_its_language_and_fonts_that_have_it(
    render: Callable[[Report], str],
) -> None:
    html = render(everything())
    assert '<html lang="zh-CN"' in html
    for font in ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC"):
        assert font in html
    assert '<html lang="en"' in render(samples.failing())


def test_the_subject_is_the_same_in_every_language() -> None:
    """Mail rules look for it, and it must be ASCII."""
    told = everything()
    assert told.subject == build(replace(told.audit, language="en")).subject
    assert told.subject.isascii()


@pytest.mark.parametrize("render", [email_html, mail_text])
def test_mails_are_small_enough_in_chinese_too(render: Callable[[Report], str]) -> None:
    """A Chinese character takes three bytes, and so a mail may have fewer of them."""
    limit = LONGEST_EMAIL if render is email_html else LONGEST_TEXT
    for large in (samples.everything(), samples.findings(1_000)):
        told = in_chinese(large)
        text = render(told)
        assert len(text.encode(errors="replace")) <= limit
        assert told.headline in text
        assert re.search(r"另有 \d+ 项", text)


def test_numbers_are_the_same_in_every_language() -> None:
    told = everything()
    document = to_document(told)
    assert_valid(document)
    other = build(replace(told.audit, language="en"))
    assert of_json(document) == of_json(to_document(other))
    assert to_openmetrics(told) == to_openmetrics(other)


def test_a_document_that_is_cut_says_so_in_its_language() -> None:
    told = cut_all(to_document(everything()), 9_000)
    cuts = [notice["detail"] for notice in told["notices"] if notice["kind"] == "cut"]
    assert cuts
    assert all("本文档未列出" in cut for cut in cuts)


def test_the_page_holds_what_its_script_says_and_nothing_else() -> None:
    """In English it says what stands in it."""
    known = messages(CHINESE)
    assert all(f'"{english}"' in script() for english in known)
    assert known["{n} backup"] == ["{n} 个备份"] * 2
    assert messages(ENGLISH) == {}


@pytest.mark.browser
def test_the_page_in_chinese_is_used_as_in_english(opened: Open) -> None:
    """Everything is opened, filtered, sorted and printed, and no English word appears."""
    told = everything()
    tab = opened(page_html(told))
    seen = [shown(tab)]
    for row in range(len(list(told.worst_first))):
        tab.run(f"openRow({row})")
        tab.run("document.querySelector('#panel summary')?.click()")
        seen += [shown(tab), *tab.run(SPOKEN)]
    tab.run("PANEL.close()")
    for column in ("state", "name", "last", "days"):
        tab.run(f"document.querySelector('[data-key={column}] button').click()")
    for words in ("不通过", "prod-never", "没有这样的资源"):
        tab.run(f"field('search').value = {words!r}; apply()")
        seen.append(shown(tab))
        assert bool(tab.run("view.rows.length")) == (words != "没有这样的资源")
    tab.run("clear(); dispatchEvent(new Event('beforeprint'))")
    tab.look(1000, media="print")
    seen += [shown(tab), *tab.run(SPOKEN)]
    assert english("\n".join(seen), told) == []
    assert tab.said == []


def shown(tab: Page) -> str:
    """Return what a reader sees."""
    return str(tab.run("document.body.innerText"))
