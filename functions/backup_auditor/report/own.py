"""Rendering by a user's template: in the sandbox, with what strangers wrote made harmless.

Whatever a template puts out loses what moves a cursor or turns the direction, is escaped for HTML
or Markdown unless it is markup of the template itself, and stands on one line where it is data. A
template can ``extend`` or ``include`` ours as ``ours/NAME``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from jinja2 import Environment, FunctionLoader, TemplateNotFound, TemplateSyntaxError, Undefined
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.meta import find_referenced_templates
from markupsafe import Markup

from backup_auditor.report.bounds import Beyond, Clock
from backup_auditor.report.commonmark import Markdown
from backup_auditor.report.interface import FILTERS, NAMES, TYPES
from backup_auditor.report.overrides import ENTRIES, BrokenTemplate, Overrides
from backup_auditor.report.sandbox import Sandbox, gathered, line_of
from backup_auditor.report.words import printable

_OURS = "ours/"
_LONGEST_CAUSE = 300
_MODULES = re.compile(r"\bbackup_auditor\.[a-z_.]+\.(?=[A-Z])")


class Written(str):
    """Plain text that a macro or a block has put out: its lines stay."""

    __slots__ = ()


class Ours(Markup):
    """A part of our own page, such as its script: it stays exactly as it is."""

    __slots__ = ()


_MESSAGES = {"say": 1, "count": 2}
_WRITTEN: Mapping[str, type[str]] = {"txt": Written, "md": Markdown, "html": str}
_MARKUP: Mapping[str, type[str]] = {"txt": Written, "md": Markdown, "html": Markup}


def rendered(name: str, overrides: Overrides, ours: Environment, context: Mapping[str, Any]) -> str:
    """Return what the template ``name`` makes of ``context``; raises BrokenTemplate.

    ``ours`` is the environment of our own templates of this form.
    """
    environment = _environment(form_of(name), overrides, ours)
    documented = {key: value for key, value in context.items() if key in NAMES}
    try:
        return gathered(environment.get_template(name).generate(documented))
    except Exception as error:  # noqa: BLE001 - a template may do anything that Python can refuse
        raise _broken(name, error, overrides) from None


def check_syntax(name: str, overrides: Overrides, ours: Environment) -> None:
    """Raise BrokenTemplate where ``name`` is no Jinja, or not what the sandbox takes."""
    environment = _environment(form_of(name), overrides, ours)
    try:
        environment.compile(overrides.texts[name], name, name)
    except Exception as error:  # noqa: BLE001 - the compiler gives up in many ways
        raise _broken(name, error, overrides) from None


def form_of(name: str) -> str:
    """Return ``html``, ``md`` or ``txt``: what a template of that name makes."""
    form = name.removesuffix(".j2").rpartition(".")[2]
    return form if form in _WRITTEN else "txt"


def unused(overrides: Overrides) -> list[str]:
    """Return the names of templates that replace none of ours, and that none of the others uses."""
    used = [name for name in overrides.texts if name in ENTRIES]
    for name in used:  # it grows
        for wanted in _wanted(overrides.texts[name]):
            named = overrides.texts if wanted is None else {wanted} & overrides.texts.keys()
            used += [one for one in named if one not in used]
    return sorted(overrides.texts.keys() - set(used))


def _wanted(text: str) -> list[str | None]:
    """Return the names of what a template extends, includes or imports; None for any name."""
    try:
        return list(find_referenced_templates(Environment().parse(text)))  # noqa: S701 - only read
    except TemplateSyntaxError:
        return [None]


def _environment(form: str, overrides: Overrides, ours: Environment) -> Sandbox:
    environment = Sandbox(
        Clock(overrides.monotonic, overrides.seconds),
        {kind: names.keys() for kind, names in TYPES.items()},
        _WRITTEN[form],
        loader=FunctionLoader(partial(_source, overrides, ours)),
        autoescape=form == "html",
        finalize=partial(_finalized, ours, _MARKUP[form]),
        keep_trailing_newline=True,
    )
    environment.filters |= {name: ours.filters[name] for name in FILTERS}
    environment.filters["safe"] = _safe
    environment.messages = _MESSAGES
    environment.globals |= {name: ours.globals[name] for name in NAMES & ours.globals.keys()}
    return environment


def _source(overrides: Overrides, ours: Environment, name: str) -> tuple[str, str, None] | None:
    """Return (text, name for errors); the user's own before ours."""
    if name in overrides.texts:
        return overrides.texts[name], name, None
    loader = ours.loader
    if loader is None:
        return None
    text, _, _ = loader.get_source(ours, name.removeprefix(_OURS))
    return text, name, None


def _finalized(ours: Environment, markup: type[str], value: Any) -> Any:
    """Return what a template puts out, harmless; what is ``markup`` already keeps its lines."""
    if isinstance(value, Undefined):
        return str(value)  # raises, and says which name it is; an `if` without `else` is empty
    if isinstance(value, Ours):
        return value
    if isinstance(value, markup):
        return type(value)("\n".join(map(_visible, value.split("\n"))))
    if not isinstance(value, str | int | float | date | None):
        raise SecurityError(f"a {type(value).__name__} is no text; put out a part of it")
    text = _visible(str(value))
    return ours.finalize(text) if ours.finalize else text


def _visible(text: str) -> str:
    """Return ``text`` on one line without anything that moves a cursor or turns the direction."""
    if text.isprintable():
        return text
    return "".join(map(_visible_char, text))


def _visible_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc" or category in {"Zl", "Zp"}:
        return " " if char.isspace() else "�"
    return "�" if category[0] == "C" else char


def _safe(value: Any) -> Markup:
    """Return what is markup already: what a report says is escaped, whatever a template asks."""
    if isinstance(value, Markup):
        return value
    raise SecurityError("only what a template has made itself is safe")


def _broken(name: str, error: Exception, overrides: Overrides) -> BrokenTemplate:
    if isinstance(error, TemplateSyntaxError):
        return BrokenTemplate(error.name or name, error.lineno, _said(error.message or ""))
    file, line = line_of(error, overrides.texts.keys())
    if isinstance(error, TemplateNotFound):
        return BrokenTemplate(file or name, line, f"there is no template {error.name!a}")
    if isinstance(error, UndefinedError | SecurityError | Beyond):
        return BrokenTemplate(file or name, line, _said(str(error)))
    return BrokenTemplate(file or name, line, _said(f"{type(error).__name__}: {error}"))


def _said(cause: str) -> str:
    return printable(_MODULES.sub("", cause), _LONGEST_CAUSE)
