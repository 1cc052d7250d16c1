import pytest
from backup_auditor.model import Backup, Limit, Outcome
from backup_auditor.rules.minimum_size import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, expired, failed, history, moment, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
NOTHING = "there is no usable backup to measure"


@pytest.mark.parametrize(
    ("backups", "outcome", "message", "observed"),
    [
        # exactly at the limit passes, one byte below fails
        ([succeeded("1h", 1024)], PASS, "the newest backup is 1 KiB", "1 KiB"),
        ([succeeded("1h", 1023)], FAIL, "the newest backup is 1023 B", "1023 B"),
        ([succeeded("1h", 0)], FAIL, "the newest backup is 0 B", "0 B"),
        # only the newest usable one is measured
        ([succeeded("1h", 18), succeeded("2h", 5000)], FAIL, "the newest backup is 18 B", "18 B"),
        ([succeeded("1h", 5120), succeeded("2h", 18)], PASS, "the newest backup is 5 KiB", "5 KiB"),
        (
            [running("1h"), expired("2h", size=1), succeeded("3h", 5120)],
            PASS,
            "the newest backup is 5 KiB",
            "5 KiB",
        ),
        ([succeeded("1h", None)], UNKNOWN, "the newest backup has no size", "no size"),
        (
            [succeeded("1h", None), succeeded("2h", 5000)],
            UNKNOWN,
            "the newest backup has no size",
            "no size",
        ),
        ([failed("1h")], UNKNOWN, NOTHING, "none"),
        ([], UNKNOWN, NOTHING, "none"),
        ([succeeded(None, 5000)], UNKNOWN, NOTHING, "none"),
    ],
)
def test_the_size_of_the_newest_usable_backup_decides(
    backups: list[Backup], outcome: Outcome, message: str, observed: str
) -> None:
    """`minimum_size` fails when.

    newest usable size `< min`. Unknown when size missing.
    """
    verdict = check(history(*backups), Options.model_validate({"min": "1KiB"}), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert (verdict.observed, verdict.expected) == (observed, "at least 1 KiB")
    assert verdict.since == (before("1h") if outcome is FAIL else None)


@given(st.integers(0, 100), st.integers(1, 100))
def test_it_answers_as_comparing_the_numbers_does(size: int, least: int) -> None:
    outcome = check(history(succeeded("1h", size)), Options(min=least), moment()).outcome
    assert outcome is (FAIL if size < least else PASS)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Field required"),
        ({"min": 0}, "min must be above 0 bytes; no backup is smaller than that"),
        ({"min": "0KiB"}, "min must be above 0 bytes; no backup is smaller than that"),
        ({"min": -1}, "-1 is not a size; write bytes or a unit, such as 10KiB or 1.5GB"),
    ],
)
def test_a_limit_that_nothing_breaks_is_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


@pytest.mark.parametrize("smallest", [1, "1", "1B"])
def test_one_byte_is_the_smallest_limit(smallest: object) -> None:
    assert Options.model_validate({"min": smallest}).min == 1


def test_the_limit_is_told_with_each_size() -> None:
    for size in (1023, 1024):
        verdict = check(history(succeeded("1h", size)), Options(min=1024), moment())
        assert verdict.limit == Limit(smallest_bytes=1024)
