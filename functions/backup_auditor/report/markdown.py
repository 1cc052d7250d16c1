"""The report as GitHub-flavoured Markdown: for job summaries, wikis and pull requests."""

from __future__ import annotations

from backup_auditor.report.model import Report
from backup_auditor.report.templates import render

LONGEST_MARKDOWN = 1_000_000
"""Bytes. GitHub shows no job summary of more than 1 MiB."""

# How many rows of each list to try; the first choice that fits is taken.
_CHOICES = (3000, 2000, 1000, 500, 200, 100, 50, 25, 12, 6, 3, 1)


def to_markdown(report: Report, *, limit: int = LONGEST_MARKDOWN) -> str:
    """Return Markdown of at most ``limit`` bytes; it says how many rows are left out."""
    text = ""
    for number in _CHOICES:
        text = render("report.md.j2", report, most=number)
        if len(text.encode()) <= limit:
            break
    return text
