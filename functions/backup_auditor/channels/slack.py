"""A Slack incoming webhook.

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention; at most 12,000 characters in 50 blocks, cut on whole findings. Names from the
cloud stand in ``plain_text``, where Slack reads no markup and no mention.

Delivered means status 200 with the body ``ok``. 429 and 5xx are tried again. Everything else is
permanent: 400 and 403 are refusals, 404 and 410 mean that the webhook or its channel is gone. No
answer after the message was sent is tried again too: a message twice is better than none.

Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, cut, plain
from backup_auditor.channels._said import said
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Report

_MOST_CHARACTERS = 12_000
_MOST_BLOCKS = 50
_LONGEST_SECTION = 2_900
_KNOWN_ERRORS = frozenset(
    {
        *("invalid_payload", "invalid_blocks", "no_text", "user_not_found", "invalid_token"),
        *("action_prohibited", "channel_not_found", "no_service", "channel_is_archived"),
        *("rollup_error", "no_active_hooks", "posting_to_general_channel_denied"),
    }
)

Block = dict[str, Any]


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/slack#url"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Slack(options, outside)


class _Slack:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = self._outside.resolve(self._options.url)
        body = as_json(message(report))
        reply = post(Post(url, body), self._options, self._outside)
        if reply.status != HTTPStatus.OK or reply.body.strip() != "ok":
            raise failure(reply, _said(reply))


def message(report: Report) -> dict[str, Any]:
    """Return the payload: blocks, and the text that notifications show."""
    what = said(report)
    ends = [_header(what.title), _section(what.headline), _context(what.meta)]
    paper = Paper(
        row=lambda row: _section(plain(row)),
        line=_section,
        size=_size,
        room=_MOST_CHARACTERS - sum(map(_size, ends)),
        most=_MOST_BLOCKS - len(ends),
    )
    return {
        "text": _escaped(what.summary),
        "unfurl_links": False,
        "blocks": [*ends[:2], *cut(what, paper), ends[2]],
    }


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> Block:
    bounded = text if len(text) <= _LONGEST_SECTION else text[: _LONGEST_SECTION - 1] + "…"
    return {"type": "section", "text": {"type": "plain_text", "text": bounded, "emoji": False}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _size(block: Block) -> int:
    return len(json.dumps(block, ensure_ascii=False))


def _escaped(text: str) -> str:
    """Escape the three characters that mean something to Slack, and nothing else."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _said(reply: Reply) -> str:
    """Return the target's word when it is one that Slack documents; bodies are not trusted."""
    word = reply.body.strip()
    if word in _KNOWN_ERRORS:
        return word
    return "the body is not ok" if reply.status == HTTPStatus.OK else ""
