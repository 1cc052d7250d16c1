"""The demo's chat messages as people read them: one page, a column for each chat.

It shows the texts of each message in order, not the colours and fonts of a chat program.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

_STYLE = """body{font:14px/1.45 system-ui,sans-serif;margin:24px;background:#eef0f3;color:#1f2328}
main{display:grid;gap:24px;grid-template-columns:repeat(auto-fit,minmax(320px,1fr))}
section{background:#fff;padding:16px 20px;border-radius:8px}p{margin:0 0 12px;white-space:pre-line}
@media(prefers-color-scheme:dark){body{background:#16181c;color:#e6e8eb}section{background:#23272e}}"""


def chats_page(messages: Mapping[str, dict[str, Any]]) -> str:
    """Return a page with ``messages``: name of a chat -> what was posted to it."""
    columns = "".join(_column(name, message) for name, message in messages.items())
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Chat messages</title>'
    return f"{head}<style>{_STYLE}</style><main>{columns}</main></html>"


def _column(name: str, message: dict[str, Any]) -> str:
    paragraphs = "".join(map(_paragraph, _blocks(message)))
    return f"<section><h2>{html.escape(name)}</h2>{paragraphs}</section>"


def _blocks(message: dict[str, Any]) -> list[Any]:
    """Return the parts of a message of Slack, Teams or Feishu."""
    if "attachments" in message:
        return list(message["attachments"][0]["content"]["body"])
    if "card" in message:
        return [message["card"]["header"], *message["card"]["elements"]]
    return list(message["blocks"])


def _paragraph(block: Any) -> str:
    return f"<p>{html.escape(''.join(_texts(block)))}</p>"


def _texts(part: Any) -> Iterator[str]:
    """Yield the texts of a part, wherever a chat keeps them."""
    if isinstance(part, list):
        for one in part:
            yield from _texts(one)
    elif isinstance(part, dict) and "value" in part:
        yield f"{part['title']}: {part['value']}\n"
    elif isinstance(part, dict):
        for key in ("title", "text", "content", "inlines", "facts", "elements"):
            value = part.get(key)
            yield from ([value] if isinstance(value, str) else _texts(value))
