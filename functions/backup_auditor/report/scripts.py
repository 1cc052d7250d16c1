"""The page's script, and what it says in the language of a report.

A script has no catalogue: the page holds the messages that stand in the script itself, so that no
list of them is kept by hand. English needs none.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

from backup_auditor.speech import ENGLISH, Language

_PARTS = ("data", "chart", "panel", "table", "start")
_TEXT = r'\s*("(?:[^"\\]|\\.)*")'
_SAYS = re.compile(rf"\bsay\({_TEXT}|\bcount\({_TEXT},{_TEXT}")


def template(name: str) -> str:
    """Return a file that goes into the page as it is."""
    folder = resources.files("backup_auditor.report") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def script() -> str:
    """Return the script of the page."""
    return "\n".join(template(f"page.{part}.js") for part in _PARTS)


@cache
def messages(language: Language) -> dict[str, list[str]]:
    """Return what the script says: by its English text, or that for one and for many."""
    if language == ENGLISH:
        return {}
    found = ([json.loads(text) for text in match if text] for match in _SAYS.findall(script()))
    return {one: _forms(one, *many, language=language) for one, *many in found}


def _forms(one: str, many: str = "", *, language: Language) -> list[str]:
    """Return what is said of one and of two, or of anything; a script knows no other numbers."""
    if not many:
        return [language.message(one)]
    return [language.message(one, many, n) for n in (1, 2)]
