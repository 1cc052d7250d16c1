"""Text in, the cases of one file out; everything that is wrong is told at once, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backup_auditor.cases.shape import CaseEntry, CasesFile
from backup_auditor.errors import CasesError, PolicyError
from backup_auditor.model import Place
from backup_auditor.policy.entries import checked, entries_of
from backup_auditor.policy.model import Kinds
from backup_auditor.policy.reader import read
from backup_auditor.policy.sentences import Spot, unknown


@dataclass(frozen=True, slots=True)
class Case:
    """One case, and when it happens."""

    entry: CaseEntry
    now: datetime
    place: Place


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one file."""

    name: str
    policy: str | None
    """The file or folder that they are about, as seen from theirs; None for the file beside it."""
    policy_place: Place
    cases: tuple[Case, ...]


def read_cases(content: bytes | str, name: str, kinds: Kinds) -> Cases:
    """Read and check a file of cases; raises CasesError with every problem."""
    try:
        return _read(content, name, kinds)
    except PolicyError as error:  # what reads a policy reads cases too
        raise CasesError(error.problems) from None


def _read(content: bytes | str, name: str, kinds: Kinds) -> Cases:
    document = read(content, name)
    file = checked(CasesFile, document.value, Spot(document, ()))
    _check_names(list(entries_of([document], "cases")), kinds)
    if file is None or document.problems:
        raise CasesError(sorted(document.problems, key=lambda p: (p.place.line, p.place.column)))
    entries = enumerate(file.cases)
    places = ((entry, document.place_of(("cases", number))) for number, entry in entries)
    cases = tuple(Case(entry, entry.now or file.now, place) for entry, place in places)
    return Cases(name, file.policy, document.place_of(("policy",)), cases)


def _check_names(entries: Iterable[tuple[Any, Spot]], kinds: Kinds) -> None:
    """Report names that mean nothing, or two things; also of cases that are not sound."""
    lines: dict[str, int] = {}
    for value, spot in entries:
        name = _inside(value, "name")
        if isinstance(name, str):
            line = lines.setdefault(name, spot.at("name").place.line)
            if line != spot.at("name").place.line:
                spot.at("name").report(f"case {name[:60]!r} stands already in line {line}")
        source = _inside(value, "resource", "source")
        if isinstance(source, str) and source not in kinds.sources:
            spot.at("resource", "source").report(unknown("source", source, kinds.sources))
        for rule in _keys(_inside(value, "expect", "rules")):
            if rule not in kinds.rules:
                at = spot.at("expect", "rules", rule)
                at.document.report(at.key, unknown("rule", rule, kinds.rules))


def _inside(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _keys(value: Any) -> Iterator[str]:
    yield from value if isinstance(value, dict) else ()
