"""The nouns of an explanation: everything that led to the outcome of one resource."""

from __future__ import annotations

from dataclasses import dataclass

from backup_auditor.foresight import Breach
from backup_auditor.model import (
    Assessment,
    Backup,
    Check,
    ExemptionState,
    Place,
    Restorable,
    Severity,
)
from backup_auditor.policy.exemption import Exemption
from backup_auditor.policy.model import Origin, Policy, RuleUse
from backup_auditor.rules import Moment
from backup_auditor.speech import Language


@dataclass(frozen=True, slots=True)
class Refusal:
    """A policy that comes earlier in the set, and why it does not govern the resource."""

    policy: Policy
    why: str
    """Half a sentence."""


@dataclass(frozen=True, slots=True)
class Extended:
    """A policy that the governing one extends."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a rule with its value, as it would be written in a policy."""

    name: str
    value: str
    origin: Origin | None
    """None: the default of the rule."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A breach to come, and who answers for it."""

    breach: Breach
    exemption: str
    """The exemption that will cover it, as a sentence; empty where none will."""


@dataclass(frozen=True, slots=True)
class RuleExplained:
    """One rule of the governing policy: where it comes from, what it answers, and how long."""

    use: RuleUse
    options: tuple[Option, ...]
    check: Check | None
    """None where the backups could not be read: then nothing was asked."""
    depends_on: tuple[Backup, ...] = ()
    """The backups without which the answer would be another, each taken alone; newest first."""
    foreseen: Foreseen | None = None

    @property
    def severity(self) -> Severity:
        """The severity of what was found, or that would be found."""
        return self.check.severity if self.check else self.use.severity


@dataclass(frozen=True, slots=True)
class ExemptionExplained:
    """An exemption that matches the resource."""

    exemption: Exemption
    state: ExemptionState
    covers: tuple[str, ...]
    """The rules whose findings it covers now."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All about one resource; its texts are in its language."""

    language: Language
    """That of the policy."""
    assessment: Assessment
    moment: Moment
    policy: Policy | None
    """None where no policy governs it."""
    extends: tuple[Extended, ...]
    """Nearest first."""
    refusals: tuple[Refusal, ...]
    """Of the policies before the governing one; of all where none governs."""
    rules: tuple[RuleExplained, ...] = ()
    exemptions: tuple[ExemptionExplained, ...] = ()
    backups: tuple[Backup, ...] = ()
    """All of them, newest first."""
    copies: tuple[Backup, ...] | None = None
    """Those elsewhere, newest first; None where the source does not tell."""
    restorable: Restorable | None = None
    tried: int = 0
    """How many of them were left out, one at a time, to find out what answers depend on."""

    @property
    def next_breach(self) -> Foreseen | None:
        """The earliest breach that nobody answers for, else the earliest of all."""
        found = [rule.foreseen for rule in self.rules if rule.foreseen]
        return min(found, key=lambda f: (bool(f.exemption), f.breach.at), default=None)
