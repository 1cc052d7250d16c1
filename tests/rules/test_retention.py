from datetime import timedelta

import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.retention import Options, check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, expired, failed, history, moment, resource, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
OLDEST = "the oldest usable backup is"
MIN, MAX, BOTH = {"min": "30d"}, {"max": "90d"}, {"min": "30d", "max": "90d"}


@pytest.mark.parametrize(
    ("backups", "options", "outcome", "message"),
    [
        # exactly at the limit passes, one microsecond beyond fails
        ([succeeded("30d"), succeeded("1h")], MIN, PASS, f"{OLDEST} 30 d old"),
        ([succeeded("29d23h59m59.999999s")], MIN, FAIL, f"{OLDEST} 29 d 23 h old"),
        ([succeeded("90d"), succeeded("1h")], MAX, PASS, f"{OLDEST} 90 d old"),
        ([succeeded("90d0.000001s"), succeeded("1h")], MAX, FAIL, f"{OLDEST} 90 d old"),
        ([succeeded("900d")], MIN, PASS, f"{OLDEST} 900 d old"),
        ([succeeded("1h")], MAX, PASS, f"{OLDEST} 1 h old"),
        ([succeeded("29d")], BOTH, FAIL, f"{OLDEST} 29 d old"),
        ([succeeded("30d")], BOTH, PASS, f"{OLDEST} 30 d old"),
        ([succeeded("91d")], BOTH, FAIL, f"{OLDEST} 91 d old"),
        # only what is usable counts
        ([succeeded("1d"), expired("40d"), failed("50d")], MIN, FAIL, f"{OLDEST} 24 h old"),
        ([succeeded("1d"), expired("99d"), failed("99d")], MAX, PASS, f"{OLDEST} 24 h old"),
        ([succeeded("-5m")], MAX, PASS, f"{OLDEST} 0 s old"),
        # see Future: unknown instead of fail, where one has no time
        (
            [succeeded("1d"), succeeded(None)],
            MIN,
            UNKNOWN,
            f"{OLDEST} 24 h old, but a backup without a time may be older",
        ),
        (
            [succeeded("91d"), succeeded(None)],
            MAX,
            UNKNOWN,
            f"{OLDEST} 91 d old, but a backup without a time may be older",
        ),
        ([succeeded("31d"), succeeded(None)], BOTH, PASS, f"{OLDEST} 31 d old"),
    ],
)
def test_the_age_of_the_oldest_usable_backup_decides(
    backups: list[Backup], options: dict[str, object], outcome: Outcome, message: str
) -> None:
    """`retention` fails when.

    oldest usable backup is younger than `min` (and the resource is older than that); or older than
    `max`.
    """
    verdict = check(history(*backups), Options.model_validate(options), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert message.startswith(f"{OLDEST} {verdict.observed} old")


@pytest.mark.parametrize(
    ("created", "outcome"),
    [
        ("30d", PASS),
        ("30d0.000001s", FAIL),
        ("31d", FAIL),
        ("2d", PASS),
        (None, FAIL),  # not told: counts as older
        ("-5m", PASS),
        ("-5m0.000001s", FAIL),  # in the future: not believed
    ],
)
def test_a_resource_that_is_not_older_than_min_may_have_young_backups(
    created: str | None, outcome: Outcome
) -> None:
    """Younger than `min` (and the resource is older than that)."""
    found = history(succeeded("1d"), of=resource(created_at=before(created) if created else None))
    verdict = check(found, Options.model_validate(MIN), moment())
    young = ", and the resource is not older than 30 d" if outcome is PASS else ""
    assert (verdict.outcome, verdict.message) == (outcome, f"{OLDEST} 24 h old{young}")
    assert (verdict.observed, verdict.expected) == ("24 h", "at least 30 d")


def test_a_young_resource_may_not_have_backups_that_are_too_old() -> None:
    found = history(succeeded("91d"), of=resource(created_at=before("2d")))
    assert check(found, Options.model_validate(BOTH), moment()).outcome is FAIL


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (MIN, "at least 30 d"),
        (MAX, "at most 90 d"),
        (BOTH, "at least 30 d and at most 90 d"),
    ],
)
def test_what_is_expected_is_said_with_every_answer(
    options: dict[str, object], expected: str
) -> None:
    for backups in ([], [succeeded("1h")], [succeeded("40d")], [succeeded("100d")]):
        verdict = check(history(*backups), Options.model_validate(options), moment())
        assert verdict.expected == expected


def test_the_fault_began_when_the_oldest_became_too_old() -> None:
    """Since when too much was deleted, nobody can tell."""
    verdict = check(history(succeeded("95d")), Options.model_validate(BOTH), moment())
    assert verdict.since == before("5d")
    assert check(history(succeeded("1d")), Options.model_validate(BOTH), moment()).since is None


def test_never_backed_up_is_a_fault_since_the_creation() -> None:
    found = history(of=resource(created_at=before("3d")))
    assert check(found, Options.model_validate(MIN), moment()).since == before("3d")


@given(
    st.lists(st.integers(0, 60), min_size=1),
    st.none() | st.integers(0, 60),
    st.none() | st.integers(1, 30),
    st.none() | st.integers(30, 60),
)
def test_it_answers_as_the_sentence_of_the_design_reads(
    ages: list[int], created: int | None, least: int | None, most: int | None
) -> None:
    if least is None and most is None:
        return
    made = None if created is None else before(timedelta(days=created))
    found = history(*[succeeded(f"{a}d", id=str(a)) for a in ages], of=resource(created_at=made))
    days = {"min": least, "max": most}
    limits = {option: f"{limit}d" for option, limit in days.items() if limit is not None}
    is_older = created is None or (least is not None and created > least)
    fails = (least is not None and all(age < least for age in ages) and is_older) or (
        most is not None and any(age > most for age in ages)
    )
    verdict = check(found, Options.model_validate(limits), moment())
    assert verdict.outcome is (FAIL if fails else PASS)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "retention needs min or max, or both"),
        ({"min": "0d"}, "min must be longer than 0; write a span such as 26h"),
        ({"max": "0d"}, "max must be longer than 0; write a span such as 26h"),
        ({"min": "31d", "max": "30d"}, "min (31 d) must not be longer than max (30 d)"),
        ({"min": 30}, "30 is not a duration; write a number with a unit, such as 26h or 1d12h"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


def test_both_limits_may_be_the_same() -> None:
    assert Options.model_validate({"min": "30d", "max": "30d"}).min == timedelta(days=30)
