"""An explanation for people: the answer first, then policy, rules, exemptions and backups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.explanation.backup_text import backup_lines, copy_lines
from backup_auditor.explanation.model import ExemptionExplained, Explanation
from backup_auditor.explanation.rule_text import answer_of, breach_of, rule_lines
from backup_auditor.explanation.words import (
    more,
    origin_of,
    place_of,
    setting,
    told,
    when,
)
from backup_auditor.foresight import NO_BREACH
from backup_auditor.model import ExemptionState, Gap, Outcome
from backup_auditor.policy.model import Policy
from backup_auditor.report.exemptions import standing
from backup_auditor.report.states import SYMBOLS, reason_word
from backup_auditor.report.text import fitted
from backup_auditor.report.words import printable, relative, where
from backup_auditor.speech import Language, Phrase, phrase
from backup_auditor.values import write_duration

_MOST_REFUSALS, _MOST_GAPS = 20, 20
_STANDINGS: dict[str, Phrase] = {
    Outcome.PASS: phrase("PASS"),
    Outcome.FAIL: phrase("FAIL"),
    Outcome.UNKNOWN: phrase("UNKNOWN"),
    "exempt": phrase("EXEMPT"),
    "ungoverned": phrase("UNGOVERNED"),
}


def explanations_text(
    found: Sequence[Explanation],
    gaps: Sequence[Gap],
    language: Language,
    *,
    more_of_them: int,
    width: int,
) -> str:
    """Return everything for a terminal of ``width`` columns, without colours.

    ``more_of_them`` resources are called so as well, and are not among ``found``.
    """
    parts = [list(_lines(one)) for one in found]
    if not found:
        unseen = language.say(
            "UNKNOWN: no such resource was found, and not everything could be seen"
        )
        parts.append([unseen])
    if more_of_them:
        also = language.count(
            "{n} more resource is called so and not explained here; ask for an id.",
            "{n} more resources are called so and not explained here; ask for an id.",
            more_of_them,
        )
        parts.append([also])
    if gaps:
        parts.append(list(_gaps(gaps, language, found_some=bool(found))))
    lines = [line for part in parts for line in ("", *part)]
    return "\n".join(fitted(lines[1:], width)) + "\n"


def _gaps(gaps: Sequence[Gap], language: Language, *, found_some: bool) -> Iterator[str]:
    if found_some:
        yield language.say("COULD NOT BE SEEN; ANOTHER ONE MAY BE THERE")
    else:
        yield language.say("COULD NOT BE SEEN")
    for gap in gaps[:_MOST_GAPS]:
        places = [printable(part) for part in (gap.source, gap.account, gap.region) if part]
        yield "  ! " + language.say(
            "{place}: {detail} ({reason})",
            place=" ".join(places) or phrase("All"),
            detail=told(language.of(gap.detail)),
            reason=reason_word(gap.reason, language),
        )
    yield from more(len(gaps), _MOST_GAPS, language)


def _lines(found: Explanation) -> Iterator[str]:
    yield from _answer(found)
    sections = (
        (phrase("POLICY"), _policy(found)),
        (phrase("RULES"), (line for rule in found.rules for line in rule_lines(rule, found))),
        (phrase("EXEMPTIONS"), (line for e in found.exemptions for line in _exemption(e, found))),
        (phrase("BACKUPS, NEWEST FIRST"), backup_lines(found)),
        (phrase("COPIES ELSEWHERE, NEWEST FIRST"), copy_lines(found)),
    )
    for heading, section in sections:
        lines = list(section)
        yield from ("", found.language.of(heading), *lines) if lines else ()


def _answer(found: Explanation) -> Iterator[str]:
    say, assessment = found.language.say, found.assessment
    yield say(
        "{outcome}: {name} ({where}), as of {instant}",
        outcome=_STANDINGS[standing(assessment)],
        name=printable(assessment.resource.name),
        where=where(assessment),
        instant=found.moment.say(found.moment.now),
    )
    yield f"  {found.language.listed(list(_description(found)))}"
    yield f"  {_in_short(found)}"
    if assessment.unread:
        detail = told(assessment.unread)
        yield "  " + say("Its backups could not be read: {detail}.", detail=detail)
    elif found.policy:
        yield "  " + say("Next: {breach}.", breach=_next(found))


def _description(found: Explanation) -> Iterator[str]:
    resource, say = found.assessment.resource, found.language.say
    yield printable(resource.source)
    if resource.zone:
        yield say("zone {zone}", zone=printable(resource.zone))
    if resource.kind:
        yield say("kind {kind}", kind=printable(resource.kind))
    if resource.state:
        yield say("state {state}", state=printable(resource.state))
    for tag, text in resource.tags.items():
        yield say("tag {tag}={text}", tag=printable(tag), text=printable(text))
    if resource.created_at:
        yield say(
            "created {instant}", instant=when(resource.created_at, found.moment, found.language)
        )
    else:
        yield say("creation not told")
    if resource.schedule:
        cron, zone = printable(resource.schedule.cron), printable(resource.schedule.timezone)
        yield say("due by its own schedule {schedule} ({zone})", schedule=cron, zone=zone)


def _in_short(found: Explanation) -> str:
    language = found.language
    if found.policy is None:
        return language.say("No policy governs it.")
    policy = printable(found.policy.name)
    if found.assessment.unread:
        return language.say("Governed by {policy}, but no rule could be asked.", policy=policy)
    bad = [r for r in found.rules if r.check and r.check.outcome is not Outcome.PASS]
    if not bad:
        return language.count(
            "Governed by {policy}; {n} rule asked, nothing found.",
            "Governed by {policy}; {n} rules asked, nothing found.",
            len(found.rules),
            policy=policy,
        )
    return language.count(
        "Governed by {policy}; {n} rule asked: {answers}.",
        "Governed by {policy}; {n} rules asked: {answers}.",
        len(found.rules),
        policy=policy,
        answers=[f"{rule.use.rule} {answer_of(rule, found)}" for rule in bad],
    )


def _next(found: Explanation) -> str:
    if not any(r.check and r.check.outcome is Outcome.PASS for r in found.rules):
        return found.language.say("no rule passes, so none can breach")
    coming = found.next_breach
    if coming is None:
        return found.language.of(NO_BREACH)
    return f"{coming.breach.check.rule} {breach_of(coming, found)}"


def _policy(found: Explanation) -> Iterator[str]:
    policy, say = found.policy, found.language.say
    if policy:
        yield "  " + _at(printable(policy.name), place_of(policy.place), found.language)
        for base in found.extends:
            name, place = printable(base.name), place_of(base.place)
            yield "      " + say("extends {policy} ({place})", policy=name, place=place)
        yield from (f"      {line}" for line in _settings(policy, found.language))
    if found.refusals:
        yield "  " + (say("Why none before it:") if policy else say("Why none of them:"))
    for refusal in found.refusals[:_MOST_REFUSALS]:
        yield "  · " + say(
            "{policy} ({place}): {reason}",
            policy=printable(refusal.policy.name),
            place=place_of(refusal.policy.place),
            reason=told(refusal.why),
        )
    yield from more(len(found.refusals), _MOST_REFUSALS, found.language)


def _at(what: str, place: str, language: Language) -> str:
    return language.say("{what} ({place})", what=what, place=place)


def _settings(policy: Policy, language: Language) -> Iterator[str]:
    for name, value in (("owner", policy.owner), ("runbook", policy.runbook)):
        if value:
            origin = origin_of(policy.origins.get(name), policy, language)
            yield setting(name, told(value), origin, language)
    grace = policy.origins.get("grace")
    unsaid = language.say("the max of last_success_age, else 24h")
    origin = origin_of(grace, policy, language) if grace else unsaid
    yield setting("grace", write_duration(policy.grace), origin, language)


def _exemption(explained: ExemptionExplained, found: Explanation) -> Iterator[str]:
    exemption, language, moment = explained.exemption, found.language, found.moment
    text = told(language.of(exemption.say()))
    yield f"  {SYMBOLS['exempt']} {_at(text, place_of(exemption.place), language)}"
    rules = language.listed(exemption.rules) or language.say("all rules")
    end = relative(exemption.ends_at, moment.now, language)
    if explained.state is ExemptionState.EXPIRED:
        yield "      " + language.say("For {rules}; it ended {end}.", rules=rules, end=end)
        return
    covered = language.listed(explained.covers) or language.say("nothing")
    yield "      " + language.say(
        "For {rules}; now it covers {covered}.", rules=rules, covered=covered
    )
    if exemption.began_before:
        instant = moment.say(exemption.began_before)
        yield "      " + language.say("Only for what began before {instant}.", instant=instant)
    instant = moment.say(exemption.ends_at)
    if explained.covers:
        yield "      " + language.say(
            "It ends {end}, at {instant}; then that counts again.", end=end, instant=instant
        )
    else:
        yield "      " + language.say("It ends {end}, at {instant}.", end=end, instant=instant)
