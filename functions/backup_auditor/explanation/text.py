"""An explanation for people: the answer first, then policy, rules, exemptions and backups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.explanation.model import (
    ExemptionExplained,
    Explanation,
    Foreseen,
    RuleExplained,
)
from backup_auditor.foresight import NO_BREACH
from backup_auditor.model import Backup, DayState, ExemptionState, Outcome, Place
from backup_auditor.policy.model import Origin, Policy
from backup_auditor.report.exemptions import standing
from backup_auditor.report.text import fitted
from backup_auditor.report.words import GLYPHS, SYMBOLS, both, counted, printable, relative, where
from backup_auditor.rules import Moment
from backup_auditor.values import say_size, write_duration

_MOST_REFUSALS, _MOST_BACKUPS, _MOST_IDS = 20, 10, 10
_LONGEST_PLACE, _LONGEST_TEXT = 300, 400


def explanation_text(found: Explanation, *, width: int) -> str:
    """Return everything for a terminal of ``width`` columns, without colours."""
    sections = (
        (None, _answer(found)),
        ("POLICY", _policy(found)),
        ("RULES", (line for rule in found.rules for line in _rule(rule, found))),
        ("EXEMPTIONS", (line for e in found.exemptions for line in _exemption(e, found.moment))),
        ("BACKUPS, NEWEST FIRST", _backups(found)),
    )
    lines: list[str] = []
    for heading, section in sections:
        content = list(section)
        if heading and content:
            lines += ["", heading]
        lines += content
    return "\n".join(fitted(lines, width)) + "\n"


def _answer(found: Explanation) -> Iterator[str]:
    resource, moment = found.assessment.resource, found.moment
    as_of = f"as of {moment.say(moment.now)}"
    outcome = standing(found.assessment).upper()
    yield f"{outcome}: {printable(resource.name)} ({where(found.assessment)}), {as_of}"
    facts = [("zone", resource.zone), ("kind", resource.kind), ("state", resource.state)]
    said = [f"{word} {printable(value)}" for word, value in facts if value]
    said += [f"tag {printable(tag)}={printable(value)}" for tag, value in resource.tags.items()]
    created = both(resource.created_at, moment.now, moment.timezone)
    said.append(f"created {created if resource.created_at else 'at a time that is not told'}")
    yield f"  {', '.join([printable(resource.source), *said])}"
    yield f"  {_in_short(found)}"
    if found.assessment.unread:
        yield f"  Its backups could not be read: {_said(found.assessment.unread)}."
    elif found.policy:
        yield f"  Next: {_next(found)}."


def _in_short(found: Explanation) -> str:
    if found.policy is None:
        return "No policy governs it."
    governed = f"Governed by {printable(found.policy.name)}"
    if found.assessment.unread:
        return f"{governed}, but no rule could be asked."
    bad = [r for r in found.rules if r.check and r.check.outcome is not Outcome.PASS]
    total = counted(len(found.rules), "rule")
    if not bad:
        return f"{governed}; {total} asked, nothing found."
    answers = (f"{rule.use.rule} {_mark_word(rule)}" for rule in bad)
    return f"{governed}; {total} asked: {', '.join(answers)}."


def _mark_word(rule: RuleExplained) -> str:
    check = rule.check
    if check is None:
        return "not asked"
    word = {Outcome.PASS: "passes", Outcome.FAIL: "fails", Outcome.UNKNOWN: "is unknown"}
    return word[check.outcome] + (" (exempt)" if check.exempt else "")


def _next(found: Explanation) -> str:
    coming = found.next_breach
    if coming is None:
        return NO_BREACH
    return f"{coming.breach.check.rule} {_breach(coming, found.moment)}"


def _breach(coming: Foreseen, moment: Moment) -> str:
    exempt = f", exempt then by {_said(coming.exemption)}" if coming.exemption else ""
    return coming.breach.say(moment) + exempt


def _policy(found: Explanation) -> Iterator[str]:
    policy = found.policy
    if policy:
        yield f"  {printable(policy.name)} ({_place(policy.place)})"
        for base in found.extends:
            yield f"      extends {printable(base.name)} ({_place(base.place)})"
        yield from _settings(policy)
    if found.refusals:
        yield "  Why none before it:" if policy else "  Why none of them:"
    for refusal in found.refusals[:_MOST_REFUSALS]:
        other = refusal.policy
        yield f"  · {printable(other.name)} ({_place(other.place)}): {_said(refusal.why)}"
    yield from _more(len(found.refusals), _MOST_REFUSALS)


def _settings(policy: Policy) -> Iterator[str]:
    grace = policy.origins.get("grace")
    settings = {"owner": policy.owner, "runbook": policy.runbook}
    for name, value in settings.items():
        if value:
            yield f"      {name}: {_said(value)} ({_origin(policy.origins.get(name), policy)})"
    origin = _origin(grace, policy) if grace else "the max of last_success_age, else 24h"
    yield f"      grace: {write_duration(policy.grace)} ({origin})"


def _rule(rule: RuleExplained, found: Explanation) -> Iterator[str]:
    policy, use, check = found.policy, rule.use, rule.check
    mark = SYMBOLS["exempt" if check and check.exempt else check.outcome if check else "unknown"]
    place = _origin(Origin(use.place, use.policy), policy)
    yield f"  {mark} {use.rule} {_mark_word(rule)} ({place})"
    if check:
        yield f"      {_sentence(check.message)}"
        values = (("observed", check.observed), ("expected", check.expected))
        told = "; ".join(f"{word}: {_said(value)}" for word, value in values if value)
        if told:
            yield f"      {_sentence(told)}"
        if check.since:
            yield f"      Since {both(check.since, found.moment.now, found.moment.timezone)}."
        if check.exempt:
            yield f"      Exempt by {_said(check.exemption)}."
        if check.advice:
            yield f"      To do: {check.advice}"
    yield from _options(rule, policy)
    if found.backups:
        yield f"      {_evidence(rule.depends_on)}"
    if rule.foreseen:
        yield f"      {_sentence(_breach(rule.foreseen, found.moment))}"


def _options(rule: RuleExplained, policy: Policy | None) -> Iterator[str]:
    use = rule.use
    for option in rule.options:
        if option.origin:
            yield f"      {option.name}: {_said(option.value)} ({_origin(option.origin, policy)})"
    defaults = [f"{o.name} {_said(o.value)}" for o in rule.options if o.origin is None]
    if defaults:
        yield f"      Defaults of the rule: {', '.join(defaults)}."
    lowered = f", lowered to {rule.severity}" if rule.severity is not use.severity else ""
    origin = _origin(use.origins.get("severity"), policy)
    yield f"      severity: {use.severity}{lowered} ({origin})"
    if use.controls:
        labels = ", ".join(map(printable, use.controls))
        yield f"      controls: {labels} ({_origin(use.origins.get('controls'), policy)})"


def _evidence(backups: Sequence[Backup]) -> str:
    if not backups:
        return "No backup alone decides this."
    ids = [printable(backup.id) for backup in backups]
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return f"Depends on {', '.join(ids[:_MOST_IDS])}{more}."


def _exemption(explained: ExemptionExplained, moment: Moment) -> Iterator[str]:
    exemption = explained.exemption
    yield f"  {SYMBOLS['exempt']} {_said(str(exemption))} ({_place(exemption.place)})"
    rules = ", ".join(exemption.rules) or "all rules"
    if explained.state is ExemptionState.EXPIRED:
        yield f"      For {rules}; it ended {relative(exemption.ends_at, moment.now)}."
        return
    covers = ", ".join(explained.covers) or "nothing"
    yield f"      For {rules}; now it covers {covers}."
    if exemption.began_before:
        yield f"      Only for what began before {moment.say(exemption.began_before)}."
    ends = f"{relative(exemption.ends_at, moment.now)}, at {moment.say(exemption.ends_at)}"
    yield f"      It ends {ends}{'; then that counts again' if explained.covers else ''}."


def _backups(found: Explanation) -> Iterator[str]:
    if found.assessment.unread:
        return
    if not found.backups:
        yield "  None is listed."
    for backup in found.backups[:_MOST_BACKUPS]:
        yield f"  {GLYPHS[DayState(backup.state)]} {', '.join(_facts(backup, found.moment))}"
    yield from _more(len(found.backups), _MOST_BACKUPS)
    if found.tried < len(found.backups):
        yield f"  What answers depend on was tried with {found.tried} of them, newest and oldest."


def _facts(backup: Backup, moment: Moment) -> Iterator[str]:
    yield f"{printable(backup.id)}: {backup.state}{_raw(backup.state_raw)}"
    yield f"{backup.kind}{_raw(backup.kind_raw)}"
    yield "no size" if backup.size_bytes is None else say_size(backup.size_bytes)
    yield both(backup.taken_at, moment.now, moment.timezone) if backup.taken_at else "no time"


def _raw(word: str) -> str:
    return f" ({printable(word)})" if word else ""


def _more(number: int, most: int) -> Iterator[str]:
    if number > most:
        yield f"  ... and {number - most:,} more"


def _origin(origin: Origin | None, policy: Policy | None) -> str:
    """Say where something was written, and by which policy if not by the governing one."""
    if origin is None:
        return "by default"
    if not origin.policy:
        return f"{_place(origin.place)}, defaults"
    if policy and origin.policy == policy.name:
        return _place(origin.place)
    return f"{_place(origin.place)}, policy {printable(origin.policy)}"


def _place(place: Place) -> str:
    return printable(str(place), _LONGEST_PLACE)


def _said(text: str) -> str:
    return printable(text, _LONGEST_TEXT).rstrip(".")


def _sentence(text: str) -> str:
    said = _said(text)
    return f"{said[:1].upper()}{said[1:]}."
