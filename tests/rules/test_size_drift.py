from collections.abc import Sequence
from typing import Any

import pytest
from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.model import BackupKind, Outcome, Verdict
from backup_auditor.policy.load import load
from backup_auditor.rules import RuleOptions
from backup_auditor.rules.size_drift import Options, check
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from tests.builders import before, expired, history, moment, succeeded

AUTOMATIC, MANUAL = BackupKind.AUTOMATIC, BackupKind.MANUAL
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
ROBUST = "100 B to 400 B, or at most 5.0 robust deviations from the usual size"
EQUAL = "the last 2 backups have the same size of 96.7 KiB"
MILLIONS = "83.9 MiB, 12 % smaller than the usual 95.4 MiB"
TIGHT, LOOSE = {"sensitivity": 0.1}, {"sensitivity": 1000}
SCHEMA = Draft202012Validator(Options.model_json_schema())
SIZES = st.lists(st.none() | st.integers(0, 2**40), min_size=1, max_size=12)
LIMITS = st.fixed_dictionaries(
    {
        "shrink": st.integers(0, 100).map("{}%".format),
        "growth": st.integers(0, 300).map("{}%".format),
        "baseline": st.integers(3, 9),
        "frozen": st.just("off") | st.integers(2, 4),
    }
)


def problems(options: str) -> list[str]:
    """Return what is wrong with a policy that has this rule alone."""
    rules = f"{{size_drift: {{{options}}}}}"
    policy = f"{{name: a, match: {{}}, rules: {rules}}}"
    text = f"version: 1\nsources: [ucloud.uredis]\npolicies: [{policy}]"
    try:
        load(text, "policy.yaml", kinds())
    except PolicyError as error:
        return [problem.message for problem in error.problems]
    return []


def judged(sizes: Sequence[int | None], **options: Any) -> Verdict:
    """Judge hourly backups of these sizes, the newest first."""
    backups = [succeeded(f"{age + 1}h", size) for age, size in enumerate(sizes)]
    return check(history(*backups), Options.model_validate(options), moment())


@pytest.mark.parametrize(
    ("sizes", "options", "outcome", "said"),
    [
        ([100, 100, 100, 100], {}, PASS, "100 B, as usual"),
        ([50, 100, 100, 100], {}, PASS, "50 B, as usual"),
        ([49, 100, 100, 100], {}, FAIL, "49 B, 51 % smaller than the usual 100 B"),
        ([200, 100, 100, 100], {}, PASS, "200 B, as usual"),
        ([201, 100, 100, 100], {}, FAIL, "201 B, 101 % larger than the usual 100 B"),
        ([55, 100, 100, 100], {"shrink": "45%"}, PASS, "55 B, as usual"),
        ([54, 100, 100, 100], {"shrink": "45%"}, FAIL, "54 B, 46 % smaller than the usual 100 B"),
        ([300, 100, 100, 100], {"growth": "200%"}, PASS, "300 B, as usual"),
        (
            [301, 100, 100, 100],
            {"growth": "200%"},
            FAIL,
            "301 B, 201 % larger than the usual 100 B",
        ),
        # exact to the last byte: 12.000041% less than 100,000,000 are 87,999,959
        ([87_999_959, *[10**8] * 3], {"shrink": "12.000041%"}, PASS, "83.9 MiB, as usual"),
        ([87_999_958, *[10**8] * 3], {"shrink": "12.000041%"}, FAIL, MILLIONS),
        # no shrinking is fine, no growth is fine, any shrinking but to nothing is fine
        ([99, 100, 100, 100], {"shrink": "0%"}, FAIL, "99 B, 1 % smaller than the usual 100 B"),
        ([101, 100, 100, 100], {"growth": "0%"}, FAIL, "101 B, 1 % larger than the usual 100 B"),
        ([1, 100, 100, 100], {"shrink": "100%"}, PASS, "1 B, as usual"),
        ([0, 100, 100, 100], {"shrink": "100%"}, FAIL, "empty"),
        ([0], {}, FAIL, "empty"),
        ([1, 100], {"warm_up": 1}, FAIL, "1 B, 99 % smaller than the usual 100 B"),
        # the mean of the middle two of 100, 100, 300, 300 is 200
        ([100, 300, 100, 300, 100], {}, PASS, "100 B, as usual"),
        ([99, 300, 100, 300, 100], {}, FAIL, "99 B, 50.5 % smaller than the usual 200 B"),
        # only the last `baseline` sizes count
        ([9, 9, 9, 9, 90, 90, 90, 90], {"baseline": 3}, PASS, "9 B, as usual"),
        ([9, 9, 9, 9, 90, 90, 90, 90], {}, FAIL, "9 B, 90 % smaller than the usual 90 B"),
        ([9, 9, 9, 9, 9, 90, 90, 90, 90, 90], {}, PASS, "9 B, as usual"),
        ([40, 100, 100, 100], {"floor": 60}, FAIL, "40 B, 60 % smaller than the usual 100 B"),
        ([40, 100, 100, 100], {"floor": 61}, PASS, "40 B, as usual"),
        # sensitivity adds no finding: not at a percentage, and not below the floor
        ([100, 200, 180, 220], TIGHT, PASS, "100 B, as usual"),
        ([400, 200, 180, 220], TIGHT, PASS, "400 B, as usual"),
        ([40, 100, 90, 110], {"floor": 61, **TIGHT}, PASS, "40 B, as usual"),
        # where most earlier sizes are equal, the percentages decide alone; empty stays empty
        ([100, 200, 999, 200], TIGHT, PASS, "100 B, as usual"),
        ([80, 200, 200, 200], LOOSE, FAIL, "80 B, 60 % smaller than the usual 200 B"),
        ([80, 200, 999, 200], LOOSE, FAIL, "80 B, 60 % smaller than the usual 200 B"),
        ([80, 200, 200, 999, 200], LOOSE, FAIL, "80 B, 60 % smaller than the usual 200 B"),
        ([0, 200, 10, 300], LOOSE, FAIL, "empty"),
        ([7, 7, 7], {"frozen": 4, "warm_up": 2}, PASS, "7 B, as usual"),
        ([7, 7, 7, None, 8], {"frozen": 4}, PASS, "7 B, as usual"),
        ([7, 7, 7, 8], {"frozen": 4}, PASS, "7 B, as usual"),
    ],
)
def test_the_newest_size_is_compared_with_the_median_of_those_before(
    sizes: list[int | None], options: dict[str, object], outcome: Outcome, said: str
) -> None:
    verdict = judged(sizes, **options)
    assert (verdict.outcome, verdict.message) == (outcome, f"the newest backup is {said}")


