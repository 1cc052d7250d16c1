"""JUnit XML, the form that build servers read: suites of cases, counted and made harmless.

There is no standard; this is what https://github.com/testmoapp/junitxml describes and GitHub
Actions, GitLab and Jenkins accept. A case without an answer has passed. XML 1.0 forbids some
characters in any form, see https://www.w3.org/TR/xml/#charsets; they are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser turns what is not written as a reference into spaces (in attributes) and line feeds.
_BREAKS = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_IN_ATTRIBUTES = str.maketrans(_BREAKS)
_IN_TEXTS = str.maketrans({"\r": "&#13;"})


class Kind(StrEnum):
    """What became of a case that has not passed; the value is the name of the element."""

    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a case has not passed."""

    kind: Kind
    message: str
    type: str = ""
    text: str = ""
    """Details, of any number of lines."""


@dataclass(frozen=True, slots=True)
class Case:
    """One ``testcase``. Servers tell cases apart by class name and name."""

    classname: str
    name: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """One ``testsuite``."""

    name: str
    cases: Sequence[Case]
    properties: Sequence[tuple[str, str]] = ()


def to_xml(suites: Sequence[Suite]) -> bytes:
    """Return the document as UTF-8."""
    return "".join(f"{line}\n" for line in _document(suites)).encode()


def _document(suites: Sequence[Suite]) -> Iterator[str]:
    yield "<?xml version='1.0' encoding='utf-8'?>"
    counts = _counts(case for suite in suites for case in suite.cases)
    yield f"<testsuites{_attributes(name='backup-auditor', **counts)}>"
    for suite in suites:
        yield f"  <testsuite{_attributes(name=suite.name, **_counts(suite.cases))}>"
        if suite.properties:
            yield "    <properties>"
            for name, value in suite.properties:
                yield f"      <property{_attributes(name=name, value=value)} />"
            yield "    </properties>"
        for case in suite.cases:
            yield from _case(case)
        yield "  </testsuite>"
    yield "</testsuites>"


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    kinds = Counter(case.answer and case.answer.kind for case in cases)
    return {
        "tests": str(kinds.total()),
        "failures": str(kinds[Kind.FAILURE]),
        "errors": str(kinds[Kind.ERROR]),
        "skipped": str(kinds[Kind.SKIPPED]),
    }


def _case(case: Case) -> Iterator[str]:
    attributes = _attributes(classname=case.classname, name=case.name)
    if case.answer is None:
        yield f"    <testcase{attributes} />"
        return
    yield f"    <testcase{attributes}>"
    yield _answer(case.answer)
    yield "    </testcase>"


def _answer(answer: Answer) -> str:
    given = {"message": answer.message, **({"type": answer.type} if answer.type else {})}
    text = escape(_clean(answer.text), quote=False).translate(_IN_TEXTS)
    start = f"      <{answer.kind}{_attributes(**given)}"
    return f"{start}>{text}</{answer.kind}>" if text else f"{start} />"


def _attributes(**values: str) -> str:
    return "".join([f' {name}="{_quoted(value)}"' for name, value in values.items()])


def _quoted(text: str) -> str:
    if text.isprintable():  # mostly it is: nothing is forbidden and nothing breaks the line
        return escape(text)
    return escape(_clean(text)).translate(_IN_ATTRIBUTES)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
