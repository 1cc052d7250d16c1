"""What history knows beyond the provider's list: to the letter, and never to anyone's favour."""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

import pytest
from backup_auditor.compose import kinds
from backup_auditor.judge import judge
from backup_auditor.memory.past import LEAST, LONGEST, MOST, look_back
from backup_auditor.memory.past_fields import read_columns, to_columns
from backup_auditor.model import (
    Assessment,
    BackupKind,
    BackupState,
    Day,
    DayState,
    Outcome,
    Past,
    Reach,
    Remembered,
    Verdict,
)
from backup_auditor.model.past import LARGEST_SIZE, LISTED, mark_of
from backup_auditor.policy.load import load
from backup_auditor.rules import Moment, backup_gap, load_rules, rpo
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders import NOW, SHANGHAI, backup, before, failed, resource, succeeded
from tests.builders import expired as lapsed
from tests.builders import history as history_of
from tests.memory.pasts import (
    FAILED,
    MIB,
    SUCCEEDED,
    Made,
    Provider,
    audited,
    history,
    hour,
    read_back,
)

RULES = load_rules()
RPO = rpo.Options.model_validate({"target": "26h", "within": "20d", "min": "99%"})
GAP = backup_gap.Options.model_validate({"max": "30h", "within": "20d"})
DAILY = [Made(24 * day) for day in range(40)]


@st.composite
def made(draw: st.DrawFn) -> list[Made]:
    """Draw backups of some weeks, the first one at hour 0."""
    spans = draw(st.lists(st.integers(1, 40), min_size=1, max_size=40))
    state = st.sampled_from([SUCCEEDED, SUCCEEDED, SUCCEEDED, FAILED])
    lasts = st.integers(0, 10)
    return [Made(at, draw(state), draw(lasts)) for at in accumulate(spans, initial=0)]


def at(number: int) -> Moment:
    """Return the moment of an hour."""
    return Moment(hour(number), SHANGHAI)


def verdicts(found: Any, number: int) -> tuple[Verdict, Verdict]:
    """Return what the two rules that ask about the past answer, without how they say it."""
    answers = (rpo.check(found, RPO, at(number)), backup_gap.check(found, GAP, at(number)))
    return tuple(replace(one, message="") for one in answers)  # type: ignore[return-value]


@given(
    made(),
    st.integers(100, 200),
    st.sampled_from([0, 0, 24]),
    st.integers(0, 100),
    st.lists(st.integers(1, 48), max_size=40),
)
def test_the_past_is_judged_as_by_a_provider_that_never_deletes(
    made: list[Made], keeps: int, expired_for: int, first: int, spans: list[int]
) -> None:
    provider = Provider(made, keeps, expired_for)
    hours = list(accumulate(spans, initial=first))
    found = audited(provider, hours)
    assume(found.usable)  # with nothing to restore both rules fail, whatever has been
    # Where the list was empty for a while, or all that was in it is gone, something may be missed.
    assume(all(_reaches(provider, *pair) for pair in pairwise(hours)))
    everything = history(provider.everything(hours[-1]))
    assert verdicts(found, hours[-1]) == verdicts(everything, hours[-1])


def _reaches(provider: Provider, earlier: int, later: int) -> bool:
    times = [b.taken_at for b in provider.listed(later) if b.taken_at]
    return bool(times) and min(times) <= hour(earlier)


def test_that_property_is_about_pasts_that_are_longer_than_the_list() -> None:
    found = audited(Provider(DAILY, keeps=72), range(6, 24 * 30, 24))
    assert (len(found.usable), len(found.remembered)) == (3, 27)
    verdict = rpo.check(found, RPO, at(24 * 30 - 18))
    assert verdict.outcome is Outcome.PASS
    assert verdict.message == (
        "there was a backup of at most 26 h for 100 % of the time; all of the last 20 d could be"
        " judged, with 17 backups remembered from earlier audits"
    )


