"""Write the references of rules and sources: ``python -m tests.reference``.

The manual of a rule stands in its module and is tested there; people who write policies read it as
``policies/RULES.md``. A page ``policies/<rule>.md`` with more about one rule is linked.
"""

from __future__ import annotations

import re
import textwrap
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from backup_auditor.rules import Rule, RuleOptions, load_rules
from backup_auditor.sources import load_sources
from backup_auditor.values import (
    parse_percentage,
    parse_size,
    say_duration,
    say_percentage,
    say_size,
)
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from tests.source_reference import SOURCES
from tests.source_reference import render as render_sources

POLICIES = Path(__file__).parent.parent / "policies"
REFERENCE = POLICIES / "RULES.md"
COMMAND = "python -m tests.reference"

_HEAD = f"""# The rules

<!-- Written by `{COMMAND}` from the manuals in functions/backup_auditor/rules/: change those. -->

A rule asks one question about a resource and its backups. It answers *pass*, *fail*, or *unknown*
where the provider does not tell enough. A backup is **usable** when it has succeeded and is not
expired. A limit that is met exactly passes.

**New.** A resource that is younger than the `grace` of its policy and has no usable backup yet is
new: its rules pass and say until when the first backup is due. Only `error_state` and `auto_backup`
are asked all the same. A resource whose creation time is not told is never new.

{{missing}}

**Future.** When the newest usable backup lies more than 5 minutes after now, clocks cannot be
trusted, and rules that go by times are unknown: `last_success_age`, `backup_gap`, `retention` and
`rpo`. A usable backup without a time helps no rule to pass; where there is one, these four are
unknown instead of failing.

Every rule takes these options beside its own:

{{common}}
"""

_MISSING = (
    "**Nothing to measure.** Without any usable backup, and no longer new, {} fail. The others do"
    " not fail for that reason: they are unknown, or ask for something else."
)
_WRITTEN: dict[object, str] = {parse_size: "size", parse_percentage: "percentage"}
_PLAIN = {timedelta: "duration", int: "whole number", float: "number", str: "text"}
_OPTIONS = re.compile(r"^Options:\n\n(\* .*?)(?=\n\n(?!\* |  ))", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^Example::\n\n((?:    .*\n?)+)", re.MULTILINE)


def render(rules: Mapping[str, Rule], pages: Path) -> str:
    """Return the reference; ``pages`` is the folder that may hold a page about a rule."""
    missing = [f"`{rule.id}`" for rule in rules.values() if rule.notices_missing]
    names = f"{', '.join(missing[:-1])} and {missing[-1]}"
    paragraph = textwrap.fill(_MISSING.format(names), 100)
    head = _HEAD.format(missing=paragraph, common=_table(RuleOptions.model_fields))
    return "\n".join([head, *(_section(rule, pages) for rule in rules.values())])


def _section(rule: Rule, pages: Path) -> str:
    own = rule.options.model_fields.keys() - RuleOptions.model_fields.keys()
    fields = {name: info for name, info in rule.options.model_fields.items() if name in own}
    text = rule.manual.strip().replace("``", "`") + "\n"
    text = _OPTIONS.sub(lambda _: _table(fields), text)
    text = _EXAMPLE.sub(lambda found: f"```yaml\n{textwrap.dedent(found[1])}```\n", text)
    if (pages / f"{rule.id}.md").is_file():
        text += f"\nMore about it: [{rule.id}.md]({rule.id}.md)\n"
    return f"## {rule.id}\n\n{text}"


def _table(fields: Mapping[str, FieldInfo]) -> str:
    rows = [
        (f"`{name}`", _type(info.rebuild_annotation()), _default(info), *_said(name, info))
        for name, info in fields.items()
    ]
    head = ("option", "type", "default", "meaning", "example")
    return "\n".join(_row(cells) for cells in (head, ("---",) * len(head), *rows))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _said(name: str, info: FieldInfo) -> tuple[str, str]:
    value = (info.examples or [""])[0]
    example = yaml.safe_dump(value, default_flow_style=True, width=999).partition("\n")[0]
    return info.description or "", f"`{name}: {example}`"


def _type(annotation: Any) -> str:
    """Say what is written for a value of this type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        read_by = [a.func for a in arguments if isinstance(a, BeforeValidator)]
        written = next((_WRITTEN[func] for func in read_by if func in _WRITTEN), None)
        return written or _type(arguments[0])
    if origin in {Union, types.UnionType}:
        return _type(next(a for a in arguments if a is not type(None)))
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    return _PLAIN[annotation]


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if value is None or value == ():
        return "-"
    said: dict[str, Callable[[Any], str]] = {
        "duration": say_duration,
        "size": say_size,
        "percentage": say_percentage,
    }
    text = said.get(_type(info.rebuild_annotation()), str)(value)
    return text.replace(" ", "").replace("min", "m")  # as it is written in a policy


if __name__ == "__main__":
    REFERENCE.write_text(render(load_rules(), POLICIES), encoding="utf-8")
    SOURCES.write_text(render_sources(load_sources()), encoding="utf-8")
    print(f"written: {REFERENCE.name}, {SOURCES.name}")
