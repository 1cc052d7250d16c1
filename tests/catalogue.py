"""Collect the messages of the code for translators: ``python -m tests.catalogue``.

Every message in Python, in templates and in the page's scripts goes into the catalogue of each
language, ``catalogue/<language>/LC_MESSAGES/backup_auditor.po``. What is translated stays, what no
code says any more goes, and what is new is empty: it is listed and must be filled in by hand. The
compiled ``.mo`` beside it is what ships, because the program has no compiler for catalogues.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from backup_auditor.speech import LANGUAGES

PACKAGE = Path(__file__).parent.parent / "functions" / "backup_auditor"
FOLDER = PACKAGE / "speech" / "catalogue"
COMMAND = "python -m tests.catalogue"
_METHODS = [
    ("**.py", "python"),
    ("**/templates/**.j2", "jinja2.ext:babel_extract"),
    ("**/templates/**.js", "javascript"),
]
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_KEYWORDS = {"phrase": None, "say": None, "phrases": (1, 2), "count": (1, 2)}


def messages() -> Catalog:
    """Return everything that the code says to people, in English."""
    catalog = Catalog()
    options = {"**/templates/**.j2": {"trimmed": "true", "silent": "false"}}
    found = extract_from_dir(PACKAGE, _METHODS, options_map=options, keywords=_KEYWORDS)
    for _file, _line, message, _comments, _context in found:
        # Babel gives one text, or one and many of them.
        if message and (isinstance(message, str) or all(message)):
            catalog.add(message)
    return catalog


def path_of(folder: str) -> Path:
    """Return where the catalogue of a language lies."""
    return FOLDER / folder / "LC_MESSAGES" / "backup_auditor.po"


def catalogue(folder: str) -> Catalog:
    """Read the catalogue of a language; an empty one where there is none yet."""
    path = path_of(folder)
    if not path.exists():
        return Catalog(locale=folder)
    with path.open("rb") as file:
        return read_po(file, locale=folder)


def updated(folder: str) -> Catalog:
    """Return the catalogue of a language with exactly the messages of the code."""
    known = catalogue(folder)
    fresh = Catalog(locale=folder, fuzzy=False)
    for message in messages():
        if message.id:
            old = known.get(message.id)
            kept = old.string if old and _same_form(old, message) else ""
            fresh.add(message.id, kept or ("" if isinstance(message.id, str) else ("",)))
    return fresh


def _same_form(old: Message, new: Message) -> bool:
    return isinstance(old.id, str) == isinstance(new.id, str)


def to_po(catalog: Catalog) -> bytes:
    """Write a catalogue for translators, without dates, so that only texts make a difference."""
    text = io.BytesIO()
    write_po(text, catalog, width=100, no_location=True, omit_header=True, sort_output=True)
    head = (
        '# Collected by `{}`: change only translations.\nmsgid ""\nmsgstr ""\n'
        '"Language: {}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: {}\\n"\n\n'
    )
    lines = head.format(COMMAND, catalog.locale, catalog.plural_forms)
    return lines.encode() + text.getvalue()


def to_mo(catalog: Catalog) -> bytes:
    """Compile a catalogue; without dates, the same texts give the same bytes."""
    catalog.creation_date = catalog.revision_date = _NO_DATE
    binary = io.BytesIO()
    write_mo(binary, catalog)
    return binary.getvalue()


def missing(catalog: Catalog) -> Iterator[str]:
    """Yield the messages without a translation."""
    for message in catalog:
        if message.id and not all(both(message.string)):
            yield both(message.id)[0]


def both(texts: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the one text of a message, or those for one and for many."""
    return (texts or "",) if isinstance(texts, str | None) else tuple(texts)


def main() -> int:
    """Update the catalogue of each language; 1 where translations are missing."""
    left = 0
    for folder in filter(None, LANGUAGES.values()):
        path = path_of(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_po(updated(folder)))
        catalog = catalogue(folder)
        path.with_suffix(".mo").write_bytes(to_mo(catalog))
        for message in missing(catalog):
            left += 1
            print(f"{folder}: not translated: {message!r}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
