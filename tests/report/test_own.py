"""Templates of a user: what they may do, what they cannot, and what happens when one is broken."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace

import cmarkgfm
import pytest
from backup_auditor.model import Notice
from backup_auditor.policy.selector import Selector
from backup_auditor.report.bounds import JINJA_FILTERS, Clock
from backup_auditor.report.build import build
from backup_auditor.report.contract import to_document
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.interface import FILTERS, NAMES, OF_THE_PAGE, TYPES
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.overrides import ENTRIES, BrokenTemplate, Overrides
from backup_auditor.report.own import unused
from backup_auditor.report.parts import Claim, Part
from backup_auditor.report.proving import broken_templates, proved
from backup_auditor.report.sandbox import Sandbox
from backup_auditor.report.templates import check_own
from backup_auditor.report.text import mail_text, terminal_text

from tests.contract import assert_valid
from tests.manual import COMMAND, MANUAL
from tests.manual import render as manual
from tests.report import samples

MAKERS: Mapping[str, Callable[[Report], str]] = {
    "email.html.j2": email_html,
    "report.txt.j2": mail_text,
    "report.md.j2": to_markdown,
    "page.html.j2": page_html,
}
TEXT = "report.txt.j2"


def own(report: Report, **texts: str) -> Report:
    """Let templates of a user come with ``report``; ``__`` in a name stands for a dot."""
    named = {f"{name.replace('__', '.')}.j2": text for name, text in texts.items()}
    return replace(report, overrides=Overrides(named, raises=True))


def text_of(text: str, make: Callable[[], Report] = samples.failing, **more: str) -> str:
    """Render one text template of a user."""
    return mail_text(own(make(), report__txt=text, **more))


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("make", samples.SMALL.values(), ids=samples.SMALL)
def test_ours_is_the_same_in_the_sandbox(make: Callable[[], Report], name: str) -> None:
    """So everything that ours uses is documented, and a template that extends it works."""
    report = make()
    theirs = Overrides({name: f'{{% extends "ours/{name}" %}}'}, raises=True)
    assert MAKERS[name](replace(report, overrides=theirs)) == MAKERS[name](report)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", ENTRIES)
def test_ours_is_the_same_in_every_language(name: str, language: str) -> None:
    report = build(replace(samples.failing().audit, language=language))
    theirs = Overrides({name: f'{{% extends "ours/{name}" %}}'}, raises=True)
    assert MAKERS[name](replace(report, overrides=theirs)) == MAKERS[name](report)


@pytest.mark.parametrize("name", ENTRIES)
def test_one_block_is_changed_and_the_rest_stays(name: str) -> None:
    text = (
        f'{{% extends "ours/{name}" %}}{{% block footer %}}HELLO{{{{ super() }}}}{{% endblock %}}'
    )
    report = replace(samples.failing(), overrides=Overrides({name: text}, raises=True))
    made = MAKERS[name](report)
    assert "HELLO" in made
    assert made.replace("HELLO", "") == MAKERS[name](samples.failing())


def test_a_template_uses_others_of_its_folder() -> None:
    made = text_of(
        '{% import "_macros.txt.j2" as m %}{% include "_head.txt.j2" %}{{ m.line("a") }}|',
        _head__txt="{{ verdict }}: ",
        _macros__txt="{% macro line(x) %}\n[{{ x }}]\n{% endmacro %}",
    )
    assert made == "FAIL: [a]\n|"


def test_a_whole_template_gets_what_is_documented() -> None:
    made = text_of(
        "{{ verdict }} {{ report.counts.failed }} of {{ report.counts.resources }}\n"
        "{% for finding in report.findings[:2] %}\n"
        "{{ loop.index }}. {{ finding.title }} {{ finding.severity | severity }}"
        " {{ finding.sole.days | strip }} {{ when(finding.since) }}\n"
        "{% endfor %}\n"
        "{{ count('{n} backup', '{n} backups', 1234) }} {{ 1536 | size }} {{ language.code }}"
    )
    first, one, two, last = made.split("\n")
    assert first == "FAIL 4 of 5"
    assert one.startswith("1. prod-never CRITICAL ○○○")
    assert two.startswith("2. prod-failed CRITICAL")
    assert last == "1,234 backups 1.5 KiB en"


NAKED = (
    "{% for one in report.worst_first %}{{ one.resource.name }}|{{ one.resource.name | upper }}|"
    "{{ one.resource.name ~ '!' }}|{{ [one.resource.name] | join }}|"
    "{% set x %}{{ one.resource.name }}{% endset %}{{ x }}|"
    "{{ one.resource.name | replace('a', 'b') }}|"
    "{{ say('{x}', x=one.resource.name) }}\n{% endfor %}"
)


@pytest.mark.parametrize("name", ENTRIES)
def test_what_strangers_wrote_is_harmless_whatever_a_template_forgets(name: str) -> None:
    report = samples.hostile()
    theirs = Overrides({name: f"{NAKED}\n{NAKED.replace('}}', '| e }}')}"}, raises=True)
    made = MAKERS[name](replace(report, overrides=theirs))
    assert all(line.isprintable() for line in made.split("\n"))
    if not name.endswith(".html.j2"):  # there a line break is a space
        assert made.count("\n") == 2 * len(samples.HOSTILE)
    if name.endswith(".html.j2"):
        assert "<script>" not in made.lower()
    if name == "report.md.j2":
        html = cmarkgfm.github_flavored_markdown_to_html(made)
        assert not re.search(r"<(script|em|code|a)\b", html)


REFUSED = [
    ("{{ nothing }}", "line 1: 'nothing' is undefined"),
    ("\n{{ report.nothing }}", "line 2: 'Report object' has no attribute 'nothing'"),
    ("\n\n{{ report.audit }}", "line 3: 'Report' has no 'audit' for templates"),
    ("{{ report.worst_first.gi_frame }}", "has no 'gi_frame' for templates"),
    ("{{ report.findings[0].members[0].points }}", "'Assessment' has no 'points' for templates"),
    ("{{ report.findings[0].members[0]['points'] }}", "'Assessment' has no 'points'"),
    ("{{ report.findings | map(attribute='members') | first | map(attribute='points') | join }}",
     "'Assessment' has no 'points'"),
    ("{{ ''.__class__ }}", "'str' has no '__class__' for templates"),
    ("{{ 'x'.center(999999999) }}", "'str' has no 'center' for templates"),
    ("{{ when.__globals__ }}", "'function' has no '__globals__' for templates"),
    ("{{ 'x' | center(999999999) }}", "No filter named 'center'"),
    ("{{ lipsum() }}", "'lipsum' is undefined"),
    ("{{ report.findings }}", "a tuple is no text; put out a part of it"),
    ("{{ report }}", "a Report is no text; put out a part of it"),
    ("{{ report.findings | join(', ') }}", "a Finding is no text"),
    ("{{ report.findings | string }}", "a tuple is no text"),
    ("{{ report.findings | upper }}", "a tuple is no text"),
    ("{{ 'a' ~ report.findings }}", "a tuple is no text"),
    ("{{ '<b>' | safe }}", "only what a template has made itself is safe"),
    ("{% autoescape false %}{% endautoescape %}", "autoescape is not for templates to switch"),
    ("{% for x in [1] recursive %}{% endfor %}", "a recursive loop is not allowed"),
    ("{{ say(report.headline) }}", "what say is to say must be written in the template"),
    ("{{ count('a', report.headline, 2) }}", "what count is to say must be written"),
    ("{% set s = say %}{{ s(report.headline) }}", "say is only there to be called"),
    ("{{ '%999999999d' % 1 }}", "% is for numbers"),
    ("{{ '{:9999}'.format(1) }}", "a width of at most 3 digits"),
    ("{{ '{:{w}}'.format(1, w=999999999) }}", "a width of at most 3 digits"),
    ("{{ 'x' * 999999999 }}", "* is for numbers"),
    ("{{ 9 ** 9 ** 9 }}", "** is for numbers"),
    ("{{ [1] + [2] }}", "+ is for numbers"),
    ("{{ range(999999999) | list }}", "OverflowError"),
    ("{% include 'email.html.j3' %}", "there is no template 'email.html.j3'"),
    ("{% include '../templates.py' %}", "there is no template '../templates.py'"),
    ("{% include 'ours/../templates.py' %}", "there is no template '../templates.py'"),
    ("{% extends 'report.txt.j2' %}", "RecursionError"),
    ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
    ("{{ 1 / 0 }}", "line 1: ZeroDivisionError: division by zero"),
    ("\n{% if %}", "line 2: Expected an expression"),
    ("{% include '_b.txt.j2' %}", "template _b.txt.j2, line 2: 'nothing' is undefined"),
    ("x" * 75_001, "75,001 bytes where `most` is 1; 75,000 are allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_a_template_cannot_do_is_said(text: str, sentence: str) -> None:
    with pytest.raises(BrokenTemplate) as caught:
        text_of(text, _b__txt="\n{{ nothing }}")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("template ")
    assert str(caught.value).isprintable()


DOUBLED = [
    "{% set n.x = n.x ~ n.x %}",
    "{% set n.x = n.x + n.x %}",
    "{% set n.x = [n.x, n.x] | join %}",
    "{% set n.x = n.x | replace('a', 'aa') %}",
    "{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}",
    "{% set n.y = [n.y, n.y] %}",
    "{% set n.y = (n.y, n.y) %}",
    "{% set n.y = {1: n.y, 2: n.y} %}",
    "{% set n.y = [n.y, n.y] | list %}",
]


@pytest.mark.parametrize("line", DOUBLED)
def test_nothing_grows_without_end(line: str) -> None:
    start = "{% set n = namespace(x='a', y=['a']) %}"
    text = f"{start}{{% for _ in range(99) %}}{line}{{% endfor %}}{{{{ n.y == n.x }}}}"
    with pytest.raises(BrokenTemplate, match=r"more than 1,000,000|more than 64,000,000"):
        text_of(text)


BOMBS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% for a in range(99999) %}{% set _ = range(99999) | map('string') | list %}{% endfor %}",
    "{% for a in range(99999) %}{% set _ = range(99999) | sum %}{% endfor %}",
    "{% for a in range(99999) %}{% include '_b.txt.j2' %}{% endfor %}",
]


@pytest.mark.parametrize("text", BOMBS)
def test_nothing_goes_on_for_ever(text: str) -> None:
    """The clock of this test ticks each time that somebody looks at it."""
    ticks = itertools.count()
    theirs = Overrides(
        {TEXT: text, "_b.txt.j2": "{% for x in range(9) %}{% endfor %}"},
        lambda: next(ticks) / 100,
        raises=True,
    )
    with pytest.raises(BrokenTemplate, match="it takes longer than 10 s"):
        mail_text(replace(samples.fine(), overrides=theirs))
    assert next(ticks) < 1_100


@pytest.mark.parametrize("name", ENTRIES)
def test_a_broken_template_is_replaced_by_ours_which_says_so(name: str) -> None:
    report = samples.failing()
    broken = replace(report, overrides=Overrides({name: "\n{{ nothing }}"}))
    told = samples.failing().notices
    said = f"template {name}, line 2: 'nothing' is undefined; ours is used instead"
    expected = replace(report, notices=(*told, Notice("template-broken", said)))
    assert MAKERS[name](broken) == MAKERS[name](expected)
    terminal = terminal_text(broken, width=80, color=False)
    assert ("'nothing' is undefined" in terminal) == (name == TEXT)


def test_templates_that_work_stay_and_the_others_are_told_everywhere() -> None:
    theirs = Overrides({TEXT: "MINE", "email.html.j2": "{{ nothing }}", "_x.j2": "{% if %}"})
    report, broken = proved(samples.failing(), theirs)
    assert [str(one) for one in broken] == [
        "template email.html.j2, line 1: 'nothing' is undefined"
    ]
    assert mail_text(report) == "MINE"
    assert broken_templates(report) == [f"{broken[0]}; ours is used instead"]
    for made in (email_html(report), page_html(report), to_markdown(report)):
        assert "email.html.j2" in made
        assert "ours is used instead" in made
    document = to_document(report)
    assert_valid(document)
    kinds = [notice["kind"] for notice in document["notices"]]
    assert kinds == ["policy-matches-nothing", "template-broken", "template-unused"]


def test_what_breaks_over_one_channels_part_alone_is_found_before_anything_is_sent() -> None:
    theirs = Overrides({TEXT: "{{ report.findings[0].title }}"})
    assert proved(samples.failing(), theirs)[1] == ()
    part = Part(Claim(Selector({"name": ("prod-fine",)})))
    report, (broken,) = proved(samples.failing(), theirs, [Part(), part])
    assert "line 1" in str(broken)
    assert mail_text(report) == mail_text(replace(report, overrides=Overrides()))


def test_a_template_that_has_been_tried_gets_more_time() -> None:
    report, _ = proved(samples.fine(), Overrides({TEXT: "x"}, seconds=5))
    assert report.overrides.seconds == 15


def test_a_report_without_templates_of_a_user_stays_as_it_is() -> None:
    report = samples.fine()
    assert proved(report, Overrides()) == (report, ())


def test_a_template_that_does_nothing_is_found() -> None:
    texts = {
        TEXT: '{% include "_used.txt.j2" %}',
        "_used.txt.j2": '{% import "_deep.j2" as x %}',
        "_deep.j2": "",
        "_idle.txt.j2": "",
        "emial.html.j2": "",
    }
    assert unused(Overrides(texts)) == ["_idle.txt.j2", "emial.html.j2"]
    assert unused(Overrides(texts | {TEXT: "{% include verdict %}"})) == []
    assert unused(Overrides(texts | {TEXT: "{% if %}"})) == []


def attributes(kind: type) -> Iterator[str]:
    """Yield the public fields and properties of a class."""
    yield from (one.name for one in fields(kind))
    yield from (n for n, value in vars(kind).items() if isinstance(value, property) and n[0] != "_")


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_documented_attribute_is_there(kind: type) -> None:
    assert set(TYPES[kind]) <= set(attributes(kind))


@pytest.mark.parametrize("name", ENTRIES)
def test_every_documented_name_is_there(name: str) -> None:
    """The sandbox gives no others; ``say`` and ``count`` are only there to be called."""
    page = NAMES if name == "page.html.j2" else NAMES - {n.partition("(")[0] for n in OF_THE_PAGE}
    text = "".join(
        f"{{% if {word} is not defined %}}{word}{{% endif %}}" for word in page - {"say", "count"}
    )
    assert (
        MAKERS[name](replace(samples.failing(), overrides=Overrides({name: f"[{text}]"}))) == "[]"
    )


def test_every_filter_is_documented() -> None:
    for name, word in itertools.product(ENTRIES, FILTERS):
        check = f"{{% if false %}}{{{{ 1 | {word} }}}}{{% endif %}}"
        assert not list(check_own(Overrides({name: check})))
    theirs = {name for name in Sandbox(Clock(float, 1), {}).filters if name[0] != "_"}
    assert set(JINJA_FILTERS) == theirs | {"safe"}


def test_the_manual_is_up_to_date() -> None:
    assert MANUAL.read_text("utf-8") == manual(), f"run `{COMMAND}`"
