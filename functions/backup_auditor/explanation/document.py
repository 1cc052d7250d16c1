"""Explanations as JSON: every key is present, null or [] where nothing applies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from backup_auditor.explanation.model import (
    ExemptionExplained,
    Explanation,
    Foreseen,
    RuleExplained,
)
from backup_auditor.model import Backup, Gap
from backup_auditor.policy.model import Origin
from backup_auditor.speech import Language
from backup_auditor.values import write_duration, write_instant

SCHEMA_VERSION = 1


def explanations_json(
    found: Sequence[Explanation], gaps: Sequence[Gap], language: Language, *, more: int
) -> str:
    """Return JSON text; ``more`` resources match and are not among ``found``."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "explanations": [_explanation(one) for one in found],
        "more": more,
        "gaps": [asdict(replace(gap, detail=language.of(gap.detail))) for gap in gaps],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _explanation(found: Explanation) -> dict[str, Any]:
    resource, policy = found.assessment.resource, found.policy
    return {
        "now": write_instant(found.moment.now),
        "id": resource.id,
        "name": resource.name,
        "source": resource.source,
        "account": resource.account,
        "region": resource.region,
        "zone": resource.zone,
        "kind": resource.kind,
        "state": resource.state,
        "created_at": write_instant(resource.created_at),
        "schedule": resource.schedule and asdict(resource.schedule),
        "tags": dict(resource.tags),
        "outcome": found.assessment.outcome,
        "unread": found.assessment.unread or None,
        "policy": {
            "name": policy.name,
            "place": str(policy.place),
            "extends": [{"name": e.name, "place": str(e.place)} for e in found.extends],
            "owner": policy.owner or None,
            "runbook": policy.runbook or None,
            "grace": write_duration(policy.grace),
            "origins": {key: _origin(origin) for key, origin in policy.origins.items()},
        }
        if policy
        else None,
        "refusals": [
            {"policy": r.policy.name, "place": str(r.policy.place), "why": r.why}
            for r in found.refusals
        ],
        "rules": [_rule(rule, found) for rule in found.rules],
        "exemptions": [_exemption(exemption) for exemption in found.exemptions],
        "backups": [_backup(backup) for backup in found.backups],
        **_elsewhere(found),
        "next_breach": _breach(found.next_breach, found),
    }


def _elsewhere(found: Explanation) -> dict[str, Any]:
    """Return what only some sources tell beside the backups; null where they do not."""
    copies, restorable = found.copies, found.restorable
    return {
        "copies": None if copies is None else [_copy(backup) for backup in copies],
        "restorable": restorable
        and {
            "since": write_instant(restorable.since),
            "until": write_instant(restorable.until),
        },
    }


def _rule(rule: RuleExplained, found: Explanation) -> dict[str, Any]:
    use, check = rule.use, rule.check
    return {
        "rule": use.rule,
        **_origin(Origin(use.place, use.policy)),
        "severity": rule.severity,
        "severity_origin": _origin(use.origins.get("severity")),
        "controls": list(use.controls),
        "controls_origin": _origin(use.origins.get("controls")),
        "options": [
            {"name": option.name, "value": option.value, "origin": _origin(option.origin)}
            for option in rule.options
        ],
        "outcome": check.outcome if check else None,
        "message": check.message if check else None,
        "observed": check.observed or None if check else None,
        "expected": check.expected or None if check else None,
        "since": write_instant(check.since) if check else None,
        "exempt": bool(check and check.exempt),
        "depends_on": [backup.id for backup in rule.depends_on],
        "next_breach": _breach(rule.foreseen, found),
    }


def _origin(origin: Origin | None) -> Any:
    """Return place and policy, null for ``defaults``; null as a whole: nobody says it."""
    return {"place": str(origin.place), "policy": origin.policy or None} if origin else None


def _breach(coming: Foreseen | None, found: Explanation) -> dict[str, Any] | None:
    if coming is None:
        return None
    at, check = coming.breach.at, coming.breach.check
    return {
        "rule": check.rule,
        "at": write_instant(at),
        "in_seconds": int((at - found.moment.now).total_seconds()),
        "outcome": check.outcome,
        "message": check.message,
        "exemption": coming.exemption or None,
    }


def _exemption(explained: ExemptionExplained) -> dict[str, Any]:
    exemption = explained.exemption
    return {
        "owner": exemption.owner,
        "reason": exemption.reason,
        "until": exemption.until.isoformat(),
        "state": explained.state,
        "place": str(exemption.place),
        "rules": list(exemption.rules),
        "covers": list(explained.covers),
    }


def _backup(backup: Backup) -> dict[str, Any]:
    return {
        "id": backup.id,
        "state": backup.state,
        "state_raw": backup.state_raw,
        "kind": backup.kind,
        "kind_raw": backup.kind_raw,
        "taken_at": write_instant(backup.taken_at),
        "finished_at": write_instant(backup.finished_at),
        "size_bytes": backup.size_bytes,
        "encrypted": backup.encrypted,
        "locked_until": write_instant(backup.locked_until),
        "is_clean": backup.is_clean,
    }


def _copy(backup: Backup) -> dict[str, Any]:
    where = {"account": backup.account or None, "region": backup.region or None}
    return _backup(backup) | where