@pytest.mark.parametrize("lost", [3, 5])
def test_a_day_without_a_backup_is_not_forgotten_with_the_list(lost: int) -> None:
    provider = Provider([one for one in DAILY if one.hour != 24 * lost], keeps=72)
    hours = list(range(6, 24 * 12, 24))
    without, with_ = history(provider.listed(hours[-1])), audited(provider, hours)
    assert backup_gap.check(without, GAP, at(hours[-1])).outcome is Outcome.PASS
    verdict = backup_gap.check(with_, GAP, at(hours[-1]))
    assert (verdict.outcome, verdict.observed) == (Outcome.FAIL, "2 d")


def test_absence_proves_nothing_where_a_backup_may_have_come_and_gone_unseen() -> None:
    provider = Provider(DAILY, keeps=48)
    hours = [*range(6, 24 * 8, 24), *range(6 + 24 * 13, 24 * 16, 24)]  # five days without audits
    found = audited(provider, hours)
    assert verdicts(found, hours[-1])[1].outcome is Outcome.PASS
    assert found.known_since == hour(24 * 12)
    assert len(found.remembered) == 8 + 2, "strips and sizes have them nevertheless"


def test_what_was_still_running_may_have_ended_well_unseen() -> None:
    reach = []
    for lasts in (0, 31):
        made = [Made(24), Made(48, lasts=lasts), Made(72), Made(96)]
        reach.append(audited(Provider(made, keeps=30), [50, 78, 101]).known_since)
    assert reach == [hour(24), None]


PASTS = st.lists(
    st.builds(
        Remembered,
        st.integers(-5000, 80_000).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        st.none() | st.integers(0, 2000).map(lambda n: n * MIB),
        st.sampled_from(BackupKind),
        st.sampled_from([*(mark_of(f"backup-{n}") for n in range(6)), ""]),
    ),
    max_size=12,
)
LISTS = st.lists(
    st.builds(
        lambda number, age, state, size: replace(
            backup(None, state, size), id=f"backup-{number}", taken_at=age
        ),
        st.integers(0, 8),
        st.none() | st.integers(-20, 60_000).map(lambda m: NOW - timedelta(minutes=m)),
        st.sampled_from(BackupState),
        st.none() | st.integers(0, 2000).map(lambda n: n * MIB),
    ),
    max_size=8,
)
OTHERS = """
version: 1
sources: [ucloud.uredis]
policies:
  - name: all
    match: {}
    rules:
      last_success_age: {max: 26h}
      error_state: {}
      minimum_size: {min: 1MiB}
      auto_backup: {}
      backup_count: {min: 3}
      retention: {min: 7d, max: 30d}
"""
POLICIES = load(OTHERS, "p.yaml", kinds())


@given(LISTS, PASTS, st.none() | st.integers(-50, 60_000))
def test_no_other_rule_knows_what_is_remembered(
    listed: list[Any], remembered: list[Remembered], since: int | None
) -> None:
    reach = None if since is None else NOW - timedelta(minutes=since)
    plain = history_of(*listed)
    found, _ = look_back(plain, Past.of(reach, NOW, remembered), NOW)
    moment = Moment(NOW, SHANGHAI)
    one, two = (judge(h, POLICIES, RULES, moment) for h in (plain, found))
    kept = {"days": (), "sizes": (), "points": one.points, "remembered": 0}
    assert replace(one, **kept) == replace(two, **kept)  # type: ignore[arg-type]  # by name
    assert two.remembered == sum(not r.mark for r in found.remembered)


@given(LISTS, PASTS)
def test_what_is_to_come_or_listed_as_anything_but_expired_is_not_remembered(
    listed: list[Any], remembered: list[Remembered]
) -> None:
    found, past = look_back(history_of(*listed), Past.of(None, NOW, remembered), NOW)
    assert all(one.taken_at <= NOW for one in (*found.remembered, *past))
    marks = {mark_of(b.id): b.state for b in found.backups}
    assert {marks[one.mark] for one in found.remembered if one.mark} <= {BackupState.EXPIRED}
    assert past.settled_at <= NOW
    assert past.since is None or past.since <= NOW


