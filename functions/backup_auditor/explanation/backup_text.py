"""The backups of an explanation for people: what each of them is, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.explanation.model import Explanation
from backup_auditor.explanation.words import KINDS, more, when
from backup_auditor.model import Backup, DayState
from backup_auditor.report.states import DAY_WORDS, GLYPHS
from backup_auditor.report.words import printable
from backup_auditor.speech import Language, Phrase
from backup_auditor.values import say_size

_MOST_BACKUPS = 10


def backup_lines(found: Explanation) -> Iterator[str]:
    """Yield what is known of the backups."""
    if found.assessment.unread:
        return
    if found.restorable:
        yield "  " + found.language.say(
            "Every moment can be restored from {since} until {until}.",
            since=when(found.restorable.since, found.moment, found.language),
            until=when(found.restorable.until, found.moment, found.language),
        )
    if not found.backups:
        yield "  " + found.language.say("None is listed.")
    yield from _listed(found.backups, found)
    if found.tried < len(found.backups):
        yield "  " + found.language.say(
            "What answers depend on was tried with {number} of them, newest and oldest.",
            number=found.tried,
        )


def copy_lines(found: Explanation) -> Iterator[str]:
    """Yield what is known of copies elsewhere; nothing where the source does not tell."""
    if found.copies is not None and not found.copies:
        yield "  " + found.language.say("None is listed.")
    yield from _listed(found.copies or (), found)


def _listed(backups: Sequence[Backup], found: Explanation) -> Iterator[str]:
    for backup in backups[:_MOST_BACKUPS]:
        facts = found.language.listed([*_facts(backup, found), *_told(backup, found)])
        yield f"  {GLYPHS[DayState(backup.state)]} {facts}"
    yield from more(len(backups), _MOST_BACKUPS, found.language)


def _facts(backup: Backup, found: Explanation) -> Iterator[str]:
    language = found.language
    day = DayState(backup.state)
    state = _with_raw(DAY_WORDS[day], backup.state_raw, language)
    yield language.say("{backup}: {state}", backup=printable(backup.id), state=state)
    yield _with_raw(KINDS[backup.kind], backup.kind_raw, language)
    size = backup.size_bytes
    yield language.say("no size") if size is None else say_size(size)
    taken = backup.taken_at
    yield when(taken, found.moment, language) if taken else language.say("no time")


def _told(backup: Backup, found: Explanation) -> Iterator[str]:
    """Yield what only some sources tell."""
    language, of = found.language, found.assessment.resource
    if backup.region not in {"", of.region}:
        yield language.say("in region {region}", region=printable(backup.region))
    if backup.account not in {"", of.account}:
        yield language.say("in account {account}", account=printable(backup.account))
    if backup.encrypted is not None:
        yield language.say("encrypted") if backup.encrypted else language.say("not encrypted")
    if backup.locked_until and backup.locked_until > found.moment.now:
        until = found.moment.say(backup.locked_until)
        yield language.say("locked until {instant}", instant=until)
    elif backup.locked_until:
        yield language.say("not locked")
    if backup.is_clean is False:
        yield language.say("completed with issues")


def _with_raw(word: Phrase, raw: str, language: Language) -> str:
    """Say our word, and the provider's own."""
    if not raw:
        return language.of(word)
    return language.say("{word} ({raw})", word=word, raw=printable(raw))
