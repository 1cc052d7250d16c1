"""Days and a range of hours are a schedule, or not told; never a part of one."""

import pytest
from backup_auditor.sources.ucloud.client.weekly import daily, flagged, weekly
from cronsim import CronSim

from tests.builders import NOW, SHANGHAI


@pytest.mark.parametrize(
    ("days", "span", "cron"),
    [
        ("1,2,3,4,5,6,7", "3:00~4:00", "0 3 * * *"),
        ("7,6,5,4,3,2,1", "03:00~04:00", "0 3 * * *"),
        ("3,7", "5:00~6:00", "0 5 * * 0,3"),
        ("1", "23:45~0:45", "45 23 * * 1"),
        (" 2 , 4 ", "0:05 ~ 1:05", "5 0 * * 2,4"),
        ("2,2", "3:00-4:00", "0 3 * * 2"),
    ],
)
def test_what_is_clear_is_a_schedule(days: str, span: str, cron: str) -> None:
    found = weekly(days, span, "Asia/Shanghai")
    assert found is not None
    assert (found.cron, found.timezone) == (cron, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("days", "span"),
    [
        ("", "3:00~4:00"),
        ("0", "3:00~4:00"),
        ("1,8", "3:00~4:00"),
        ("1,,2", "3:00~4:00"),
        ("Mon", "3:00~4:00"),
        ("1234567", "3:00~4:00"),
        ("1", ""),
        ("1", "3"),
        ("1", "3:00"),
        ("1", "24:00~1:00"),
        ("1", "3:60~4:00"),
        ("1", "at 3:00~4:00"),
        ("1", "٣:00~4:00"),
    ],
)
def test_what_is_not_clear_is_not_told(days: str, span: str) -> None:
    assert weekly(days, span, "UTC") is None


def test_seven_is_sunday() -> None:
    found = weekly("7", "3:00~4:00", "Asia/Shanghai")
    assert found is not None
    assert next(CronSim(found.cron, NOW.astimezone(SHANGHAI))).strftime("%a %H:%M") == "Sun 03:00"


@pytest.mark.parametrize(
    ("hour", "cron"),
    [(0, "0 0 * * *"), (23, "0 23 * * *"), (24, None), (-1, None), (None, None)],
)
def test_an_hour_is_a_schedule_of_every_day(hour: int | None, cron: str | None) -> None:
    found = daily(hour, "Asia/Shanghai")
    assert (found and found.cron) == cron
    assert found is None or found.timezone == "Asia/Shanghai"


def test_the_last_flag_is_sunday_and_the_first_one_saturday() -> None:
    found = {}
    for flags in ("0000001", "1000000", "10"):
        schedule = flagged(flags, 3, "Asia/Shanghai")
        assert schedule is not None
        ticks = CronSim(schedule.cron, NOW.astimezone(SHANGHAI))
        found[flags] = next(ticks).strftime("%a %H:%M")
    assert found == {"0000001": "Sun 03:00", "1000000": "Sat 03:00", "10": "Mon 03:00"}


@pytest.mark.parametrize("flags", ["", "0000000", "0", "2", "11111111", "1 1", "-1", "\u0661"])
def test_flags_that_are_not_clear_are_not_told(flags: str) -> None:
    assert flagged(flags, 3, "UTC") is None
