import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.backup_count import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, expired, failed, history, moment, resource, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL = Outcome.PASS, Outcome.FAIL
TWO = {"min": 2}
TWO_A_WEEK = {"min": 2, "within": "7d"}


@pytest.mark.parametrize(
    ("backups", "options", "outcome", "message"),
    [
        ([succeeded("1h"), succeeded("2h")], TWO, PASS, "2 usable backups"),
        ([succeeded("1h"), succeeded("900d")], TWO, PASS, "2 usable backups"),
        ([succeeded("1h")], TWO, FAIL, "1 usable backup"),
        ([succeeded("1h")], {"min": 1}, PASS, "1 usable backup"),
        # only what is usable counts
        (
            [succeeded("1h"), failed("2h"), expired("3h"), running("4h")],
            TWO,
            FAIL,
            "1 usable backup",
        ),
        # exactly at the limit counts, one microsecond beyond does not
        ([succeeded("1h"), succeeded("7d")], TWO_A_WEEK, PASS, "2 usable backups in the last 7 d"),
        (
            [succeeded("1h"), succeeded("7d0.000001s")],
            TWO_A_WEEK,
            FAIL,
            "1 usable backup in the last 7 d",
        ),
        ([succeeded("8d")], TWO_A_WEEK, FAIL, "0 usable backups in the last 7 d"),
        # see Future: it counts here
        ([succeeded("-1h"), succeeded("1h")], TWO_A_WEEK, PASS, "2 usable backups in the last 7 d"),
        # without a time it helps nothing to pass
        (
            [succeeded("1h"), succeeded(None)],
            TWO,
            FAIL,
            "1 usable backup, not counting those without a time",
        ),
        ([succeeded(None)], TWO, FAIL, "0 usable backups, not counting those without a time"),
        (
            [succeeded("1h"), succeeded("2h"), succeeded(None)],
            TWO_A_WEEK,
            PASS,
            "2 usable backups in the last 7 d, not counting those without a time",
        ),
    ],
)
def test_fails_with_fewer_usable_backups(
    backups: list[Backup], options: dict[str, object], outcome: Outcome, message: str
) -> None:
    """`backup_count`: `min` (required), `within` (all): fewer usable backups."""
    verdict = check(history(*backups), Options.model_validate(options), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.observed == message.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("options", "expected"), [(TWO, "at least 2"), (TWO_A_WEEK, "at least 2 in the last 7 d")]
)
def test_what_is_expected_is_said_with_every_answer(
    options: dict[str, object], expected: str
) -> None:
    for backups in ([], [succeeded("1h")], [succeeded("1h"), succeeded("2h")]):
        verdict = check(history(*backups), Options.model_validate(options), moment())
        assert verdict.expected == expected


@pytest.mark.parametrize(
    ("ages", "options", "since"),
    [
        (["1h", "8d", "9d"], TWO_A_WEEK, "1d"),  # the second one left the span a day ago
        (["1h", "8d"], TWO_A_WEEK, "1d"),
        (["8d", "9d", "10d"], TWO_A_WEEK, "2d"),
        (["1h"], TWO_A_WEEK, None),  # it cannot be told what was deleted when
        (["1h"], TWO, None),
    ],
)
def test_the_fault_began_when_the_last_one_that_is_wanting_left_the_span(
    ages: list[str], options: dict[str, object], since: str | None
) -> None:
    found = history(*[succeeded(age) for age in ages])
    verdict = check(found, Options.model_validate(options), moment())
    assert verdict.outcome is FAIL
    assert verdict.since == (before(since) if since else None)


def test_never_backed_up_is_a_fault_since_the_creation() -> None:
    found = history(of=resource(created_at=before("3d")))
    assert check(found, Options(min=2), moment()).since == before("3d")


@given(st.lists(st.integers(-2, 20), unique=True), st.integers(1, 5), st.integers(1, 20))
def test_it_counts_as_a_loop_over_the_backups_does(ages: list[int], least: int, days: int) -> None:
    found = history(*[succeeded(f"{a}d" if a >= 0 else f"-{-a}d", id=str(a)) for a in ages])
    options = Options.model_validate({"min": least, "within": f"{days}d"})
    enough = sum(1 for age in ages if age <= days) >= least
    assert check(found, options, moment()).outcome is (PASS if enough else FAIL)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Field required"),
        ({"min": 0}, "Input should be greater than or equal to 1"),
        ({"min": -1}, "Input should be greater than or equal to 1"),
        ({"min": True}, "Input should be a valid integer"),
        ({"min": "3"}, "Input should be a valid integer"),
        ({"min": 1, "within": "0d"}, "within must be longer than 0; write a span such as 26h"),
        (
            {"min": 1, "within": 7},
            "7 is not a duration; write a number with a unit, such as 26h or 1d12h",
        ),
        ({"min": 1, "max": 2}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


def test_by_default_all_backups_count() -> None:
    assert Options(min=1).within is None
