"""A custom robot in a DingTalk group.

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention. A request may be 20,000 bytes large; at most 18,000 are sent, cut on whole
findings. It is a message of type ``text``: DingTalk's Markdown has no documented escape, and text
needs none. Each ``@`` of a name becomes its full-width form, which mentions nobody; an invisible
space breaks addresses apart, which DingTalk would make links.

A robot that signs takes its secret (SEC…) as ``secret``. One that wants a keyword finds
``Backup audit``, or ``备份审计`` with ``language: zh-CN``.

Delivered means status 200 with ``errcode`` 0 in the body: DingTalk answers 200 to what it refuses,
too. -1 (busy), 429 and 5xx are tried again. Everything else is permanent: 310000 (keyword,
signature or IP address), 300001 and 300005 (no such robot), 460101 and 101002 (too large), and
130101: after 20 messages in a minute the robot is blocked for 10 minutes, which no retry outlasts.
No answer after the message was sent is tried again: a message twice is better than none.

Sources: https://open.dingtalk.com/document/robots/custom-robot-access,
https://blog.csdn.net/jialiuyang/article/details/118615052 (130101),
https://github.com/timonwong/prometheus-webhook-dingtalk/issues/30 (460101) and /issues/226 (300005)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert, plain
from backup_auditor.channels._codes import Codes
from backup_auditor.channels._said import said
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, as_json, post, with_query
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret

_MOST_BYTES = 18_000
_BETWEEN = "\n\n"
_FULL_WIDTH_AT = "\uff20"
_CODES = Codes(
    field="errcode",
    passing={-1: "the service is busy"},
    permanent={
        101002: "the message is too large",
        130101: "more than 20 messages in a minute; the robot is blocked for 10 minutes",
        300001: "there is no such robot",
        300005: "there is no such robot",
        310000: "the robot's keyword, signature or IP address does not fit",
        460101: "the message is too large",
    },
)


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/dingtalk#url"],
    )
    secret: Reference | None = Field(
        default=None,
        description="Where the signing secret (SEC…) lies, for a robot that wants signatures.",
        examples=["secretsmanager:backup-auditor/dingtalk#secret"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _DingTalk(options, outside)


def signature(secret: Secret, timestamp: int) -> str:
    """Return the signature, in base64; ``timestamp`` is in milliseconds."""
    key = secret.reveal().strip().encode()
    signed = f"{timestamp}\n".encode() + key
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class _DingTalk:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        body = as_json(message(report))
        _CODES.check(post(Post(self._url(), body), self._options, self._outside))

    def _url(self) -> Secret:
        """Return the address, with what proves who sends if the robot asks for it."""
        url = self._outside.resolve(self._options.url)
        if self._options.secret is None:
            return url
        secret = self._outside.resolve(self._options.secret)
        timestamp = int(self._outside.now().timestamp()) * 1000
        return with_query(url, timestamp=str(timestamp), sign=signature(secret, timestamp))


def message(report: Report) -> dict[str, Any]:
    """Return the payload."""
    what = said(report)
    ends = [f"{what.title}\n{what.headline}", what.meta]
    paper = Paper(
        row=_row,
        line=str,
        size=lambda text: len(as_json(text + _BETWEEN)) - len('""'),
        room=_MOST_BYTES - len(as_json(_payload(ends))),
    )
    return _payload([ends[0], *cut(what, paper), ends[1]])


def _payload(parts: list[str]) -> dict[str, Any]:
    content = _BETWEEN.join(parts)
    return {"msgtype": "text", "text": {"content": content}, "at": {"isAtAll": False}}


def _row(row: Row) -> str:
    return inert(plain(row).replace("@", _FULL_WIDTH_AT))
