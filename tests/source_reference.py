"""The reference of the sources, from manuals, options and actions; see ``tests.reference``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from backup_auditor.model import Fact
from backup_auditor.policy.model import SourceOptions
from backup_auditor.rules import load_rules
from backup_auditor.sources import SourceKind, load_unverifiable
from pydantic.fields import FieldInfo

SOURCES = Path(__file__).parent.parent / "policies" / "SOURCES.md"
_HEAD = """# The sources

<!-- Written by `python -m tests.reference` from functions/backup_auditor/sources/: change that. -->

A source lists what must have backups, and the backups of each, in every account and region that a
policy names. What cannot be asked is a gap, never an empty list.

`backup-auditor permissions POLICY` prints what the sources of a policy must be allowed, and no
more: as an IAM policy, as a CloudFormation template of the role for other accounts
(`--format member-role`), and as the list of actions for UCloud. All actions only read.
"""
_FACTS = """## What each source tells

Every source tells the states of backups, and when they were taken. What else it may tell, though
not of every resource, is marked. A rule that needs anything else is unknown for all resources of
the source: leave it out of their policy. `backup-auditor validate` warns of it.
"""
_ASKED: Mapping[str, Sequence[Mapping[str, Any]]] = {"last_success_age": [{"schedule": "source"}]}


def render(kinds: Mapping[str, SourceKind]) -> str:
    """Return the reference."""
    parts = [_HEAD, _summary(kinds), *_unverifiable(), _facts(kinds), *_sections(kinds)]
    return "\n".join(parts)


def _summary(kinds: Mapping[str, SourceKind]) -> str:
    rows = [(f"[`{k}`](#{_anchor(k)})", _first(kind)) for k, kind in kinds.items()]
    return _table(("source", "lists"), rows) + "\n"


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _first(kind: SourceKind) -> str:
    return kind.manual.partition("\n")[0].rstrip(".").replace("``", "`")


def _unverifiable() -> Iterator[str]:
    """Say what a policy that names such a service is told as well."""
    rows = [(f"`{name}`", why) for name, why in load_unverifiable().items()]
    if rows:
        yield "No API lists the backups of these services; a policy that names one is refused:\n"
        yield _table(("service", "why"), rows) + "\n"


def _facts(kinds: Mapping[str, SourceKind]) -> str:
    """Return which rules a source can answer: a table of sources and facts."""
    needing: dict[Fact, list[str]] = {fact: [] for fact in Fact}
    for name, rule in load_rules().items():
        for options in _ASKED.get(name, [{}]):
            if fact := rule.options.model_construct(**options).needs():
                needing[fact].append(f"`{name}{_said_of(options)}`")
    head = ("source", *(fact.name.lower().replace("_", " ") for fact in Fact))
    rows = [
        (f"`{name}`", *("●" if fact in kind.tells else "" for fact in Fact))
        for name, kind in kinds.items()
    ]
    meant = [
        f"- **{fact.name.lower().replace('_', ' ')}**: {fact}"
        + (f"; needed by {', '.join(needing[fact])}" if needing[fact] else "")
        for fact in Fact
    ]
    said = "\n".join(meant)
    return f"{_FACTS}\n{_table(head, rows)}\n\n{said}\n"


def _said_of(options: Mapping[str, Any]) -> str:
    return "".join(f": {{{name}: {value}}}" for name, value in options.items())


def _sections(kinds: Mapping[str, SourceKind]) -> Iterator[str]:
    shared = {p: _shared(p, kinds) for p in dict.fromkeys(k.partition(".")[0] for k in kinds)}
    common = _shared("", kinds)
    yield f"## Options of all sources\n\n{_options(common)}\n"
    for provider, fields in shared.items():
        own = {name: info for name, info in fields.items() if name not in common}
        if own and sum(k.startswith(f"{provider}.") for k in kinds) > 1:
            yield f"## Options of all sources of `{provider}`\n\n{_options(own)}\n"
    for id_, kind in kinds.items():
        provider = id_.partition(".")[0]
        alone = sum(k.startswith(f"{provider}.") for k in kinds) == 1
        known = common if alone else shared[provider]
        yield _section(id_, kind, known)


def _shared(provider: str, kinds: Mapping[str, SourceKind]) -> dict[str, FieldInfo]:
    """Return the options that all sources of a provider have alike; of all for none."""
    if not provider:
        return dict(SourceOptions.model_fields)
    each = [k.options.model_fields for n, k in kinds.items() if n.startswith(f"{provider}.")]
    first, *others = each
    return {
        name: info
        for name, info in first.items()
        if all(name in other and other[name].description == info.description for other in others)
    }


def _section(id_: str, kind: SourceKind, known: Iterable[str]) -> str:
    own = {n: info for n, info in kind.options.model_fields.items() if n not in known}
    text = kind.manual.strip().replace("``", "`").replace("::\n\n    ", ":\n\n    ")
    parts = [f"## {id_}", text, *([_options(own)] if own else [])]
    if kind.actions:
        parts.append(f"Permissions: {', '.join(f'`{action}`' for action in kind.actions)}")
    return "\n\n".join(parts) + "\n"


def _options(fields: Mapping[str, FieldInfo]) -> str:
    rows = [(f"`{n}`", _default(info), *_said(n, info)) for n, info in fields.items()]
    return _table(("option", "default", "meaning", "example"), rows)


def _default(info: FieldInfo) -> str:
    value = info.default
    if info.is_required():
        return "required"
    if value is None or value in ("", (), []) or not isinstance(value, str | int | bool):
        return "-"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _said(name: str, info: FieldInfo) -> tuple[str, str]:
    value: Any = (info.examples or [""])[0]
    example = yaml.safe_dump(value, default_flow_style=True, width=999).partition("\n")[0]
    return info.description or "", f"`{name}: {example}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |" for r in lines)
