"""The answer of an audit as one sentence with numbers, in the language of the report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from zoneinfo import ZoneInfo

from backup_auditor.model import Gap, GapReason
from backup_auditor.report.model import Changed, Counts
from backup_auditor.speech import Language


def headline(gaps: Sequence[Gap], counts: Counts, language: Language) -> str:
    """Say what was found; what could not be audited is said at the end."""
    if any(gap.reason is GapReason.POLICY for gap in gaps):
        return language.say("Nothing was audited, because the policy is broken.")
    found = _found(counts, language)
    if not gaps:
        return language.say("{found}.", found=found)
    left = language.count(
        "{n} part could not be audited", "{n} parts could not be audited", len(gaps)
    )
    return language.say("{found}; {gaps}.", found=found, gaps=left)


def in_numbers(counts: Counts, language: Language) -> str:
    """Say how many resources stand how: ``5 resources fine, 2 failing, 0 unknown; …``."""
    clauses = [
        language.count("{n} resource fine", "{n} resources fine", counts.fine),
        language.say("{number} failing", number=counts.failed),
        language.say("{number} unknown", number=counts.unknown),
    ]
    if counts.only_exempt:
        clauses.append(language.say("{number} exempt", number=counts.only_exempt))
    if counts.only_ungoverned:
        clauses.append(language.say("{number} without policy", number=counts.only_ungoverned))
    return language.say(
        "{clauses}; {backups} seen.",
        clauses=_row(clauses, language),
        backups=language.count("{n} backup", "{n} backups", counts.backups),
    )


def news(changed: Changed | None, language: Language, zone: ZoneInfo) -> str:
    """Say what has changed since the audit before; empty where nothing is compared with."""
    if changed is None:
        return ""
    time = _when(changed, language, zone)
    if not changed.is_any:
        return language.say("Nothing has changed since {time}.", time=time)
    changes = _row(_clauses(changed, language), language)
    return language.say("Since {time}: {changes}.", time=time, changes=changes)


def news_of_part(changed: Changed | None, language: Language, zone: ZoneInfo) -> str:
    """Say the same of a channel's part."""
    if changed is None:
        return ""
    time = _when(changed, language, zone)
    if not changed.is_any:
        return language.say("Nothing has changed in this part since {time}.", time=time)
    changes = _row(_clauses(changed, language), language)
    return language.say("In this part since {time}: {changes}.", time=time, changes=changes)


def _when(changed: Changed, language: Language, zone: ZoneInfo) -> str:
    if changed.at is None:
        return language.say("the audit before")
    return language.instant(changed.at, zone)


def _clauses(changed: Changed, language: Language) -> list[str]:
    lapsed = language.count(
        "{n} finding no longer applies", "{n} findings no longer apply", changed.lapsed
    )
    vanished = language.count("{n} resource vanished", "{n} resources vanished", changed.vanished)
    appeared = language.count("{n} resource appeared", "{n} resources appeared", changed.appeared)
    clauses = (
        (changed.new, language.say("{number} new", number=changed.new)),
        (changed.worse, language.say("{number} worse", number=changed.worse)),
        (changed.resolved, language.say("{number} resolved", number=changed.resolved)),
        (changed.ongoing, language.say("{number} ongoing", number=changed.ongoing)),
        (changed.lapsed, lapsed),
        (changed.vanished, vanished),
        (changed.appeared, appeared),
        (changed.gaps, language.count("{n} new gap", "{n} new gaps", changed.gaps)),
    )
    return [clause for number, clause in clauses if number]


def _found(counts: Counts, language: Language) -> str:
    if not counts.resources:
        return language.say("No resource was audited")
    bad = _bad(counts, language)
    return _row(bad + _apart(counts, language), language) if bad else _none_bad(counts, language)


def _bad(counts: Counts, language: Language) -> list[str]:
    total = language.count("{n} resource", "{n} resources", counts.resources)
    failed, unknown = counts.failed, counts.unknown
    said = []
    if failed:
        said.append(
            language.count(
                "{n} of {total} has no reliable backup",
                "{n} of {total} have no reliable backup",
                failed,
                total=total,
            )
        )
    if unknown and failed:
        said.append(language.say("{number} cannot be judged", number=unknown))
    elif unknown:
        said.append(
            language.say("{number} of {total} cannot be judged", number=unknown, total=total)
        )
    return said


def _none_bad(counts: Counts, language: Language) -> str:
    """Say that nothing fails; only what was judged is said to have a reliable backup."""
    whole = _whole(counts, language)
    apart = _apart(counts, language)
    others = _row(apart, language) if apart else ""
    if apart and counts.fine:
        return language.count(
            "{n} of {whole} has a reliable backup; {others}",
            "{n} of {whole} have reliable backups; {others}",
            counts.fine,
            whole=whole,
            others=others,
        )
    if len(apart) > 1:
        return language.say("None of {whole} is fine; {others}", whole=whole, others=others)
    return _the_only(counts, language) if counts.resources == 1 else _all(counts, whole, language)


def _whole(counts: Counts, language: Language) -> str:
    if counts.gaps:
        return language.count(
            "{n} resource that was seen", "{n} resources that were seen", counts.resources
        )
    return language.count("{n} resource", "{n} resources", counts.resources)


def _the_only(counts: Counts, language: Language) -> str:
    if counts.only_exempt:
        return language.say("The only resource is exempt")
    if counts.only_ungoverned:
        return language.say("The only resource is governed by no policy")
    return language.say("The only resource has a reliable backup")


def _all(counts: Counts, whole: str, language: Language) -> str:
    if counts.only_exempt:
        return language.say("All {whole} are exempt", whole=whole)
    if counts.only_ungoverned:
        return language.say("All {whole} are governed by no policy", whole=whole)
    return language.say("All {whole} have reliable backups", whole=whole)


def _apart(counts: Counts, language: Language) -> list[str]:
    """Say how many resources pass without being fine."""
    exempt, free = counts.only_exempt, counts.only_ungoverned
    apart = []
    if exempt:
        apart.append(language.count("{n} is exempt", "{n} are exempt", exempt))
    if free:
        apart.append(
            language.count("{n} is governed by no policy", "{n} are governed by no policy", free)
        )
    return apart


def _row(clauses: Sequence[str], language: Language) -> str:
    """Say clauses in one sentence, which is not how names are listed in every language."""
    return reduce(lambda a, b: language.say("{clause}, {more}", clause=a, more=b), clauses)
