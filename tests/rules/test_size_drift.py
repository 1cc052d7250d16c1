import pytest
from backup_auditor.model import Outcome
from backup_auditor.rules.size_drift import Options, check

from tests.builders import before, expired, history, moment, succeeded

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("sizes", "options", "outcome", "message"),
    [
        # newest first
        ([100, 100, 100, 100], {}, PASS, "as usual"),
        ([50, 100, 100, 100], {}, PASS, "as usual"),
        ([49, 100, 100, 100], {}, FAIL, "51 % smaller"),
        ([200, 100, 100, 100], {}, PASS, "as usual"),
        ([201, 100, 100, 100], {}, FAIL, "101 % larger"),
        ([55, 100, 100, 100], {"shrink": "45%"}, PASS, "as usual"),
        ([54, 100, 100, 100], {"shrink": "45%"}, FAIL, "smaller"),
        ([300, 100, 100, 100], {"growth": "200%"}, PASS, "as usual"),
        ([301, 100, 100, 100], {"growth": "200%"}, FAIL, "larger"),
        ([0, 100, 100, 100], {}, FAIL, "is empty"),
        ([0], {}, FAIL, "is empty"),
        ([None, 100, 100, 100], {}, UNKNOWN, "has no size"),
        ([], {}, UNKNOWN, "no usable backup"),
        ([1, 100, 100], {}, PASS, "warming up (2 of 3)"),
        ([1], {}, PASS, "warming up (0 of 3)"),
        ([1, 100, 100, 0], {}, PASS, "warming up (2 of 3)"),
        ([1, 100, 100, None], {}, PASS, "warming up (2 of 3)"),
        ([1, 100], {"warm_up": 1}, FAIL, "smaller"),
        # the mean of the middle two of 100, 100, 300, 300 is 200
        ([100, 300, 100, 300, 100], {}, PASS, "as usual"),
        ([99, 300, 100, 300, 100], {}, FAIL, "usual 200 B"),
        # only the last `baseline` sizes count
        ([100, 100, 100, 100, 900, 900, 900, 900], {"baseline": 3}, PASS, "as usual"),
        ([40, 100, 100, 100], {"floor": 60}, FAIL, "smaller"),
        ([40, 100, 100, 100], {"floor": 61}, PASS, "as usual"),
        ([7, 7, 7, 7], {"frozen": 4}, FAIL, "the last 4 backups have the same size"),
        ([7, 7, 7], {"frozen": 4, "warm_up": 2}, PASS, "as usual"),
        ([7, 7, 7, 8], {"frozen": 4}, PASS, "as usual"),
        ([7, 7, 7, None], {"frozen": 4, "warm_up": 2}, PASS, "as usual"),
    ],
)
def test_the_newest_size_is_compared_with_the_median_of_those_before(
    sizes: list[int | None], options: dict[str, object], outcome: Outcome, message: str
) -> None:
    backups = [succeeded(f"{age + 1}h", size) for age, size in enumerate(sizes)]
    verdict = check(history(*backups), Options.model_validate(options), moment())
    assert verdict.outcome is outcome
    assert message in verdict.message


def test_growth_is_reported_one_severity_lower_and_shrinking_is_not() -> None:
    usual = [succeeded(f"{age}h", 100) for age in (2, 3, 4)]
    assert check(history(succeeded("1h", 900), *usual), Options(), moment()).lowered
    shrunk = check(history(succeeded("1h", 9), *usual), Options(), moment())
    assert not shrunk.lowered
    assert shrunk.since == before("1h")


def test_only_earlier_usable_backups_of_the_same_kind_are_compared() -> None:
    others = [succeeded(f"{age}h", 900, kind="manual", id=f"m{age}") for age in (2, 3, 4)]
    gone = [expired(f"{age}h", size=900) for age in (5, 6, 7)]
    same = [succeeded(f"{age}h", 100) for age in (8, 9, 10)]
    found = history(succeeded("1h", 100), *others, *gone, *same)
    assert check(found, Options(), moment()).outcome is PASS


def test_frozen_sizes_are_a_fault_since_the_first_of_them() -> None:
    found = history(*[succeeded(f"{age}h", 7) for age in (1, 2, 3, 4)])
    assert check(found, Options(frozen=3), moment()).since == before("3h")
