from datetime import timedelta

import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.backup_gap import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, expired, failed, history, moment, resource, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
ALL = "all of the last 14 d could be judged"
LONGEST = "the longest time without a usable backup was"


def daily(first: int, last: int) -> list[Backup]:
    """Return one usable backup a day, from ``first`` to ``last`` days ago."""
    return [succeeded(f"{days}d") for days in range(first, last + 1)]


@pytest.mark.parametrize(
    ("backups", "outcome", "message"),
    [
        (daily(0, 15), PASS, f"{LONGEST} 24 h, until 2026-11-11 14:07 CST; {ALL}"),
        # between two of them: exactly at the limit passes, one microsecond beyond fails
        (
            [*daily(0, 3), *daily(5, 15)],
            PASS,
            f"{LONGEST} 2 d, until 2026-11-21 14:07 CST; {ALL}",
        ),
        (
            [*daily(0, 3), succeeded("5d0.000001s"), *daily(6, 15)],
            FAIL,
            f"{LONGEST} 2 d, until 2026-11-21 14:07 CST; {ALL}",
        ),
        # from the last one to now
        (daily(2, 15), PASS, f"{LONGEST} 2 d, until now; {ALL}"),
        ([succeeded("2d0.000001s"), *daily(3, 15)], FAIL, f"{LONGEST} 2 d, until now; {ALL}"),
        # from the start of the window to the first one: what lies before does not shorten it
        (
            [*daily(0, 12), succeeded("15d")],
            PASS,
            f"{LONGEST} 2 d, until 2026-11-12 14:07 CST; {ALL}",
        ),
        (
            [*daily(0, 11), succeeded("14d0.000001s")],
            FAIL,
            f"{LONGEST} 3 d, until 2026-11-13 14:07 CST; {ALL}",
        ),
        # what is not usable fills no gap
        (
            [*daily(0, 2), failed("3d"), expired("4d"), running("5d"), *daily(6, 15)],
            FAIL,
            f"{LONGEST} 4 d, until 2026-11-22 14:07 CST; {ALL}",
        ),
        # a little ahead of our clock is now
        ([succeeded("-5m"), *daily(3, 15)], FAIL, f"{LONGEST} 3 d, until now; {ALL}"),
        # see Future: unknown instead of fail, where one has no time
        (
            [succeeded(None), *daily(3, 15)],
            UNKNOWN,
            f"{LONGEST} 3 d, until now; {ALL}, but a backup without a time may lie in between",
        ),
        ([succeeded(None), *daily(2, 15)], PASS, f"{LONGEST} 2 d, until now; {ALL}"),
    ],
)
def test_fails_with_a_longer_stretch(backups: list[Backup], outcome: Outcome, message: str) -> None:
    """`backup_gap`: the longest stretch without a usable backup inside the window is `> max`."""
    verdict = check(history(*backups), Options.model_validate({"max": "2d"}), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.expected == "at most 2 d"
    assert f"{LONGEST} {verdict.observed}, until" in message


@pytest.mark.parametrize(
    ("backups", "created", "outcome", "said"),
    [
        # now - within
        (daily(1, 40), "100d", PASS, ALL),
        (daily(1, 40), None, PASS, ALL),
        (daily(1, 40), "14d", PASS, ALL),
        # the resource's creation
        ([succeeded("1d"), failed("20d")], "3d", PASS, "the last 3 d of 14 d could be judged"),
        ([succeeded("1d"), failed("20d")], "4d", FAIL, "the last 4 d of 14 d could be judged"),
        ([succeeded("1d"), failed("20d")], None, FAIL, ALL),
        ([succeeded("1d"), failed("20d")], "-5m", PASS, "only this moment of 14 d could be judged"),
        # a creation in the future is not believed
        ([succeeded("1d"), failed("20d")], "-5m1s", FAIL, ALL),
        # the oldest known backup, of any state
        ([succeeded("1d")], "100d", PASS, "the last 24 h of 14 d could be judged"),
        ([succeeded("1d"), failed("3d")], "100d", PASS, "the last 3 d of 14 d could be judged"),
        ([succeeded("1d"), failed("4d")], "100d", FAIL, "the last 4 d of 14 d could be judged"),
        ([succeeded("1d"), expired("5d")], "100d", FAIL, "the last 5 d of 14 d could be judged"),
        ([succeeded("1d"), running("5d")], "100d", FAIL, "the last 5 d of 14 d could be judged"),
        ([succeeded("1d"), failed(None)], "100d", PASS, "the last 24 h of 14 d could be judged"),
        ([succeeded("0s")], "100d", PASS, "only this moment of 14 d could be judged"),
        ([succeeded("-1m")], "100d", PASS, "only this moment of 14 d could be judged"),
    ],
)
def test_the_window_starts_at_the_latest_of_three_instants(
    backups: list[Backup], created: str | None, outcome: Outcome, said: str
) -> None:
    """The window.

    The window of `backup_gap` and `rpo` ends now and starts at the latest of: now - `within`;
    the resource's creation; the oldest known backup, of any state - because retention deletes old
    backups and their absence proves nothing. The message says which part of the window was covered.
    """
    made = before(created) if created else None
    found = history(*backups, of=resource(created_at=made))
    verdict = check(found, Options.model_validate({"max": "2d"}), moment())
    assert verdict.outcome is outcome
    assert verdict.message.partition("; ")[2] == said


@pytest.mark.parametrize(
    ("backups", "since"),
    [
        (daily(5, 15), "3d"),
        ([*daily(0, 3), *daily(9, 15)], "7d"),
        # of two that are equally long, the first
        ([*daily(0, 1), *daily(4, 5), *daily(8, 15)], "6d"),
        # of two that are too long, the longest
        ([*daily(0, 1), *daily(5, 6), *daily(9, 15)], "3d"),
        (daily(0, 1), None),
    ],
)
def test_the_fault_began_when_the_longest_stretch_became_too_long(
    backups: list[Backup], since: str | None
) -> None:
    verdict = check(history(*backups), Options.model_validate({"max": "2d"}), moment())
    assert verdict.since == (before(since) if since else None)


def test_never_backed_up_is_a_fault_since_the_first_backup_was_due() -> None:
    """No known backup at all: fail."""
    found = history(of=resource(created_at=before("9d")))
    verdict = check(found, Options.model_validate({"max": "2d"}), moment())
    assert (verdict.outcome, verdict.since) == (FAIL, before("7d"))


@given(
    st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1),
    st.none() | st.integers(0, 100),
    st.integers(1, 39),
    st.integers(40, 80),
)
def test_it_answers_as_walking_the_window_hour_by_hour_does(
    backups: list[tuple[int, bool]], created: int | None, longest: int, within: int
) -> None:
    usable = {age for age, is_usable in backups if is_usable}
    oldest = max(age for age, _ in backups)
    start = min([within, oldest] + ([created] if created is not None else []))
    worst = run = 0
    for age in range(start - 1, -1, -1):
        run += 1
        worst = max(worst, run)
        if age in usable:
            run = 0
    found = history(
        *[(succeeded if ok else failed)(f"{age}h", id=f"{age}{ok}") for age, ok in backups],
        of=resource(created_at=None if created is None else before(timedelta(hours=created))),
    )
    options = Options.model_validate({"max": f"{longest}h", "within": f"{within}h"})
    expected = FAIL if not usable or worst > longest else PASS
    assert check(found, options, moment()).outcome is expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Field required"),
        ({"max": "0h"}, "max must be longer than 0; write a span such as 26h"),
        ({"max": "1h", "within": "0d"}, "within must be longer than 0; write a span such as 26h"),
        (
            {"max": "14d"},
            "max (14 d) must be shorter than within (14 d); no gap could be longer",
        ),
        (
            {"max": "3d", "within": "2d"},
            "max (3 d) must be shorter than within (2 d); no gap could be longer",
        ),
        ({"max": 26}, "26 is not a duration; write a number with a unit, such as 26h or 1d12h"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


def test_by_default_it_looks_back_14_days() -> None:
    assert Options.model_validate({"max": "13d23h"}).within == timedelta(days=14)


def test_what_is_expected_is_said_also_where_nothing_is_left() -> None:
    verdict = check(history(failed("1h")), Options.model_validate({"max": "26h"}), moment())
    assert (verdict.observed, verdict.expected) == ("none", "at most 26 h")
