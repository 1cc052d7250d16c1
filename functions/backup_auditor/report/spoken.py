"""An audit in the language of its policy: every phrase in it becomes a text of that language."""

from __future__ import annotations

from dataclasses import replace

from backup_auditor.model import Assessment, Audit, Check, Gap, Notice
from backup_auditor.speech import Language, language


def spoken(audit: Audit) -> Audit:
    """Return ``audit`` with everything that people read said in ``audit.language``."""
    tongue = language(audit.language)
    if tongue.code == "en":
        return audit  # a phrase is its English text
    results = tuple(
        replace(
            result,
            assessments=tuple(_assessment(a, tongue) for a in result.assessments),
            gaps=tuple(_gap(gap, tongue) for gap in result.gaps),
        )
        for result in audit.results
    )
    return replace(
        audit,
        results=results,
        gaps=tuple(_gap(gap, tongue) for gap in audit.gaps),
        notices=tuple(_notice(notice, tongue) for notice in audit.notices),
    )


def _assessment(assessment: Assessment, tongue: Language) -> Assessment:
    return replace(
        assessment,
        checks=tuple(said(check, tongue) for check in assessment.checks),
        unread=tongue.of(assessment.unread),
    )


def said(check: Check, tongue: Language) -> Check:
    """Return ``check`` in a language."""
    return replace(
        check,
        message=tongue.of(check.message),
        observed=tongue.of(check.observed),
        expected=tongue.of(check.expected),
        advice=tongue.of(check.advice),
        exemption=tongue.of(check.exemption),
    )


def _gap(gap: Gap, tongue: Language) -> Gap:
    return replace(gap, detail=tongue.of(gap.detail))


def _notice(notice: Notice, tongue: Language) -> Notice:
    return replace(notice, detail=tongue.of(notice.detail))
