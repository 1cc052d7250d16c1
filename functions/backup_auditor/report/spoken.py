"""An audit in the language of its policy: every phrase in it becomes a text of that language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from backup_auditor.model import Assessment, Audit, Check, Gap, Notice
from backup_auditor.speech import Phrase, language

Say: TypeAlias = Callable[[str], str]
"""Says a phrase, and leaves any other text as it is."""


def spoken(audit: Audit) -> Audit:
    """Return ``audit`` with everything that people read said in ``audit.language``."""
    tongue = language(audit.language)
    if tongue.code == "en":
        return audit  # a phrase is its English text
    say = _once(tongue.of)
    results = tuple(
        replace(
            result,
            assessments=tuple(_assessment(a, say) for a in result.assessments),
            gaps=tuple(_gap(gap, say) for gap in result.gaps),
        )
        for result in audit.results
    )
    return replace(
        audit,
        results=results,
        gaps=tuple(_gap(gap, say) for gap in audit.gaps),
        notices=tuple(_notice(notice, say) for notice in audit.notices),
    )


def _once(say: Say) -> Say:
    """Say equal phrases once: thousands of checks have few texts, and share them."""
    known: dict[tuple[str, str], str] = {}

    def said_before(text: str) -> str:
        if not isinstance(text, Phrase):
            return text
        key = (text.message, text)
        if key not in known:
            known[key] = say(text)
        return known[key]

    return said_before


def _assessment(assessment: Assessment, say: Say) -> Assessment:
    return replace(
        assessment,
        checks=tuple(said(check, say) for check in assessment.checks),
        unread=say(assessment.unread),
    )


def said(check: Check, say: Say) -> Check:
    """Return ``check`` in a language."""
    return replace(
        check,
        message=say(check.message),
        observed=say(check.observed),
        expected=say(check.expected),
        advice=say(check.advice),
        exemption=say(check.exemption),
    )


def _gap(gap: Gap, say: Say) -> Gap:
    return replace(gap, detail=say(gap.detail))


def _notice(notice: Notice, say: Say) -> Notice:
    return replace(notice, detail=say(notice.detail))
