"""Entries of ``policies`` into policies: shape, names, ``extends``, and options of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from backup_auditor.model import Place, Severity
from backup_auditor.policy.document import Document
from backup_auditor.policy.entries import checked, entries_of, plugin_options
from backup_auditor.policy.inherit import (
    OFF,
    MergedRule,
    Settings,
    Written,
    chains_of,
    merged_rules,
    settings_of,
)
from backup_auditor.policy.match import Match
from backup_auditor.policy.model import Base, Origin, Policy, RuleUse
from backup_auditor.policy.schema import DEFAULT_GRACE, PolicyEntry
from backup_auditor.policy.schema import Settings as GivenSettings
from backup_auditor.policy.sentences import Spot, explain
from backup_auditor.rules import RuleOptions

RuleKinds = Mapping[str, type[RuleOptions]]


class PolicyReader:
    """Reads the policies of all files of a set. Problems go into their documents."""

    def __init__(self, documents: Sequence[Document], rules: RuleKinds, *, whole: bool) -> None:
        """Prepare; ``whole`` is false when a file is missing, and with it names of policies."""
        self._documents = documents
        self._rules = rules
        self._whole = whole

    def read(
        self, defaults: Sequence[tuple[GivenSettings, Spot]]
    ) -> tuple[tuple[Policy, ...], tuple[Base, ...]]:
        """Return the policies that are sound, and the abstract ones."""
        written = list(self._written())
        by_name: dict[str, Written] = {}
        for one in written:
            first = by_name.setdefault(one.entry.name, one)
            if first is not one:
                place = first.spot.at("name").place
                message = f"policy {one.entry.name!r} stands already in {_where(place, one)}"
                one.spot.at("name").report(message)
        chains = chains_of(written, whole=self._whole)
        used = {base.entry.name for chain in chains for base in chain[1:]}
        policies = tuple(
            self._policy(chain, defaults) for chain in chains if not chain[0].entry.abstract
        )
        bases = tuple(
            Base(one.entry.name, one.spot.place, one.entry.name in used)
            for one in written
            if one.entry.abstract
        )
        return policies, bases

    def _written(self) -> Sequence[Written]:
        found: list[Written] = []
        for value, spot in entries_of(self._documents, "policies"):
            entry = checked(PolicyEntry, value, spot)
            given = value if isinstance(value, dict) else None
            if given is not None:
                _check_parts(given, spot)
            rules = given.get("rules") if given else None
            rules = rules if isinstance(rules, dict) else {}
            if entry is None or entry.abstract:
                self._check_partly(rules, spot)
            if entry is not None:
                found.append(Written(entry, rules, spot))
        return found

    def _check_partly(self, rules: Mapping[str, Any], spot: Spot) -> None:
        """Report what is wrong with rules that another policy may complete."""
        for rule, options in rules.items():
            at, model = spot.at("rules", rule), self._rules.get(rule)
            if model is None:
                at.report_unknown("rule", rule, self._rules)
            elif isinstance(options, dict):
                _explain_parts(model, options, at)
            elif options is not None and options != OFF:
                checked(model, options, at)

    def _policy(
        self, chain: Sequence[Written], defaults: Sequence[tuple[GivenSettings, Spot]]
    ) -> Policy:
        own = chain[0]
        settings = settings_of(chain, defaults)
        uses: list[RuleUse] = []
        for rule, merged in merged_rules(chain).items():
            options = plugin_options("rule", rule, merged.value, merged.located, self._rules)
            if options is not None:
                uses.append(_use(rule, options, merged, settings=settings, chain=chain))
        if not uses and not own.spot.document.problems:
            own.spot.at("rules").report("no rule is left; remove the policy, or leave one rule")
        return Policy(
            name=own.entry.name,
            selector=(own.entry.match or Match()).selector(),
            owner=settings.values.get("owner", ""),
            runbook=settings.values.get("runbook", ""),
            grace=settings.values.get("grace") or _grace(uses),
            rules=tuple(uses),
            place=own.spot.place,
            extends=tuple(one.entry.name for one in chain[1:]),
            origins={key: _origin(s, s.place, chain) for key, s in settings.spots.items()},
        )


def _where(place: Place, other: Written) -> str:
    same = place.file == other.spot.document.name
    return f"line {place.line}" if same else str(place)


def _check_parts(given: Mapping[str, Any], spot: Spot) -> None:
    """Report what an entry lacks or has too much of, which its shape alone cannot say."""
    if given.get("abstract") is True:
        if "match" in given:
            message = "an abstract policy governs nothing; leave match out"
            spot.document.report(spot.at("match").key, message)
    elif "match" not in given and given.get("abstract", False) is False:
        spot.document.report(spot.key, "the key 'match' is missing")
    if "extends" in given:
        return
    if "rules" not in given:
        spot.document.report(spot.key, "the key 'rules' is missing")
    elif given["rules"] == {}:
        spot.at("rules").report("rules: found {}; at least one entry is needed")


def _explain_parts(model: type[RuleOptions], options: Mapping[str, Any], at: Spot) -> None:
    """Report wrong options, but none that are missing: an abstract policy may leave them out."""
    given = {option: value for option, value in options.items() if value != OFF}
    try:
        model.model_validate(given)
    except ValidationError as error:
        explain(error, model, at, partial=True)


def _use(
    rule: str,
    options: RuleOptions,
    merged: MergedRule,
    *,
    settings: Settings,
    chain: Sequence[Written],
) -> RuleUse:
    origins = {
        key: _origin(spot, spot.place, chain)
        for key, spot in settings.spots.items()
        if key in {"severity", "controls"}
    }
    origins |= {option: _origin(s, s.key, chain) for option, s in merged.parts.items()}
    given, named = settings.values, _origin(merged.spot, merged.spot.key, chain)
    return RuleUse(
        rule=rule,
        options=options,
        severity=options.severity or given.get("severity", Severity.HIGH),
        controls=given.get("controls", ()) if options.controls is None else options.controls,
        place=named.place,
        policy=named.policy,
        origins=origins,
    )


def _origin(spot: Spot, place: Place, chain: Sequence[Written]) -> Origin:
    """Return ``place`` with the policy of ``chain`` that holds ``spot``; none is ``defaults``."""
    for one in chain:
        entry = one.spot
        if spot.document is entry.document and spot.path[: len(entry.path)] == entry.path:
            return Origin(place, one.entry.name)
    return Origin(place, "")


def _grace(uses: Sequence[RuleUse]) -> timedelta:
    """Take the longest age that the policy allows, else a day."""
    ages = (getattr(use.options, "max", None) for use in uses if use.rule == "last_success_age")
    longest = next(ages, None)
    return longest if isinstance(longest, timedelta) else DEFAULT_GRACE
