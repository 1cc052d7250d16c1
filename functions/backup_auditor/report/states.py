"""The words for how things stand: verdicts, severities, outcomes, days, and why nothing was seen.

Machines take the values of the model; these are for people, and a language says them.
"""

from __future__ import annotations

from backup_auditor.model import AuditVerdict, DayState, GapReason, Outcome, Severity
from backup_auditor.report.model import Change
from backup_auditor.speech import Language, Phrase, phrase

GLYPHS = {
    DayState.SUCCEEDED: "●",
    DayState.REMEMBERED: "◇",
    DayState.RUNNING: "◐",
    DayState.FAILED: "✕",
    DayState.EXPIRED: "◌",
    DayState.UNKNOWN: "?",
    DayState.MISSING: "○",
    DayState.NOT_YET: "·",
}
SYMBOLS: dict[str, str] = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✕",
    Outcome.UNKNOWN: "?",
    "exempt": "~",
    "ungoverned": "·",
}
VERDICT_WORDS = {
    AuditVerdict.PASS: phrase("PASS"),
    AuditVerdict.FAIL: phrase("FAIL"),
    AuditVerdict.INCOMPLETE: phrase("INCOMPLETE"),
}
SEVERITY_WORDS = {
    Severity.CRITICAL: phrase("critical"),
    Severity.HIGH: phrase("high"),
    Severity.MEDIUM: phrase("medium"),
    Severity.LOW: phrase("low"),
}
STANDING_WORDS: dict[str, Phrase] = {
    Outcome.FAIL: phrase("failing"),
    Outcome.UNKNOWN: phrase("unknown"),
    "exempt": phrase("exempt"),
    "ungoverned": phrase("ungoverned"),
    Outcome.PASS: phrase("fine"),
}
"""In the order of reading."""
DAY_WORDS = {
    DayState.SUCCEEDED: phrase("succeeded"),
    DayState.REMEMBERED: phrase("remembered, no longer listed"),
    DayState.RUNNING: phrase("running"),
    DayState.FAILED: phrase("failed"),
    DayState.EXPIRED: phrase("expired"),
    DayState.UNKNOWN: phrase("unknown"),
    DayState.MISSING: phrase("none"),
    DayState.NOT_YET: phrase("not yet created"),
}
CHANGE_MARKS = {
    Change.NEW: phrase("NEW"),
    Change.WORSE: phrase("WORSE"),
    Change.RESOLVED: phrase("RESOLVED"),
}
_REASON_WORDS = {
    GapReason.CREDENTIALS: phrase("credentials"),
    GapReason.REFUSED: phrase("refused"),
    GapReason.UNSUPPORTED: phrase("unsupported"),
    GapReason.NOT_FOUND: phrase("not-found"),
    GapReason.THROTTLED: phrase("throttled"),
    GapReason.UNREACHABLE: phrase("unreachable"),
    GapReason.PROVIDER_ERROR: phrase("provider-error"),
    GapReason.MALFORMED: phrase("malformed"),
    GapReason.INCOMPLETE: phrase("incomplete"),
    GapReason.EMPTY: phrase("empty"),
    GapReason.SHRUNK: phrase("inventory-shrank"),
    GapReason.DEADLINE: phrase("deadline"),
    GapReason.POLICY: phrase("policy"),
    GapReason.INTERNAL: phrase("internal"),
}


def change_word(change: Change | None, language: Language) -> str:
    """Say what is new or worse as a mark: ``NEW``; what goes on has none."""
    return language.of(CHANGE_MARKS[change]) if change and change in CHANGE_MARKS else ""


def severity_label(severity: Severity, language: Language) -> str:
    """Say a severity as a mark: ``CRITICAL``."""
    return language.of(SEVERITY_WORDS[severity]).upper()


def reason_word(reason: GapReason, language: Language) -> str:
    """Say in one word why a part could not be audited."""
    return language.of(_REASON_WORDS[reason])


def legend(language: Language) -> str:
    """Say what the signs of a strip mean; two spaces stand between them."""
    return "  ".join(f"{GLYPHS[day]} {language.of(word)}" for day, word in DAY_WORDS.items())
