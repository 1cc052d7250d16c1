"""A memory as plain JSON values, and back. What is read is outside data: every field is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from backup_auditor.memory.model import KnownResource, Memory
from backup_auditor.memory.past_fields import read_columns, to_columns
from backup_auditor.memory.told import Told
from backup_auditor.model import TRAIL, GapKey, GapReason, Known, Outcome, Past, Scope, Severity
from backup_auditor.values import write_instant

_Word = TypeVar("_Word", bound=StrEnum)
_LONGEST = 1000


def to_fields(memory: Memory) -> dict[str, Any]:
    """Return ``memory`` as JSON values."""
    return {
        "run": memory.run_id,
        "at": write_instant(memory.at),
        "policy_digest": memory.policy_digest,
        "findings": {print_: _written(known) for print_, known in memory.findings.items()},
        "inventory": [
            {
                **_scope_fields(scope),
                "resources": {
                    id_: [one.name, write_instant(one.last_seen_at)] for id_, one in ids.items()
                },
            }
            for scope, ids in memory.inventory.items()
        ],
        "gaps": [
            [key.source, key.account, key.region, str(key.reason), write_instant(since)]
            for key, since in memory.gaps.items()
        ],
        "told": {
            channel: {
                "at": write_instant(told.at),
                "findings": dict(told.findings),
                "gaps": [list(map(str, astuple(key))) for key in sorted(told.gaps, key=astuple)],
            }
            for channel, told in memory.told.items()
        },
        "past": [
            {**_scope_fields(scope), **to_columns(pasts, memory.at)}
            for scope, pasts in _by_scope(memory.past).items()
        ],
    }


def _by_scope(past: Mapping[tuple[Scope, str], Past]) -> dict[Scope, dict[str, Past]]:
    found: dict[Scope, dict[str, Past]] = {}
    for (scope, id_), one in past.items():
        found.setdefault(scope, {})[id_] = one
    return found


def _written(known: Known) -> dict[str, Any]:
    return {
        **_scope_fields(known.scope),
        "resource": known.resource_id,
        "rule": known.rule,
        "severity": str(known.severity),
        "outcome": str(known.outcome),
        "since": write_instant(known.since),
        "audits": known.audits,
        "trail": known.trail,
    }


def _scope_fields(scope: Scope) -> dict[str, str]:
    return {"source": scope.source, "account": scope.account, "region": scope.region}


def from_fields(fields: object) -> Memory:
    """Read a memory; raises ValueError that says what is wrong with it."""
    top = _mapping(fields, "the memory")
    return Memory(
        run_id=_text(top, "run"),
        at=_instant(top.get("at")),
        policy_digest=_text(top, "policy_digest"),
        findings={
            print_: _known(_mapping(one, "a finding"))
            for print_, one in _mapping(top.get("findings"), "findings").items()
        },
        inventory=dict(map(_inventory, _list(top.get("inventory"), "inventory"))),
        gaps=dict(_gaps(_list(top.get("gaps"), "gaps"))),
        told={
            channel: _told(_mapping(one, "what was told"))
            for channel, one in _mapping(top.get("told", {}), "told").items()
        },
        past=dict(_past(_list(top.get("past", []), "past"), _instant(top.get("at")))),
    )


def _past(items: Iterable[object], at: datetime) -> Iterator[tuple[tuple[Scope, str], Past]]:
    for item in items:
        fields = _mapping(item, "the past of a scope")
        scope = _scope(fields)
        for id_, past in read_columns(fields, at):
            yield (scope, id_), past


def _told(fields: Mapping[str, object]) -> Told:
    findings = _mapping(fields.get("findings"), "findings")
    gaps = (_row(item, 4) for item in _list(fields.get("gaps"), "gaps"))
    return Told(
        at=_instant(fields.get("at")),
        findings={print_: _number(bad) for print_, bad in findings.items()},
        gaps=frozenset(_gap_key(*gap) for gap in gaps),
    )


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("how bad a finding was is a number")  # noqa: TRY004 - as below
    return value


def _gap_key(source: object, account: object, region: object, reason: object) -> GapKey:
    return GapKey(str(source), str(account), str(region), _word(reason, GapReason))


def _known(fields: Mapping[str, object]) -> Known:
    trail = _text(fields, "trail")
    if not set(trail) <= {"0", "1"} or len(trail) > TRAIL:
        raise ValueError("a trail is up to seven 0 or 1")
    audits = fields.get("audits")
    if not isinstance(audits, int) or audits < 1:
        raise ValueError("audits is a number from 1")
    return Known(
        scope=_scope(fields),
        resource_id=_text(fields, "resource"),
        rule=_text(fields, "rule"),
        severity=_word(fields.get("severity"), Severity),
        outcome=_word(fields.get("outcome"), Outcome),
        since=_instant(fields.get("since")),
        audits=audits,
        trail=trail,
    )


def _scope(fields: Mapping[str, object]) -> Scope:
    return Scope(_text(fields, "source"), _text(fields, "account"), _text(fields, "region"))


def _inventory(item: object) -> tuple[Scope, dict[str, KnownResource]]:
    fields = _mapping(item, "a scope")
    resources = _mapping(fields.get("resources"), "resources")
    return _scope(fields), {id_: _resource(one) for id_, one in resources.items()}


def _resource(item: object) -> KnownResource:
    name, seen = _row(item, 2)
    if not isinstance(name, str):
        raise ValueError("a name is a text")  # noqa: TRY004 - all faults of the data are one kind
    return KnownResource(name, _instant(seen))


def _gaps(items: Iterable[object]) -> Iterator[tuple[GapKey, datetime]]:
    for item in items:
        *key, since = _row(item, 5)
        yield _gap_key(*key), _instant(since)


def _row(item: object, length: int) -> list[object]:
    row = _list(item, "a row")
    if len(row) != length:
        raise ValueError(f"a row of {len(row)} values, not {length}")
    return row


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object")  # noqa: TRY004 - as above
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{what} is not a list")  # noqa: TRY004 - as above
    return value


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError(f"{name} is not a text")
    return value


def _word(value: object, kind: type[_Word]) -> _Word:
    if value not in set(kind):
        raise ValueError(f"a word is none of {', '.join(kind)}")
    return kind(str(value))


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant
