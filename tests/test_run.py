from typing import Any

import pytest
from backup_auditor import compose
from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Audit,
    AuditVerdict,
    ExemptionState,
    GapReason,
    History,
    Orphan,
    Outcome,
    Scope,
    Verdict,
)
from backup_auditor.policy.load import load
from backup_auditor.policy.model import SourceRequest
from backup_auditor.policy.selector import Selector
from backup_auditor.rules import Rule, RuleOptions
from backup_auditor.run import Plan, audit
from backup_auditor.selection import selector_of
from backup_auditor.sources import Unplanned, Unread

from tests.builders import resource, succeeded
from tests.fakes import FakeSource, FakeWatcher, outside, stepping
from tests.report.samples import POLICIES, RULES

HK, SG = Scope("ucloud.uredis", "a", "hk"), Scope("ucloud.uredis", "a", "sg")
REFUSED = SourceError(GapReason.REFUSED, "may not")


def good(name: str = "r") -> History:
    """Return a resource with a fresh backup."""
    return History.of(resource(name), [succeeded("2h"), succeeded("26h")])


def run(source: FakeSource, **changes: Any) -> Audit:
    """Audit one fake source."""
    request: SourceRequest = POLICIES.sources[0]
    plan = Plan(
        changes.pop("policies", POLICIES),
        [(request, source)],
        changes.pop("rules", RULES),
        changes.pop("select", None),
    )
    return audit(plan, changes.pop("world", outside()), changes.pop("watcher", FakeWatcher()))


def test_results_do_not_depend_on_the_order_of_arrival() -> None:
    one = run(FakeSource({SG: [good("b"), good("a")], HK: [good("c")]}))
    two = run(FakeSource({HK: [good("c")], SG: [good("a"), good("b")]}))
    assert one == two
    assert one.verdict is AuditVerdict.PASS


CHANNELS = """
version: 1
sources: [ucloud.uredis]
policies: [{name: all, match: {}, rules: {last_success_age: {max: 26h}}}]
channels:
  - file: {folder: a, name: whole}
  - file: {folder: a, name: hk, match: {region: cn-bj2}}
  - file: {folder: b, name: sg, match: {region: sg}}
  - file: {folder: c, name: shop, owner: shop, min_severity: low}
"""


@pytest.mark.parametrize(
    ("items", "select", "seen"),
    [
        ([good()], None, ["'sg' has no resource in", "'shop' has no resource in"]),
        ([good(), REFUSED], None, ["'sg' has no resource that could be seen in", "'shop' has"]),
        ([good()], {"name": "*"}, []),
        ([], None, []),
    ],
)
def test_a_channel_whose_part_holds_nothing_is_reported(
    items: list[Any], select: dict[str, object] | None, seen: list[str]
) -> None:
    policies = load(CHANNELS, "p.yaml", compose.kinds())
    selector = selector_of(select) if select else None
    found = run(FakeSource({HK: items}), policies=policies, select=selector)
    said = [n.detail for n in found.notices if n.kind == "channel-matches-nothing"]
    assert len(said) == len(seen)
    assert all(part in one for part, one in zip(seen, said, strict=True))


def test_a_scope_that_breaks_is_a_gap_and_the_others_go_on() -> None:
    source = FakeSource({HK: [good(), REFUSED], SG: [good("b")]})
    found = run(source)
    assert [(g.region, g.reason) for g in found.gaps] == [("hk", GapReason.REFUSED)]
    assert len(found.assessments) == 2
    assert set(source.closed) == {HK, SG}


def test_a_fault_of_a_source_is_a_gap_that_tells_no_text() -> None:
    found = run(FakeSource({HK: [good(), KeyError("T0PSECRET")]}))
    (gap,) = found.gaps
    assert gap.reason is GapReason.INTERNAL
    assert "KeyError at fakes.py:" in gap.detail
    assert "T0PSECRET" not in gap.detail


def test_a_fault_of_a_rule_hides_no_resource() -> None:
    def faulty(*_: object) -> Verdict:
        raise ZeroDivisionError

    rules = {name: Rule(name, RuleOptions, faulty, True, "", "", False) for name in RULES}  # noqa: FBT003
    found = run(FakeSource({HK: [good()]}), rules=rules)
    assert [a.outcome for a in found.assessments] == [Outcome.UNKNOWN]
    assert [g.reason for g in found.gaps] == [GapReason.INTERNAL]


