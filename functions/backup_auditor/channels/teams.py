"""A Microsoft Teams webhook, made with Workflows ("When a Teams webhook request is received").

Says the verdict, numbers, what could not be audited, the worst findings, what is exempt, and the
exemptions that need attention on an Adaptive Card 1.2, cut on whole rows. Names stand in text runs,
where Teams reads no Markdown, and nothing on the card pings.

Teams refuses a card of more than 28 KB, and counts after the flow has written it anew. So at most
20,000 bytes are sent, with each character beyond ASCII counted as the six of an escape.

Delivered means status 202, or 200 from a flow that answers. **The card is posted later**: when the
flow itself fails (its owner has left, the channel is gone), only its run history says so. 408, 425,
429 and 5xx are tried again. Everything else is permanent: 400 is a refusal, 401 and 403 a wrong
signature, 404 means that the flow is gone or switched off. Addresses of the connectors that
Microsoft has retired (``*.webhook.office.com``) are refused before anything is sent.

Sources: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/
connectors-using and https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Row, cut, inert
from backup_auditor.channels._said import said
from backup_auditor.errors import DeliveryError
from backup_auditor.model import AuditVerdict
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Counts, Report
from backup_auditor.secret import Secret
from backup_auditor.speech import Language

_MOST_BYTES = 20_000
_RETIRED = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
_COLOURS = {
    AuditVerdict.PASS: "Good",
    AuditVerdict.FAIL: "Attention",
    AuditVerdict.INCOMPLETE: "Warning",
}

Element = dict[str, Any]


class Options(HttpOptions):
    """Options of this channel."""

    url: Reference = Field(
        description="Where the address of the flow lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/teams#url"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _Teams(options, outside)


class _Teams:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        url = self._outside.resolve(self._options.url)
        if _is_retired(url):
            reason = "Microsoft has retired this kind of webhook; make one with Workflows"
            raise DeliveryError(reason, permanent=True)
        reply = post(Post(url, as_json(message(report))), self._options, self._outside)
        if not _is_taken(reply):
            raise failure(reply, "a page, and no answer of a flow" if reply.is_success else "")


def message(report: Report) -> dict[str, Any]:
    """Return the payload."""
    what = said(report)
    body = [
        _title(what.title, _COLOURS[what.verdict]),
        _runs(_run(what.headline)),
        {"type": "FactSet", "facts": _facts(report.counts, report.language)},
    ]
    foot = _runs(_run(what.meta, isSubtle=True))
    payload = _envelope(body, what.summary)
    room = _MOST_BYTES - _size([payload, foot])
    paper = Paper(_row, lambda text: [_runs(_run(text))], _size, room)
    for shown in cut(what, paper):
        body += shown
    body.append(foot)
    return payload


def _envelope(body: list[Element], fallback: str) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "msteams": {"width": "Full"},
        "fallbackText": fallback,
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _title(text: str, colour: str) -> Element:
    size = {"weight": "Bolder", "size": "Medium"}
    return {"type": "TextBlock", "text": text, **size, "color": colour, "wrap": True}


def _facts(counts: Counts, language: Language) -> list[dict[str, str]]:
    numbers = {
        language.say("Failed"): counts.failed,
        language.say("Cannot be judged"): counts.unknown,
        language.say("Not audited"): counts.gaps,
        language.say("Exempt"): counts.only_exempt,
        language.say("Fine"): counts.fine,
    }
    return [{"title": title, "value": f"{number:,}"} for title, number in numbers.items()]


def _row(row: Row) -> list[Element]:
    head = _run(f"{row.mark} {row.label} {row.title}", weight="Bolder")
    notes = (_runs(_run(row.named(name, text), isSubtle=True)) for name, text in row.notes)
    first = _runs(head, _run(row.named(row.place, row.text)))
    return [first, *({**note, "spacing": "None"} for note in notes)]


def _runs(*runs: Element) -> Element:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **style: Any) -> Element:
    # {{DATE(…)}} is a function of cards.
    return {"type": "TextRun", "text": inert(text).replace("{{", "{\u200b{"), **style}


def _size(value: object) -> int:
    """Count as if every character beyond ASCII were written as an escape, with a comma."""
    return len(json.dumps(value, separators=(",", ":"))) + 1


def _is_retired(url: Secret) -> bool:
    try:
        host = urlsplit(url.reveal().strip()).hostname or ""
    except ValueError:
        return False
    return any(host == name or host.endswith(f".{name}") for name in _RETIRED)


def _is_taken(reply: Reply) -> bool:
    """Return whether a flow has taken it; a page of HTML comes from something before the flow."""
    if reply.status == HTTPStatus.OK:
        return not reply.body.lstrip().startswith("<")
    return reply.status == HTTPStatus.ACCEPTED
