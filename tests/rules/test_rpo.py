from datetime import timedelta
from fractions import Fraction

import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.rpo import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, expired, failed, history, moment, resource, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
# Ten days are looked at, so that a day is 10 %.
TEN_DAYS = {"target": "1d", "within": "10d", "min": "90%"}
ALL = "all of the last 10 d could be judged"


def said(share: str, part: str = ALL) -> str:
    """Return the message for a target of a day."""
    return f"there was a backup of at most 24 h for {share} of the time; {part}"


def daily(first: int, last: int) -> list[Backup]:
    """Return one usable backup a day, from ``first`` to ``last`` days ago."""
    return [succeeded(f"{days}d") for days in range(first, last + 1)]


@pytest.mark.parametrize(
    ("backups", "outcome", "message"),
    [
        (daily(0, 11), PASS, said("100 %")),
        (daily(1, 11), PASS, said("100 %")),
        # exactly at the limit passes, one microsecond beyond fails
        (daily(2, 11), PASS, said("90 %")),
        ([*daily(0, 4), *daily(6, 11)], PASS, said("90 %")),
        ([succeeded("2d0.000001s"), *daily(3, 11)], FAIL, said("89.9 %")),
        ([*daily(0, 4), succeeded("6d0.000001s"), *daily(7, 11)], FAIL, said("89.9 %")),
        # what lies before the window counts for what it covers inside
        ([*daily(0, 9), succeeded("10d12h")], PASS, said("95 %")),
        ([*daily(0, 9), succeeded("11d")], PASS, said("90 %")),
        ([*daily(0, 8), succeeded("11d")], FAIL, said("80 %")),
        # what is covered twice counts once
        (
            [succeeded(f"{hours}h") for hours in range(192, 200)],
            FAIL,
            said("15.5 %", "the last 8 d 7 h of 10 d could be judged"),
        ),
        # what is not usable covers nothing
        (
            [*daily(0, 2), failed("3d"), expired("4d"), running("5d"), *daily(6, 11)],
            FAIL,
            said("70 %"),
        ),
        # see Future: unknown instead of fail, where one has no time
        (
            [succeeded(None), *daily(3, 11)],
            UNKNOWN,
            f"{said('80 %')}, but a backup without a time may cover more",
        ),
        ([succeeded(None), *daily(2, 11)], PASS, said("90 %")),
        # a little ahead of our clock covers nothing of the past
        ([succeeded("-5m"), *daily(3, 11)], FAIL, said("80 %")),
    ],
)
def test_fails_when_the_target_was_met_too_seldom(
    backups: list[Backup], outcome: Outcome, message: str
) -> None:
    """`rpo` fails when.

    share of the window in which the newest usable backup was at most `target` old is `< min`.
    """
    verdict = check(history(*backups), Options.model_validate(TEN_DAYS), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.expected == "a backup of at most 24 h for at least 90 % of the time"
    assert f"for {verdict.observed} of the time" in message
    assert verdict.since is None


@pytest.mark.parametrize(
    ("backups", "created", "share", "part"),
    [
        # now - within
        (daily(0, 40), "100d", "100 %", ALL),
        (daily(0, 40), None, "100 %", ALL),
        (daily(0, 40), "11d", "100 %", ALL),
        # the resource's creation, plus target
        ([succeeded("1d"), failed("20d")], "5d", "25 %", "the last 4 d of 10 d could be judged"),
        ([succeeded("1d"), failed("20d")], None, "10 %", ALL),
        ([succeeded("1d"), failed("20d")], "1d1s", "100 %", "the last 1 s of 10 d could be judged"),
        # a creation in the future is not believed
        ([succeeded("1d"), failed("20d")], "-5m1s", "10 %", ALL),
        # the oldest known backup, of any state
        (daily(1, 4), "100d", "100 %", "the last 4 d of 10 d could be judged"),
        ([succeeded("1d"), failed("4d")], "100d", "25 %", "the last 4 d of 10 d could be judged"),
        ([succeeded("1d"), expired("5d")], "100d", "20 %", "the last 5 d of 10 d could be judged"),
        ([succeeded("1d"), running("5d")], "100d", "20 %", "the last 5 d of 10 d could be judged"),
        ([succeeded("1d"), failed(None)], "100d", "100 %", "the last 24 h of 10 d could be judged"),
    ],
)
def test_the_window_starts_at_the_latest_of_three_instants(
    backups: list[Backup], created: str | None, share: str, part: str
) -> None:
    """The window.

    The window of `backup_gap` and `rpo` ends now and starts at the latest of: now - `within`;
    the resource's creation (for `rpo`, plus `target`); the oldest known backup, of any state -
    because retention deletes old backups and their absence proves nothing. The message says which
    part of the window was covered.
    """
    made = before(created) if created else None
    found = history(*backups, of=resource(created_at=made))
    verdict = check(found, Options.model_validate(TEN_DAYS), moment())
    assert verdict.message == said(share, part)
    assert verdict.outcome is (PASS if share == "100 %" else FAIL)


@pytest.mark.parametrize(
    ("backups", "created", "outcome"),
    [
        ([succeeded("1d")], "1d", PASS),
        ([succeeded("1d0.000001s")], "1d", FAIL),
        ([succeeded("1d0.000001s")], "12h", FAIL),
        ([succeeded("1h")], "-5m", PASS),
        ([succeeded("1h"), succeeded("5d")], "1d", PASS),
        ([succeeded("0s")], "100d", PASS),
        ([succeeded("-5m")], "100d", PASS),  # its clock is a little ahead: made now
    ],
)
def test_a_window_of_no_length_asks_whether_the_target_is_met_now(
    backups: list[Backup], created: str, outcome: Outcome
) -> None:
    """A window of no length: covered or not at now."""
    found = history(*backups, of=resource(created_at=before(created)))
    verdict = check(found, Options.model_validate(TEN_DAYS), moment())
    share = "100 %" if outcome is PASS else "0 %"
    part = "only this moment of 10 d could be judged"
    assert (verdict.outcome, verdict.message) == (outcome, said(share, part))


@pytest.mark.parametrize(
    ("least", "observed", "outcome", "expected"),
    [
        ("90%", "90 %", PASS, "90 %"),
        ("90.1%", "90 %", FAIL, "90.1 %"),
        ("90.000001%", "90 %", FAIL, "90.000001 %"),
        ("89.999999%", "90 %", PASS, "89.999999 %"),
        ("0.5%", "90 %", PASS, "0.5 %"),
        ("100%", "90 %", FAIL, "100 %"),
    ],
)
def test_the_share_is_compared_exactly(
    least: str, observed: str, outcome: Outcome, expected: str
) -> None:
    """Comparisons are strict: exactly at the limit passes."""
    options = Options.model_validate(TEN_DAYS | {"min": least})
    verdict = check(history(*daily(2, 11)), options, moment())
    assert (verdict.outcome, verdict.observed) == (outcome, observed)
    assert verdict.expected == f"a backup of at most 24 h for at least {expected} of the time"


@pytest.mark.parametrize(
    ("least", "observed"), [("99.95%", "99.93 %"), ("99%", "99.9 %"), ("99.9333%", "99.9333 %")]
)
def test_a_share_is_cut_and_never_rounded_to_the_limit(least: str, observed: str) -> None:
    """An hour and a half of ninety days is 0.0694 %; 1/15 % is missing with 86.4 minutes."""
    options = Options.model_validate({"target": "1d", "within": "90d", "min": least})
    late = timedelta(days=90) / 1500
    ages = [timedelta(days=day) for day in range(95)]
    found = history(*[succeeded(age + late * (age.days > 50), id=str(age)) for age in ages])  # type: ignore[arg-type]
    assert check(found, options, moment()).observed == observed


def test_never_backed_up_is_a_fault_since_the_first_backup_was_due() -> None:
    """No known backup at all: fail."""
    found = history(of=resource(created_at=before("9d")))
    verdict = check(found, Options.model_validate(TEN_DAYS), moment())
    assert (verdict.outcome, verdict.since) == (FAIL, before("8d"))


@given(
    st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1),
    st.none() | st.integers(0, 100),
    st.integers(1, 50),
    st.integers(1, 80),
    st.integers(1, 100),
)
def test_it_answers_as_looking_at_every_hour_does(
    backups: list[tuple[int, bool]], created: int | None, target: int, within: int, least: int
) -> None:
    usable = [age for age, is_usable in backups if is_usable]
    oldest = max(age for age, _ in backups)
    start = min([within, oldest] + ([created - target] if created is not None else []))
    # Everything happens on the hour, so the middle of an hour tells the whole of it.
    instants = [Fraction(2 * hour + 1, 2) for hour in range(start)] or [Fraction(0)]
    met = [t for t in instants if any(age >= t and age - t <= target for age in usable)]
    found = history(
        *[(succeeded if ok else failed)(f"{age}h", id=f"{age}{ok}") for age, ok in backups],
        of=resource(created_at=None if created is None else before(timedelta(hours=created))),
    )
    given = {"target": f"{target}h", "within": f"{within}h", "min": f"{least}%"}
    expected = PASS if Fraction(len(met), len(instants)) * 100 >= least else FAIL
    assert check(found, Options.model_validate(given), moment()).outcome is expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Field required"),
        ({"target": "0h"}, "target must be longer than 0; write a span such as 26h"),
        (
            {"target": "1d", "within": "0d"},
            "within must be longer than 0; write a span such as 26h",
        ),
        ({"target": "1d", "min": "0%"}, "min must be above 0% and at most 100%"),
        ({"target": "1d", "min": "100.000001%"}, "min must be above 0% and at most 100%"),
        (
            {"target": "1d", "min": 99},
            "99 is not a percentage; write a number with a sign, such as 50%",
        ),
        ({"target": 26}, "26 is not a duration; write a number with a unit, such as 26h or 1d12h"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


def test_by_default_it_looks_back_30_days_and_wants_99_percent() -> None:
    options = Options.model_validate({"target": "26h"})
    assert (options.within, options.min) == (timedelta(days=30), 0.99)
    assert Options.model_validate({"target": "26h", "min": "100%"}).min == 1


def test_what_is_expected_is_said_also_where_nothing_is_left() -> None:
    verdict = check(history(failed("1h")), Options.model_validate({"target": "26h"}), moment())
    expected = "a backup of at most 26 h for at least 99 % of the time"
    assert (verdict.observed, verdict.expected) == ("none", expected)
