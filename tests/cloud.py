"""The program against the simulated cloud: the environment and policies that tests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backup_auditor import compose
from backup_auditor.model import Audit
from backup_auditor.outside import Outside
from backup_auditor.run import audit
from backup_auditor.selection import selector_of

from tests.builders import NOW
from tests.fakes import FakeWatcher, outside
from tests.simulator.server import Simulator

POLICY = """
version: 1
sources:
  - ucloud.uredis: {concurrency: 4}
policies:
  - name: everything
    match: {}
    rules:
      last_success_age: {max: 26h, severity: critical}
      error_state: {}
      size_drift: {}
      minimum_size: {min: 1KiB}
      auto_backup: {severity: low}
"""


def keys(cloud: Simulator) -> dict[str, str]:
    """Return the environment that reaches ``cloud``."""
    return {
        "UCLOUD_API_BASE_URL": cloud.url,
        "UCLOUD_PUBLIC_KEY": cloud.public_key,
        "UCLOUD_PRIVATE_KEY": cloud.private_key,
    }


def run(
    cloud: Simulator,
    *,
    policy: str = POLICY,
    select: Mapping[str, object] | None = None,
    world: Outside | None = None,
    **environ: Any,
) -> Audit:
    """Audit ``cloud`` as of NOW, without waiting between retries."""
    beyond = world or outside({**keys(cloud), **environ})
    policies = compose.load_policies(policy, beyond)
    selector = selector_of(select) if select is not None else None
    return audit(compose.plan(policies, beyond, selector), beyond, FakeWatcher())


def outcomes(found: Audit) -> dict[str, str]:
    """Return resource id -> outcome."""
    return {a.resource.id: str(a.outcome) for a in found.assessments}


__all__ = ["NOW", "POLICY", "keys", "outcomes", "run"]
