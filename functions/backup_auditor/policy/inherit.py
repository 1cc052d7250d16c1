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
_LONGEST_CHAIN = 30


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


def chains_of(written: Sequence[Written], *, whole: bool = True) -> list[list[Written]]:
    """Return for each policy the policy and what it extends, nearest first.

    An unknown name (unless the set is not ``whole``, and may miss it), a circle, which is told
    once, and a chain that is too long are reported where they are written; the chain ends there.
    """
    bases = _Bases(written, whole=whole)
    return [bases.chain(one) for one in written]


class _Bases:
    """The policies by name, to follow ``extends``."""

    def __init__(self, written: Sequence[Written], *, whole: bool) -> None:
        self._by_name = {one.entry.name: one for one in reversed(written)}
        self._names = list(dict.fromkeys(one.entry.name for one in written))
        self._whole = whole
        self._circles: set[frozenset[str]] = set()

    def chain(self, policy: Written) -> list[Written]:
        """Return ``policy`` and what it extends, nearest first."""
        chain, names = [policy], [policy.entry.name]
        while (name := chain[-1].entry.extends) is not None:
            spot = chain[-1].spot.at("extends")
            if name in names:
                self._report_circle([*names[names.index(name) :], name], spot)
                break
            if name not in self._by_name:
                if self._whole:
                    spot.report(unknown("policy", name, self._names, but=names[-1]))
                break
            if len(chain) == _LONGEST_CHAIN:
                message = (
                    f"extends goes over more than {_LONGEST_CHAIN} policies; put them together"
                )
                policy.spot.at("extends").report(message)
                break
            chain.append(self._by_name[name])
            names.append(name)
        return chain

    def _report_circle(self, names: Sequence[str], spot: Spot) -> None:
        circle = frozenset(names)
        if circle not in self._circles:
            self._circles.add(circle)
            spot.report(f"extends goes in a circle: {' -> '.join(names)}")


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
