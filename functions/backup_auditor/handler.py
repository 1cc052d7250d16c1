"""The door for AWS Lambda: a schedule event or a request in, the JSON contract out.

A failed delivery and a policy that cannot be used end the invocation in error, so that the alarm
fires. A verdict of fail does not: the function did its work, and the report has been sent.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from backup_auditor import compose
from backup_auditor.delivery import Targets
from backup_auditor.errors import AuditorError, DeliveryError, PolicyError, UsageError
from backup_auditor.heartbeat import watched
from backup_auditor.keeping import Keeping, Kept, ToldOnce
from backup_auditor.model import Audit, DeliveryOutcome, Outcome, Scope, ScopeResult
from backup_auditor.outside import Outside
from backup_auditor.policy.model import PolicySet
from backup_auditor.record.names import set_name
from backup_auditor.recording import witnessed
from backup_auditor.report.cloudwatch import to_cloudwatch
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut
from backup_auditor.report.model import Report
from backup_auditor.report.proving import broken_templates
from backup_auditor.request import Request, is_web_request, parse_event
from backup_auditor.run import Manner, audit, failed_audit, tell
from backup_auditor.selection import selector_of

_log = logging.getLogger(__name__)

# The answer of a synchronous invocation may be 6 MB; a Function URL wraps it once more as text.
_LONGEST_ANSWER = 2_500_000
# Kept back from the time-out for rendering and delivering: at most a minute, at most a quarter.
_RESERVE_SECONDS = 60.0
_RESERVE_SHARE = 0.25


class Context(Protocol):
    """What we use of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda stops the invocation."""
        ...


class _Silent:
    """Nobody watches the progress in Lambda."""

    def planned(self, scopes: int) -> None:
        _log.info("planned %d scopes", scopes)

    def judged(self, scope: Scope) -> None:
        pass

    def finished(self, result: ScopeResult) -> None:
        pass


def lambda_handler(event: object, context: Context) -> dict[str, Any]:
    """Run one audit. Raises AuditorError for a bad event or policy, and for a failed delivery."""
    logging.getLogger("backup_auditor").setLevel(logging.INFO)
    outside = compose.world(os.environ)
    milliseconds = context.get_remaining_time_in_millis()
    return respond(event, with_deadline(outside, milliseconds / 1000))


def with_deadline(outside: Outside, seconds_left: float) -> Outside:
    """Return ``outside`` with a deadline that leaves time to report."""
    reserve = min(_RESERVE_SECONDS, seconds_left * _RESERVE_SHARE)
    end = outside.monotonic() + seconds_left
    return replace(outside, deadline=end - reserve, end=end)


def respond(event: object, outside: Outside) -> dict[str, Any]:
    """Answer ``event``; a Function URL gets an HTTP answer, others the document itself."""
    if not is_web_request(event):
        return _document(parse_event(event), outside)
    try:
        return _web(200, _document(parse_event(event), outside))
    except (UsageError, PolicyError) as error:
        return _web(400, {"error": str(error)})


def _document(request: Request, outside: Outside) -> dict[str, Any]:
    report = _report(request, outside)
    failed = [d for d in report.audit.deliveries if d.outcome is DeliveryOutcome.FAILED]
    _log.info(
        "audit %s: %s. Deliveries: %d, failed: %d",
        report.audit.run.id,
        report.headline,
        len(report.audit.deliveries),
        len(failed),
    )
    if failed:
        reasons = "; ".join(f"{d.channel}: {d.reason}" for d in failed)
        raise DeliveryError(f"{report.headline} Not delivered: {reasons}", permanent=False)
    broken = broken_templates(report)
    if broken:
        raise DeliveryError(f"{report.headline} {'; '.join(broken)}", permanent=True)
    document = to_document(report)
    if request.format == "summary":
        document["resources"] = [r for r in document["resources"] if r["outcome"] != Outcome.PASS]
    return cut(document, _LONGEST_ANSWER)


def _report(request: Request, outside: Outside) -> Report:
    select = selector_of(request.select) if request.select is not None else None
    try:
        policies = compose.load_policies(request.policy, outside)
    except PolicyError as error:
        _tell_broken(error, request, outside)
        raise
    heartbeat = policies.heartbeat if request.is_whole else None
    with watched(heartbeat, outside):
        targets = compose.targets(policies.channels, outside, _channels(request))
        keeping = _keeping(request, policies, outside)
        asked = compose.plan(policies, outside, select)
        with witnessed(asked, outside, needed=keeping is not None) as (watched_plan, witness):
            due = request.instant or outside.now()
            recalled = keeping.recalled(due) if keeping else None
            plan = replace(watched_plan, past=recalled.past if recalled else None)
            finished = audit(plan, outside, _Silent(), instant=due)
            kept = recalled.compared(finished, witness) if recalled else None
            manner = Manner(heartbeat, kept, compose.overrides(policies, outside))
            report = tell(finished, targets, outside, manner)
    if request.is_whole:  # metrics of a part, or that nobody was told of, would look like the run's
        address = compose.address_of(request.policy, outside)
        _measure(to_cloudwatch(report, set_name(policies.name, address)))
    return report


def _measure(line: str) -> None:
    """Print metrics for CloudWatch Logs.

    A logger would wrap them, and only a line that is nothing but metrics is read as such: Lambda
    leaves what is printed as it is. It is one write, so that no other line comes in between.
    """
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _keeping(request: Request, policies: PolicySet, outside: Outside) -> Keeping | None:
    """Return what keeps the audit, where there is a store."""
    store = outside.environ.get(compose.STORE_VARIABLE)
    if not store:
        return None
    return compose.keeping(
        policies,
        outside,
        address=compose.address_of(request.policy, outside),
        store=store,
        accept_shrink=request.accept_shrink,
    )


def _channels(request: Request) -> list[str] | None:
    """Names of the channels to use; None for all."""
    if isinstance(request.deliver, list):
        return request.deliver
    return None if request.deliver else []


def _tell_broken(error: PolicyError, request: Request, outside: Outside) -> None:
    """Say through every channel that is sound that nothing was audited."""
    if request.deliver is False:
        return
    digest = compose.digest_of(request.policy, outside)
    heartbeat = compose.sound_heartbeat(error) if request.is_whole else None
    targets: Targets = ()
    try:
        targets = compose.sound_targets(error, outside)
    except AuditorError as failure:
        _log.error("the broken policy could not be reported: %s", failure)
    failed = failed_audit(error, digest, outside, instant=request.instant)
    tell(failed, targets, outside, Manner(heartbeat, _told_once(request, outside, failed)))


def _told_once(request: Request, outside: Outside, failed: Audit) -> Kept | None:
    """Return what keeps a repeated run from telling again that its policy is broken."""
    store = outside.environ.get(compose.STORE_VARIABLE)
    if not store:
        return None
    try:
        address = compose.address_of(request.policy, outside)
        keeping = compose.keeping_of_broken(outside, address=address, store=store)
    except UsageError as error:  # that the policy is broken must be told in any case
        _log.error("the store cannot be used: %s", error)
        return None
    return ToldOnce(failed, request.instant or failed.run.started_at, keeping)


def _web(status: int, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json; charset=utf-8"},
        "body": json.dumps(document, ensure_ascii=False),
    }
