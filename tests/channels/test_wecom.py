import json
import re

import pytest
from backup_auditor.channels.wecom import message
from backup_auditor.report.model import Report
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.answers import DELIVERED, PASSING, PERMANENT, Answer
from tests.channels.http_contract import HttpContract
from tests.report import samples

OWN = re.compile(r'^(?:## )?<font color="(?:info|warning|comment)">([^<>]*)</font>$', re.MULTILINE)


def content(report: Report) -> str:
    """Return the Markdown of a report."""
    text: str = message(report)["markdown"]["content"]
    return text


def without_own_markup(text: str) -> str:
    """Return a message without the heading and the colours that are ours."""
    bare, number = OWN.subn(r"\1", text)
    assert number == 2
    return bare


class TestWeCom(HttpContract):
    kind = "wecom"
    path = "/cgi-bin/webhook/send?key=T0PSECRETKEY"
    accepted = Answer(200, b'{"errcode":0,"errmsg":"ok"}')
    meanings = (
        (Answer(200, b'{"errcode":0}'), DELIVERED, ""),
        (Answer(200, b"<html>proxy</html>"), PERMANENT, "the body holds no errcode that is known"),
        (Answer(200, b'{"errcode":93000,"errmsg":"T0PSECRETKEY"}'), PERMANENT, "address is wrong"),
        (Answer(200, b'{"errcode":40058}'), PERMANENT, "the message is malformed or too large"),
        (Answer(200, b'{"errcode":40033}'), PERMANENT, "errcode 40033"),
        (Answer(200, b'{"errcode":45009}'), PASSING, "errcode 45009: too many messages"),
        (Answer(200, b'{"errcode":45033}'), PASSING, "too many messages at once"),
        (Answer(200, b'{"errcode":-1}'), PASSING, "the service is busy"),
        (Answer(200, b'{"errcode":9999999999}'), PERMANENT, "no errcode that is known"),
    )
    limit = 4_000
    machine_words = ("markdown", "font", "color", "info", "warning", "comment")

    def measured(self, body: bytes) -> int:
        return len(self.readable(body).encode())

    def readable(self, body: bytes) -> str:
        text: str = json.loads(body)["markdown"]["content"]
        return text

    def assert_harmless(self, body: bytes) -> None:
        document = json.loads(body)
        assert document.keys() == {"msgtype", "markdown"}
        assert document["msgtype"] == "markdown"
        assert b"\\u" not in body  # errcode 40033
        bare = without_own_markup(document["markdown"]["content"])
        assert not set(bare) & set("<>[]*`")
        assert not re.search(r"://|www\.", bare)
        assert not any(line.startswith("#") for line in bare.splitlines())


@given(st.text(max_size=100), st.text(max_size=400))
def test_no_name_and_no_text_is_markup(name: str, reason: str) -> None:
    hurt = samples.exempted(samples.assessed(name, id="x"), by=reason)
    text = content(samples.report(samples.assessed(name, id="y"), hurt))
    bare = without_own_markup(text)
    assert len(text.encode()) <= 4_000
    assert not set(bare) & set("<>[]*`")
    assert not any(line.startswith("#") for line in bare.splitlines())


def test_a_long_row_is_shortened_on_a_whole_sign_so_that_others_are_seen() -> None:
    rows = content(samples.named("备" * 80, "🙂" * 80)).split("\n\n")
    assert len(rows) == 4
    long = samples.exempted(samples.assessed("🙂" * 80), by="份" * 300)
    _, row, _ = content(samples.report(long)).split("\n\n")
    assert row.startswith("~ EXEMPT CRITICAL 🙂")
    assert row.endswith("份…")
    assert 890 < len(row.encode()) <= 900


@pytest.mark.parametrize(
    ("report", "colour"),
    [
        (samples.fine(), "info"),
        (samples.failing(), "warning"),
        (samples.empty(), "warning"),
    ],
)
def test_the_verdict_is_a_word_and_a_colour(report: Report, colour: str) -> None:
    verdict = report.audit.verdict.name
    first = content(report).splitlines()[0]
    assert first == f'## <font color="{colour}">Backup audit: {verdict}</font>'


def test_what_a_message_says_in_the_order_of_reading() -> None:
    first, gap, *findings, meta = content(samples.incomplete()).split("\n\n")
    assert first.splitlines()[1].startswith("13 of 14 resources cannot be judged")
    assert gap.startswith("! Not audited: ucloud.uredis org-test cn-bj2: ")
    assert len(findings) == 2
    assert meta == (
        '<font color="comment">Tue 2026-11-24 14:07 CST · run 20261124T060700Z-abc</font>'
    )
