"""The e-mail's HTML part and the stand-alone page."""

from __future__ import annotations

import base64
import hashlib

from backup_auditor.report.fitting import fitting, mended
from backup_auditor.report.model import Report
from backup_auditor.report.own import Ours
from backup_auditor.report.page_data import in_order, page_data
from backup_auditor.report.scripts import script, template
from backup_auditor.report.templates import render

LONGEST_EMAIL = 75_000
"""Bytes. Mail programs cut longer HTML (Gmail at about 102 KB, counted after encoding)."""

# How many findings and gaps to try; the first choice that fits is taken.
_CHOICES = (200, 100, 50, 25, 12, 6, 3, 1)

# Of the page: thousands of cards would take seconds to lay out; its table has every resource.
_MOST_CARDS = 100


def email_html(report: Report) -> str:
    """Return HTML for mail programs, never longer than LONGEST_EMAIL bytes in UTF-8."""
    return fitting("email.html.j2", report, choices=_CHOICES, limit=LONGEST_EMAIL)


def page_html(report: Report) -> str:
    """Return a page that works offline: every resource with its backups, light and dark."""
    return mended("page.html.j2", report, _page)


def _page(report: Report) -> str:
    code = script()
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    rows = tuple(in_order(report))
    numbers = {id(assessment): number for number, assessment in enumerate(rows)}
    return render(
        "page.html.j2",
        report,
        style=Ours(template("page.css")),
        script=Ours(code),
        script_hash=digest,
        data=Ours(page_data(report)),
        rows=rows,
        number=lambda assessment: numbers[id(assessment)],
        most=_MOST_CARDS,
    )
