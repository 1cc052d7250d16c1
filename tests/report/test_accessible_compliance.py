"""axe-core finds nothing wrong with the report on a range of days, light, dark, wide or narrow."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.evidence.days import Calendar, Span
from backup_auditor.model import AuditVerdict, ExemptionState, Gap, GapReason, Outcome, Severity
from backup_auditor.past.compliance import Compliance
from backup_auditor.past.renderings import to_html
from backup_auditor.past.seen import Fault, Seen, SeenExemption, SeenResource
from backup_auditor.past.tally import Tally
from backup_auditor.record import Damaged
from backup_auditor.report.html import page_html

from tests.report.conftest import Open
from tests.report.test_accessible import ASKED, AXE, CHECK

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> \u202e evil"


def seen(day: int) -> Seen:
    """Return an audit of two resources, of which one fails on odd days."""
    faults = (
        (
            Fault(
                "rpo", Outcome.FAIL, Severity.HIGH, HOSTILE, "print", is_exempt=day > 6, since=None
            ),
        )
        if day % 2
        else ()
    )
    made = [
        SeenResource(
            ("s", "a", "r", "1"),
            HOSTILE,
            "gold",
            "jane",
            Outcome.FAIL if faults and day <= 6 else Outcome.PASS,
            faults,
            None,
            None,
        ),
        SeenResource(("s", "a", "r", "2"), "prod-2", None, "", Outcome.PASS, (), None, None),
    ]
    return Seen(
        run=f"run-{day}",
        at=START + timedelta(days=day),
        is_partial=False,
        verdict=AuditVerdict.FAIL,
        counts={},
        changes=None,
        policy_digest=f"sha256:{day // 4}",
        version="0.1.0",
        language="en",
        gaps=(Gap("s", "a", "q", GapReason.REFUSED, "no"),),
        exemptions=(
            SeenExemption("jane", HOSTILE, date(2026, 12, 1), ExemptionState.ACTIVE, 1, day % 2),
        ),
        resources={one.key: one for one in made},
    )


def found(*days: int) -> Compliance:
    """Return what ten days make of which these were audited."""
    now = START + timedelta(days=9, hours=1)
    span = Span(date(2026, 11, 1), date(2026, 11, 10))
    tally = Tally(
        "shop", Calendar(ZoneInfo("UTC"), timedelta(days=1), now, *(span.first, span.last)), span
    )
    for day in days:
        tally.take(seen(day))
    if days:
        tally.take(Damaged("audits/x", HOSTILE))
    return tally.done()


def page(*days: int) -> str:
    """Return the report on these days."""
    return to_html(found(*days))


def test_no_day_is_asked_for_where_no_policy_applies() -> None:
    shares = {one.name: one.share.days for one in found(0, 1, 2, 5, 7, 9).resources}
    assert shares == {HOSTILE: 10, "prod-2": 0}


def test_names_are_escaped() -> None:
    text = page(0, 1, 3, 7)
    assert "<script" not in text
    assert "\u202e" not in text


@pytest.mark.browser
@pytest.mark.parametrize("days", [(), (0, 1, 2, 5, 7, 9)], ids=["empty", "full"])
def test_axe_finds_nothing(days: tuple[int, ...], opened: Open) -> None:
    tab = opened(page(*days))
    tab.ask("Runtime.evaluate", expression=AXE)
    for width, dark in product((380, 1200), (False, True)):
        tab.look(width, dark=dark)
        assert tab.run(CHECK % ASKED[page_html]) == []
