"""Trying a user's templates before anything is sent, so that every rendering says what is broken.

A template may fail over one channel's part alone, so each part is tried as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from backup_auditor.model import Notice
from backup_auditor.report.fitting import notice_of, without
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import narrow
from backup_auditor.report.overrides import (
    ENTRIES,
    TEMPLATE_BROKEN,
    TEMPLATE_UNUSED,
    BrokenTemplate,
    Overrides,
)
from backup_auditor.report.own import unused
from backup_auditor.report.parts import Part
from backup_auditor.report.text import mail_text, terminal_text

_MAKERS: Mapping[str, tuple[Callable[[Report], str], ...]] = {
    "email.html.j2": (email_html,),
    "report.txt.j2": (mail_text, lambda report: terminal_text(report, width=80, color=False)),
    "report.md.j2": (to_markdown,),
    "page.html.j2": (page_html,),
}
_PATIENCE = 3
"""How many times as long a template that has been tried may take: it is not to fail later on."""


def proved(
    report: Report, overrides: Overrides, parts: Iterable[Part] = ()
) -> tuple[Report, tuple[BrokenTemplate, ...]]:
    """Return ``report`` with those templates that work for it and for ``parts``, and the others.

    The report has a notice for each of the others.
    """
    if overrides == Overrides():
        return report, ()
    trial = replace(report, overrides=replace(overrides, raises=True))
    pieces = {id(piece): piece for piece in (trial, *(narrow(trial, part) for part in parts))}
    broken = {}
    for name in ENTRIES:
        if name in overrides.texts and (fault := _fault(name, pieces.values())):
            broken[name] = fault
    faults = (*overrides.refused, *broken.values())
    patient = replace(overrides, seconds=overrides.seconds * _PATIENCE)
    notices = [*map(notice_of, faults), *map(_idle, unused(overrides))]
    return without(replace(report, overrides=patient), broken.keys(), notices), faults


def broken_templates(report: Report) -> list[str]:
    """Return a sentence for each of the user's templates that is broken."""
    return [notice.detail for notice in report.audit.notices if notice.kind == TEMPLATE_BROKEN]


def idle(name: str) -> str:
    """Say that a template does nothing."""
    known = ", ".join(ENTRIES)
    return f"template {name}: it replaces none of ours ({known}), and no other one uses it"


def _fault(name: str, pieces: Iterable[Report]) -> BrokenTemplate | None:
    try:
        for piece in pieces:
            for make in _MAKERS[name]:
                make(piece)
    except BrokenTemplate as broken:
        return broken
    return None


def _idle(name: str) -> Notice:
    return Notice(TEMPLATE_UNUSED, idle(name))
