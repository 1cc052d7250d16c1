"""A Discord webhook.

Says the verdict as the message's text, and in one embed what could not be audited, the worst
findings, what is exempt, and the exemptions that need attention; cut on whole rows at 4,000 of the
4,096 characters of a description. Every sign of Markdown in names is escaped, and
``allowed_mentions`` is empty, so that nothing pings.

The message is sent with ``wait=true``: delivered means status 200 with the message that was made.
408, 425, 429 and 5xx are tried again. Everything else is permanent: 400 is a refusal, 401 and 403
a wrong token, 404 means that the webhook is gone. A webhook of a forum needs the id of a thread in
its address (``?thread_id=…``).

Sources: https://docs.discord.com/developers/resources/webhook#execute-webhook and
https://docs.discord.com/developers/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

import re
from datetime import UTC
from http import HTTPStatus
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert
from backup_auditor.channels._said import said
from backup_auditor.model import AuditVerdict
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post, with_query
from backup_auditor.report.model import Report

_LONGEST_DESCRIPTION = 4_000
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_COLOURS = {
    AuditVerdict.PASS: 0x2E7D32,
    AuditVerdict.FAIL: 0xC62828,
    AuditVerdict.INCOMPLETE: 0xF9A825,
}
_KNOWN_ERRORS = {
    "10003": "its channel is gone",
    "10015": "no such webhook",
    "50006": "the message is empty",
    "50027": "the token of the webhook is wrong",
    "50035": "the message was not understood",
    "220001": "a forum needs thread_id in the address",
}


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the webhook's address lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/discord#url"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Discord(options, outside)


class _Discord:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = with_query(self._outside.resolve(self._options.url), wait="true")
        reply = post(Post(url, as_json(message(report))), self._options, self._outside)
        if reply.status != HTTPStatus.OK or not _is_message(reply):
            known = _KNOWN_ERRORS.get(str(reply.document().get("code")), "")
            raise failure(reply, known or _missing(reply))


def message(report: Report) -> dict[str, Any]:
    """Return the payload."""
    what = said(report)
    paper = Paper(_row, escaped, lambda text: _units(text) + 2, _LONGEST_DESCRIPTION)
    return {
        "content": f"**{what.title}**\n{escaped(what.headline)}",
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "title": what.title,
                "description": "\n\n".join(cut(what, paper)),
                "color": _COLOURS[what.verdict],
                "footer": {"text": what.meta},
                "timestamp": report.audit.run.started_at.astimezone(UTC).isoformat(),
            }
        ],
    }


def escaped(text: str) -> str:
    """Return ``text`` so that it means nothing to Discord."""
    return _PUNCTUATION.sub(r"\\\g<0>", inert(text))


def _row(row: Row) -> str:
    head = f"{row.mark} **{escaped(row.label)} {escaped(row.title)}**{escaped(row.place)}"
    first = row.named(head, escaped(row.text))
    return "\n".join([first, *(row.named(name, escaped(text)) for name, text in row.notes)])


def _units(text: str) -> int:
    """Count as JavaScript does, which is never less than the characters that there are."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def _is_message(reply: Reply) -> bool:
    document = reply.document()
    return isinstance(document.get("id"), str) and isinstance(document.get("channel_id"), str)


def _missing(reply: Reply) -> str:
    return "no message in the answer" if reply.is_success else ""
