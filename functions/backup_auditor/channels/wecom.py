"""A message push (formerly group robot) of WeCom, 企业微信.

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention, as Markdown. Its text may be 4,096 bytes long, so at most 4,000 are sent: a
handful of findings, each of at most 900 bytes, cut on whole findings. Send the whole report by mail
as well. WeCom documents no escape, so each ``< > [ ] * ` `` of a name becomes its full-width form,
which looks alike and means nothing; an invisible space breaks addresses apart, which WeCom would
make links.

Delivered means status 200 with ``errcode`` 0 in the body: WeCom answers 200 to what it refuses,
too. 45009 (more than 20 messages in a minute), 45033 (too many at once), -1 (busy), 429 and 5xx are
tried again. Everything else is permanent: 93000 (the address is wrong), 40058 (too large). No
answer after the message was sent is tried again: a message twice is better than none.

Sources: https://developer.work.weixin.qq.com/document/path/99110 and
https://developer.work.weixin.qq.com/document/path/90455 (errcode)
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert, plain
from backup_auditor.channels._codes import Codes
from backup_auditor.channels._said import said
from backup_auditor.model import AuditVerdict
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, as_json, post
from backup_auditor.report.model import Report

_MOST_BYTES = 4_000
_LONGEST_ROW = 900
_BETWEEN = "\n\n"
_FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "<>[]*`"}  # Unicode chart FF00
_CODES = Codes(
    field="errcode",
    passing={
        -1: "the service is busy",
        45009: "too many messages",
        45033: "too many messages at once",
    },
    permanent={
        40058: "the message is malformed or too large",
        93000: "the webhook's address is wrong",
    },
)


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/wecom#url"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _WeCom(options, outside)


class _WeCom:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = self._outside.resolve(self._options.url)
        body = as_json(message(report))
        _CODES.check(post(Post(url, body), self._options, self._outside))


def message(report: Report) -> dict[str, Any]:
    """Return the payload."""
    what = said(report)
    colour = "info" if what.verdict is AuditVerdict.PASS else "warning"
    ends = [f"## {_font(what.title, colour)}\n{what.headline}", _font(what.meta, "comment")]
    paper = Paper(
        row=_row,
        line=str,
        size=lambda text: _bytes(text + _BETWEEN),
        room=_MOST_BYTES - _bytes(_BETWEEN.join(ends)),
    )
    content = _BETWEEN.join([ends[0], *cut(what, paper), ends[1]])
    return {"msgtype": "markdown", "markdown": {"content": content}}


def _font(text: str, colour: str) -> str:
    return f'<font color="{colour}">{text}</font>'


def _row(row: Row) -> str:
    """Return what begins with our own words: a name never begins a line, so ``#`` means nothing."""
    text = inert(plain(row)).translate(_FULL_WIDTH).encode()
    if len(text) <= _LONGEST_ROW:
        return text.decode()
    return text[: _LONGEST_ROW - len("…".encode())].decode(errors="ignore") + "…"


def _bytes(text: str) -> int:
    return len(text.encode())