def yesterday(*backups: Any, settled: str = "1d") -> Past:
    """Return the past after an audit that listed these."""
    seen = [Remembered(b.taken_at, b.size_bytes, b.kind, mark_of(b.id)) for b in backups]
    return Past.of(before("20d"), before(settled), seen)


OLDEST, OLDER = succeeded("4d", id="a"), succeeded("3d", id="b")
FRESH = succeeded("25h", id="c")


@pytest.mark.parametrize(
    ("listed", "past", "ages"),
    [
        ([FRESH], yesterday(OLDEST, OLDER), ["3d", "4d"]),
        ([OLDER, FRESH], yesterday(OLDEST, OLDER), ["4d"]),
        # It was there in its time, and cannot be restored: as good as deleted.
        ([lapsed("4d", id="a"), FRESH], yesterday(OLDEST, OLDER), ["3d", "4d"]),
        # The provider says now that it was never one to rely on.
        ([failed("4d", id="a"), FRESH], yesterday(OLDEST, OLDER), ["3d"]),
        ([backup("4d", BackupState.UNKNOWN, id="a"), FRESH], yesterday(OLDEST, OLDER), ["3d"]),
        # The same backup under another id.
        ([failed("4d", id="z"), FRESH], yesterday(OLDEST, OLDER), ["3d"]),
        # Clocks were changed: the provider's, and ours.
        ([FRESH], yesterday(OLDEST, replace(FRESH, taken_at=before("33h"))), []),
        ([FRESH], yesterday(OLDEST, OLDER, settled="-1m"), []),
    ],
)
def test_what_is_listed_counts_as_it_is_listed(
    listed: list[Any], past: Past, ages: list[str]
) -> None:
    found, _ = look_back(history_of(*listed), past, NOW)
    assert [one.taken_at for one in found.remembered] == [before(age) for age in ages]


@pytest.mark.parametrize(
    ("past", "since"),
    [
        (yesterday(OLDER), "20d"),
        (yesterday(OLDER, settled="25h"), None),
        (yesterday(OLDER, settled="24h59m"), "20d"),
        (yesterday(OLDER, settled="-1m"), None),
        (None, None),
    ],
)
def test_the_window_goes_back_only_over_audits_that_follow_each_other(
    past: Past | None, since: str | None
) -> None:
    found, _ = look_back(history_of(succeeded("24h59m30s", id="c")), past, NOW)
    assert found.known_since == (before(since) if since else None)


def test_a_backup_deleted_before_its_time_covers_nothing() -> None:
    found, _ = look_back(history_of(succeeded("3d", id="b")), yesterday(OLDER, FRESH), NOW)
    plain = history_of(succeeded("3d", id="b"))
    assert [one.taken_at for one in found.remembered] == [before("25h")]
    moment = Moment(NOW, SHANGHAI)
    for rule, options in ((rpo, RPO), (backup_gap, GAP)):
        answers = [rule.check(h, options, moment) for h in (plain, found)]
        assert [one.outcome for one in answers] == [Outcome.FAIL, Outcome.FAIL]


def test_what_was_before_the_resource_was_made_is_of_another() -> None:
    listed = history_of(FRESH, of=resource(created_at=before("80h")))
    found, past = look_back(listed, yesterday(OLDEST, OLDER), NOW)
    assert [one.taken_at for one in found.remembered] == [before("3d")]
    assert len(list(past)) == 2


def test_old_backups_and_those_beyond_a_number_are_forgotten_and_the_window_ends_there() -> None:
    hourly = [Made(number) for number in range(200)]
    _, past = look_back(history(Provider(hourly, 300).listed(199)), None, hour(199))
    assert len(list(past)) == MOST
    assert past.since == hour(200 - MOST)
    aged, kept = look_back(history_of(FRESH), yesterday(succeeded("41d", id="o"), OLDER), NOW)
    assert [NOW - one.taken_at <= LONGEST for one in aged.remembered] == [True, False]
    assert [one.taken_at for one in kept] == [before("25h"), before("3d")]
    assert read_back(kept, NOW) == kept


