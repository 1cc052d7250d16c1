"""What point-in-time recovery covers counts for the four rules that go by times, and no other."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from backup_auditor.model import Backup, BackupKind, History, Limit, Outcome, Restorable, Verdict
from backup_auditor.values import say_duration
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, failed, history, moment, resource, succeeded, window
from tests.rules.test_every_rule import BY_TIMES, HISTORIES, RULES, judged

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
OTHERS = sorted(RULES.keys() - BY_TIMES)
RECENT = "point-in-time recovery until 2026-11-24 14:02 CST"
DOUBT = "but a backup without a time may be newer"
MANUAL = BackupKind.MANUAL


def asked(rule: str, found: History, **options: Any) -> Verdict:
    """Ask a rule."""
    return RULES[rule].check(found, RULES[rule].options.model_validate(options), moment())


def aged(*backups: Backup, within: Restorable, **options: Any) -> Verdict:
    """Ask for a newest backup of at most 26 hours."""
    return asked("last_success_age", history(*backups, restorable=within), max="26h", **options)


@pytest.mark.parametrize(
    ("backups", "until", "outcome", "message"),
    [
        ([], "5m", PASS, f"{RECENT}, 5 min ago"),
        ([succeeded("50h")], "5m", PASS, f"{RECENT}, 5 min ago"),
        ([failed("1h")], "5m", PASS, f"{RECENT}, 5 min ago"),
        ([succeeded(None)], "5m", PASS, f"{RECENT}, 5 min ago"),
        # the newer one of the two counts
        ([succeeded("1h")], "2h", PASS, "last success is 1 h old"),
        ([succeeded("2h")], "2h", PASS, "last success is 2 h old"),
        ([succeeded("30h")], "50h", FAIL, "last success is 30 h old"),
        # exactly at the limit passes, one microsecond beyond fails
        ([], "26h", PASS, "point-in-time recovery until 2026-11-23 12:07 CST, 26 h ago"),
        (
            [succeeded("50h")],
            "26h0.000001s",
            FAIL,
            "point-in-time recovery until 2026-11-23 12:06 CST, 26 h ago",
        ),
        (
            [succeeded(None)],
            "40h",
            UNKNOWN,
            f"point-in-time recovery until 2026-11-22 22:07 CST, 40 h ago, {DOUBT}",
        ),
        ([], "-5m", PASS, "point-in-time recovery until 2026-11-24 14:12 CST, 0 s ago"),
    ],
)
def test_the_newest_moment_is_that_of_a_backup_or_of_the_window(
    backups: list[Backup], until: str, outcome: Outcome, message: str
) -> None:
    verdict = aged(*backups, within=window("7d", until))
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.expected == "at most 26 h"


def test_the_fault_began_when_the_window_became_too_old() -> None:
    verdict = aged(succeeded("90h"), within=window("7d", "50h"))
    assert (verdict.outcome, verdict.since) == (FAIL, before("24h"))


def test_a_limit_is_drawn_only_where_a_backup_shows_the_truth() -> None:
    limit = Limit(oldest=before("26h"))
    assert aged(succeeded("1h"), within=window("7d", "5m")).limit == limit
    assert aged(succeeded("50h"), within=window("7d", "40h")).limit == limit
    assert aged(succeeded("50h"), within=window("7d", "5m")).limit is None
    assert aged(within=window("7d", "5m")).limit is None


def test_a_schedule_goes_by_the_window_as_well() -> None:
    found = history(succeeded("90h"), restorable=window("7d", "5m"))
    assert asked("last_success_age", found, schedule="0 3 * * *").outcome is PASS
    late = history(succeeded("90h"), restorable=window("7d", "12h"))
    assert asked("last_success_age", late, schedule="0 3 * * *").outcome is FAIL


@pytest.mark.parametrize(
    ("kinds", "outcome", "message"),
    [
        (["automatic"], PASS, f"{RECENT}, 5 min ago (only automatic backups count)"),
        (["automatic", "manual"], PASS, f"{RECENT}, 5 min ago"),
        (["manual"], FAIL, "last success is 2 d 2 h old (only manual backups count)"),
    ],
)
def test_point_in_time_recovery_is_automatic(
    kinds: list[str], outcome: Outcome, message: str
) -> None:
    verdict = aged(succeeded("50h", kind=MANUAL), within=window("7d", "5m"), kinds=kinds)
    assert (verdict.outcome, verdict.message) == (outcome, message)


@pytest.mark.parametrize("rule", sorted(BY_TIMES))
def test_a_window_without_backups_is_not_never_backed_up(rule: str) -> None:
    verdict = judged(rule, history(restorable=window("35d", "5m")))
    assert (verdict.outcome, verdict.since) == (PASS, None)
    assert "point-in-time recovery until 2026-11-24 14:02 CST" in verdict.message


@pytest.mark.parametrize("rule", sorted(BY_TIMES))
@pytest.mark.parametrize(("until", "unknown"), [("-5m", False), ("-5m0.000001s", True)])
def test_a_window_that_ends_in_the_future_is_not_trusted(
    rule: str, until: str, *, unknown: bool
) -> None:
    found = history(succeeded("1h"), restorable=window("35d", until))
    verdict = judged(rule, found)
    assert verdict.outcome is (UNKNOWN if unknown else PASS)
    if unknown:
        said = "point-in-time recovery until 5 min in the future: clocks disagree"
        assert (verdict.message, verdict.observed) == (said, "in 5 min")


@pytest.mark.parametrize("rule", sorted(BY_TIMES))
def test_a_backup_that_lies_in_the_future_is_told_as_ever(rule: str) -> None:
    verdict = judged(rule, history(succeeded("-6m"), restorable=window("35d", "5m")))
    said = "the newest backup lies 6 min in the future: clocks disagree"
    assert (verdict.outcome, verdict.message) == (UNKNOWN, said)


@pytest.mark.parametrize("rule", OTHERS)
@given(HISTORIES)
def test_no_other_rule_goes_by_the_window(rule: str, backups: list[Backup]) -> None:
    covered = history(*backups, restorable=window("35d", "5m"))
    assert judged(rule, covered) == judged(rule, history(*backups))


RECOVERY = "with point-in-time recovery until"
PART = "the last 7 d of 14 d could be judged"
ALL = "all of the last 14 d could be judged"


@pytest.mark.parametrize(
    ("backups", "within", "outcome", "message"),
    [
        (
            [],
            window("20d", "5m"),
            PASS,
            f"5 min, until now; {ALL}, {RECOVERY} 2026-11-24 14:02 CST",
        ),
        ([], window("20d", "0s"), PASS, f"0 s, until now; {ALL}, {RECOVERY} 2026-11-24 14:07 CST"),
        # before it there is a gap, and after it
        (
            [succeeded("20d")],
            window("7d", "5m"),
            FAIL,
            f"7 d, until 2026-11-17 14:07 CST; {ALL}, {RECOVERY} 2026-11-24 14:02 CST",
        ),
        (
            [succeeded("1h")],
            window("20d", "3d"),
            FAIL,
            f"2 d 23 h, until 2026-11-24 13:07 CST; {ALL}, {RECOVERY} 2026-11-21 14:07 CST",
        ),
        # what was before it proves nothing where nothing older is known
        (
            [succeeded("1h")],
            window("7d", "2h"),
            PASS,
            f"1 h, until 2026-11-24 13:07 CST; {PART}, {RECOVERY} 2026-11-24 12:07 CST",
        ),
        # one that is over before the window begins shortens nothing
        (
            [succeeded("1h")],
            window("20d", "15d"),
            FAIL,
            f"13 d 23 h, until 2026-11-24 13:07 CST; {ALL}",
        ),
        # a single moment is one like that of a backup
        (
            [succeeded("20d"), succeeded("1h")],
            window("7d", "7d"),
            FAIL,
            f"7 d, until 2026-11-17 14:07 CST; {ALL}, {RECOVERY} 2026-11-17 14:07 CST",
        ),
    ],
)
def test_what_the_window_covers_is_no_time_without_a_backup(
    backups: list[Backup], within: Restorable, outcome: Outcome, message: str
) -> None:
    verdict = asked("backup_gap", history(*backups, restorable=within), max="50h")
    said = f"the longest time without a usable backup was {message}"
    assert (verdict.outcome, verdict.message) == (outcome, said)


@pytest.mark.parametrize(
    ("backups", "within", "outcome", "observed"),
    [
        ([], window("40d", "5m"), PASS, "100 %"),
        ([], window("40d", "24h"), PASS, "100 %"),
        # after its end it covers as much as a backup does
        ([], window("40d", "10d"), FAIL, "70 %"),
        ([succeeded("40d")], window("15d", "0s"), FAIL, "50 %"),
        # a window that was over before still covers what follows it
        ([], window("40d", "32d"), FAIL, "0 %"),
        ([succeeded("1h")], window("40d", "30d"), FAIL, "3.4 %"),
    ],
)
def test_each_moment_of_the_window_counts_as_a_backup(
    backups: list[Backup], within: Restorable, outcome: Outcome, observed: str
) -> None:
    verdict = asked("rpo", history(*backups, restorable=within), target="24h")
    assert (verdict.outcome, verdict.observed) == (outcome, observed)


@pytest.mark.parametrize(
    ("backups", "since", "options", "outcome", "message"),
    [
        ([], "30d", {"min": "30d"}, PASS, f"{RECENT} reaches 30 d back"),
        ([], "29d", {"min": "30d"}, FAIL, f"{RECENT} reaches 29 d back"),
        ([succeeded("1d")], "30d", {"min": "30d"}, PASS, f"{RECENT} reaches 30 d back"),
        ([], "91d", {"max": "90d"}, FAIL, f"{RECENT} reaches 91 d back"),
        # the older one of the two counts
        ([succeeded("40d")], "30d", {"min": "35d"}, PASS, "the oldest usable backup is 40 d old"),
        ([succeeded("30d")], "30d", {"min": "30d"}, PASS, "the oldest usable backup is 30 d old"),
        (
            [succeeded(None)],
            "9d",
            {"min": "30d"},
            UNKNOWN,
            f"{RECENT} reaches 9 d back, but a backup without a time may be older",
        ),
    ],
)
def test_the_oldest_moment_is_that_of_a_backup_or_of_the_window(
    backups: list[Backup], since: str, options: dict[str, str], outcome: Outcome, message: str
) -> None:
    found = history(*backups, restorable=window(since, "5m"))
    verdict = asked("retention", found, **options)
    assert (verdict.outcome, verdict.message) == (outcome, message)


HOURS = st.integers(1, 200)


def hourly(ages: Sequence[int], ends: tuple[int, int]) -> tuple[History, int, int]:
    """Return a history, and the ages of the ends of its window, the older one first."""
    until, since = sorted(ends)
    backups = [succeeded(f"{age}h", id=str(age)) for age in ages]
    within = window(f"{since}h", f"{until}h")
    return history(*backups, of=resource(created_at=None), restorable=within), since, until


@given(st.lists(HOURS, max_size=5), st.tuples(HOURS, HOURS), st.integers(2, 200))
def test_gaps_are_those_of_going_hour_by_hour(
    ages: list[int], ends: tuple[int, int], back: int
) -> None:
    found, since, until = hourly(ages, ends)
    first = min(back, max([*ages, since]))
    longest = run = 0
    for age in range(first, 0, -1):  # the hour that begins so long ago
        if age in {*ages, since, until} or until < age <= since:
            run = 0
        if not until < age <= since:
            run += 1
        longest = max(longest, run)
    verdict = asked("backup_gap", found, max="1h", within=f"{back}h")
    assert verdict.observed == say_duration(before("0h") - before(f"{longest}h"))


@given(
    st.lists(HOURS, max_size=5),
    st.tuples(HOURS, HOURS),
    st.integers(1, 200),
    st.integers(1, 50),
    st.integers(1, 99),
)
def test_the_share_is_that_of_going_hour_by_hour(
    ages: list[int], ends: tuple[int, int], back: int, target: int, least: int
) -> None:
    found, since, until = hourly(ages, ends)
    first = min(back, max([*ages, since]))
    moments = [*ages, *range(until, since + 1)]
    met = sum(
        any(age <= one and one - (age - 1) <= target for one in moments)
        for age in range(first, 0, -1)
    )
    options = {"target": f"{target}h", "within": f"{back}h", "min": f"{least}%"}
    passes = Fraction(met, first) >= Fraction(least, 100)
    assert asked("rpo", found, **options).outcome is (PASS if passes else FAIL)
