"""A Telegram bot that writes to a chat (``sendMessage``).

Says the verdict, what could not be audited, the worst findings, what is exempt, and the exemptions
that need attention; at most 4,000 of the 4,096 UTF-16 units of a message, counted with all markup,
cut on whole findings. What strangers wrote stands in ``<code>``, where Telegram sees no mention,
command, link or tag. A verdict of pass arrives without a sound.

Delivered means status 200 with ``"ok": true`` in the body. 408, 425, 429 and 5xx are tried again;
how long to wait stands in the body. Everything else is permanent: 401 and 404 mean a wrong token,
400 and 403 that the bot cannot write to the chat. A group that has become a supergroup has a new
``chat_id``, which the error names. No answer after the message was sent is tried again too: a
message twice is better than none.

Sources: https://core.telegram.org/bots/api#sendmessage,
https://core.telegram.org/bots/api#html-style and
https://core.telegram.org/bots/api#responseparameters
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut
from backup_auditor.channels._said import said
from backup_auditor.errors import DeliveryError
from backup_auditor.model import AuditVerdict
from backup_auditor.outside import Outside
from backup_auditor.policy.fields import Server
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Report
from backup_auditor.secret import Secret

_MOST_UNITS = 4_000
# Telegram ignores all tags after the hundredth; a row has four at most.
_MOST_ROWS = 20
_TOO_LARGE = 1 << 63
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}", re.ASCII)
_CHAT = r"^(-?[0-9]{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})$"
_HINT = "write the number of a chat, such as -1001234567890, or the @name of a channel"
_KNOWN_ERRORS = (
    *("chat not found", "message is too long", "can't parse entities", "not enough rights"),
    *("need administrator rights", "message thread not found", "bot was blocked by the user"),
    *("bot was kicked", "bot is not a member", "bot can't initiate conversation"),
    *("user is deactivated", "Unauthorized", "Too Many Requests"),
)


def _chat_id(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(_CHAT, text, re.ASCII):
        raise ValueError(_HINT)
    return text


ChatId = Annotated[
    str,
    BeforeValidator(_chat_id),
    WithJsonSchema({"type": ["integer", "string"], "pattern": _CHAT, "errorMessage": _HINT}),
]
"""The number of a chat, or the name of a public one."""


class Options(HttpOptions):
    """Options of this channel."""

    token: Reference = Field(
        description="Where the bot's token lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/telegram#token"],
    )
    chat_id: ChatId = Field(
        description="The chat: its number, or the @name of a public channel.",
        examples=[-1001234567890, "@backups"],
    )
    thread_id: int | None = Field(
        default=None, gt=0, strict=True, description="A topic of a forum.", examples=[7]
    )
    server: Server = Field(
        default="https://api.telegram.org",
        description="The server of the Bot API.",
        examples=["https://telegram.example.com"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Telegram(options, outside)


class _Telegram:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        body = as_json(self._payload(report))
        reply = post(Post(self._url(), body), self._options, self._outside)
        if reply.status != HTTPStatus.OK or reply.document().get("ok") is not True:
            raise _refusal(reply)

    def _url(self) -> Secret:
        """Return the address; a token that is none could make it lead elsewhere."""
        token = self._outside.resolve(self._options.token).reveal().strip()
        if not _TOKEN.fullmatch(token):
            reason = "the token of the bot must be a number, a colon, and letters and digits"
            raise DeliveryError(reason, permanent=True)
        return Secret(f"{self._options.server}/bot{token}/sendMessage")

    def _payload(self, report: Report) -> dict[str, Any]:
        payload = {
            "chat_id": self._options.chat_id,
            "text": message(report),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "disable_notification": report.audit.verdict is AuditVerdict.PASS,
        }
        thread = self._options.thread_id
        return payload if thread is None else {**payload, "message_thread_id": thread}


def message(report: Report) -> str:
    """Return the text, in the HTML that Telegram knows."""
    what = said(report)
    first = f"<b>{_escaped(what.title)}</b>\n{_escaped(what.headline)}"
    last = _escaped(what.meta)
    paper = Paper(
        row=_row,
        line=_escaped,
        size=_size,
        room=_MOST_UNITS - _size(first) - _size(last),
        most=_MOST_ROWS,
    )
    return "\n\n".join([first, *cut(what, paper), last])


def _row(row: Row) -> str:
    text = _code(row.named(f"{row.title}{row.place}", row.text))
    first = f"{row.mark} <b>{_escaped(row.label)}</b> {text}"
    notes = (row.named(_escaped(name), _code(text)) for name, text in row.notes)
    return "\n".join([first, *notes])


def _code(text: str) -> str:
    return f"<code>{_escaped(text)}</code>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(text: str) -> int:
    """Count UTF-16 units, with the blank line that follows."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2 + len("\n\n")


def _refusal(reply: Reply) -> DeliveryError:
    document = reply.document()
    parameters = document.get("parameters")
    wait, moved = (_number(parameters, key) for key in ("retry_after", "migrate_to_chat_id"))
    if wait is not None and wait >= 0:
        reply = replace(reply, retry_after=float(wait))
    if moved is not None:
        return failure(reply, f"the group is a supergroup now, with the chat_id {moved}")
    description = str(document.get("description"))
    known = next((words for words in _KNOWN_ERRORS if words in description), "")
    return failure(reply, known or ("the body is not ok" if reply.is_success else ""))


def _number(parameters: object, key: str) -> int | None:
    """Return a whole number out of the body; what else stands there is not trusted."""
    found = parameters.get(key) if isinstance(parameters, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) >= _TOO_LARGE:
        return None
    return found