@pytest.mark.parametrize(
    ("sizes", "options", "outcome", "message"),
    [
        ([], {}, UNKNOWN, "there is no usable backup to measure"),
        ([None, 100, 100, 100], {}, UNKNOWN, "the newest backup has no size"),
        ([1, 100, 100], {}, PASS, "warming up (2 of 3)"),
        ([1, 0, 0, 0], {}, PASS, "warming up (0 of 3)"),
        ([1, 100, 100, None], {}, PASS, "warming up (2 of 3)"),
        ([1, 100, 90], TIGHT, PASS, "warming up (2 of 3)"),
        ([7] * 300, {"frozen": 300}, FAIL, "the last 300 backups have the same size of 7 B"),
        ([int("99000"), int("99000")], {"frozen": 2}, FAIL, EQUAL),  # equal, and two objects
        ([7, 7, 8, 9], {"frozen": 2} | LOOSE, FAIL, "the last 2 backups have the same size of 7 B"),
    ],
)
def test_what_needs_no_comparison_or_allows_none_has_its_own_words(
    sizes: list[int | None], options: dict[str, object], outcome: Outcome, message: str
) -> None:
    verdict = judged(sizes, **options)
    assert (verdict.outcome, verdict.message) == (outcome, message)


@pytest.mark.parametrize(
    ("size", "sensitivity", "outcome", "said"),
    [
        # The median of 180, 200 and 220 is 200, their MAD is 20: 80 is 0.6745 x 120 / 20 = 4.047.
        (80, 4.046, FAIL, "80 B, 60 % smaller than the usual 200 B and 4.0"),
        (80, 4.047, PASS, "80 B, 60 % smaller than the usual 200 B, but only 4.0"),
        # 600 is 0.6745 x 400 / 20 = 13.49
        (600, 13.48, FAIL, "600 B, 200 % larger than the usual 200 B and 13.5"),
        (600, 13.49, PASS, "600 B, 200 % larger than the usual 200 B, but only 13.5"),
        # the smallest and the largest sensitivity there is
        (80, 1e-9, FAIL, "80 B, 60 % smaller than the usual 200 B and 4.0"),
        (80, 1000, PASS, "80 B, 60 % smaller than the usual 200 B, but only 4.0"),
    ],
)
def test_with_sensitivity_a_size_must_leave_the_percentages_and_the_robust_deviations(
    size: int, sensitivity: float, outcome: Outcome, said: str
) -> None:
    verdict = judged([size, 200, 180, 220], sensitivity=sensitivity)
    message = f"the newest backup is {said} robust deviations from it"
    assert (verdict.outcome, verdict.message) == (outcome, message)


