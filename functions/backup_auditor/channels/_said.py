"""What a chat message tells of a report, in sections: the rows, and the order of their kinds.

Everything is in the language of the report. How rows are shown and cut is ``_chat``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backup_auditor.channels._chat import Kind, Row, Said, Section
from backup_auditor.model import Gap, Vanished
from backup_auditor.report.model import (
    Change,
    ExemptFinding,
    ExemptionLine,
    Finding,
    Report,
    Resolved,
)
from backup_auditor.report.states import SYMBOLS, VERDICT_WORDS, change_word, severity_label
from backup_auditor.report.words import both, held, paragraph, printable, where
from backup_auditor.speech import Language, phrases

_LONGEST_TEXT, _LONGEST_NOTE = 600, 300
_MOST_MEMBERS, _LONGEST_MEMBER = 5, 40

_GAPS = Kind(
    lambda n: phrases("{n} gap", "{n} gaps", n),
    lambda n: phrases("… and {n} more gap", "… and {n} more gaps", n),
)
_FINDINGS = Kind(
    lambda n: phrases("{n} finding", "{n} findings", n),
    lambda n: phrases("… and {n} more finding", "… and {n} more findings", n),
)
_RESOLVED = Kind(
    lambda n: phrases("{n} that is resolved", "{n} that are resolved", n),
    lambda n: phrases("… and {n} more that is resolved", "… and {n} more that are resolved", n),
)
_VANISHED = Kind(
    lambda n: phrases("{n} that vanished", "{n} that vanished", n),
    lambda n: phrases("… and {n} more that vanished", "… and {n} more that vanished", n),
)
_EXEMPT_FINDINGS = Kind(
    lambda n: phrases("{n} exempt finding", "{n} exempt findings", n),
    lambda n: phrases("… and {n} more exempt finding", "… and {n} more exempt findings", n),
)
_EXEMPTIONS = Kind(
    lambda n: phrases("{n} exemption", "{n} exemptions", n),
    lambda n: phrases("… and {n} more exemption", "… and {n} more exemptions", n),
)


def said(report: Report) -> Said:
    """Return what is to be said about ``report``."""
    language, run = report.language, report.audit.run
    word = VERDICT_WORDS[report.audit.verdict]
    pressing = tuple(line for line in report.exemptions if line.needs_attention)
    return Said(
        verdict=report.audit.verdict,
        title=language.say("Backup audit: {verdict}", verdict=word),
        headline=paragraph(filter(None, [report.headline, report.news]), language),
        summary=language.say(
            "Backup audit {verdict}: {headline}", verdict=word, headline=report.headline
        ),
        meta=language.say(
            "{instant} · run {run}",
            instant=language.instant(run.started_at, report.zone),
            run=run.id,
        ),
        sections=(
            Section(_GAPS, 2, report.gaps, lambda one: _gap(one, language)),
            Section(_FINDINGS, 4, report.findings, lambda one: _finding(one, report)),
            Section(_RESOLVED, 1, report.resolved, lambda one: _resolved(one, language)),
            Section(_VANISHED, 1, report.vanished, lambda one: _vanished(one, report)),
            Section(_EXEMPT_FINDINGS, 1, report.exempt, lambda one: _exempt(one, language)),
            Section(_EXEMPTIONS, 1, pressing, lambda one: _exemption(one, language)),
        ),
        language=language,
    )


def _gap(gap: Gap, language: Language) -> Row:
    place = " ".join(printable(part) for part in (gap.source, gap.account, gap.region) if part)
    return Row(
        mark="!",
        label=language.say("Not audited:"),
        title=place or language.say("the audit"),
        where="",
        text=printable(gap.detail, _LONGEST_NOTE),
        language=language,
    )


def _finding(finding: Finding, report: Report) -> Row:
    language, notes = report.language, []
    if finding.sole:
        now = report.audit.run.started_at
        last = both(finding.sole.last_success_at, now, report.zone, language)
        notes.append((language.say("Last good backup"), last))
    else:
        notes.append((language.say("Resources"), _names(finding, language)))
    notes += _past(finding, report)
    if finding.advice:
        notes.append((language.say("To do"), printable(finding.advice, _LONGEST_NOTE)))
    return Row(
        mark=SYMBOLS[finding.outcome],
        label=_label(finding, language),
        title=finding.title,
        where=where(finding.sole) if finding.sole else "",
        text=_text(finding.sentences, language),
        notes=tuple(notes),
        language=language,
    )


def _label(finding: Finding, language: Language) -> str:
    severity = severity_label(finding.severity, language)
    change = change_word(finding.change, language)
    if not change:
        return severity
    return language.say("{change} {severity}", change=change, severity=severity)


def _past(finding: Finding, report: Report) -> Iterator[tuple[str, str]]:
    """Yield since when it holds, where audits before know it too."""
    language = report.language
    since = held(finding, report.audit.run.started_at, report.zone, language)
    if finding.change and since:
        yield language.say("Since"), since
    if finding.is_flapping:
        yield (
            language.say("Comes and goes"),
            language.say("more than {number} times in {audits} audits", number="3", audits="7"),
        )


def _resolved(resolved: Resolved, language: Language) -> Row:
    return Row(
        mark=SYMBOLS["pass"],
        label=change_word(Change.RESOLVED, language),
        title=printable(resolved.assessment.resource.name),
        where=where(resolved.assessment),
        text=_text(resolved.sentences, language),
        language=language,
    )


def _vanished(vanished: Vanished, report: Report) -> Row:
    language, scope = report.language, vanished.scope
    seen = both(vanished.last_seen_at, report.audit.run.started_at, report.zone, language)
    return Row(
        mark=SYMBOLS["ungoverned"],
        label=language.say("VANISHED"),
        title=printable(vanished.name or vanished.id),
        where=", ".join(printable(part) for part in (vanished.id, scope.account, scope.region)),
        text=language.say("Last seen {time}.", time=seen),
        language=language,
    )


def _names(finding: Finding, language: Language) -> str:
    """Name a few members; tables and attachments have all of them."""
    names = [printable(member.resource.name, _LONGEST_MEMBER) for member in finding.members]
    few, more = names[:_MOST_MEMBERS], len(names) - _MOST_MEMBERS
    if more <= 0:
        return language.listed(few)
    return language.say("{names} and {n} more", names=few, n=more)


def _exempt(finding: ExemptFinding, language: Language) -> Row:
    label = language.say("EXEMPT {severity}", severity=severity_label(finding.severity, language))
    by = language.say("Exempt by")
    return Row(
        mark=SYMBOLS["exempt"],
        label=label,
        title=printable(finding.assessment.resource.name),
        where=where(finding.assessment),
        text=_text(finding.sentences, language),
        notes=((by, printable(finding.exemption, _LONGEST_NOTE)),),
        language=language,
    )


def _exemption(line: ExemptionLine, language: Language) -> Row:
    label = language.say("Exemption {state}:", state=line.state)
    return Row("!", label, line.owner, line.covers, line.reason, language=language)


def _text(sentences: Sequence[str], language: Language) -> str:
    return printable(paragraph(sentences, language), _LONGEST_TEXT)
