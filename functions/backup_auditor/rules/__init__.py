"""The rules: one question about a history each, one module each, found by listing this folder.

A rule module has

* a docstring that is its manual, with an example policy that a test loads,
* ``class Options(RuleOptions)``: its options, each with a description,
* ``def check(history, options, moment) -> Verdict``: pure; it sees nothing else,
* optionally ``JUDGES_NEW = True``: it is also asked about a resource that is new (see ``judge``),
* optionally ``ADVICE``: one sentence on what to do when it fails; reports show it.

The id of a rule is the name of its module. What each rule means is fixed; see the README.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from backup_auditor.model import History, Severity, Verdict
from backup_auditor.plugins import modules_of

if TYPE_CHECKING:
    from types import ModuleType


FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far the clocks of provider and auditor may differ."""


class RuleOptions(BaseModel):
    """What every rule takes; a rule adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: Severity | None = Field(
        default=None, description="Severity of findings of this rule, instead of the policy's."
    )
    controls: tuple[str, ...] | None = None


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


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule module as the program uses it."""

    id: str
    options: type[RuleOptions]
    check: Callable[[History, Any, Moment], Verdict]
    judges_new: bool
    advice: str
    manual: str


def load_rules() -> dict[str, Rule]:
    """Return all rules of this folder by id."""
    return {name: _rule(name, module) for name, module in modules_of(sys.modules[__name__])}


def _rule(name: str, module: ModuleType) -> Rule:
    return Rule(
        id=name,
        options=module.Options,
        check=module.check,
        judges_new=getattr(module, "JUDGES_NEW", False),
        advice=getattr(module, "ADVICE", ""),
        manual=module.__doc__ or "",
    )
