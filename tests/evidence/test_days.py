"""Which days lack an audit, and where it took too long."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.evidence.days import Calendar, Span, spans

HOUR = timedelta(hours=1)


def at(day: int, hour: int = 6) -> datetime:
    """Return an instant in November."""
    return datetime(2026, 11, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def on(*days: int) -> list[date]:
    """Return days of November."""
    return [date(2026, 11, day) for day in days]


@pytest.mark.parametrize(
    ("audits", "now", "first", "last", "expected"),
    [
        ([at(1), at(2), at(3)], at(3, 9), None, None, []),
        ([at(1), at(3)], at(3, 9), None, None, [2]),
        ([at(3)], at(3, 9), 1, None, [1, 2]),
        ([at(1)], at(2, 9), None, None, []),
        ([at(1)], at(2, 20), None, None, [2]),
        ([at(1)], at(5, 1), None, None, [2, 3, 4, 5]),
        ([at(1)], at(9), None, 3, [2, 3]),
        ([], at(3, 1), 1, None, [1, 2]),
        ([], at(3, 1), None, None, []),
        ([at(1)], at(3), 1, 30, [2, 3]),
    ],
)
def test_days_without_an_audit(
    audits: list[datetime],
    now: datetime,
    first: int | None,
    last: int | None,
    expected: list[int],
) -> None:
    days = [date(2026, 11, day) if day else None for day in (first, last)]
    calendar = Calendar(ZoneInfo("UTC"), timedelta(days=1), now, *days)
    assert calendar.missing(audits) == on(*expected)


def test_a_day_is_one_of_the_zone() -> None:
    calendar = Calendar(ZoneInfo("Asia/Shanghai"), timedelta(days=1), at(3, 15))
    assert calendar.missing([at(1, 15), at(1, 17), at(3, 15)]) == []
    assert calendar.missing([at(1, 15), at(3, 15)]) == on(2)


def test_waits_of_audits_that_are_due_more_often_or_more_rarely_than_daily() -> None:
    hourly = Calendar(ZoneInfo("UTC"), HOUR, at(1, 9))
    assert hourly.waits([at(1, 1), at(1, 2), at(1, 5), at(1, 6)]) == [
        (at(1, 2), at(1, 5)),
        (at(1, 6), at(1, 9)),
    ]
    weekly = Calendar(ZoneInfo("UTC"), 7 * 24 * HOUR, at(30))
    assert weekly.missing([at(1), at(8)]) == []
    assert weekly.waits([at(1), at(8), at(25)]) == [(at(8), at(25))]
    daily = Calendar(ZoneInfo("UTC"), 24 * HOUR, at(30))
    assert daily.waits([at(1), at(25)]) == []


def test_days_in_a_row_are_one_span() -> None:
    found = spans(on(1, 2, 3, 5, 8, 9))
    assert list(map(str, found)) == [
        "2026-11-01 to 2026-11-03",
        "2026-11-05",
        "2026-11-08 to 2026-11-09",
    ]
    assert [len(span) for span in found] == [3, 1, 2]
    assert list(found[2]) == on(8, 9)
    assert spans([]) == []
    assert Span(*on(1, 1)) == Span(*on(1, 1))
