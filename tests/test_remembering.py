"""Audits day after day over a provider that deletes: what is judged, told and kept of the past."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import compose
from backup_auditor.errors import SourceError
from backup_auditor.keeping import Keeping
from backup_auditor.memory.fields import from_fields
from backup_auditor.model import Audit, GapReason, History, Outcome, Past, Scope
from backup_auditor.policy.load import load
from backup_auditor.policy.model import PolicySet
from backup_auditor.record import Record
from backup_auditor.report.build import build
from backup_auditor.report.contract import to_document
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.reading import read_audit
from backup_auditor.report.text import mail_text
from backup_auditor.run import Manner, Plan, audit, tell
from backup_auditor.selection import selector_of
from backup_auditor.sources import Collected, Unread
from backup_auditor.store.folder import Folder
from backup_auditor.store.records import Records

from tests.builders import NOW, resource
from tests.contract import assert_valid
from tests.fakes import FakeSource, FakeWatcher, outside
from tests.memory.pasts import Made, Provider
from tests.report.samples import RULES

SCOPE = Scope("ucloud.uredis", "a", "hk")
POLICIES = load(
    """
version: 1
name: pasts
timezone: UTC
sources: [ucloud.uredis]
policies:
  - name: all
    match: {}
    rules:
      backup_gap: {max: 30h}
      last_success_age: {max: 26h}
      backup_count: {min: 2}
