"""The Jinja environments: undefined names are errors, HTML and Markdown are escaped by themselves.

Text is made printable by the templates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from backup_auditor.report import words
from backup_auditor.report.commonmark import Markdown, code, escaped, link
from backup_auditor.report.exemptions import standing
from backup_auditor.report.model import Report
from backup_auditor.report.overrides import BrokenTemplate, Overrides
from backup_auditor.report.own import check_syntax, form_of, rendered
from backup_auditor.values import say_duration, say_size


def render(name: str, report: Report, **more: Any) -> str:
    """Render a template of this package; what ``.html`` and ``.md`` ones say is escaped.

    A template of that name that comes with the report is used instead; raises BrokenTemplate.
    """
    now, zone = report.audit.run.started_at, report.zone
    ours = _environment(form_of(name))
    context = {
        "report": report,
        "run": report.audit.run,
        "verdict": words.VERDICT_WORDS[report.audit.verdict],
        "when": lambda instant: words.both(instant, now, zone),
        "duration": say_duration(report.audit.run.finished_at - report.audit.run.started_at),
        **more,
    }
    if name in report.overrides.texts:
        return rendered(name, report.overrides, ours, context)
    return ours.get_template(name).render(context)


def check_own(overrides: Overrides) -> Iterator[BrokenTemplate]:
    """Yield what is wrong with each template of a user, as far as no report is needed."""
    for name in overrides.texts:
        try:
            check_syntax(name, overrides, _environment(form_of(name)))
        except BrokenTemplate as broken:
            yield broken


@cache
def _environment(form: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("backup_auditor.report", "templates"),
        autoescape=form == "html",  # noqa: S701 - text goes through printable
        finalize=_as_markdown if form == "md" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "printable": words.printable,
        "size": say_size,
        "strip": words.strip,
        "strip_in_words": words.strip_in_words,
        "sparkline": words.sparkline,
        "trend": words.trend,
        "where": words.where,
        "wrong": words.what_is_wrong,
        "counted": words.counted,
        "listed": words.listed,
        "standing": standing,
        "web_address": web_address,
        "code": code,
        "link": link,
    }
    environment.filters.update(filters)
    environment.globals.update(symbols=words.SYMBOLS, glyphs=words.GLYPHS, legend=words.LEGEND)
    return environment


def _as_markdown(value: object) -> str:
    """Escape what a template puts out, unless a filter made Markdown of it."""
    return value if isinstance(value, Markdown) else escaped(str(value))


def web_address(text: str) -> str:
    """Return ``text`` when it may become a link, else an empty text: no ``javascript:``."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.hostname else ""