@pytest.mark.parametrize(
    ("reach", "days", "sizes"),
    [
        (Reach(), 15, 14),
        (Reach(sizes=20), 20, 20),
        (Reach(timedelta(days=31)), 31, 14),
        (Reach(timedelta(days=99), sizes=99), 40, 40),
    ],
)
def test_as_much_is_remembered_as_rules_ask_for(reach: Reach, days: int, sizes: int) -> None:
    provider = Provider([Made(24 * day) for day in range(60)], 72)
    past: Past | None = None
    for number in range(6, 24 * 60, 24):
        listed = history(provider.listed(number))
        _, past = look_back(listed, past, hour(number), reach)
    assert past
    kept = list(past)
    assert len(kept) == days
    assert [one.size_bytes for one in kept] == [10 * MIB] * sizes + [None] * (days - sizes)
    assert [bool(one.mark) for one in kept[:4]] == [True, True, True, False]
    assert past.since == kept[-1].taken_at


def test_backups_that_come_seldom_are_remembered_by_number() -> None:
    """Else a size would never be held against enough others."""
    weekly = Provider([Made(168 * week) for week in range(9)], 72)
    found = audited(weekly, range(6, 168 * 8 + 30, 24), LEAST)
    assert len(found.remembered) == 5


def test_a_size_is_kept_as_it_was_told() -> None:
    sizes = [0, 1, 12_345_678_901, LARGEST_SIZE, LARGEST_SIZE + 1]
    seen = [Remembered(before("1h"), size, BackupKind.MANUAL) for size in sizes]
    kept = [one.size_bytes for one in read_back(Past.of(None, NOW, seen), NOW)]
    assert kept == [*sizes[:-1], LARGEST_SIZE]


@pytest.mark.parametrize("hours", [-8, -1, 8])
def test_nothing_is_remembered_across_a_change_of_the_providers_clock(hours: int) -> None:
    provider = Provider(DAILY, keeps=72)
    _, past = look_back(history(provider.listed(240)), None, hour(240))
    assert [one.mark for one in read_back(past, hour(240))][1:] == [LISTED] * 3
    for moved, remembered in ((0, 1), (hours, 0)):
        listed = [
            replace(b, taken_at=b.taken_at and b.taken_at + timedelta(hours=moved))
            for b in provider.listed(264)
        ]
        found, _ = look_back(history(listed), past, hour(264))
        assert len(found.remembered) == remembered
        assert (found.known_since is None) == bool(moved)


def assessed(*listed: Any, past: Past | None) -> Assessment:
    """Judge a resource with its past."""
    found, _ = look_back(history_of(*listed), past, NOW)
    return judge(found, POLICIES, RULES, Moment(NOW, SHANGHAI))


def test_a_strip_shows_what_is_only_remembered_as_such() -> None:
    past = yesterday(OLDEST, OLDER, succeeded("2d", id="d"))
    found = assessed(lapsed("4d", id="a"), failed("49h", id="e"), FRESH, past=past)
    assert found.days[-5:] == (
        Day(found.days[-5].date, DayState.EXPIRED),  # it is listed, as that
        Day(found.days[-4].date, DayState.REMEMBERED),
        Day(found.days[-3].date, DayState.REMEMBERED),  # the failed one is of this day as well
        Day(found.days[-2].date, DayState.SUCCEEDED),
        Day(found.days[-1].date, DayState.MISSING),
    )
    assert (found.backups, found.remembered) == (3, 2)
    assert [p.is_remembered for p in found.points] == [False, True, False, True, False]


def test_sizes_go_back_beyond_the_list() -> None:
    past = yesterday(succeeded("4d", 30 * MIB, id="a"), succeeded("3d", 20 * MIB, id="b"))
    assert assessed(FRESH, past=past).sizes == (30 * MIB, 20 * MIB, 10 * MIB)
    options = RULES["size_drift"].options.model_validate({"warm_up": 2})
    found, _ = look_back(history_of(succeeded("25h", 1 * MIB, id="c")), past, NOW)
    verdict = RULES["size_drift"].check(found, options, Moment(NOW, SHANGHAI))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.message == "the newest backup is 1 MiB, 96 % smaller than the usual 25 MiB"


