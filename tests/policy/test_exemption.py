"""Exemptions: when they begin to matter, when they end, and what they never cover."""

from datetime import UTC, date, datetime, timedelta

import pytest
from backup_auditor.compose import kinds
from backup_auditor.model import ExemptionState
from backup_auditor.policy.exemption import EXPIRES_SOON, Exemption
from backup_auditor.policy.load import load

MICROSECOND = timedelta(microseconds=1)
END = datetime(2026, 12, 31, 16, tzinfo=UTC)
"""The end of 31 December 2026 in Shanghai."""
KINDS = kinds()


def exemption(
    more: str = "", *, zone: str = "Asia/Shanghai", until: str = "2026-12-31"
) -> Exemption:
    """Return the exemption of a policy, with ``more`` lines."""
    text = (
        f"version: 1\ntimezone: {zone}\nsources: [ucloud.uredis]\n"
        "policies: [{name: a, match: {}, rules: {last_success_age: {max: 26h}, size_drift: {}}}]\n"
        "exemptions:\n  - match: {id: uredis-1}\n    owner: jane\n    reason: moved\n"
        f"    until: {until}\n{more}"
    )
    return load(text, "p.yaml", KINDS).exemptions[0]


@pytest.mark.parametrize(
    ("zone", "until", "end"),
    [
        ("Asia/Shanghai", "2026-12-31", datetime(2026, 12, 31, 16, tzinfo=UTC)),
        ("UTC", "2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("America/New_York", "2026-12-31", datetime(2027, 1, 1, 5, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-28", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("Asia/Shanghai", "2028-02-29", datetime(2028, 2, 29, 16, tzinfo=UTC)),
        ("Pacific/Kiritimati", "2026-12-31", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("UTC", "2999-12-31", datetime(3000, 1, 1, tzinfo=UTC)),
    ],
)
def test_it_ends_with_its_day_in_the_time_zone(zone: str, until: str, end: datetime) -> None:
    """``until`` ends at the end of that day in ``timezone``; days may have 23 or 25 hours."""
    found = exemption(zone=zone, until=until)
    assert found.ends_at == end
    assert not found.is_expired(end - MICROSECOND)
    assert found.is_expired(end)
    assert found.is_expired(end + MICROSECOND)


@pytest.mark.parametrize(
    ("now", "resources", "state"),
    [
        (END - EXPIRES_SOON - MICROSECOND, 1, ExemptionState.ACTIVE),
        (END - EXPIRES_SOON, 1, ExemptionState.EXPIRING),
        (END - MICROSECOND, 1, ExemptionState.EXPIRING),
        (END, 1, ExemptionState.EXPIRED),
        (END + timedelta(days=400), 1, ExemptionState.EXPIRED),
        (END - timedelta(days=400), 1, ExemptionState.ACTIVE),
        (END - timedelta(days=400), 0, ExemptionState.UNUSED),
        (END - EXPIRES_SOON, 0, ExemptionState.UNUSED),
        (END - MICROSECOND, 0, ExemptionState.UNUSED),
        (END, 0, ExemptionState.EXPIRED),
        (END - timedelta(days=400), 7, ExemptionState.ACTIVE),
    ],
)
def test_its_state_changes_at_the_very_instant(
    now: datetime, resources: int, state: ExemptionState
) -> None:
    """Active, expiring within 14 days, expired, matching nothing."""
    assert exemption().state(now, resources) is state


def test_it_is_soon_over_for_fourteen_days() -> None:
    assert timedelta(days=14) == EXPIRES_SOON


BEFORE = END - timedelta(days=1)


@pytest.mark.parametrize(
    ("rules", "rule", "is_covered"),
    [
        ("", "size_drift", True),
        ("", "last_success_age", True),
        ("    rules: [size_drift]\n", "size_drift", True),
        ("    rules: [size_drift]\n", "last_success_age", False),
        ("    rules: [last_success_age, size_drift]\n", "size_drift", True),
    ],
)
def test_it_covers_its_rules_and_without_any_all(
    rules: str, rule: str, *, is_covered: bool
) -> None:
    """``rules`` left out = all rules."""
    assert exemption(rules).covers(rule, BEFORE, BEFORE) is is_covered
    assert exemption(rules).covers(rule, None, BEFORE) is is_covered


def test_it_covers_nothing_from_its_end_on() -> None:
    found = exemption("    rules: [size_drift]\n")
    assert found.covers("size_drift", None, END - MICROSECOND)
    assert not found.covers("size_drift", None, END)
    assert not exemption().covers("size_drift", BEFORE, END)


BEGAN = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(hours=8)
"""The start of 1 October 2026 in Shanghai."""


@pytest.mark.parametrize(
    ("since", "is_covered"),
    [
        (BEGAN - MICROSECOND, True),
        (BEGAN, False),
        (BEGAN + MICROSECOND, False),
        (BEGAN - timedelta(days=99), True),
        (None, False),
    ],
)
def test_began_before_covers_only_what_was_broken_by_then(
    since: datetime | None, *, is_covered: bool
) -> None:
    """A fault whose beginning is not known is not covered: unseen is never fine."""
    found = exemption("    began_before: 2026-10-01\n")
    assert found.began_before == BEGAN
    assert found.covers("size_drift", since, BEFORE) is is_covered


def test_a_fault_that_it_covers_must_be_of_its_rules_and_old_enough() -> None:
    found = exemption("    rules: [size_drift]\n    began_before: 2026-10-01\n")
    old, new = BEGAN - MICROSECOND, BEGAN
    assert found.covers("size_drift", old, BEFORE)
    assert not found.covers("error_state", old, BEFORE)
    assert not found.covers("size_drift", new, BEFORE)
    assert not found.covers("size_drift", old, END)


def test_it_says_who_answers_until_when_and_why() -> None:
    found = exemption()
    assert found.say() == "jane until 2026-12-31: moved"
    assert found.until == date(2026, 12, 31)
    assert (found.rules, found.began_before) == ((), None)
    assert str(found.place) == "p.yaml:6:5"
    assert found.selector.globs == {"id": ("uredis-1",)}
