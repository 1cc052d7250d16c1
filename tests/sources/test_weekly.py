"""Days and a range of hours are a schedule, or not told; never a part of one."""

import pytest
from backup_auditor.sources.ucloud.client.weekly import weekly
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
