"""What the JSON says of earlier audits: since when, in how many, what is new and what is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from backup_auditor.model import (
    Changes,
    Check,
    GapKey,
    GapReason,
    Known,
    Outcome,
    Scope,
    Severity,
    Vanished,
)
from backup_auditor.report.build import build
from backup_auditor.report.changed import of_changes, of_finding, of_vanished, since
from backup_auditor.report.contract import to_document
from backup_auditor.report.cut import cut, cut_all

from tests.builders import before, resource
from tests.contract import assert_valid
from tests.memory.days import RULE, SCOPE, print_of
from tests.report import samples

ONE = print_of("a")


def known(first: datetime, trail: str = "1") -> Known:
    """Return a finding about ``a`` that three audits have found."""
    return Known(SCOPE, "a", RULE, Severity.HIGH, Outcome.FAIL, first, 3, trail)


def check(began: datetime | None, outcome: Outcome = Outcome.FAIL) -> Check:
    """Return what is found about ``a``."""
    return Check(RULE, outcome, Severity.HIGH, "late", since=began)


@pytest.mark.parametrize(
    ("by_data", "by_audits", "expected"),
    [
        (None, None, None),
        ("3d", None, "3d"),
        (None, "2d", "2d"),
        ("3d", "2d", "3d"),
        ("1d", "2d", "2d"),  # what the provider has pruned shows only the younger end
    ],
)
def test_a_finding_holds_since_the_earlier_of_data_and_audits(
    by_data: str | None, by_audits: str | None, expected: str | None
) -> None:
    past = known(before(by_audits)) if by_audits else None
    began = before(by_data) if by_data else None
    assert since(check(began), past) == (before(expected) if expected else None)


@pytest.mark.parametrize(
    ("outcome", "is_known", "prints"),
    [
        (Outcome.FAIL, False, [ONE, None, None]),
        (Outcome.FAIL, True, [ONE, 3, "2026-11-22T06:07:00Z"]),
        (Outcome.PASS, False, [None, None, None]),
        (Outcome.PASS, True, [ONE, 3, "2026-11-22T06:07:00Z"]),  # it is resolved
    ],
)
def test_a_pass_has_a_fingerprint_only_where_it_resolves_a_finding(
    outcome: Outcome, is_known: bool, prints: list[object]
) -> None:
    changes = Changes(known={ONE: known(before("2d"))} if is_known else {})
    row = of_finding(check(None, outcome), resource("a"), changes)
    assert [row["fingerprint"], row["audits"], row["first_found_at"]] == prints


def test_without_an_audit_before_nothing_is_said_to_be_new() -> None:
    document = to_document(samples.failing())
    changes = document["changes"]
    assert changes["compared_with"] is None
    assert not any(changes[kind] for kind in ("new", "worse", "resolved", "ongoing", "lapsed"))
    assert document["vanished"] == []


def test_every_change_is_told() -> None:
    gone = Vanished(Scope("ucloud.uredis", "org", "hk"), "r-1", "prod-a", before("1d"))
    changes = Changes(
        *("run-1", before("1d"), ("1",), ("2",), ("3",), ("4",), ("5",)),
        vanished=(gone,),
        appeared=2,
        new_gaps=(GapKey("ucloud.uredis", "org", "sg", GapReason.REFUSED),),
        known={ONE: known(before("2d"), trail="010101")},
    )
    assert of_changes(changes) == {
        "compared_with": "run-1",
        "compared_at": "2026-11-23T06:07:00Z",
        "new": ["1"],
        "worse": ["2"],
        "resolved": ["3"],
        "ongoing": ["4"],
        "lapsed": ["5"],
        "flapping": [ONE],
        "appeared": 2,
        "new_gaps": [
            {"source": "ucloud.uredis", "account": "org", "region": "sg", "reason": "refused"}
        ],
    }
    assert of_vanished(changes) == [
        {
            "id": "r-1",
            "source": "ucloud.uredis",
            "last_seen_at": "2026-11-23T06:07:00Z",
            "account": "org",
            "region": "hk",
            "name": "prod-a",
        }
    ]


@pytest.mark.parametrize("most", [4000, 6000, 20_000])
def test_changes_that_are_too_many_are_cut_and_it_says_how_many(most: int) -> None:
    prints = tuple(f"{number:016x}" for number in range(1000))
    gone = tuple(Vanished(SCOPE, f"r-{n}", "prod-a", before("1d")) for n in range(200))
    audit = samples.failing().audit
    changes = Changes("run-1", before("1d"), prints, resolved=prints, vanished=gone)
    document = to_document(build(replace(audit, changes=changes)))
    assert_valid(document)
    small = cut_all(document, most)
    assert_valid(small)
    assert len(json.dumps(small, separators=(",", ":"))) <= most
    new, resolved = small["changes"]["new"], small["changes"]["resolved"]
    assert len(new) == len(resolved) < 1000
    left = 2000 - 2 * len(new)
    notices: list[dict[str, Any]] = small["notices"]
    said = f"{left} of 2000 entries of changes are left out of this document"
    assert {"kind": "cut", "detail": said} in notices
    assert len(cut(document, most)["changes"]["new"]) == len(new)


def test_many_that_vanished_leave_room_for_the_worst_resources() -> None:
    gone = tuple(Vanished(SCOPE, f"r-{n}", "prod-a" * 20, before("1d")) for n in range(2000))
    changes = Changes("run-1", before("1d"), vanished=gone)
    document = to_document(build(replace(samples.failing().audit, changes=changes)))
    small = cut(document, 40_000)
    assert_valid(small)
    assert len(json.dumps(small, separators=(",", ":"))) <= 40_000
    assert small["resources"] == document["resources"]
    kept = len(small["vanished"])
    assert 0 < kept < 2000
    said = f"{2000 - kept} of 2000 vanished are left out of this document"
    assert {"kind": "cut", "detail": said} in small["notices"]
