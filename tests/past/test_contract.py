"""The JSON Schema of a report on a range of days: all that it says, and nothing else."""

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.evidence.days import DAY, Calendar, Span
from backup_auditor.model import Severity
from backup_auditor.past.compliance import (
    Breach,
    BreachEnd,
    Compliance,
    ExemptionUsed,
    PolicyChange,
    ResourceShare,
    share_of,
)
from backup_auditor.past.renderings import to_fields

from tests.past.contract import VALIDATOR, deviations

NOW = datetime(2026, 11, 7, 6, tzinfo=UTC)
SPAN = Span(date(2026, 11, 1), date(2026, 11, 7))
LETTERS = "pxnuf- "
"""A day of each."""
KEY = ("ucloud.uredis", "org-test", "cn-bj2", "a")
NOTHING = Compliance(
    set_name="shop",
    calendar=Calendar(ZoneInfo("UTC"), DAY, NOW),
    span=SPAN,
    language="en",
    audits=0,
    partial=0,
    policies={},
    resources=[],
    breaches=[],
    exemptions=[],
    not_audited=[SPAN],
    policy_changes=[],
    unreadable=[],
)
EVERYTHING = Compliance(
    set_name="shop",
    calendar=Calendar(ZoneInfo("Asia/Shanghai"), DAY, NOW),
    span=SPAN,
    language="zh-CN",
    audits=6,
    partial=1,
    policies={"daily": share_of(LETTERS), "idle": share_of("")},
    resources=[
        ResourceShare(KEY, "a", "daily", "jane", LETTERS, share_of(LETTERS)),
        ResourceShare(KEY, "b", "", "", " " * 7, share_of("")),
    ],
    breaches=[
        Breach(KEY, "a", "daily", "jane", "rpo", severity, "late", NOW, ended_at, end, 1)
        for severity in Severity
        for end, ended_at in zip(BreachEnd, (NOW, NOW, NOW, None), strict=True)
    ],
    exemptions=[ExemptionUsed("jane", "is moved", SPAN.last, SPAN.first, SPAN.last, 7, 1, 2)],
    not_audited=[SPAN],
    policy_changes=[PolicyChange(NOW, "sha256:0", "sha256:1")],
    unreadable=["audits/shop/x: it is cut off"],
)


@pytest.mark.parametrize("found", [NOTHING, EVERYTHING], ids=["nothing", "everything"])
def test_a_report_keeps_the_schema(found: Compliance) -> None:
    assert deviations(to_fields(found)) == []


def test_the_schema_is_one() -> None:
    VALIDATOR.check_schema(VALIDATOR.schema)


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every value; of a list the first element stands for all."""
    inside: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value[:1]))
    for name, one in inside:
        yield (*at, name)
        yield from places(one, (*at, name))


FIELDS = to_fields(EVERYTHING)
PLACES = list(places(FIELDS))


def changed(place: tuple[str | int, ...]) -> tuple[dict[str, Any], Any]:
    """Return a report to change, and what in it holds the value at ``place``."""
    document = copy.deepcopy(FIELDS)
    holder: Any = document
    for step in place[:-1]:
        holder = holder[step]
    return document, holder


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_whatever_is_of_another_kind_missing_or_not_known_is_found(
    place: tuple[str | int, ...],
) -> None:
    document, holder = changed(place)
    holder[place[-1]] = True
    assert deviations(document), "another kind"
    if isinstance(holder, dict):
        del holder[place[-1]]
        assert deviations(document), "missing"
        document, holder = changed(place)
        holder["more"] = 1
        assert deviations(document), "not known"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema_version",), 2),
        (("first",), "2026-11-31"),
        (("share", "share"), 1.1),
        (("resources", 0, "standing"), "ppq"),
        (("breaches", 0, "severity"), "dire"),
        (("breaches", 0, "end"), "over"),
    ],
    ids=str,
)
def test_a_value_that_there_is_not_is_found(place: tuple[str | int, ...], value: object) -> None:
    document, holder = changed(place)
    holder[place[-1]] = value
    (deviation,) = deviations(document)
    assert str(place[-1]) in deviation
