from datetime import timedelta

import pytest
from backup_auditor.model import Backup, BackupState, Outcome, Verdict
from backup_auditor.rules.error_state import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    backup,
    before,
    expired,
    failed,
    history,
    moment,
    running,
    succeeded,
    unclear,
)
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
FINE = "the last backup has not failed"
ONE = "the last backup has failed"
NO_TIME = "a backup is running, and it is not told since when"


def is_unclear(word: str) -> str:
    """Return the message on a state that is not known."""
    return f"the state of the newest backup is not known: '{word}'"


@pytest.mark.parametrize(
    ("backups", "tolerate", "outcome", "message"),
    [
        ([succeeded("2h")], 0, PASS, FINE),
        ([failed("1h"), succeeded("2h")], 0, FAIL, ONE),
        ([failed("1h"), failed("2h"), succeeded("3h")], 0, FAIL, "the last 2 backups have failed"),
        # exactly as many as are tolerated pass
        ([failed("1h"), succeeded("2h")], 1, PASS, FINE),
        ([failed("1h"), failed("2h"), succeeded("3h")], 1, FAIL, "the last 2 backups have failed"),
        ([failed("1h"), failed("2h")], 2, PASS, FINE),
        ([failed("1h"), failed("2h"), failed("3h")], 2, FAIL, "the last 3 backups have failed"),
        # what is older than the newest usable one, or as old, is over
        ([succeeded("1h"), failed("2h")], 0, PASS, FINE),
        ([succeeded("1h"), failed("1h")], 0, PASS, FINE),
        ([failed("59m59.999999s"), succeeded("1h")], 0, FAIL, ONE),
        # without a time it counts as newer
        ([failed(None), succeeded("1h")], 0, FAIL, ONE),
        # a usable backup without a time ends no series
        ([failed("1h"), succeeded(None)], 0, FAIL, ONE),
        # other states neither end nor lengthen a series
        (
            [expired("1h"), failed("2h"), running("3h"), failed("4h")],
            1,
            FAIL,
            "the last 2 backups have failed",
        ),
        ([unclear("1h"), failed("2h"), succeeded("3h")], 0, FAIL, ONE),
        ([expired("1h")], 0, PASS, FINE),
    ],
)
def test_failed_backups_since_the_last_success_are_counted(
    backups: list[Backup], tolerate: int, outcome: Outcome, message: str
) -> None:
    """`error_state`: `tolerate` (0 consecutive failures) fails when.

    more than `tolerate` failed backups are newer than the newest usable one.
    """
    verdict = check(history(*backups), Options(tolerate=tolerate), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.expected == f"at most {tolerate} failed in a row"
    digits = "".join(c for c in message if c.isdigit()) or "1"
    assert verdict.observed == (f"{digits} failed" if outcome is FAIL else "no failure")


@pytest.mark.parametrize(
    ("backups", "stuck_after", "verdict"),
    [
        # exactly at the limit passes, one microsecond beyond fails
        ([running("24h")], "24h", None),
        ([running("24h0.000001s")], "24h", "24 h"),
        ([running("24h0.000001s"), succeeded("25h")], "24h", "24 h"),
        ([succeeded("1h"), running("30h")], "24h", None),  # something newer succeeded
        ([succeeded("30h"), running("30h")], "24h", None),
        ([running("2h")], "1h", "2 h"),
        # the oldest of them decides
        ([running("1h"), running("30h"), running("2h")], "24h", "30 h"),
        ([running(None), running("30h")], "24h", "30 h"),
        ([running("1h"), failed("2h"), succeeded("3h")], "24h", None),
    ],
)
def test_a_backup_that_never_ends_is_found(
    backups: list[Backup], stuck_after: str, verdict: str | None
) -> None:
    """`error_state`: `stuck_after` (24h) fails when.

    a backup has been running longer than `stuck_after` and nothing newer succeeded.
    """
    options = Options.model_validate({"stuck_after": stuck_after, "tolerate": 1})
    found = check(history(*backups), options, moment())
    if verdict is None:
        assert (found.outcome, found.message) == (PASS, FINE)
        return
    assert (found.outcome, found.message) == (FAIL, f"a backup has been running for {verdict}")
    assert found.observed == verdict
    assert found.expected == f"done within {stuck_after.replace('h', ' h')}"


@pytest.mark.parametrize(
    ("backups", "message", "observed"),
    [
        ([unclear("1h", state_raw="Odd"), succeeded("2h")], is_unclear("Odd"), "Odd"),
        ([unclear(None), succeeded("2h")], is_unclear("none"), "none"),
        ([unclear(None, state_raw="Odd"), failed(None)], is_unclear("Odd"), "Odd"),
        # two are the newest: the worse counts, whatever their ids
        ([unclear("1h", id="a"), succeeded("1h", id="b")], is_unclear("none"), "none"),
        ([unclear("1h", id="b"), succeeded("1h", id="a")], is_unclear("none"), "none"),
        (
            [unclear("1h", id="a", state_raw="Odd"), unclear("1h", id="b", state_raw="Even")],
            is_unclear("Odd"),
            "Odd",
        ),
        ([running(None)], NO_TIME, "no time"),
        ([running(None), running("1h"), succeeded("2h")], NO_TIME, "no time"),
    ],
)
def test_what_is_not_known_is_unknown(backups: list[Backup], message: str, observed: str) -> None:
    """`error_state` is unknown when the newest backup's state is unknown; no backup at all."""
    verdict = check(history(*backups), Options(tolerate=9), moment())
    assert (verdict.outcome, verdict.message) == (UNKNOWN, message)
    assert verdict.observed == observed
    stuck = message == NO_TIME
    assert verdict.expected == ("done within 24 h" if stuck else "at most 9 failed in a row")
    nothing = "there is no backup whose state could be asked"
    assert check(history(), Options(), moment()) == Verdict(UNKNOWN, nothing, "none")


def test_an_unknown_state_that_is_not_the_newest_is_no_finding() -> None:
    found = history(succeeded("1h"), unclear("2h"), unclear("3h"))
    assert check(found, Options(), moment()).outcome is PASS


def test_the_fault_began_with_the_first_failure_after_the_last_success() -> None:
    found = history(failed("1h"), failed("5h"), failed(None), succeeded("9h"), failed("20h"))
    assert check(found, Options(), moment()).since == before("5h")
    assert check(history(failed(None)), Options(), moment()).since is None


def test_a_stuck_backup_is_a_fault_since_it_was_due() -> None:
    assert check(history(running("30h")), Options(), moment()).since == before("6h")


def test_a_new_resource_without_backup_is_told_when_one_is_due() -> None:
    verdict = check(history(), Options(), moment(due=before("-3h")))
    assert verdict == Verdict(PASS, "new, first backup due by 2026-11-24 17:07 CST")


def test_a_new_resource_is_judged_by_what_is_there() -> None:
    """`error_state` still judges what is there."""
    verdict = check(history(failed("1h")), Options(), moment(due=before("-3h")))
    assert verdict.outcome is FAIL


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(BackupState)), min_size=1),
    st.integers(0, 3),
    st.integers(1, 50),
)
def test_it_answers_as_the_sentences_of_the_design_read(
    given_backups: list[tuple[int, BackupState]], tolerate: int, hours: int
) -> None:
    ages = dict(given_backups)
    backups = [backup(f"{age}h", state, id=str(age)) for age, state in ages.items()]
    last = min([a for a, s in ages.items() if s is BackupState.SUCCEEDED], default=99)
    newer = {age: state for age, state in ages.items() if age < last}
    is_failed = list(newer.values()).count(BackupState.FAILED) > tolerate
    is_stuck = any(s is BackupState.RUNNING and age > hours for age, s in newer.items())
    is_unknown = ages[min(ages)] is BackupState.UNKNOWN
    options = Options(tolerate=tolerate, stuck_after=timedelta(hours=hours))
    expected = FAIL if is_failed or is_stuck else UNKNOWN if is_unknown else PASS
    assert check(history(*backups), options, moment()).outcome is expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"tolerate": -1}, "Input should be greater than or equal to 0"),
        ({"tolerate": True}, "Input should be a valid integer"),
        ({"stuck_after": "0h"}, "stuck_after must be longer than 0; write a span such as 26h"),
        (
            {"stuck_after": 24},
            "24 is not a duration; write a number with a unit, such as 26h or 1d12h",
        ),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


def test_by_default_no_failure_is_tolerated_and_none_runs_longer_than_a_day() -> None:
    assert (Options().tolerate, Options().stuck_after) == (0, timedelta(hours=24))
