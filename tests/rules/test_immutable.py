import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.immutable import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, before, failed, history, moment, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
MONTH = Options.model_validate({"min": "30d"})
UNLOCKED = "the newest backup is not locked: it can be deleted at any time"
NOTHING = "there is no usable backup to look at"
NOBODY = "the source does not say until when the newest backup is locked"


def locked(age: str, until: str | None) -> Backup:
    """Return a usable backup that nobody can delete before an age."""
    return succeeded(age, locked_until=before(until) if until else None)


@pytest.mark.parametrize(
    ("backups", "outcome", "message", "observed"),
    [
        # exactly at the limit passes, one microsecond less fails
        ([locked("1d", "-29d")], PASS, "the newest backup is locked for 30 d", "30 d"),
        (
            [locked("1d", "-28d23h59m59.999999s")],
            FAIL,
            "the newest backup is locked for 29 d 23 h",
            "29 d 23 h",
        ),
        ([locked("1d", "-99d")], PASS, "the newest backup is locked for 100 d", "100 d"),
        # a lock that is over protects nothing, however long it was
        ([locked("40d", "0s")], PASS, "the newest backup is locked for 40 d", "40 d"),
        (
            [locked("40d", "0.000001s")],
            FAIL,
            "the lock of the newest backup ended 0 s ago",
            "39 d 23 h",
        ),
        ([locked("40d", "3d")], FAIL, "the lock of the newest backup ended 3 d ago", "37 d"),
        # a time that is long past says that nothing protects it
        ([locked("1d", "1d")], FAIL, UNLOCKED, "not locked"),
        ([locked("1d", "9000d")], FAIL, UNLOCKED, "not locked"),
        ([locked("1d", None)], UNKNOWN, NOBODY, "not told"),
        # only the newest usable one is asked about
        (
            [failed("1h", locked_until=NOW), locked("1d", "-29d"), locked("2d", "2d")],
            PASS,
            "the newest backup is locked for 30 d",
            "30 d",
        ),
        ([locked("1d", None), locked("2d", "-60d")], UNKNOWN, NOBODY, "not told"),
        ([failed("1h", locked_until=before("-60d"))], UNKNOWN, NOTHING, "none"),
        ([], UNKNOWN, NOTHING, "none"),
    ],
)
def test_how_long_the_newest_usable_backup_is_locked_decides(
    backups: list[Backup], outcome: Outcome, message: str, observed: str
) -> None:
    verdict = check(history(*backups), MONTH, moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert (verdict.observed, verdict.expected) == (observed, "locked for at least 30 d")


@pytest.mark.parametrize(
    ("backups", "since"),
    [
        ([locked("1d", "1d"), locked("2d", "2d"), locked("3d", "-60d"), locked("4d", "4d")], "2d"),
        ([locked("1d", "-9d"), locked("2d", "2d"), locked("3d", None), locked("4d", "4d")], "2d"),
        ([locked("40d", "3d"), locked("41d", "41d")], "3d"),
    ],
)
def test_the_fault_began_with_the_first_of_the_last_ones_or_when_the_lock_ended(
    backups: list[Backup], since: str
) -> None:
    assert check(history(*backups), MONTH, moment()).since == before(since)


@given(st.integers(0, 50), st.integers(-60, 60), st.integers(1, 60))
def test_it_answers_as_comparing_the_days_does(age: int, ahead: int, least: int) -> None:
    found = history(locked(f"{age}d", f"{-ahead}d"))
    verdict = check(found, Options.model_validate({"min": f"{least}d"}), moment())
    assert verdict.outcome is (PASS if ahead >= 0 and age + ahead >= least else FAIL)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Field required"),
        ({"min": "0d"}, "min must be longer than 0; write a span such as 26h"),
        ({"min": 30}, "30 is not a duration; write a number with a unit, such as 26h or 1d12h"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence
