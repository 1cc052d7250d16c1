"""The Jinja environments: undefined names are errors, HTML and Markdown are escaped by themselves.

Text is made printable by the templates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from backup_auditor.report import words
from backup_auditor.report.commonmark import Markdown, bold, code, escaped, link
from backup_auditor.report.exemptions import standing
from backup_auditor.report.headline import in_numbers
from backup_auditor.report.model import Report
from backup_auditor.report.overrides import BrokenTemplate, Overrides
from backup_auditor.report.own import check_syntax, form_of, rendered
from backup_auditor.report.states import (
    GLYPHS,
    STANDING_WORDS,
    SYMBOLS,
    VERDICT_WORDS,
    change_word,
    legend,
    reason_word,
    severity_label,
)
from backup_auditor.speech import ENGLISH, Language
from backup_auditor.speech.phrase import Value, filled
from backup_auditor.values import say_size


def render(name: str, report: Report, **more: Any) -> str:
    """Render a template of this package; what ``.html`` and ``.md`` ones say is escaped.

    A template of that name that comes with the report is used instead; raises BrokenTemplate.
    """
    run, zone, language = report.audit.run, report.zone, report.language
    ours = _environment(form_of(name), language)
    context = {
        "report": report,
        "run": run,
        "verdict": VERDICT_WORDS[report.audit.verdict],
        "verdict_word": language.of(VERDICT_WORDS[report.audit.verdict]),
        "started": language.instant(run.started_at, zone),
        "when": lambda instant: words.both(instant, run.started_at, zone, language),
        "since": lambda finding: words.since(finding, run.started_at, zone, language),
        "held": lambda finding: words.held(finding, run.started_at, zone, language),
        "duration": language.duration(run.finished_at - run.started_at),
        **more,
    }
    if name in report.overrides.texts:
        return rendered(name, report.overrides, ours, context)
    return ours.get_template(name).render(context)


def render_with(name: str, language: Language, **context: Any) -> str:
    """Render a template of this package that is of no single audit."""
    return _environment(form_of(name), language).get_template(name).render(context)


def check_own(overrides: Overrides) -> Iterator[BrokenTemplate]:
    """Yield what is wrong with each template of a user, as far as no report is needed."""
    for name in overrides.texts:
        try:
            check_syntax(name, overrides, _environment(form_of(name), ENGLISH))
        except BrokenTemplate as broken:
            yield broken


@cache
def _environment(form: str, language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("backup_auditor.report", "templates"),
        autoescape=form == "html",  # noqa: S701 - text goes through printable
        finalize=_as_markdown if form == "md" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_filters(language))
    environment.globals.update(
        symbols=SYMBOLS,
        glyphs=GLYPHS,
        legend=legend(language),
        standing_words={state: language.of(word) for state, word in STANDING_WORDS.items()},
        language=language,
        say=_say(form, language),
        count=_count(form, language),
    )
    return environment


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    return {
        "printable": words.printable,
        "size": say_size,
        "strip": words.strip,
        "strip_in_words": partial(words.strip_in_words, language=language),
        "sparkline": words.sparkline,
        "trend": words.trend,
        "where": words.where,
        "wrong": partial(words.what_is_wrong, language=language),
        "paragraph": partial(words.paragraph, language=language),
        "in_line": language.listed,
        "listed": partial(words.listed, language=language),
        "change": partial(change_word, language=language),
        "severity": partial(severity_label, language=language),
        "reason": partial(reason_word, language=language),
        "in_numbers": partial(in_numbers, language=language),
        "standing": standing,
        "web_address": web_address,
        "bold": bold,
        "code": code,
        "link": link,
    }


def _say(form: str, language: Language) -> Callable[..., str]:
    fill = _FILL[form]
    return lambda message, **values: fill(language.message(message), values, language.value)


def _count(form: str, language: Language) -> Callable[..., str]:
    fill = _FILL[form]
    return lambda one, many, n, **values: fill(
        language.message(one, many, n), {"n": n, **values}, language.value
    )


def _fill_html(message: str, values: Mapping[str, Value], say: Callable[[Value], str]) -> str:
    """Fill a message; a value that is markup stays markup."""
    said = filled(message, values, lambda value: escape(say(value)))
    return Markup(said)  # noqa: S704 - the message is ours


def _fill_markdown(message: str, values: Mapping[str, Value], say: Callable[[Value], str]) -> str:
    """Fill a message; a value that is Markdown stays Markdown."""
    return Markdown(filled(message, values, lambda value: _as_markdown(say(value))))


_Fill: TypeAlias = "Callable[[str, Mapping[str, Value], Callable[[Value], str]], str]"
_FILL: dict[str, _Fill] = {"html": _fill_html, "md": _fill_markdown, "txt": filled}


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
