import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.completed_cleanly import Options, check

from tests.builders import before, expired, failed, history, moment, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
YES, NO = True, False
GOOD = "the newest backup was completed without issues"
BAD = "the newest backup was completed with issues"
NOBODY = "the source does not say whether the newest backup was completed cleanly"
NOTHING = "there is no usable backup to look at"


def told(age: str, value: bool | None) -> Backup:
    """Return a usable backup of which the source says this."""
    return succeeded(age, is_clean=value)


@pytest.mark.parametrize(
    ("backups", "outcome", "message", "observed"),
    [
        ([told("1h", YES)], PASS, GOOD, "without issues"),
        ([told("1h", NO)], FAIL, BAD, "with issues"),
        ([told("1h", None)], UNKNOWN, NOBODY, "not told"),
        # only the newest usable one is asked about
        ([told("1h", YES), told("2h", NO), told("3h", None)], PASS, GOOD, "without issues"),
        ([told("1h", NO), told("2h", YES)], FAIL, BAD, "with issues"),
        ([told("1h", None), told("2h", YES)], UNKNOWN, NOBODY, "not told"),
        (
            [running("1h", is_clean=False), expired("2h", is_clean=False), told("3h", YES)],
            PASS,
            GOOD,
            "without issues",
        ),
        ([failed("1h", is_clean=True)], UNKNOWN, NOTHING, "none"),
        ([succeeded(None, is_clean=True)], UNKNOWN, NOTHING, "none"),
        ([], UNKNOWN, NOTHING, "none"),
    ],
)
def test_what_the_source_says_of_the_newest_usable_backup_decides(
    backups: list[Backup], outcome: Outcome, message: str, observed: str
) -> None:
    verdict = check(history(*backups), Options(), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert (verdict.observed, verdict.expected) == (observed, "must be completed without issues")


@pytest.mark.parametrize(
    ("older", "since"),
    [
        ([], "1h"),
        ([told("2h", NO), told("3h", NO), told("4h", YES), told("5h", NO)], "3h"),
        ([told("2h", None), told("3h", NO)], "1h"),
        ([failed("2h"), told("3h", NO)], "3h"),
    ],
)
def test_the_fault_began_with_the_first_of_the_last_ones_that_have_it(
    older: list[Backup], since: str
) -> None:
    verdict = check(history(told("1h", NO), *older), Options(), moment())
    assert verdict.since == before(since)


def test_it_has_no_options_of_its_own() -> None:
    assert refusal(Options, {"min": 1}) == "Extra inputs are not permitted"