""",
    "p.yaml",
    compose.kinds(),
)
START = NOW - timedelta(days=20)
RPO = "rpo: {target: 24h, within: 19d}"
REFUSED = SourceError(GapReason.REFUSED, "may not")


@dataclass
class Days:
    """Makes the audits of days over one store; backups are made daily and kept for two days."""

    folder: Path
    lost: frozenset[int] = frozenset()
    """Days without a backup."""
    policies: PolicySet = POLICIES
    reports: list[Report] = field(default_factory=list)

    def history(self, day: int, id_: str = "r") -> History:
        """Return what the provider lists."""
        made = [Made(24 * n) for n in range(day + 1) if n not in self.lost]
        listed = Provider(made, keeps=72).listed(24 * day + 6)
        of = resource(id_, account="a", region="hk", created_at=NOW - timedelta(days=300))
        start = START - timedelta(hours=6)
        first = made[0].listed(0).taken_at
        assert first
        moved = [replace(b, taken_at=(b.taken_at or first) - first + start) for b in listed]
        return History.of(of, moved)

    def audit(self, day: int, items: Sequence[Collected | Exception], **plan: Any) -> Audit:
        """Make, tell and keep the audit of a day."""
        at = START + timedelta(days=day)
        world = outside(now=lambda: at)
        records = Records(Folder(self.folder, world), "pasts")
        recalled = Keeping(records, world, timedelta(days=1)).recalled(at)
        source = FakeSource({SCOPE: items})
        request = self.policies.sources[0]
        asked = Plan(self.policies, [(request, source)], RULES, past=recalled.past, **plan)
        kept = recalled.compared(audit(asked, world, FakeWatcher(), instant=at))
        self.reports.append(tell(kept.audit, [], world, Manner(kept=kept)))
        return kept.audit

    def past(self, at: datetime = NOW) -> dict[tuple[Scope, str], Past]:
        """Return what the last record remembers."""
        record = Records(Folder(self.folder, outside()), "pasts").before(at + timedelta(days=1))
        assert isinstance(record, Record)
        return dict(from_fields(record.memory).past)


@pytest.fixture
def days(tmp_path: Path) -> Days:
    """Return days with one that has no backup."""
    return Days(tmp_path, frozenset({4}))


def outcomes(found: Audit) -> dict[str, Outcome]:
    """Return what each rule answers about the one resource."""
    (assessment,) = found.assessments
    return {check.rule: check.outcome for check in assessment.checks}


def after(days: Days, number: int) -> Report:
    """Make the audits of the first days; return the last report."""
    for day in range(number):
        days.audit(day, [days.history(day)])
    return days.reports[-1]


def test_a_gap_that_the_list_no_longer_shows_is_still_a_finding(days: Days) -> None:
    report = after(days, 10)
    assert outcomes(report.audit)["backup_gap"] is Outcome.FAIL
    (assessment,) = report.audit.assessments
    gap = next(check for check in assessment.checks if check.rule == "backup_gap")
    assert gap.message == (
        "the longest time without a usable backup was 2 d, until 2026-11-09 00:07 UTC; the last"
        " 9 d 6 h of 14 d could be judged, with 6 backups remembered from earlier audits"
    )
    unremembered = Plan(
        POLICIES, [(POLICIES.sources[0], FakeSource({SCOPE: [days.history(9)]}))], RULES
    )
    world = outside(now=lambda: START + timedelta(days=9))
    assert outcomes(audit(unremembered, world, FakeWatcher()))["backup_gap"] is Outcome.PASS


def test_what_is_gone_does_not_help_a_rule_that_asks_what_can_be_restored(days: Days) -> None:
    after(days, 5)
    none_left = replace(days.history(5), backups=(), usable=())
    found = outcomes(days.audit(5, [none_left]))
    assert set(found.values()) == {Outcome.FAIL}


def test_every_rendering_tells_remembered_from_listed(days: Days) -> None:
    report = after(days, 10)
    document = to_document(report)
    assert_valid(document)
    (row,) = document["resources"]
    assert (row["backups"], row["remembered"]) == (3, 6)
    assert row["days"]["states"] == "mmmmppppmppsss"[-14:]
    for text in (mail_text(report), to_markdown(report), email_html(report), page_html(report)):
        assert "◇ remembered, no longer listed" in text
        assert "◇◇◇◇○◇◇●●●" in text
    data = page_html(report)
    assert '"pppppp' in data
    again = read_audit(json.dumps(document).encode())
    assert again.assessments[0].remembered == 6


def test_it_is_said_in_chinese(days: Days) -> None:
    report = after(days, 10)
    told = mail_text(build(replace(report.audit, language="zh-CN")))
    assert "6 个备份仅见于以往审计" in told
    assert "◇ 不再列出，仅见于以往审计" in told


@pytest.mark.parametrize(
    "items", [[Unread(Days(Path()).history(5).resource, REFUSED)], [REFUSED]], ids=["unread", "gap"]
)
def test_what_could_not_be_read_keeps_its_past(
    days: Days, items: list[Collected | Exception]
) -> None:
    after(days, 4)
    known = days.past()
    days.audit(5, items)
    assert days.past() == known
    found = days.audit(6, [days.history(6)])
    assert found.assessments[0].remembered == 4


def test_an_audit_of_a_part_knows_the_past_and_loses_none_of_the_rest(days: Days) -> None:
    for day in range(6):
        days.audit(day, [days.history(day), days.history(day, "other")])
    known = days.past()
    part = days.audit(6, [days.history(6)], select=selector_of({"id": "r"}))
    assert part.is_partial
    assert part.assessments[0].remembered == 4
    assert days.past() == known


def test_what_has_vanished_is_forgotten(days: Days) -> None:
    days.audit(0, [days.history(0), days.history(0, "other")])
    days.audit(1, [days.history(1)])
    assert [id_ for _, id_ in days.past()] == ["r"]


def test_without_a_store_nothing_is_kept_for_the_next_audit(days: Days) -> None:
    source = FakeSource({SCOPE: [days.history(3)]})
    found = audit(Plan(POLICIES, [(POLICIES.sources[0], source)], RULES), outside(), FakeWatcher())
    assert found.assessments[0].past is None


@pytest.mark.parametrize(("rule", "oldest"), [("last_success_age: {max: 26h}", 14), (RPO, 19)])
def test_backups_are_remembered_as_long_as_rules_of_any_policy_ask_for_them(
    tmp_path: Path, rule: str, oldest: int
) -> None:
    """In days; whichever policy governs the resource."""
    text = f"""
version: 1
sources: [ucloud.uredis]
policies:
  - name: all
    match: {{}}
    rules: {{last_success_age: {{max: 26h}}}}
  - name: none
    match: {{name: "no-*"}}
    rules: {{{rule}}}
"""
    days = Days(tmp_path, policies=load(text, "p.yaml", compose.kinds()))
    for number in range(30):
        days.audit(number, [days.history(number)])
    (past,) = days.past(NOW + timedelta(days=30)).values()
    end = START + timedelta(days=29)
    assert [(end - one.taken_at).days for one in past] == [*range(oldest + 1)]