@pytest.mark.parametrize(
    ("sizes", "options", "observed", "expected"),
    [
        ([49, 100, 100, 100], {}, "49 B", "50 B to 200 B"),
        ([99, 100, 100, 100], {}, "99 B", "50 B to 200 B"),
        ([99, 100, 100, 100], {"shrink": "100%", "growth": "50%"}, "99 B", "0 B to 150 B"),
        ([80, 200, 200, 200], {"sensitivity": 5}, "80 B", "100 B to 400 B"),
        ([200, 200, 180, 220], {"sensitivity": 5}, "200 B", ROBUST),
        ([80, 200, 180, 220], {"sensitivity": 5}, "80 B", ROBUST),
        ([20, 200, 180, 220], {"sensitivity": 5}, "20 B", ROBUST),
        ([99, 100], {}, "99 B", ""),
        ([0, 100], {}, "0 B", "more than 0 B"),
        ([None, 100], {}, "no size", ""),
        ([], {}, "none", ""),
        ([7, 7], {"frozen": 2}, "7 B", "a size that moves"),
    ],
)
def test_what_was_observed_and_what_is_expected_are_told(
    sizes: list[int | None], options: dict[str, object], observed: str, expected: str
) -> None:
    verdict = judged(sizes, **options)
    assert (verdict.observed, verdict.expected) == (observed, expected)


@pytest.mark.parametrize("sensitivity", ["off", 3.5])
@pytest.mark.parametrize(("size", "lowered"), [(900, True), (9, False), (0, False)])
def test_growth_is_reported_one_severity_lower_and_shrinking_is_not(
    size: int, lowered: bool, sensitivity: object
) -> None:
    verdict = judged([size, 100, 99, 101], sensitivity=sensitivity)
    assert (verdict.outcome, verdict.lowered, verdict.since) == (FAIL, lowered, before("1h"))


@pytest.mark.parametrize(("kind", "other"), [(AUTOMATIC, MANUAL), (MANUAL, AUTOMATIC)])
def test_only_usable_backups_of_the_same_kind_count(kind: BackupKind, other: BackupKind) -> None:
    others = [succeeded(f"{age}h", 900, kind=other) for age in (2, 3, 4)]
    gone = [expired(f"{age}h", size=900, kind=kind) for age in (5, 6, 7)]
    same = [succeeded(f"{age}h", 100, kind=kind) for age in (8, 9, 10)]
    found = history(succeeded("1h", 100, kind=kind), *others, *gone, *same)
    assert check(found, Options(), moment()).outcome is PASS


def test_frozen_sizes_are_a_fault_since_the_first_of_them() -> None:
    assert judged([7, 7, 7, 7], frozen=3).since == before("3h")


@given(SIZES, LIMITS, st.floats(0.01, 20))
def test_with_sensitivity_there_are_never_more_findings_than_without(
    sizes: list[int | None], limits: dict[str, object], sensitivity: float
) -> None:
    without = judged(sizes, **limits).outcome
    with_it = judged(sizes, **limits, sensitivity=sensitivity).outcome
    assert with_it is without or (without, with_it) == (FAIL, PASS)


@given(SIZES, LIMITS, st.just("off") | st.floats(0.01, 20), st.integers(1, 1000))
def test_without_floor_only_the_proportions_of_sizes_matter(
    sizes: list[int | None], limits: dict[str, object], sensitivity: object, factor: int
) -> None:
    scaled = [None if size is None else size * factor for size in sizes]
    first = judged(sizes, **limits, sensitivity=sensitivity)
    second = judged(scaled, **limits, sensitivity=sensitivity)
    assert (first.outcome, first.lowered) == (second.outcome, second.lowered)


