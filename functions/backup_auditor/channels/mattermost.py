"""A Mattermost incoming webhook.

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention, in Markdown; at most 12,000 characters, cut on whole rows (the server splits a
post of more than 16,383). Markup in names is escaped. ``@`` and addresses get an invisible space,
because Mattermost pings and links without any bracket; ``<`` and ``>`` become ``＜`` and ``＞``,
because the server turns Slack's ``<!channel>`` into a ping before it looks at Markdown.

Delivered means status 200 with the body ``ok``. 408, 425, 429 and 5xx are tried again. Everything
else is permanent, also 501, which means that incoming webhooks are switched off.

A server in a private network needs ``allow_private: true``.

Sources: https://developers.mattermost.com/integrate/webhooks/incoming/ and
https://docs.mattermost.com/administration-guide/manage/product-limits.html
"""  # noqa: RUF002 - the full-width signs are meant

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert
from backup_auditor.channels._said import said
from backup_auditor.errors import DeliveryError
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Report

_MOST_CHARACTERS = 12_000
_MARKUP = re.compile(r"[\\`*_{}\[\]()#+\-.!~|]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_ANGLES = str.maketrans("<>", "＜＞")  # noqa: RUF001 - these mean nothing to Mattermost
_KNOWN_ERRORS = {
    "web.incoming_webhook.invalid.app_error": "no such webhook",
    "web.incoming_webhook.disabled.app_error": "incoming webhooks are switched off",
    "web.incoming_webhook.channel.app_error": "its channel is gone",
    "web.incoming_webhook.channel_locked.app_error": "it is locked to another channel",
    "web.incoming_webhook.user.app_error": "its user is gone",
    "web.incoming_webhook.permissions.app_error": "its user may not post there",
    "web.incoming_webhook.parse.app_error": "the message was not understood",
    "web.incoming_webhook.decode.app_error": "the message was not understood",
    "web.incoming_webhook.text.app_error": "the message has no text",
}


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/mattermost#url"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Mattermost(options, outside)


class _Mattermost:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = self._outside.resolve(self._options.url)
        reply = post(Post(url, as_json(message(report))), self._options, self._outside)
        if reply.status != HTTPStatus.OK or reply.body.strip() != "ok":
            raise _failure(reply)


def message(report: Report) -> dict[str, Any]:
    """Return the payload."""
    what = said(report)
    head, foot = f"#### {what.title}\n{escaped(what.headline)}", f"_{escaped(what.meta)}_"
    room = _MOST_CHARACTERS - len(head) - len(foot) - 4
    paper = Paper(_row, escaped, lambda text: len(text) + 2, room)
    return {"text": "\n\n".join([head, *cut(what, paper), foot])}


def escaped(text: str) -> str:
    """Return ``text`` so that it means nothing to Mattermost."""
    broken = _ENTITY.sub("&\u200b", inert(text).translate(_ANGLES))
    return _MARKUP.sub(r"\\\g<0>", broken)


def _row(row: Row) -> str:
    head = f"{row.mark} **{escaped(row.label)} {escaped(row.title)}**{escaped(row.place)}"
    first = row.named(head, escaped(row.text))
    return "\n".join([first, *(row.named(name, escaped(text)) for name, text in row.notes)])


def _failure(reply: Reply) -> DeliveryError:
    """Say an error that Mattermost documents; its own sentence may hold the webhook's key."""
    known = _KNOWN_ERRORS.get(str(reply.document().get("id")))
    if known:
        return failure(reply, known, permanent=True)
    return failure(reply, "the body is not ok" if reply.status == HTTPStatus.OK else "")
