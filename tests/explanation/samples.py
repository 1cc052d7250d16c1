"""A policy in two files with everything that an explanation tells, and explanations by it."""

from __future__ import annotations

from typing import Any

from backup_auditor.compose import kinds
from backup_auditor.explanation.build import explain
from backup_auditor.explanation.model import Explanation, RuleExplained
from backup_auditor.model import Backup
from backup_auditor.policy.load import load, load_files
from backup_auditor.policy.model import PolicySet
from backup_auditor.rules import load_rules

from tests.builders import history, moment, resource, succeeded

FILES = {
    "team/a.yaml": """version: 1
policies:
  - name: base
    abstract: true
    controls: [A.8.13]
    grace: 2d
    rules:
      last_success_age: {max: 1d2h}
      size_drift: {shrink: 20%}
      auto_backup:
  - name: staging
    match: {name: "staging-*", region: [hk, sg]}
    rules: {error_state: {}}
  - name: middle
    abstract: true
    extends: base
    rules:
      size_drift: {growth: 50%}
""",
    "team/b.yaml": """version: 1
timezone: Asia/Shanghai
sources: [ucloud.uredis]
policies:
  - name: top
    match: {name: "prod-*"}
    extends: middle
    runbook: https://example.com/r
    severity: critical
    rules:
      size_drift: {shrink: 30%, floor: 10MiB}
      last_success_age: {kinds: [automatic]}
      auto_backup: {severity: low, controls: [CC 7.1, CC 7.2]}
      error_state: {tolerate: 1}
exemptions:
  - {match: {}, rules: [size_drift], owner: jane, reason: "moving, OPS-1", until: 2026-11-30}
  - {match: {}, owner: joe, reason: old, until: 2026-11-01}
  - {match: {id: x}, owner: jim, reason: other, until: 2026-12-31}
defaults: {severity: medium, owner: ops@example.com}
""",
}
POLICIES = load_files(list(FILES.items()), kinds())
RULES = load_rules()
DAILY = [
    succeeded(f"{24 * day + 22}h40m", (3 if day == 0 else 1) << 30, id=f"b-{20 - day}")
    for day in range(12)
]


def explained(*backups: Backup, policies: PolicySet = POLICIES, **fields: Any) -> Explanation:
    """Explain a resource with ``backups``."""
    found = history(*backups, of=resource(**fields))
    return explain(found, policies, RULES, moment(policies.timezone))


def policies(rules: str, exemptions: str = "") -> PolicySet:
    """Return a set with one policy."""
    head = "version: 1\ntimezone: Asia/Shanghai\nsources: [ucloud.uredis]\n"
    entry = f"policies:\n  - {{name: all, match: {{}}, rules: {{{rules}}}}}\n"
    return load(f"{head}{entry}{exemptions}", "p.yaml", kinds())


def rule(found: Explanation, name: str) -> RuleExplained:
    """Return one rule of an explanation."""
    (one,) = [r for r in found.rules if r.use.rule == name]
    return one


CHINESE = load_files(
    [
        (name, text.replace("timezone:", "language: zh-CN\ntimezone:"))
        for name, text in FILES.items()
    ],
    kinds(),
)
"""The same policy, whose explanations are in Chinese; places in one file are a line below."""