SCOPED = {"source": "ucloud.uredis", "account": "org-test", "region": "cn-bj2"}
WRITTEN: dict[str, Any] = {
    **SCOPED,
    "resources": ["a", "b"],
    "since": [90_000, None],
    "settled": [0, 0],
    "counts": [4, 0],
    "times": [3600, 86_400, 1, 0],
    "sizes": [[5, 11_000], []],
    "kinds": "anMB",
    "marks": ["wxyz", ""],
}


UNMARKED = "the mark of a newest backup is not 4 characters of ASCII"


def read(**changes: Any) -> dict[str, Past]:
    """Read a past that is written like this."""
    return dict(read_columns(WRITTEN | changes, NOW))


def test_a_past_is_columns() -> None:
    a, b = read().values()
    assert list(a) == [
        Remembered(before("1h"), 11_000, BackupKind.AUTOMATIC, "wxyz"),
        Remembered(before("25h"), None, BackupKind.MANUAL, LISTED),
        Remembered(before("25h1s"), 5, BackupKind.MANUAL),
        Remembered(before("25h1s"), None, BackupKind.AUTOMATIC),
    ]
    assert (a.since, b.since, list(b)) == (before("25h"), None, [])
    assert to_columns({"a": a, "b": b}, NOW) | SCOPED == WRITTEN


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"times": None}, "times of a past is not a list"),
        ({"resources": "ab"}, "resources of a past is not a list"),
        ({"since": [1]}, "the columns of a past differ in length"),
        ({"sizes": [1]}, "the columns of a past differ in length"),
        ({"kinds": "a"}, "the columns of a past differ in length"),
        ({"kinds": "anMx"}, "the kind of a backup is none of amuAMUbnvBNV"),
        ({"resources": ["a", 2]}, "the id of a resource is a text"),
        ({"counts": [3, 0]}, "a past has more backups than it counts"),
        ({"counts": [4, 1]}, "a past has fewer backups than it counts"),
        ({"counts": [True, 1]}, "a number of a past is not 0 to 4"),
        ({"counts": [5, 0]}, "a number of a past is not 0 to 4"),
        ({"marks": "wxyz"}, "marks of a past is not a list"),
        ({"marks": ["wxy", ""]}, UNMARKED),
        ({"marks": ["wxy\u00e9", ""]}, UNMARKED),
        ({"marks": ["", ""]}, UNMARKED),
        ({"marks": [None, ""]}, UNMARKED),
        ({"marks": ["wxyz", "wxyz"]}, UNMARKED),
        ({"kinds": "ANMB"}, UNMARKED),
        ({"times": [-1, 0, 0, 0]}, "a number of a past is not 0 to 10000000000"),
        ({"times": [1.5, 0, 0, 0]}, "a number of a past is not 0 to 10000000000"),
        ({"times": [10**10] * 4, "settled": [10**10, 0]}, None),
        ({"sizes": [[5, -1], []]}, "a number of a past is not 0 to 9223372036854775807"),
        ({"sizes": [[1 << 63, 5], []]}, "a number of a past is not 0 to 9223372036854775807"),
        ({"sizes": [[None, 1], []]}, "a number of a past is not 0 to 9223372036854775807"),
        ({"sizes": [5, []]}, "the sizes of a resource are not a list"),
        ({"sizes": [[5], []]}, "a past has fewer sizes than it tells of"),
        ({"sizes": [[5, 6, 7], []]}, "a past has more sizes than it tells of"),
        ({"sizes": [[5, 6], [7]]}, "a past has more sizes than it tells of"),
    ],
)
def test_a_past_that_was_tampered_with_is_refused(
    changes: dict[str, Any], sentence: str | None
) -> None:
    if sentence is None:
        assert read(**changes)
    else:
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            read(**changes)


def test_times_before_all_years_are_refused() -> None:
    many = {"counts": [7, 0], "times": [10**10] * 7, "sizes": [[], []], "kinds": "B" * 7}
    with pytest.raises(ValueError, match="the times of a past lie before all years"):
        read(**many, marks=["", ""])