def test_resources_that_cannot_be_read_share_one_gap_for_each_reason() -> None:
    late = SourceError(GapReason.DEADLINE, "late")
    items = [Unread(resource(f"r{n}"), REFUSED) for n in range(3)] + [Unread(resource("x"), late)]
    found = run(FakeSource({HK: [*items, good("g")]}))
    assert [(g.reason, g.detail) for g in found.gaps] == [
        (GapReason.DEADLINE, "the backups of 1 resource could not be read: late"),
        (GapReason.REFUSED, "the backups of 3 resources could not be read: may not"),
    ]


def test_what_cannot_be_planned_is_a_gap() -> None:
    source = FakeSource({HK: [good()]}, [Unplanned("b", "", REFUSED), REFUSED])
    found = run(source)
    assert [(g.account, g.reason) for g in found.gaps] == [
        ("", GapReason.REFUSED),
        ("b", GapReason.REFUSED),
    ]
    assert found.verdict is AuditVerdict.INCOMPLETE


def test_orphans_and_partial_errors_are_kept() -> None:
    orphan = Orphan("ucloud.uredis", "a", "hk", "gone", "old", 1, None)
    partial = SourceError(GapReason.INCOMPLETE, "3 of 4 rows")
    source = FakeSource({HK: [good()]})
    source.items = {HK: [good(), orphan, partial]}
    found = run(source)
    assert found.orphans == (orphan,)
    assert [g.reason for g in found.gaps] == [GapReason.INCOMPLETE]


@pytest.mark.parametrize(
    ("items", "reasons"),
    [
        ({HK: []}, [GapReason.EMPTY]),
        ({}, [GapReason.EMPTY]),
        ({HK: [REFUSED]}, [GapReason.REFUSED]),
        ({HK: [good()]}, []),
    ],
)
def test_finding_less_than_expected_is_a_gap_unless_another_gap_says_why(
    items: Any, reasons: list[GapReason]
) -> None:
    assert [g.reason for g in run(FakeSource(items)).gaps] == reasons


def test_select_asks_for_no_orphans_and_says_nothing_about_the_rest() -> None:
    source = FakeSource({HK: [good("a"), good("b")], SG: [good("c")]})
    found = run(source, select=selector_of({"id": "a", "region": "hk"}))
    assert source.orphans_asked == [False]
    assert found.notices == ()
    assert [a.resource.id for a in found.assessments] == []


@pytest.mark.parametrize("select", [None, selector_of({"region": "*"})])
def test_an_audit_of_what_is_selected_says_that_it_is_a_part(select: Selector | None) -> None:
    found = run(FakeSource({HK: [good()]}), select=select)
    assert found.is_partial is (select is not None)


def test_a_policy_that_matches_nothing_is_a_notice() -> None:
    free = History.of(resource(name="free-x"), [])
    (notice,) = run(FakeSource({HK: [free]})).notices
    assert notice.kind == "policy-matches-nothing"
    assert notice.detail.endswith(" governs no resource")
    (notice,) = run(FakeSource({HK: [free], SG: [REFUSED]})).notices
    assert notice.detail.endswith(" governs no resource that could be seen")


@pytest.mark.parametrize(
    ("items", "state"),
    [
        ({HK: [good()]}, ExemptionState.UNUSED),
        ({HK: [good()], SG: [REFUSED]}, ExemptionState.ACTIVE),
    ],
)
def test_that_an_exemption_matches_nothing_is_only_said_when_all_was_seen(
    items: dict[Scope, list[Any]], state: ExemptionState
) -> None:
    policies = load(
        "version: 1\nsources: [ucloud.uredis]\n"
        "policies: [{name: a, match: {}, rules: {auto_backup: {}}}]\n"
        "exemptions: [{match: {id: gone}, owner: a, reason: b, until: 2027-12-31}]\n",
        "p.yaml",
        compose.kinds(),
    )
    (use,) = run(FakeSource(items), policies=policies).exemptions
    assert (use.state, use.resources, use.findings) == (state, 0, 0)


def test_scopes_after_the_deadline_are_not_begun() -> None:
    source = FakeSource({HK: [good()]})
    found = run(source, world=outside(deadline=1.0, monotonic=stepping(2.0)))
    assert [g.reason for g in found.gaps] == [GapReason.DEADLINE]
    assert source.closed == []


def test_the_watcher_sees_every_step() -> None:
    watcher = FakeWatcher()
    run(FakeSource({HK: [good("a"), good("b")], SG: []}), watcher=watcher)
    assert (watcher.scopes, watcher.resources, len(watcher.results)) == (2, 2, 2)
