"""One policy file audits the whole estate, over real HTTP, in one run and one report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backup_auditor import compose
from backup_auditor.model import Audit, AuditVerdict, Outcome
from backup_auditor.report.build import build
from backup_auditor.run import audit

from tests.estate import aws, estate
from tests.fakes import FakeWatcher, outside
from tests.simulator.account import PROJECTS
from tests.simulator.account import REGIONS as UCLOUD_REGIONS
from tests.sources.cloud_aws import ACCOUNT

POLICY = Path(__file__).parents[2] / "policies" / "demo.yaml"


@pytest.fixture(scope="module")
def found() -> Iterator[Audit]:
    """Audit the estate by the policy of the demo."""
    now = datetime.now(UTC)  # moto says that clusters can be restored until the real present
    with pytest.MonkeyPatch.context() as patch, estate(now) as environ:
        for name, value in environ.items():
            patch.setenv(name, value)
        beyond = outside(environ, now=lambda: now)
        policies = compose.load_policies(str(POLICY), beyond)
        yield audit(compose.plan(policies, beyond), beyond, FakeWatcher())


def test_every_source_was_asked_in_every_account_and_region(found: Audit) -> None:
    asked: dict[str, set[tuple[str, str]]] = {}
    for result in found.results:
        asked.setdefault(result.scope.source, set()).add(
            (result.scope.account, result.scope.region)
        )
    ucloud = {(project.id, region) for project in PROJECTS for region in UCLOUD_REGIONS}
    accounts = {(account, region) for account in aws.ACCOUNTS for region in aws.REGIONS}
    for source, places in asked.items():
        if source.startswith("ucloud."):
            assert places == ucloud, source
        elif source.startswith("aws."):
            assert places == accounts, source
    providers = [source.partition(".")[0] for source in asked]
    assert (providers.count("ucloud"), providers.count("aws"), providers.count("s3")) == (6, 10, 1)


def test_every_source_found_something(found: Audit) -> None:
    empty = {result.scope for result in found.results if not result.assessments}
    assert not {scope for scope in empty if not scope.source.startswith("ucloud.")}
    sources = {result.scope.source for result in found.results}
    assert sources == {result.scope.source for result in found.results if result.assessments}


def test_nothing_was_hidden_by_a_gap(found: Audit) -> None:
    assert [gap for gap in found.gaps if not gap.source.startswith("ucloud.")] == []


def test_what_is_wrong_in_aws_and_in_the_bucket_is_found_and_nothing_else(found: Audit) -> None:
    wrong = {
        (a.resource.source, a.resource.account, a.resource.name)
        for a in found.assessments
        if a.outcome is not Outcome.PASS and not a.resource.source.startswith("ucloud.")
    }
    assert wrong == {
        ("aws.rds", ACCOUNT, "billing-db"),
        ("aws.ebs", ACCOUNT, "scratch"),
        ("s3.objects", "company-backups/dumps", "erp"),
        ("s3.objects", "company-backups/dumps", "hr"),
    }


def test_it_is_one_report(found: Audit) -> None:
    report = build(found)
    assert found.verdict is AuditVerdict.FAIL
    told = {member.resource.source for finding in report.findings for member in finding.members}
    assert {"ucloud.uredis", "aws.rds", "s3.objects"} <= told
