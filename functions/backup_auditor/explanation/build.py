"""A history and the policies in, an explanation out: judged as in an audit, with all reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from backup_auditor.explanation.evidence import depends_on, tried
from backup_auditor.explanation.model import (
    ExemptionExplained,
    Explanation,
    Extended,
    Foreseen,
    Option,
    Refusal,
    RuleExplained,
)
from backup_auditor.foresight import Breach, breaches
from backup_auditor.judge import judge, unread
from backup_auditor.model import Assessment, Check, History, Resource
from backup_auditor.policy.exemption import Exemption
from backup_auditor.policy.model import Policy, PolicySet, RuleUse
from backup_auditor.report.spoken import said
from backup_auditor.rules import Moment, Rule, RuleOptions
from backup_auditor.speech import Language, language

_OFF = "off"
_SHOWN_APART = RuleOptions.model_fields.keys()


def explain(
    history: History, policies: PolicySet, rules: Mapping[str, Rule], moment: Moment
) -> Explanation:
    """Explain what an audit says of ``history``."""
    tongue = language(policies.language)
    assessment = _spoken(judge(history, policies, rules, moment), tongue)
    policy = policies.governing(history.resource)
    exemptions = _exemptions(assessment, policies, moment.now)
    explained: tuple[RuleExplained, ...] = ()
    if policy is not None:
        coming = {b.check.rule: b for b in breaches(history, policy, rules, moment)}
        backups = depends_on(history, policy, rules, moment)
        matching = [e.exemption for e in exemptions]
        explained = tuple(
            RuleExplained(
                use=use,
                options=_options(use),
                check=check,
                depends_on=own,
                foreseen=_foreseen(coming.get(use.rule), matching, tongue),
            )
            for use, check, own in zip(policy.rules, assessment.checks, backups, strict=True)
        )
    return Explanation(
        language=tongue,
        assessment=assessment,
        moment=moment,
        policy=policy,
        extends=_extends(policy, policies),
        refusals=tuple(_refusals(history.resource, policies, tongue)),
        rules=explained,
        exemptions=exemptions,
        backups=history.backups,
        copies=history.copies,
        restorable=history.restorable,
        tried=len(tried(history)),
    )


def explain_unread(
    resource: Resource, detail: str, policies: PolicySet, moment: Moment
) -> Explanation:
    """Explain a resource whose backups could not be read: which rules would have been asked."""
    policy = policies.governing(resource)
    tongue = language(policies.language)
    assessment = _spoken(unread(resource, detail, policies), tongue)
    return Explanation(
        language=tongue,
        assessment=assessment,
        moment=moment,
        policy=policy,
        extends=_extends(policy, policies),
        refusals=tuple(_refusals(resource, policies, tongue)),
        rules=tuple(
            RuleExplained(use, _options(use), check=None)
            for use in (policy.rules if policy else ())
        ),
        exemptions=_exemptions(assessment, policies, moment.now),
    )


def _spoken(assessment: Assessment, tongue: Language) -> Assessment:
    checks = tuple(said(check, tongue.of) for check in assessment.checks)
    return replace(assessment, checks=checks, unread=tongue.of(assessment.unread))


def _refusals(resource: Resource, policies: PolicySet, tongue: Language) -> Iterator[Refusal]:
    """Yield the policies before the one that governs ``resource``, or all."""
    for policy in policies.policies:
        why = policy.selector.refusal(resource)
        if why is None:
            return
        yield Refusal(policy, tongue.of(why))


def _extends(policy: Policy | None, policies: PolicySet) -> tuple[Extended, ...]:
    places = {one.name: one.place for one in policies.policies}
    places |= {base.name: base.place for base in policies.bases}
    return tuple(Extended(name, places[name]) for name in (policy.extends if policy else ()))


def _options(use: RuleUse) -> tuple[Option, ...]:
    """Return all options but those that every rule takes, in the order of the rule's manual."""
    written = use.options.model_dump(mode="json", exclude=set(_SHOWN_APART))
    return tuple(
        Option(name, _as_written(value), use.origins.get(name)) for name, value in written.items()
    )


def _as_written(value: Any) -> str:
    if value is None:
        return _OFF
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value)


def _exemptions(
    assessment: Assessment, policies: PolicySet, now: datetime
) -> tuple[ExemptionExplained, ...]:
    matching = [policies.exemptions[number] for number in assessment.exemptions]
    return tuple(
        ExemptionExplained(e, e.state(now, 1), _covered(e, assessment.checks, now))
        for e in matching
    )


def _covered(exemption: Exemption, checks: Iterable[Check], now: datetime) -> tuple[str, ...]:
    exempt = [check for check in checks if check.exempt]
    return tuple(c.rule for c in exempt if exemption.covers(c.rule, c.since, now))


def _foreseen(
    breach: Breach | None, exemptions: Iterable[Exemption], tongue: Language
) -> Foreseen | None:
    if breach is None:
        return None
    check = breach.check
    covering = (e.say() for e in exemptions if e.covers(check.rule, check.since, breach.at))
    spoken = replace(breach, check=said(check, tongue.of))
    return Foreseen(spoken, tongue.of(next(covering, "")))
