"""Documents that are made by templates: as long as they may be, and by ours where one is broken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from backup_auditor.model import Notice
from backup_auditor.report.model import Report
from backup_auditor.report.overrides import TEMPLATE_BROKEN, BrokenTemplate
from backup_auditor.report.templates import render


def fitting(name: str, report: Report, *, choices: Sequence[int], limit: int) -> str:
    """Render ``name`` with the first of ``choices``, numbers of rows, that fits into ``limit``."""
    return mended(name, report, lambda told: _fitted(name, told, choices, limit))


def mended(name: str, report: Report, make: Callable[[Report], str]) -> str:
    """Return what ``make`` gives; where the user's template is broken by ours, which says so."""
    try:
        return make(report)
    except BrokenTemplate as broken:
        if report.overrides.raises:
            raise
        return make(without(report, {name}, [notice_of(broken)]))


def without(report: Report, names: Collection[str], notices: Iterable[Notice]) -> Report:
    """Return ``report`` with ``notices``, and without the user's templates of these names."""
    audit = replace(report.audit, notices=(*report.audit.notices, *notices))
    told = (*report.notices, *audit.notices[len(report.audit.notices) :])
    left = report.overrides.without(names)
    return replace(report, audit=audit, notices=told, overrides=left)


def notice_of(broken: BrokenTemplate) -> Notice:
    """Return the notice that tells of it."""
    return Notice(TEMPLATE_BROKEN, f"{broken}; ours is used instead")


def _fitted(name: str, report: Report, choices: Sequence[int], limit: int) -> str:
    text, size = "", 0
    for number in choices:
        text = render(name, report, most=number)
        size = len(text.encode(errors="replace"))
        if size <= limit:
            break
    if size > limit and name in report.overrides.texts:
        cause = f"{size:,} bytes where `most` is {choices[-1]}; {limit:,} are allowed"
        raise BrokenTemplate(name, 0, cause)
    return text
