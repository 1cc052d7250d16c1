"""The rules: one question about a history each, one module each, found by listing this folder.

A rule module has

* a docstring that is its manual, with an example policy that a test loads,
* ``class Options(RuleOptions)``: its options, each with a description; and ``needs``, where the
  rule is unknown unless the source tells more than states and times,
* ``def check(history, options, moment) -> Verdict``: pure; it sees nothing else; the verdict may
  tell a ``limit`` for pictures,
* ``ADVICE``: one sentence on what to do when it fails; reports show it,
* optionally ``JUDGES_NEW = True``: it is also asked about a resource that is new (see ``judge``),
* optionally ``NOTICES_MISSING = True``: it fails when a resource has no usable backup,
* optionally ``def reach(options) -> Reach``: how far back it asks for backups that a provider may
  have deleted by now; where audits are kept, those of earlier ones are remembered for so long.

The id of a rule is the name of its module; a module whose name begins with ``_`` is shared by
rules and is none. What each rule means is fixed; ``policies/RULES.md`` is made from the manuals.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema

from backup_auditor.model import Fact, History, Reach, Severity, Verdict
from backup_auditor.plugins import modules_of
from backup_auditor.shape import Shape

if TYPE_CHECKING:
    from types import ModuleType


FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far the clocks of provider and auditor may differ."""

_LONGEST_LABEL, _MOST_LABELS = 100, 20


def _labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        hint = "write a list of labels, such as [ISO/IEC 27001:2022 A.8.13]"
        raise ValueError(f"controls: {hint}")  # noqa: TRY004 - pydantic takes this one
    if len(value) > _MOST_LABELS:
        found = f"controls has {len(value)} labels"
        raise ValueError(f"{found}; at most {_MOST_LABELS} are allowed")
    return tuple(_label(text) for text in value)


def _label(text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_LABEL or not text.isprintable():
        limit = f"1 to {_LONGEST_LABEL} printable characters"
        raise ValueError(f"{str(text)[:60]!r} is not a label of a control; it must be {limit}")
    return text


Controls = Annotated[
    tuple[str, ...],
    BeforeValidator(_labels),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": _LONGEST_LABEL},
            "maxItems": _MOST_LABELS,
        }
    ),
]
"""Labels of controls, such as ``ISO/IEC 27001:2022 A.8.13``: at most 20, of 1 to 100 characters."""


class RuleOptions(Shape):
    """What every rule takes; a rule adds its own fields."""

    severity: Severity | None = Field(
        default=None,
        description="Severity of findings of this rule, instead of the policy's.",
        examples=["critical"],
    )
    controls: Controls | None = Field(
        default=None,
        description="Labels of the controls that this rule serves; findings carry them.",
        examples=[["ISO/IEC 27001:2022 A.8.13"]],
    )

    def needs(self) -> Fact | None:
        """Return what a source must tell, or the rule is unknown with these options."""
        return None


@dataclass(frozen=True, slots=True)
class Moment:
    """When a rule is asked: one instant for the whole audit; rules never read the clock."""

    now: datetime
    timezone: ZoneInfo
    first_backup_due: datetime | None = None
    """End of the grace of a resource that is new; None for one that is not."""

    def say(self, instant: datetime) -> str:
        """Say an instant in the policy's time zone."""
        return instant.astimezone(self.timezone).strftime("%Y-%m-%d %H:%M %Z")


def _asks_nothing(_options: object) -> Reach:
    return Reach()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule module as the program uses it."""

    id: str
    options: type[RuleOptions]
    check: Callable[[History, Any, Moment], Verdict]
    judges_new: bool
    advice: str
    manual: str
    notices_missing: bool
    """It fails when a resource has no usable backup."""
    reach: Callable[[Any], Reach] = _asks_nothing
    """How far back it asks with some options for backups that are not listed any more."""


def load_rules() -> dict[str, Rule]:
    """Return all rules of this folder by id."""
    return {name: _rule(name, module) for name, module in modules_of(sys.modules[__name__])}


def _rule(name: str, module: ModuleType) -> Rule:
    return Rule(
        id=name,
        options=module.Options,
        check=module.check,
        judges_new=getattr(module, "JUDGES_NEW", False),
        advice=module.ADVICE,
        manual=module.__doc__ or "",
        notices_missing=getattr(module, "NOTICES_MISSING", False),
        reach=getattr(module, "reach", _asks_nothing),
    )
