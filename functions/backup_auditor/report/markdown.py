"""The report as GitHub-flavoured Markdown: for job summaries, wikis and pull requests."""

from __future__ import annotations

from backup_auditor.report.fitting import fitting
from backup_auditor.report.model import Report

LONGEST_MARKDOWN = 1_000_000
"""Bytes. GitHub shows no job summary of more than 1 MiB."""

# How many rows of each list to try; the first choice that fits is taken.
_CHOICES = (2000, 1000, 500, 200, 100, 50, 25, 12, 6, 3, 1)


def to_markdown(report: Report, *, limit: int = LONGEST_MARKDOWN) -> str:
    """Return Markdown of at most ``limit`` bytes; it says how many rows are left out."""
    return fitting("report.md.j2", report, choices=_CHOICES, limit=limit)
