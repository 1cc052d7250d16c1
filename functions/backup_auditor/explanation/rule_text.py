"""One rule for people: what it answers, where its options come from, and how long it passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.explanation.model import Explanation, Foreseen, RuleExplained
from backup_auditor.explanation.words import origin_of, sentence_of, told
from backup_auditor.model import Backup, Check, Outcome
from backup_auditor.policy.model import Origin, Policy
from backup_auditor.report.states import SYMBOLS
from backup_auditor.report.words import both, printable
from backup_auditor.rules import Moment
from backup_auditor.speech import ENGLISH

_MOST_IDS = 10
_ANSWERS = {Outcome.PASS: "passes", Outcome.FAIL: "fails", Outcome.UNKNOWN: "is unknown"}


def answer_of(rule: RuleExplained) -> str:
    """Say in a word or two how the rule comes out."""
    if rule.check is None:
        return "not asked"
    return _ANSWERS[rule.check.outcome] + (" (exempt)" if rule.check.exempt else "")


def breach_of(coming: Foreseen, moment: Moment) -> str:
    """Say when a breach comes, and who answers for it."""
    exempt = f", exempt then by {told(coming.exemption)}" if coming.exemption else ""
    return coming.breach.say(moment) + exempt


def rule_lines(rule: RuleExplained, found: Explanation) -> Iterator[str]:
    """Yield everything about one rule."""
    policy, use, check = found.policy, rule.use, rule.check
    place = origin_of(Origin(use.place, use.policy), policy)
    yield f"  {_mark(check)} {use.rule} {answer_of(rule)} ({place})"
    if check:
        yield from (f"      {line}" for line in _verdict(check, found.moment))
    yield from (f"      {line}" for line in _options(rule, policy))
    if found.backups:
        yield f"      {_evidence(rule.depends_on)}"
    if rule.foreseen:
        yield f"      {sentence_of(breach_of(rule.foreseen, found.moment))}"


def _mark(check: Check | None) -> str:
    if check is None:
        return SYMBOLS[Outcome.UNKNOWN]
    return SYMBOLS["exempt" if check.exempt else check.outcome]


def _verdict(check: Check, moment: Moment) -> Iterator[str]:
    yield sentence_of(check.message)
    values = (("observed", check.observed), ("expected", check.expected))
    both_told = [f"{word}: {told(value)}" for word, value in values if value]
    if both_told:
        yield sentence_of("; ".join(both_told))
    if check.since:
        yield f"Since {both(check.since, moment.now, moment.timezone, ENGLISH)}."
    if check.exempt:
        yield f"Exempt by {told(check.exemption)}."
    if check.advice:
        yield f"To do: {check.advice}"


def _options(rule: RuleExplained, policy: Policy | None) -> Iterator[str]:
    use = rule.use
    for option in rule.options:
        if option.origin:
            yield f"{option.name}: {told(option.value)} ({origin_of(option.origin, policy)})"
    defaults = [f"{o.name} {told(o.value)}" for o in rule.options if o.origin is None]
    if defaults:
        yield f"Defaults of the rule: {', '.join(defaults)}."
    lowered = f", lowered to {rule.severity}" if rule.severity is not use.severity else ""
    origin = origin_of(use.origins.get("severity"), policy)
    yield f"severity: {use.severity}{lowered} ({origin})"
    if use.controls:
        labels = ", ".join(map(printable, use.controls))
        yield f"controls: {labels} ({origin_of(use.origins.get('controls'), policy)})"


def _evidence(backups: Sequence[Backup]) -> str:
    if not backups:
        return "No backup alone decides this."
    ids = [printable(backup.id) for backup in backups]
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return f"Depends on {', '.join(ids[:_MOST_IDS])}{more}."
