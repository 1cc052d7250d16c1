"""An explanation for people: the answer first, then policy, rules, exemptions and backups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.explanation.model import ExemptionExplained, Explanation
from backup_auditor.explanation.rule_text import answer_of, breach_of, rule_lines
from backup_auditor.explanation.words import more, origin_of, place_of, told
from backup_auditor.foresight import NO_BREACH
from backup_auditor.model import Backup, DayState, ExemptionState, Gap, Outcome, Resource
from backup_auditor.policy.model import Policy
from backup_auditor.report.exemptions import standing
from backup_auditor.report.states import GLYPHS, SYMBOLS
from backup_auditor.report.text import fitted
from backup_auditor.report.words import both, counted, printable, relative, where
from backup_auditor.rules import Moment
from backup_auditor.speech import ENGLISH
from backup_auditor.values import say_size, write_duration

_MOST_REFUSALS, _MOST_BACKUPS, _MOST_GAPS = 20, 10, 20


def explanations_text(
    found: Sequence[Explanation], gaps: Sequence[Gap], *, more_of_them: int, width: int
) -> str:
    """Return everything for a terminal of ``width`` columns, without colours.

    ``more_of_them`` resources are called so as well, and are not among ``found``.
    """
    parts = [list(_lines(one)) for one in found]
    if not found:
        parts.append(["UNKNOWN: no such resource was found, and not everything could be seen"])
    if more_of_them:
        also = counted(more_of_them, "more resource is", "more resources are")
        parts.append([f"{also} called so and not explained here; ask for an id."])
    if gaps:
        parts.append(
            ["COULD NOT BE SEEN; ANOTHER ONE MAY BE THERE" if found else "COULD NOT BE SEEN"]
        )
        parts[-1] += [f"  ! {_gap(gap)}" for gap in gaps[:_MOST_GAPS]]
        parts[-1] += more(len(gaps), _MOST_GAPS)
    lines = [line for part in parts for line in ("", *part)]
    return "\n".join(fitted(lines[1:], width)) + "\n"


def _lines(found: Explanation) -> Iterator[str]:
    yield from _answer(found)
    sections = (
        ("POLICY", _policy(found)),
        ("RULES", (line for rule in found.rules for line in rule_lines(rule, found))),
        ("EXEMPTIONS", (line for e in found.exemptions for line in _exemption(e, found.moment))),
        ("BACKUPS, NEWEST FIRST", _backups(found)),
    )
    for heading, section in sections:
        lines = list(section)
        yield from ("", heading, *lines) if lines else ()


def _gap(gap: Gap) -> str:
    places = [printable(part) for part in (gap.source, gap.account, gap.region) if part]
    return f"{' '.join(places) or 'All'}: {told(gap.detail)} ({gap.reason})"


def _answer(found: Explanation) -> Iterator[str]:
    resource, moment = found.assessment.resource, found.moment
    as_of = f"as of {moment.say(moment.now)}"
    outcome = standing(found.assessment).upper()
    yield f"{outcome}: {printable(resource.name)} ({where(found.assessment)}), {as_of}"
    yield f"  {', '.join(_description(resource, moment))}"
    yield f"  {_in_short(found)}"
    if found.assessment.unread:
        yield f"  Its backups could not be read: {told(found.assessment.unread)}."
    elif found.policy:
        yield f"  Next: {_next(found)}."


def _description(resource: Resource, moment: Moment) -> Iterator[str]:
    yield printable(resource.source)
    facts = [("zone", resource.zone), ("kind", resource.kind), ("state", resource.state)]
    yield from (f"{word} {printable(value)}" for word, value in facts if value)
    yield from (f"tag {printable(tag)}={printable(text)}" for tag, text in resource.tags.items())
    if resource.created_at:
        yield f"created {both(resource.created_at, moment.now, moment.timezone, ENGLISH)}"
    else:
        yield "creation not told"


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
    answers = (f"{rule.use.rule} {answer_of(rule)}" for rule in bad)
    return f"{governed}; {total} asked: {', '.join(answers)}."


def _next(found: Explanation) -> str:
    if not any(r.check and r.check.outcome is Outcome.PASS for r in found.rules):
        return "no rule passes, so none can breach"
    coming = found.next_breach
    if coming is None:
        return NO_BREACH
    return f"{coming.breach.check.rule} {breach_of(coming, found.moment)}"


def _policy(found: Explanation) -> Iterator[str]:
    policy = found.policy
    if policy:
        yield f"  {printable(policy.name)} ({place_of(policy.place)})"
        for base in found.extends:
            yield f"      extends {printable(base.name)} ({place_of(base.place)})"
        yield from _settings(policy)
    if found.refusals:
        yield "  Why none before it:" if policy else "  Why none of them:"
    for refusal in found.refusals[:_MOST_REFUSALS]:
        other = refusal.policy
        yield f"  · {printable(other.name)} ({place_of(other.place)}): {told(refusal.why)}"
    yield from more(len(found.refusals), _MOST_REFUSALS)


def _settings(policy: Policy) -> Iterator[str]:
    grace = policy.origins.get("grace")
    settings = {"owner": policy.owner, "runbook": policy.runbook}
    for name, value in settings.items():
        if value:
            yield f"      {name}: {told(value)} ({origin_of(policy.origins.get(name), policy)})"
    origin = origin_of(grace, policy) if grace else "the max of last_success_age, else 24h"
    yield f"      grace: {write_duration(policy.grace)} ({origin})"


def _exemption(explained: ExemptionExplained, moment: Moment) -> Iterator[str]:
    exemption = explained.exemption
    yield f"  {SYMBOLS['exempt']} {told(exemption.say())} ({place_of(exemption.place)})"
    rules = ", ".join(exemption.rules) or "all rules"
    if explained.state is ExemptionState.EXPIRED:
        yield f"      For {rules}; it ended {relative(exemption.ends_at, moment.now, ENGLISH)}."
        return
    covers = ", ".join(explained.covers) or "nothing"
    yield f"      For {rules}; now it covers {covers}."
    if exemption.began_before:
        yield f"      Only for what began before {moment.say(exemption.began_before)}."
    ends = f"{relative(exemption.ends_at, moment.now, ENGLISH)}, at {moment.say(exemption.ends_at)}"
    yield f"      It ends {ends}{'; then that counts again' if explained.covers else ''}."


def _backups(found: Explanation) -> Iterator[str]:
    if found.assessment.unread:
        return
    if not found.backups:
        yield "  None is listed."
    for backup in found.backups[:_MOST_BACKUPS]:
        yield f"  {GLYPHS[DayState(backup.state)]} {', '.join(_facts(backup, found.moment))}"
    yield from more(len(found.backups), _MOST_BACKUPS)
    if found.tried < len(found.backups):
        yield f"  What answers depend on was tried with {found.tried} of them, newest and oldest."


def _facts(backup: Backup, moment: Moment) -> Iterator[str]:
    yield f"{printable(backup.id)}: {backup.state}{_raw(backup.state_raw)}"
    yield f"{backup.kind}{_raw(backup.kind_raw)}"
    yield "no size" if backup.size_bytes is None else say_size(backup.size_bytes)
    taken = backup.taken_at
    yield both(taken, moment.now, moment.timezone, ENGLISH) if taken else "no time"


def _raw(word: str) -> str:
    return f" ({printable(word)})" if word else ""
