"""An audit as JUnit XML, so that any build server shows it.

A suite is a policy, and a case is one rule asked about one resource: ``failure`` for what fails,
``error`` for what cannot be judged (never a pass), ``skipped`` for what somebody answers for or
nobody has judged. The suite ``audit`` holds what was asked: a part that could not be audited is an
``error``. The class name is the source, not the policy, so that a renamed policy keeps its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backup_auditor.model import Assessment, Check, Outcome
from backup_auditor.report.model import Report
from backup_auditor.report.words import VERDICT_WORDS, printable, sentence
from backup_auditor.report.xunit import Answer, Case, Kind, Suite, to_xml
from backup_auditor.values import write_instant

NO_POLICY = "(no policy)"
"""Name of the suite of resources that no policy governs."""
_AUDIT = "audit"
_LONGEST_NAME, _LONGEST_DETAIL = 500, 600


def to_junit(report: Report) -> bytes:
    """Return the document as UTF-8."""
    return to_xml([_audit(report), *_policies(report)])


def _audit(report: Report) -> Suite:
    run = report.audit.run
    properties = (
        ("verdict", VERDICT_WORDS[report.audit.verdict]),
        ("headline", report.headline),
        ("run", run.id),
        ("started at", write_instant(run.started_at) or ""),
        ("policy digest", run.policy_digest),
        ("version", run.version),
    )
    return Suite(_AUDIT, tuple(_asked(report)), properties)


def _asked(report: Report) -> Iterator[Case]:
    for gap in report.gaps:
        answer = Answer(Kind.ERROR, printable(gap.detail, _LONGEST_DETAIL), str(gap.reason))
        yield Case(gap.source or _AUDIT, _joined(gap.account, gap.region, gap.reason), answer)
    for row in report.coverage:
        if not row.problem:
            yield Case(row.source, _joined(row.account, row.region))
    if not report.gaps and not report.counts.resources:  # no case at all would look like a pass
        yield Case(_AUDIT, "resources", Answer(Kind.ERROR, report.headline, "incomplete"))


def _joined(*parts: str) -> str:
    return ", ".join(printable(part, _LONGEST_NAME) for part in parts if part)


def _policies(report: Report) -> Iterator[Suite]:
    governed: dict[str, list[Case]] = {}
    ungoverned: list[Case] = []
    for assessment in report.worst_first:
        policy = assessment.policy
        own = ungoverned if policy is None else governed.setdefault(policy, [])
        own.extend(_cases(assessment))
    if ungoverned:
        yield Suite(NO_POLICY, ungoverned)
    for name in sorted(governed):
        yield Suite(name, governed[name])


def _cases(assessment: Assessment) -> Iterator[Case]:
    resource = assessment.resource
    place = _joined(resource.id, resource.account, resource.region)
    name = f"{printable(resource.name, _LONGEST_NAME)} ({place})"
    for check in assessment.checks:
        yield Case(resource.source, f"{name} {check.rule}", _answer(check, assessment))
    if not assessment.checks:
        nothing = Answer(Kind.SKIPPED, "The policy asks nothing of this resource.")
        yield Case(resource.source, f"{name} (no rule)", nothing)


def _answer(check: Check, assessment: Assessment) -> Answer | None:
    if check.outcome is Outcome.PASS:
        # Where the policy lets them be, they have passed nothing.
        return None if assessment.is_governed else Answer(Kind.SKIPPED, sentence(check))
    said = sentence(check)
    if check.exempt:
        by = f"Exempt by {printable(check.exemption, _LONGEST_DETAIL)}: {said}"
        return Answer(Kind.SKIPPED, by, str(check.severity))
    kind = Kind.FAILURE if check.outcome is Outcome.FAIL else Kind.ERROR
    return Answer(kind, said, str(check.severity), "\n".join(_details(check, assessment)))


def _details(check: Check, assessment: Assessment) -> Iterable[str]:
    last = write_instant(assessment.last_success_at) or "none"
    facts = {
        "Observed": check.observed,
        "Expected": check.expected,
        "Since": write_instant(check.since),
        "Last good backup": "" if assessment.unread else last,
        "To do": check.advice,
        "Policy": assessment.policy,
        "Owner": assessment.owner,
        "Runbook": assessment.runbook,
        "Controls": "; ".join(check.controls),
    }
    return (f"{name}: {printable(fact, _LONGEST_DETAIL)}" for name, fact in facts.items() if fact)
