"""When an exemption holds, and for what."""

from datetime import UTC, date, datetime, timedelta

import pytest
from backup_auditor.model import ExemptionState, Place
from backup_auditor.policy.exemption import Exemption
from backup_auditor.policy.selector import Selector

ENDS = datetime(2026, 12, 31, 16, tzinfo=UTC)  # the end of that day in Shanghai
BEFORE = datetime(2026, 11, 23, 16, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
NOW = ENDS - timedelta(days=30)


def exemption(rules: tuple[str, ...] = (), began_before: datetime | None = None) -> Exemption:
    """Return an exemption until the last day of the year."""
    return Exemption(
        selector=Selector(),
        rules=rules,
        owner="jane@example.com",
        reason="ticket OPS-1234",
        until=date(2026, 12, 31),
        ends_at=ENDS,
        began_before=began_before,
        place=Place("p.yaml", 1, 1),
    )


@pytest.mark.parametrize(
    ("now", "resources", "state"),
    [
        (ENDS - timedelta(days=14) - INSTANT, 1, ExemptionState.ACTIVE),
        (ENDS - timedelta(days=14), 1, ExemptionState.EXPIRING),
        (ENDS - INSTANT, 1, ExemptionState.EXPIRING),
        (ENDS, 1, ExemptionState.EXPIRED),
        (ENDS + timedelta(days=365), 5, ExemptionState.EXPIRED),
        (NOW, 0, ExemptionState.UNUSED),
        (ENDS - INSTANT, 0, ExemptionState.UNUSED),
        (ENDS, 0, ExemptionState.EXPIRED),
    ],
)
def test_states_are_active_expiring_expired_and_matching_nothing(
    now: datetime, resources: int, state: ExemptionState
) -> None:
    assert exemption().state(now, resources) is state
    assert exemption().is_expired(now) is (state is ExemptionState.EXPIRED)


@pytest.mark.parametrize(
    ("rules", "began_before", "since", "now", "covered"),
    [
        ((), None, None, NOW, True),
        ((), None, NOW, ENDS - INSTANT, True),
        ((), None, NOW, ENDS, False),
        (("rpo",), None, None, NOW, True),
        (("size_drift", "rpo"), None, None, NOW, True),
        (("size_drift",), None, None, NOW, False),
        ((), BEFORE, BEFORE - INSTANT, NOW, True),
        ((), BEFORE, BEFORE, NOW, False),
        ((), BEFORE, None, NOW, False),
        (("rpo",), BEFORE, BEFORE - INSTANT, NOW, True),
        (("size_drift",), BEFORE, BEFORE - INSTANT, NOW, False),
        (("rpo",), BEFORE, BEFORE - INSTANT, ENDS, False),
    ],
)
def test_it_covers_its_rules_until_its_end_and_older_faults_only_where_it_says_so(
    rules: tuple[str, ...],
    began_before: datetime | None,
    since: datetime | None,
    now: datetime,
    covered: bool,
) -> None:
    assert exemption(rules, began_before).covers("rpo", since, now) is covered


def test_it_says_who_answers_how_long_and_why() -> None:
    assert str(exemption()) == "jane@example.com until 2026-12-31: ticket OPS-1234"