@given(st.lists(st.integers(1, 1000), min_size=4, max_size=8), st.floats(0.01, 20))
def test_a_finding_leaves_the_percentages_and_the_robust_deviations(
    sizes: list[int], sensitivity: float
) -> None:
    """As the textbook has it, in floats; sizes too near to a limit for them are left out."""
    size, *earlier = sizes
    assume(len(earlier) % 2)
    usual = sorted(earlier)[len(earlier) // 2]
    mad = sorted(abs(e - usual) for e in earlier)[len(earlier) // 2]
    score = 0.6745 * abs(size - usual) / mad if mad else float("inf")
    assume(abs(score - sensitivity) > 1e-9)
    expected = not usual <= 2 * size <= 4 * usual and score > sensitivity
    assert (judged(sizes, sensitivity=sensitivity).outcome is FAIL) is expected


@given(
    st.lists(st.integers(1, 2**40), min_size=4, max_size=12),
    LIMITS,
    st.just("off") | st.floats(0.01, 20),
    st.just(0) | st.integers(1, 2**40),
)
def test_the_limit_is_where_passing_ends(
    sizes: list[int], limits: dict[str, object], sensitivity: object, floor: int
) -> None:
    """Whichever option lets a size pass; sizes too near to a limit for floats are left out."""
    options = limits | {"frozen": "off", "sensitivity": sensitivity, "floor": floor}
    verdict = judged(sizes, **options)
    assert verdict.limit
    low, high = verdict.limit.smallest_bytes, verdict.limit.largest_bytes
    assert low is not None
    assert high is not None
    assume(all(abs(sizes[0] - limit) > 1 for limit in (low, high)))
    assert (verdict.outcome is PASS) is (low < sizes[0] < high)


def test_nothing_is_drawn_where_nothing_is_measured() -> None:
    assert judged([100, 100]).limit is None
    assert judged([0, 100, 100, 100]).limit is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("shrink: 120%", "shrink is 120 %, but nothing can shrink by more than 100%"),
        ("shrink: 100.1%", "shrink is 100.1 %, but nothing can shrink by more than 100%"),
        ("warm_up: 8", "warm_up 8 can never end with baseline 7; lower it or raise baseline"),
        ("baseline: 2", "warm_up 3 can never end with baseline 2; lower it or raise baseline"),
        ("baseline: 0", "baseline: found 0; it must be at least 1"),
        ("baseline: 1001", "baseline: found 1001; it must be at most 1000"),
        ("warm_up: 0", "warm_up: found 0; it must be at least 1"),
        ("sensitivity: 0", "sensitivity: found 0; it must be above 0"),
        ("sensitivity: -3.5", "sensitivity: found -3.5; it must be above 0"),
        ("sensitivity: 1001", "sensitivity: found 1001; it must be at most 1000"),
        ("sensitivity: on", "sensitivity: found 'on'; it must be a number"),
        ("sensitivity: true", "sensitivity: found true; it must be a number"),
        ("sensitivity: 50%", "sensitivity: found '50%'; it must be a number"),
        ("frozen: 1", "frozen: found 1; it must be at least 2"),
        ("frozen: 1001", "frozen: found 1001; it must be at most 1000"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(options: str, sentence: str) -> None:
    assert problems(options) == [sentence]


@pytest.mark.parametrize(
    "options",
    [
        *("shrink: 0%", "shrink: 100%", "growth: 0%", "growth: 900%"),
        *("warm_up: 7", "warm_up: 1", "baseline: 3", "baseline: 1000"),
        *("sensitivity: 3.5", "sensitivity: 5", "sensitivity: 1000", "sensitivity: off"),
        *("frozen: 2", "frozen: 1000", "frozen: off", "floor: 0"),
    ],
)
def test_what_makes_sense_is_accepted_up_to_its_limits(options: str) -> None:
    assert problems(options) == []


@pytest.mark.parametrize("word", ["sensitivity", "frozen"])
def test_off_is_the_word_for_not_set_also_for_an_editor(word: str) -> None:
    assert getattr(Options.model_validate({word: "off"}), word) is None
    assert SCHEMA.is_valid({word: "off"})
    for odd in ("on", "OFF", 0, 1001):
        assert not SCHEMA.is_valid({word: odd})
        with pytest.raises(ValidationError):
            Options.model_validate({word: odd})


def test_every_option_has_examples_and_they_are_valid() -> None:
    fields = Options.model_fields.items()
    examples = {
        name: field.examples for name, field in fields if name not in RuleOptions.model_fields
    }
    assert examples == {
        "shrink": ["50%", "20%"],
        "growth": ["100%", "200%"],
        "baseline": [7, 28],
        "warm_up": [3, 7],
        "sensitivity": [2, 3.5, "off"],
        "floor": ["10MiB", 0],
        "frozen": [7, "off"],
    }
    for name, values in examples.items():
        assert all(SCHEMA.is_valid({name: value}) for value in values or ()), name
        assert all(Options.model_validate({name: value}) for value in values or ()), name


def test_the_defaults_are_those_that_were_released() -> None:
    sizes = {"shrink": "50%", "growth": "100%", "baseline": 7, "warm_up": 3, "floor": "0B"}
    assert Options() == Options.model_validate(sizes | {"sensitivity": "off", "frozen": "off"})
