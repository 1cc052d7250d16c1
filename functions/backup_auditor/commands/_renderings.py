"""The formats of ``audit`` and ``render``: a report as text."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

from backup_auditor.commands import Streams
from backup_auditor.report.contract import to_json
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.junit import to_junit
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.openmetrics import to_openmetrics
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import terminal_text

_RENDERINGS: Mapping[str, Callable[[Report], str]] = {
    "json": lambda report: to_json(report) + "\n",
    "html": page_html,
    "md": to_markdown,
    "csv": lambda report: to_csv(report).decode("utf-8"),
    "junit": lambda report: to_junit(report).decode("utf-8"),
    "openmetrics": to_openmetrics,
    "email": email_html,
}
EMAIL = "email"
"""The HTML of a mail, which a mail has and nobody else wants: for trying a template."""
FORMATS = ("text", *(form for form in _RENDERINGS if form != EMAIL))


def rendered(form: str, report: Report, streams: Streams, *, to_file: bool) -> str:
    """Return ``report`` in a format; text is as wide as the terminal, in colours if it has any."""
    if form in _RENDERINGS:
        return _RENDERINGS[form](report)
    colour = streams.out.isatty() and not to_file and "NO_COLOR" not in streams.environ
    return terminal_text(report, width=shutil.get_terminal_size().columns, color=colour)
