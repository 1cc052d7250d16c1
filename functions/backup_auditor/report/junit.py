"""An audit as JUnit XML, so that any build server shows it.

A suite is a policy, and a case is one rule asked about one resource: ``failure`` for what fails,
``error`` for what cannot be judged (never a pass), ``skipped`` for what somebody answers for or
nobody has judged. The suite ``audit`` holds what was asked: a part that could not be audited is an
``error``. The class name is the source, not the policy, so that a renamed policy keeps its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backup_auditor.model import Assessment, Check, Outcome
from backup_auditor.report.model import Changed, Report
from backup_auditor.report.states import VERDICT_WORDS
from backup_auditor.report.story import HeldCheck, Story, by_change
from backup_auditor.report.words import printable, sentence
from backup_auditor.report.xunit import Answer, Case, Kind, Suite, to_xml
from backup_auditor.speech import Language, phrase
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
        *_changes(report.changed),
    )
    return Suite(_AUDIT, tuple(_asked(report)), properties)


def _changes(changed: Changed | None) -> Iterator[tuple[str, str]]:
    """Yield how many resources have changed; nothing where nothing is compared with."""
    if changed:
        yield "compared with the audit of", write_instant(changed.at) or ""
        for name, number in by_change(changed).items():
            yield f"{name} resources", str(number)


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
    story = Story(report.audit.changes)
    for assessment in report.worst_first:
        policy = assessment.policy
        own = ungoverned if policy is None else governed.setdefault(policy, [])
        own.extend(_cases(assessment, story, report.language))
    if ungoverned:
        yield Suite(NO_POLICY, ungoverned)
    for name in sorted(governed):
        yield Suite(name, governed[name])


def _cases(assessment: Assessment, story: Story, language: Language) -> Iterator[Case]:
    resource = assessment.resource
    place = _joined(resource.id, resource.account, resource.region)
    name = f"{printable(resource.name, _LONGEST_NAME)} ({place})"
    for check in assessment.checks:
        answer = _answer(check, assessment, story.check(check, assessment), language)
        yield Case(resource.source, f"{name} {check.rule}", answer)
    if not assessment.checks:
        said = language.say("The policy asks nothing of this resource.")
        yield Case(resource.source, f"{name} (no rule)", Answer(Kind.SKIPPED, said))


def _answer(
    check: Check, assessment: Assessment, held: HeldCheck, language: Language
) -> Answer | None:
    if check.outcome is Outcome.PASS and assessment.is_governed:
        return None
    said = sentence(check, language)
    if check.outcome is Outcome.PASS:  # where the policy lets them be, they have passed nothing
        return Answer(Kind.SKIPPED, said)
    if check.exempt:
        by = printable(check.exemption, _LONGEST_DETAIL)
        text = language.say("Exempt by {exemption}: {finding}", exemption=by, finding=said)
        return Answer(Kind.SKIPPED, text, str(check.severity))
    kind = Kind.FAILURE if check.outcome is Outcome.FAIL else Kind.ERROR
    details = "\n".join(_details(check, assessment, held, language))
    return Answer(kind, said, str(check.severity), details)


def _details(
    check: Check, assessment: Assessment, held: HeldCheck, language: Language
) -> Iterable[str]:
    last = write_instant(assessment.last_success_at) or language.say("none")
    facts = {
        phrase("Observed"): check.observed,
        phrase("Expected"): check.expected,
        phrase("Since"): write_instant(held.since),
        phrase("Found by audits in a row"): str(held.audits or ""),
        phrase("Last good backup"): "" if assessment.unread else last,
        phrase("To do"): check.advice,
        phrase("Policy"): assessment.policy,
        phrase("Owner"): assessment.owner,
        phrase("Runbook"): assessment.runbook,
        phrase("Controls"): "; ".join(check.controls),
    }
    for name, fact in facts.items():
        if fact:
            value = printable(fact, _LONGEST_DETAIL)
            yield language.say("{name}: {value}", name=name, value=value)
