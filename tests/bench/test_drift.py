"""What ``make drift`` counts, and that its page is the one that it would write."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.bench.drift import FOLDER
from tests.bench.drift_count import (
    DEFAULTS,
    SERIES_OF_A_KIND,
    SETTINGS,
    Setting,
    Tally,
    count,
    simulate,
)
from tests.bench.drift_page import cells, opening, page
from tests.bench.drift_plot import plot
from tests.bench.drift_series import CALM, FIRST_FAULT, KINDS, Series, series

PAGE = (FOLDER / "size_drift.md").read_text("utf-8")
DULL = replace(DEFAULTS, shrink="95%", growth="900%")
TEN = [100] * 10


def counted(
    kind: str, sizes: Sequence[int], calm: Sequence[int], wrong: range, setting: Setting = DEFAULTS
) -> tuple[int, int, int]:
    """Return good days, false alarms and misses of one steady series under one setting."""
    tally = Tally()
    count(Series(kind, "steady", tuple(sizes), tuple(calm), wrong), [setting.options], [tally])
    missed = tally.missed[kind, "steady"]
    assert tally.faults[kind, "steady"] == bool(wrong)
    return tally.good_days["steady"], tally.alarms["steady"], missed


def test_an_alarm_on_a_good_day_is_false() -> None:
    jumps = [*TEN, 300, *TEN, 40, *TEN]
    assert counted("steady", TEN, TEN, range(0)) == (10, 0, 0)
    assert counted("steady", jumps, jumps, range(0)) == (32, 2, 0)
    assert counted("steady", jumps, jumps, range(0), DULL) == (32, 0, 0)


def test_an_alarm_after_a_fault_is_false_and_one_on_its_day_is_not() -> None:
    """The jump comes after the fault is over."""
    sizes, calm = [*TEN, 10, 100, 300, 100], [*TEN, 100, 100, 300, 100]
    assert counted("drop", sizes, calm, range(10, 11)) == (13, 1, 0)
    assert counted("drop", sizes, calm, range(10, 11), DULL) == (13, 0, 1)


@pytest.mark.parametrize(
    ("kind", "start", "missed"),
    [("drop", 10, 0), ("drop", 9, 1), ("doubling", 8, 0), ("doubling", 7, 1), ("decay", 7, 0)],
)
def test_a_fault_is_missed_when_no_alarm_comes_in_time(kind: str, start: int, missed: int) -> None:
    """The one alarm comes on day 10."""
    sizes, calm = [*TEN, 10, 100, 100, 100], [100] * 14
    assert counted(kind, sizes, calm, range(start, 14)) == (start, 0, missed)


def test_an_alarm_that_comes_without_the_fault_as_well_notices_nothing() -> None:
    calm = [*TEN, 10, 100]
    assert counted("drop", [*TEN, 5, 100], calm, range(10, 11)) == (11, 0, 1)


def test_rates_are_those_of_1000_good_days_and_100_faults() -> None:
    tally = Tally()
    tally.good_days.update(steady=300, weekly=200)
    tally.alarms.update(weekly=5)
    tally.faults.update({("drop", "steady"): 3, ("drop", "weekly"): 1})
    tally.missed.update({("drop", "weekly"): 1})
    assert (tally.alarm_rate("steady"), tally.alarm_rate("weekly")) == (0, 25)
    assert tally.alarm_rate("steady", "weekly") == 10
    assert (tally.miss_rate("drop"), tally.miss_rate("drop", bases=["weekly"])) == (25, 100)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_changes_nothing_but_its_days(kind: str) -> None:
    for number in range(8):
        one = series(kind, number)
        assert one == series(kind, number)
        assert one.base == (kind if kind in CALM else tuple(CALM)[number % 4])
        changed = [d for d, size in enumerate(one.sizes) if size != one.calm[d]]
        assert set(changed) <= set(one.wrong)
        assert bool(changed) is (kind not in CALM)
        assert min(one.sizes) > 0
        assert 70 <= len(one.sizes) <= 120
        assert not one.wrong or one.wrong.start >= FIRST_FAULT


def test_the_series_are_the_same_on_every_machine() -> None:
    assert series("restless", 0).sizes[:3] == (4956295309, 9755711274, 9690904576)
    assert series("decay", 1).sizes[-3:] == (3046069330, 3088983461, 3088392897)


def test_every_setting_is_asked_about_every_series() -> None:
    for tally in simulate(SETTINGS[:2], 1):
        assert set(tally.good_days) == set(CALM)
        assert sum(tally.faults.values()) == 3


def test_the_page_is_about_these_series_and_these_settings() -> None:
    """Its figures take minutes; that they belong to what stands here takes none."""
    assert PAGE.startswith(opening(SERIES_OF_A_KIND))
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(SETTINGS)
    for row, setting in zip(rows, SETTINGS, strict=True):
        assert row.startswith(cells(setting))


def test_the_plot_has_a_mark_and_a_number_for_every_setting() -> None:
    drawn = plot(dict.fromkeys(SETTINGS, simulate(SETTINGS[:1], 4)[0]))
    stored = (FOLDER / "size_drift.svg").read_text("utf-8")
    for text in (drawn, stored):
        for number in range(1, len(SETTINGS) + 1):
            assert f">{number}</text>" in text
    assert stored.count('class="mark') == drawn.count('class="mark')


def test_a_sentence_that_the_figures_do_not_bear_out_stops_the_page() -> None:
    alike = dict.fromkeys(SETTINGS, simulate(SETTINGS[:1], 4)[0])
    with pytest.raises(SystemExit, match=": tight percentages suit"):
        page(alike, 4)
