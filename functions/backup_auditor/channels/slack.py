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
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.outside import Outside
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, Reply, as_json, failure, post
from backup_auditor.report.model import Finding, Report
from backup_auditor.report.words import (
    SYMBOLS,
    VERDICT_WORDS,
    absolute,
    both,
    counted,
    exempt_line,
    finding_line,
    printable,
)

_MOST_CHARACTERS = 11_000
_MOST_GAPS, _MOST_FINDINGS, _MOST_EXEMPT = 10, 20, 5
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
    word = VERDICT_WORDS[report.audit.verdict]
    blocks = [_header(f"Backup audit: {word}"), _section(report.headline)]
    budget = _MOST_CHARACTERS - sum(len(json.dumps(b, ensure_ascii=False)) for b in blocks)
    rows = list(_rows(report))
    for index, row in enumerate(rows):
        block = _section(row)
        budget -= len(row) + 80
        if budget < 0:
            blocks.append(_section(f"… and {counted(len(rows) - index, 'line')} more"))
            break
        blocks.append(block)
    blocks.append(_context(report))
    text = f"Backup audit {word}: {report.headline}"
    return {"text": _escaped(text), "unfurl_links": False, "blocks": blocks}


def _rows(report: Report) -> Iterator[str]:
    for gap in report.gaps[:_MOST_GAPS]:
        place = " ".join(printable(part) for part in (gap.source, gap.account, gap.region) if part)
        yield f"! Not audited: {place or 'the audit'}: {printable(gap.detail, 300)}"
    if len(report.gaps) > _MOST_GAPS:
        yield f"… and {counted(len(report.gaps) - _MOST_GAPS, 'gap')} more"
    for finding in report.findings[:_MOST_FINDINGS]:
        yield _finding(finding, report)
    if len(report.findings) > _MOST_FINDINGS:
        yield f"… and {counted(len(report.findings) - _MOST_FINDINGS, 'finding')} more"
    yield from _exempt_rows(report)


def _exempt_rows(report: Report) -> Iterator[str]:
    for finding in report.exempt[:_MOST_EXEMPT]:
        yield f"{exempt_line(finding)}\nExempt by {finding.exemption}"
    if len(report.exempt) > _MOST_EXEMPT:
        yield f"… and {counted(len(report.exempt) - _MOST_EXEMPT, 'exempt finding')} more"
    pressing = [line for line in report.exemptions if line.needs_attention]
    for line in pressing[:_MOST_EXEMPT]:
        yield f"! Exemption {line.state}: {line.owner}, {line.covers}\n{line.reason}"
    if len(pressing) > _MOST_EXEMPT:
        yield f"… and {counted(len(pressing) - _MOST_EXEMPT, 'exemption')} more"


def _finding(finding: Finding, report: Report) -> str:
    now = report.audit.run.started_at
    lines = [f"{SYMBOLS[finding.outcome]} {finding.severity.upper()} {finding_line(finding)}"]
    if finding.sole:
        last = both(finding.sole.last_success_at, now, report.zone)
        lines.append(f"Last good backup: {last}")
    if finding.advice:
        lines.append(f"To do: {finding.advice}")
    return "\n".join(lines)


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> Block:
    cut = text if len(text) <= _LONGEST_SECTION else text[: _LONGEST_SECTION - 1] + "…"
    return {"type": "section", "text": {"type": "plain_text", "text": cut, "emoji": False}}


def _context(report: Report) -> Block:
    run = report.audit.run
    text = f"{absolute(run.started_at, report.zone)} · run {run.id}"
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _escaped(text: str) -> str:
    """Escape the three characters that mean something to Slack, and nothing else."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _said(reply: Reply) -> str:
    """Return the target's word when it is one that Slack documents; bodies are not trusted."""
    word = reply.body.strip()
    if word in _KNOWN_ERRORS:
        return word
    return "the body is not ok" if reply.status == HTTPStatus.OK else ""
