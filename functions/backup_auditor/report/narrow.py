"""A report for one channel: what is in its part, and what was left out in words.

The verdict, the headline, the numbers and the coverage stay those of the whole audit, so that a
part in which all is well is never taken for an audit in which all is well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum

from backup_auditor.model import Assessment, Audit, Notice
from backup_auditor.policy.selector import Selector
from backup_auditor.report import part_changes
from backup_auditor.report.build import build_of
from backup_auditor.report.headline import news_of_part
from backup_auditor.report.model import Report
from backup_auditor.report.parts import Part
from backup_auditor.report.states import SEVERITY_WORDS
from backup_auditor.report.words import paragraph
from backup_auditor.speech import Language


class Remark(StrEnum):
    """Kind of the notice that tells of which message of a run a report is."""

    PART = "part"
    FALLBACK = "fallback"


_REMARKS = frozenset(Remark)


def narrow(whole: Report, part: Part) -> Report:
    """Return what ``part`` holds of a report, with a sentence about it and about the rest."""
    if part.is_everything:
        return whole
    mine = build_of(_within(whole.audit, part, part.holds), whole.groups)
    least = _within(whole.audit, part, lambda a: part.holds(a) and not part.hides(a))
    shown = build_of(least, whole.groups)
    said = _sentence(whole, mine, shown, part)
    if not said:
        return whole
    kept = replace(
        shown,
        subject=whole.subject,
        headline=whole.headline,
        counts=whole.counts,
        coverage=tuple(row for row in whole.coverage if part.may_hold(row)),
        policies=whole.policies,
        news=_news(shown),
        overrides=whole.overrides,
    )
    return remarked(kept, Remark.PART, said)


def _news(shown: Report) -> str:
    changed = shown.changed
    known = replace(changed, appeared=0) if changed else None  # which ones have is not known
    return news_of_part(known, shown.language, shown.zone)


def has_something_to_say(report: Report) -> bool:
    """Return whether a report holds what somebody must see to."""
    return bool(report.findings or report.gaps)


def is_part(report: Report) -> bool:
    """Return whether this is what a channel's part holds of a report."""
    return any(notice.kind == Remark.PART for notice in report.audit.notices)


def remarked(report: Report, kind: Remark, sentence: str) -> Report:
    """Return ``report`` with a sentence about it that no rendering leaves out.

    For people it ends the headline; for machines, which get no headline, it is a notice.
    """
    audit = report.audit
    return replace(
        report,
        headline=paragraph([report.headline, sentence], report.language),
        audit=replace(audit, notices=(*audit.notices, Notice(str(kind), sentence))),
    )


def edition(report: Report) -> str:
    """Return the id of the run, and of which message this report is of it.

    It tells a repeat of one message from two messages of one run to the same receiver. A repeat may
    know more than the first, so the id is made of the message's name where it has one.
    """
    remarks = [n.detail for n in report.audit.notices if n.kind in _REMARKS]
    what = report.message or "\n".join(remarks)
    if not what:
        return report.audit.run.id
    digest = hashlib.sha256(what.encode(errors="replace")).hexdigest()
    return f"{report.audit.run.id}-{digest[:12]}"


def _within(audit: Audit, part: Part, kept: Callable[[Assessment], bool]) -> Audit:
    results = tuple(
        replace(
            result,
            assessments=tuple(a for a in result.assessments if kept(a)),
            orphans=tuple(o for o in result.orphans if part.holds_orphan(o)),
            gaps=tuple(gap for gap in result.gaps if part.may_hold(gap)),
        )
        for result in audit.results
    )
    assessments = (a for result in results for a in result.assessments)
    used = {number for result in results for a in result.assessments for number in a.exemptions}
    return replace(
        audit,
        results=results,
        gaps=tuple(gap for gap in audit.gaps if part.may_hold(gap)),
        changes=part_changes.within(audit.changes, part, assessments),
        exemptions=tuple(
            use
            for number, use in enumerate(audit.exemptions)
            if number in used or not use.resources  # whose it is cannot be told
        ),
    )


def _sentence(whole: Report, mine: Report, shown: Report, part: Part) -> str:
    """Say how the part stands and what is left out; nothing where it is the whole."""
    language = whole.language
    said = []
    if mine.headline != whole.headline:
        said.append(_standing(mine))
    strays = sum(part.is_stray(a) for a in shown.audit.assessments)
    if strays:
        said.append(
            language.count(
                "In no channel's part, and so in all: {n} resource.",
                "In no channel's part, and so in all: {n} resources.",
                strays,
            )
        )
    left = list(_left_out(whole, mine, part))
    if left:
        said.append(language.say("Left out: {parts}.", parts=left))
    return paragraph(said, language)


def _standing(mine: Report) -> str:
    if not mine.counts.resources and not mine.gaps:
        return mine.language.say("This part: no resource is in it.")
    standing = mine.headline[:1].lower() + mine.headline[1:]
    return mine.language.say("This part: {standing}", standing=standing)


def _left_out(whole: Report, mine: Report, part: Part) -> Iterator[str]:
    language = whole.language
    # Of a finding with several resources, some may be left out: that is said too.
    others = sum(not all(map(part.holds, finding.members)) for finding in whole.findings)
    if others:
        yield _of_others(others, len(whole.findings), part, language)
    mild = sum(any(map(part.hides, finding.members)) for finding in mine.findings)
    if mild and part.least:
        yield language.count(
            "{n} finding less severe than {severity}",
            "{n} findings less severe than {severity}",
            mild,
            severity=SEVERITY_WORDS[part.least],
        )
    if len(whole.gaps) > len(mine.gaps):
        left = len(whole.gaps) - len(mine.gaps)
        yield language.count("{n} gap elsewhere", "{n} gaps elsewhere", left)


def _of_others(number: int, total: int, part: Part, language: Language) -> str:
    if part.own.selector == Selector():
        return language.count(
            "{number} of {n} finding about other owners",
            "{number} of {n} findings about other owners",
            total,
            number=number,
        )
    return language.count(
        "{number} of {n} finding about other resources",
        "{number} of {n} findings about other resources",
        total,
        number=number,
    )
