"""The audit under measurement: the real run, with the real client, from policy to report."""

from __future__ import annotations

import os
import sys

import requests
from backup_auditor import compose
from backup_auditor.model import Scope, ScopeResult
from backup_auditor.report.contract import to_json
from backup_auditor.run import audit, tell

from tests.bench.figures import report

_POLICY = """
version: 1
sources: [{{ucloud.uredis: {{concurrency: {concurrency}}}}}]
policies:
  - name: all
    match: {{}}
    rules: {{last_success_age: {{max: 26h}}, error_state: {{}}, size_drift: {{}}}}
"""


class _Quiet:
    """Watches nothing."""

    def planned(self, scopes: int) -> None:
        """Ignore it."""

    def judged(self, scope: Scope) -> None:
        """Ignore it."""

    def finished(self, result: ScopeResult) -> None:
        """Ignore it."""


def run(concurrency: int) -> int:
    """Audit everything and render the contract; return how many requests that took."""
    sent = 0
    original = requests.Session.post

    def counting(self: requests.Session, *args: object, **more: object) -> requests.Response:
        nonlocal sent
        sent += 1
        return original(self, *args, **more)  # type: ignore[arg-type]  # passed through

    requests.Session.post = counting  # type: ignore[method-assign]  # counts only
    outside = compose.world(os.environ)
    policies = compose.load_policies(_POLICY.format(concurrency=concurrency), outside)
    found = audit(compose.plan(policies, outside), outside, _Quiet())
    to_json(tell(found, [], outside))
    if found.gaps or len(found.assessments) == 0:
        raise SystemExit(f"the audit was not complete: {found.gaps}")
    return sent


if __name__ == "__main__":
    report(lambda: run(int(sys.argv[1])))
