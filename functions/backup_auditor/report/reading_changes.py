"""What a document of the JSON contract says of earlier audits, as ``Changes`` again.

A trail is not in the document: only whether a finding comes and goes. One that says the same is
made up for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backup_auditor.fields import Fields
from backup_auditor.model import (
    Changes,
    Check,
    GapKey,
    GapReason,
    Known,
    Outcome,
    Resource,
    Scope,
    Vanished,
)

_FOUND, _RESOLVED = "1", "10"
_COMES_AND_GOES = {_FOUND: "1010101", _RESOLVED: "0101010"}


class PastReader:
    """Collects what checks say of their past, and reads the rest."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._known: dict[str, Known] = {}

    def check(self, row: Fields, check: Check, resource: Resource) -> None:
        """Read what stands at a check; an earlier version wrote nothing."""
        audits = row.given("audits", row.number, 0)
        if not audits:
            return
        is_found = check.outcome is not Outcome.PASS
        scope = Scope(resource.source, resource.account, resource.region)
        self._known[row.line("fingerprint")] = Known(
            *(scope, resource.id, check.rule, check.severity, check.outcome),
            since=row.instant("first_found_at"),
            audits=audits,
            trail=_FOUND if is_found else _RESOLVED,
        )

    def changes(self, document: Fields) -> Changes:
        """Read what is different from the audit before; raises FieldError."""
        row = document.fields("changes")
        none: tuple[str, ...] = ()
        return Changes(
            compared_with=row.optional("compared_with", row.line),
            compared_at=row.given("compared_at", row.instant, None),
            new=row.texts("new"),
            worse=row.texts("worse"),
            resolved=row.texts("resolved"),
            ongoing=row.texts("ongoing"),
            lapsed=row.given("lapsed", row.texts, none),
            vanished=_vanished(document),
            appeared=row.given("appeared", row.number, 0),
            new_gaps=row.given("new_gaps", lambda name: tuple(row.each(name, _gap)), ()),
            known=_with_trails(self._known, row.given("flapping", row.texts, none)),
        )


def _with_trails(known: Mapping[str, Known], flapping: Iterable[str]) -> dict[str, Known]:
    restless = known.keys() & set(flapping)
    return {
        print_: replace(one, trail=_COMES_AND_GOES[one.trail]) if print_ in restless else one
        for print_, one in known.items()
    }


def _vanished(document: Fields) -> tuple[Vanished, ...]:
    return tuple(document.each("vanished", _gone))


def _gone(row: Fields) -> Vanished:
    scope = Scope(
        row.line("source"), row.given("account", row.text, ""), row.given("region", row.text, "")
    )
    return Vanished(
        scope, row.text("id"), row.given("name", row.text, ""), row.instant("last_seen_at")
    )


def _gap(row: Fields) -> GapKey:
    return GapKey(
        *(row.line("source"), row.text("account"), row.text("region")),
        row.word("reason", GapReason),
    )
