"""A Google Chat webhook.

Says the verdict as the message's text, and on a card what could not be audited, the worst findings,
what is exempt, and the exemptions that need attention; at most 28,000 of 32,000 bytes and 90 of the
100 widgets that a card shows, cut on whole rows. Names stand on the card only, escaped as HTML, so
that none is markup or a mention.

Delivered means status 200 with the message that was made. 408, 425, 429 and 5xx are tried again.
Everything else is permanent: 400 is a refusal, 401 and 403 a wrong key or token, 404 means that the
space or the webhook is gone.

Sources: https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create,
https://developers.google.com/workspace/chat/api/reference/rest/v1/cards and
https://developers.google.com/workspace/chat/limits
"""

from __future__ import annotations

import html
from http import HTTPStatus
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert
from backup_auditor.channels._said import said
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Report

_MOST_BYTES = 28_000
_MOST_WIDGETS = 90
_KNOWN_ERRORS = frozenset(
    {
        *("INVALID_ARGUMENT", "FAILED_PRECONDITION", "UNAUTHENTICATED", "PERMISSION_DENIED"),
        *("NOT_FOUND", "RESOURCE_EXHAUSTED", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"),
    }
)

Widget = dict[str, Any]


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/google-chat#url"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _GoogleChat(options, outside)


class _GoogleChat:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = self._outside.resolve(self._options.url)
        reply = post(Post(url, as_json(message(report))), self._options, self._outside)
        if reply.status != HTTPStatus.OK or not _is_message(reply):
            raise failure(reply, _said(reply))


def message(report: Report) -> dict[str, Any]:
    """Return the payload."""
    what = said(report)
    widgets: list[Widget] = [_paragraph(html.escape(what.headline, quote=False))]
    card = {
        "header": {"title": what.title, "subtitle": what.meta},
        "sections": [{"widgets": widgets}],
    }
    payload = {
        "text": what.summary,
        "cardsV2": [{"cardId": "audit", "card": card}],
    }
    room = _MOST_BYTES - len(as_json(payload))
    widgets += cut(what, Paper(_row, _paragraph, _size, room, _MOST_WIDGETS))
    return payload


def escaped(text: str) -> str:
    """Return ``text`` so that it means nothing on a card."""
    return html.escape(inert(text), quote=False)


def _row(row: Row) -> Widget:
    first = f"{row.mark} <b>{escaped(row.label)} {escaped(row.title)}</b>{escaped(row.place)}"
    notes = (row.named(name, escaped(text)) for name, text in row.notes)
    return _paragraph("<br>".join([first, escaped(row.text), *notes]))


def _paragraph(text: str) -> Widget:
    return {"textParagraph": {"text": text}}


def _size(widget: Widget) -> int:
    return len(as_json(widget)) + 1


def _is_message(reply: Reply) -> bool:
    return str(reply.document().get("name")).startswith("spaces/")


def _said(reply: Reply) -> str:
    """Return the kind of error, when it is one that Google documents."""
    error = reply.document().get("error")
    word = str(error.get("status")) if isinstance(error, dict) else ""
    if word in _KNOWN_ERRORS:
        return word
    return "no message in the answer" if reply.is_success else ""
