"""``extends``: what a policy takes from others, option by option, and where each was written.

The base comes first, then what extends it, key by key: a rule that both name keeps the options of
the base that the other one does not give. ``rule: off`` removes a rule, ``option: off`` an option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backup_auditor.policy.schema import PolicyEntry
from backup_auditor.policy.schema import Settings as GivenSettings
from backup_auditor.policy.sentences import Spot, unknown

OFF = "off"


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of ``policies``, as it was written."""

    entry: PolicyEntry
    rules: Mapping[str, Any]
    spot: Spot

    def spot_of(self, rule: str) -> Spot:
        """Return where the options of ``rule`` stand."""
        return self.spot.at("rules", rule)


@dataclass(slots=True)
class MergedRule:
    """The options of one rule, from all policies that say something about it."""

    spot: Spot
    """Of the rule in the nearest policy that names it."""
    value: Any = None
    """Not a mapping where the options are no mapping, which is reported when they are checked."""
    parts: dict[str, Spot] = field(default_factory=dict)
    """Option -> where it was written."""

    @property
    def located(self) -> Spot:
        """The spot of the whole, whose parts know their own."""
        return Spot(self.spot.document, self.spot.path, self.parts)


def chain_of(
    policy: Written, by_name: Mapping[str, Written], *, whole: bool = True
) -> list[Written]:
    """Return ``policy`` and what it extends, nearest first.

    An unknown name (unless the set is not ``whole``, and may miss it) and a circle are reported
    where they are written; the chain ends there.
    """
    chain = [policy]
    while (name := chain[-1].entry.extends) is not None:
        spot = chain[-1].spot.at("extends")
        base = by_name.get(name)
        if base is None:
            if whole:
                spot.report(unknown("policy", name, by_name))
            break
        if base in chain:
            names = [one.entry.name for one in chain[chain.index(base) :]]
            spot.report(f"extends goes in a circle: {' -> '.join([*names, name])}")
            break
        chain.append(base)
    return chain


def merged_rules(chain: Sequence[Written]) -> dict[str, MergedRule]:
    """Return the rules of ``chain`` (nearest first), those of its far end first."""
    merged: dict[str, MergedRule] = {}
    for policy in reversed(chain):
        for rule, options in policy.rules.items():
            spot = policy.spot_of(rule)
            if options == OFF:
                _remove(rule, merged, spot)
            else:
                base = merged.get(rule)
                merged[rule] = _over(base, options, spot)
    return merged


def _remove(rule: str, merged: dict[str, MergedRule], spot: Spot) -> None:
    if merged.pop(rule, None) is None:
        spot.document.warn(spot.key, f"{rule}: off removes nothing; extends brings no such rule")


def _over(base: MergedRule | None, options: Any, spot: Spot) -> MergedRule:
    if options is None:
        options = {}
    under = base.value if base is not None and isinstance(base.value, dict) else {}
    if not isinstance(options, dict):
        return MergedRule(spot, options)
    value, parts = dict(under), dict(base.parts if base is not None else {})
    for option, given in options.items():
        if given == OFF and option in under:
            del value[option], parts[option]
        else:
            value[option] = given
            parts[option] = spot.at(option)
    return MergedRule(spot, value, parts)


_SETTINGS = {"severity", "owner", "runbook", "grace", "controls"}


@dataclass(slots=True)
class Settings:
    """``severity``, ``owner``, ``runbook``, ``grace``, ``controls``, as far as they are given."""

    values: dict[str, Any] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)


def settings_of(
    chain: Sequence[Written], defaults: Sequence[tuple[GivenSettings, Spot]]
) -> Settings:
    """Return the settings of the nearest that says something, with where it says so."""
    found = Settings()
    said: list[tuple[GivenSettings, Spot]] = [*((one.entry, one.spot) for one in chain), *defaults]
    for given, spot in said:
        for key in given.model_fields_set & _SETTINGS:
            value = getattr(given, key)
            if value is not None and key not in found.values:
                found.values[key] = value
                found.spots[key] = spot.at(key)
    return found
