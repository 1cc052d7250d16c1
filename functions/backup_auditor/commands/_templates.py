"""What is wrong with the templates that a policy names, as far as no report is needed."""

from __future__ import annotations

from collections.abc import Iterator

from backup_auditor.model import Place, Problem
from backup_auditor.policy.model import PolicySet
from backup_auditor.report.overrides import BrokenTemplate, Overrides
from backup_auditor.report.own import unused
from backup_auditor.report.proving import idle
from backup_auditor.report.templates import check_own
from backup_auditor.template_files import beside


def faults(policies: PolicySet, overrides: Overrides) -> Iterator[Problem]:
    """Yield a problem for each template that cannot be used."""
    for broken in (*overrides.refused, *check_own(overrides)):
        yield Problem(_place(broken, policies), f"template: {broken.cause}")


def idle_ones(policies: PolicySet, overrides: Overrides) -> Iterator[Problem]:
    """Yield a warning for each template that does nothing."""
    for name in unused(overrides):
        if policies.templates:
            yield policies.doubt(policies.templates.place, idle(name))


def _place(broken: BrokenTemplate, policies: PolicySet) -> Place:
    """Return where it is broken: in the template, or where the policy names the folder."""
    folder = policies.templates
    if folder is None:
        return Place(broken.name, max(1, broken.line), 1)
    where = beside(folder.address, folder.place.file)
    if broken.name.startswith(where):
        return folder.place
    return Place(f"{where.rstrip('/')}/{broken.name}", max(1, broken.line), 1)
