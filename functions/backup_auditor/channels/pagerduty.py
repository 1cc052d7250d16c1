"""An alert in PagerDuty (Events API v2).

A verdict that is not pass opens an alert, or adds to the one that is open: one for fail, another
one for incomplete. Its severity is that of the worst finding, and at least ``error`` where a part
could not be audited. It holds the worst findings, what could not be audited, what is exempt, and
the exemptions that need attention: at most 100,000 of the 512,000 bytes of an event, cut on whole
findings; the summary has 1,024 characters at most.

A verdict of pass resolves both alerts, so leave ``send`` at ``always``; so does a part that has
resources and nothing to say. An audit of selected resources opens alerts and resolves none. A test
opens an alert of its own, which somebody must resolve. Two audits with one integration, and two
channels with different parts of one audit, need a ``dedup_key`` each; it stays the same when the
policy changes.

Delivered means status 202 with ``"status": "success"`` in the body. 408, 425, 429 and 5xx are tried
again; so is no answer, for the key makes a repeat harmless. Everything else is permanent; 400 means
that PagerDuty does not understand the event, or does not know the routing key.

Sources: https://developer.pagerduty.com/docs/send-alert-event and
https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from pydantic import Field

from backup_auditor.channels import Channel
from backup_auditor.channels._chat import Paper, Said, cut, plain
from backup_auditor.channels._said import said
from backup_auditor.model import AuditVerdict, Severity
from backup_auditor.outside import Outside
from backup_auditor.policy.fields import Name, Server
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import Reference
from backup_auditor.posting import Post, as_json, failure, post
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import has_something_to_say, is_part
from backup_auditor.report.sample import is_sample
from backup_auditor.secret import Secret

_MOST_BYTES, _MOST_ROWS = 100_000, 200
_LONGEST_SUMMARY = 1_024
_BUSY_SECONDS = 60.0  # PagerDuty asks for minutes, and sends no Retry-After
_PROBLEMS = (AuditVerdict.FAIL, AuditVerdict.INCOMPLETE)
_SEVERITIES = {
    Severity.LOW: "info",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "critical",
}

Event = dict[str, Any]


class Options(HttpOptions):
    """Options of this channel."""

    routing_key: Reference = Field(
        description="Where the integration key of the service lies, e.g. env:NAME.",
        examples=["secretsmanager:backup-auditor/pagerduty#routing_key"],
    )
    dedup_key: Name = Field(
        default="backup-auditor",
        description="Names what is audited; the same key is the same alert, day by day.",
        examples=["redis-production"],
    )
    server: Server = Field(
        default="https://events.pagerduty.com",
        description="The server of the Events API; accounts in Europe have their own.",
        examples=["https://events.eu.pagerduty.com"],
    )


def build(options: Options, outside: Outside) -> Channel:
    """Return the channel."""
    return _PagerDuty(options, outside)


class _PagerDuty:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside

    def send(self, report: Report) -> None:
        key = self._outside.resolve(self._options.routing_key).reveal().strip()
        for event in events(report, self._options.dedup_key):
            self._post({"routing_key": key, **event})

    def _post(self, event: Event) -> None:
        url = Secret(f"{self._options.server}/v2/enqueue")
        reply = post(Post(url, as_json(event)), self._options, self._outside)
        if reply.status == HTTPStatus.ACCEPTED and reply.document().get("status") == "success":
            return
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS and reply.retry_after is None:
            reply = replace(reply, retry_after=_BUSY_SECONDS)
        raise failure(reply, "the event was not taken" if reply.is_success else "")


def events(report: Report, dedup_key: str) -> Iterator[Event]:
    """Yield what opens the alert of a verdict, or what resolves those of all verdicts."""
    verdict = report.audit.verdict
    is_well = is_part(report) and not has_something_to_say(report)
    if verdict is not AuditVerdict.PASS and not is_well:
        name = "test" if is_sample(report) else str(verdict)
        yield _trigger(report, f"{dedup_key}/{name}")
    elif report.healthy and not report.audit.is_partial:
        for problem in _PROBLEMS:
            yield {"event_action": "resolve", "dedup_key": f"{dedup_key}/{problem}"}


def _trigger(report: Report, key: str) -> Event:
    what = said(report)
    return {
        "event_action": "trigger",
        "dedup_key": key,
        "client": "backup-auditor",
        "payload": {
            "summary": what.summary[:_LONGEST_SUMMARY],
            "source": "backup-auditor",
            "severity": _severity(report),
            "timestamp": report.audit.run.started_at.isoformat(),
            "class": f"backup audit: {what.verdict}",
            "custom_details": {"run": what.meta, "details": _details(what)},
        },
    }


def _severity(report: Report) -> str:
    found = [finding.severity for finding in report.findings]
    if report.gaps or not found:
        found.append(Severity.HIGH)
    return _SEVERITIES[max(found, key=lambda severity: severity.rank)]


def _details(what: Said) -> list[str]:
    paper = Paper(row=plain, line=str, size=_size, room=_MOST_BYTES, most=_MOST_ROWS)
    return cut(what, paper)


def _size(text: str) -> int:
    """Count bytes as JSON, with a comma."""
    return len(as_json(text)) + len(",")
