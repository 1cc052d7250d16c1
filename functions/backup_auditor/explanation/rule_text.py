"""One rule for people: what it answers, where its options come from, and how long it passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.explanation.model import Explanation, Foreseen, RuleExplained
from backup_auditor.explanation.words import origin_of, sentence_of, setting, told, when
from backup_auditor.model import Backup, Check, Outcome
from backup_auditor.policy.model import Origin
from backup_auditor.report.states import SYMBOLS
from backup_auditor.report.words import printable
from backup_auditor.speech import phrase

_MOST_IDS = 10
_ANSWERS = {
    Outcome.PASS: phrase("passes"),
    Outcome.FAIL: phrase("fails"),
    Outcome.UNKNOWN: phrase("is unknown"),
}


def answer_of(rule: RuleExplained, found: Explanation) -> str:
    """Say in a word or two how the rule comes out."""
    if rule.check is None:
        return found.language.say("not asked")
    answer = _ANSWERS[rule.check.outcome]
    if rule.check.exempt:
        return found.language.say("{answer} (exempt)", answer=answer)
    return found.language.of(answer)


def breach_of(coming: Foreseen, found: Explanation) -> str:
    """Say when a breach comes, and who answers for it."""
    breach = coming.breach.say(found.moment)
    if not coming.exemption:
        return found.language.of(breach)
    exemption = told(coming.exemption)
    return found.language.say(
        "{breach}, exempt then by {exemption}", breach=breach, exemption=exemption
    )


def rule_lines(rule: RuleExplained, found: Explanation) -> Iterator[str]:
    """Yield everything about one rule."""
    use, say = rule.use, found.language.say
    place = origin_of(Origin(use.place, use.policy), found.policy, found.language)
    answer = answer_of(rule, found)
    head = say("{rule} {answer} ({place})", rule=use.rule, answer=answer, place=place)
    yield f"  {_mark(rule.check)} {head}"
    if rule.check:
        yield from (f"      {line}" for line in _verdict(rule.check, found))
    yield from (f"      {line}" for line in _options(rule, found))
    if found.backups:
        yield f"      {_evidence(rule.depends_on, found)}"
    if rule.foreseen:
        yield f"      {sentence_of(breach_of(rule.foreseen, found), found.language)}"


def _mark(check: Check | None) -> str:
    if check is None:
        return SYMBOLS[Outcome.UNKNOWN]
    return SYMBOLS["exempt" if check.exempt else check.outcome]


def _verdict(check: Check, found: Explanation) -> Iterator[str]:
    language = found.language
    yield sentence_of(check.message, language)
    observed, expected = told(check.observed), told(check.expected)
    if observed and expected:
        yield language.say(
            "Observed: {observed}; expected: {expected}.", observed=observed, expected=expected
        )
    elif observed:
        yield language.say("Observed: {observed}.", observed=observed)
    elif expected:
        yield language.say("Expected: {expected}.", expected=expected)
    if check.since:
        yield language.say("Since {instant}.", instant=when(check.since, found.moment, language))
    if check.exempt:
        yield language.say("Exempt by {exemption}.", exemption=told(check.exemption))
    if check.advice:
        yield language.say("To do: {advice}", advice=check.advice)


def _options(rule: RuleExplained, found: Explanation) -> Iterator[str]:
    language, policy = found.language, found.policy
    for option in rule.options:
        if option.origin:
            origin = origin_of(option.origin, policy, language)
            yield setting(option.name, told(option.value), origin, language)
    defaults = [f"{o.name} {told(o.value)}" for o in rule.options if o.origin is None]
    if defaults:
        yield language.say("Defaults of the rule: {options}.", options=defaults)
    yield _severity(rule, found)
    if rule.use.controls:
        labels = ", ".join(map(printable, rule.use.controls))
        origin = origin_of(rule.use.origins.get("controls"), policy, language)
        yield setting("controls", labels, origin, language)


def _severity(rule: RuleExplained, found: Explanation) -> str:
    language, written = found.language, rule.use.severity
    origin = origin_of(rule.use.origins.get("severity"), found.policy, language)
    if rule.severity is written:
        return setting("severity", written, origin, language)
    return language.say(
        "severity: {written}, lowered to {lowered} ({origin})",
        written=written,
        lowered=rule.severity,
        origin=origin,
    )


def _evidence(backups: Sequence[Backup], found: Explanation) -> str:
    if not backups:
        return found.language.say("No backup alone decides this.")
    ids = [printable(backup.id) for backup in backups]
    shown, left = ids[:_MOST_IDS], len(ids) - _MOST_IDS
    if left > 0:
        return found.language.say("Depends on {ids} and {number} more.", ids=shown, number=left)
    return found.language.say("Depends on {ids}.", ids=shown)
