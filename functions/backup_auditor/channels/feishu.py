"""A custom bot in a group of Feishu or Lark.

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention, as a card (JSON 1.0, which older clients show as well). A request may be 20 KB
large; at most 18,000 bytes are sent, cut on whole findings. Names from the cloud stand in
``plain_text``, where Feishu reads no markup and no mention.

The host in ``url`` says which service it is: ``open.feishu.cn`` or ``open.larksuite.com``. A bot
that signs takes its secret as ``secret``. A bot that wants a keyword finds ``Backup audit``, or
``备份审计`` with ``language: zh-CN``.

Delivered means status 200 with ``code`` 0 in the body: Feishu answers 200 to what it refuses, too.
11232, 11233, 11247 and 99991400 (too many messages), 429 and 5xx are tried again; audits that start
off the full and the half hour meet them less. Everything else is permanent: 9499 (malformed or too
large), 19001 (no such bot), 19021 (signature or clock), 19022 (IP address), 19024 (keyword). No
answer after the message was sent is tried again: a message twice is better than none.

Sources: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot,
https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control.md (99991400) and
https://open.larkoffice.com/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-structure.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Said, cut, plain
from backup_auditor.channels._codes import Codes
from backup_auditor.channels._said import said
from backup_auditor.model import AuditVerdict
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, as_json, post
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret

_MOST_BYTES = 18_000
_COLOURS = {
    AuditVerdict.PASS: "green",
    AuditVerdict.FAIL: "red",
    AuditVerdict.INCOMPLETE: "orange",
}
_CODES = Codes(
    field="code",
    passing={
        11232: "too many messages at this time of day",
        11233: "too many messages in this group",
        11247: "too many messages",
        99991400: "too many requests",
    },
    permanent={
        9499: "the message is malformed or too large",
        19001: "there is no such bot",
        19021: "the signature is wrong, or the clock is more than an hour off",
        19022: "the bot does not take messages from this IP address",
        19024: "the bot wants a keyword that the message does not hold",
    },
)

Element = dict[str, Any]


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/feishu#url"],
    )
    secret: Reference | None = Field(
        default=None,
        description="Where the signing secret lies, for a bot that wants signatures.",
        examples=["secretsmanager:backup-auditor/feishu#secret"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Feishu(options, outside)


def signature(secret: Secret, timestamp: int) -> str:
    """Return the signature, in base64; ``timestamp`` is in seconds.

    The text that others sign is the key here, and what is signed is empty.
    """
    key = f"{timestamp}\n{secret.reveal().strip()}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


class _Feishu:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = self._outside.resolve(self._options.url)
        body = as_json(message(report, self._signed()))
        _CODES.check(post(Post(url, body), self._options, self._outside))

    def _signed(self) -> dict[str, str]:
        """Return the fields that prove who sends; none for a bot that does not ask."""
        if self._options.secret is None:
            return {}
        secret = self._outside.resolve(self._options.secret)
        timestamp = int(self._outside.now().timestamp())
        return {"timestamp": str(timestamp), "sign": signature(secret, timestamp)}


def message(report: Report, signed: Mapping[str, str]) -> dict[str, Any]:
    """Return the payload; ``signed`` are the fields that prove who sends."""
    what = said(report)
    ends = [_div(what.headline), _note(what.meta)]
    frame = {**signed, "msg_type": "interactive", "card": _card(what, ends)}
    paper = Paper(
        row=lambda row: _div(plain(row)),
        line=_div,
        size=lambda element: len(as_json(element)) + len(","),
        room=_MOST_BYTES - len(as_json(frame)),
    )
    return {**frame, "card": _card(what, [ends[0], *cut(what, paper), ends[1]])}


def _card(what: Said, elements: Sequence[Element]) -> dict[str, Any]:
    return {
        "config": {"wide_screen_mode": True},
        "header": {"template": _COLOURS[what.verdict], "title": _text(what.title)},
        "elements": list(elements),
    }


def _div(text: str) -> Element:
    return {"tag": "div", "text": _text(text)}


def _note(text: str) -> Element:
    return {"tag": "note", "elements": [_text(text)]}


def _text(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}
