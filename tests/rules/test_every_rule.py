"""What holds for every rule of the folder, also for those to come."""

import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from backup_auditor.model import Backup, BackupKind, BackupState, History, Outcome, Verdict
from backup_auditor.rules import Moment, Rule, RuleOptions, load_rules
from backup_auditor.rules.last_success_age import Options as AgeOptions
from backup_auditor.rules.last_success_age import check as age_check
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from tests.builders import (
    NOW,
    SHANGHAI,
    before,
    expired,
    failed,
    history,
    moment,
    resource,
    running,
    succeeded,
    unclear,
)
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
RULES = load_rules()
ONCE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
EVERY_OPTION = pytest.mark.parametrize(
    ("rule", "option"),
    [(rule, name) for rule in RULES for name in RULES[rule].options.model_fields],
)
BY_TIMES = {"last_success_age", "backup_gap", "retention", "rpo"}
NOTICE_MISSING = BY_TIMES | {"backup_count"}
# Design: a row that is not here goes by other things than backups.
NOTHING_TO_MEASURE = dict.fromkeys(sorted(NOTICE_MISSING), FAIL) | dict.fromkeys(
    (
        *("size_drift", "minimum_size", "error_state"),
        *("encrypted", "copy_elsewhere", "immutable", "duration", "completed_cleanly"),
    ),
    UNKNOWN,
)

AGES = st.none() | st.integers(-3600 * 8, 3600 * 24 * 40).map(lambda s: timedelta(seconds=s))
BACKUPS = st.builds(
    lambda number, state, age, size, kind, told: Backup(
        id=f"b{number}",
        resource_id="r",
        state=state,
        taken_at=None if age is None else NOW - age,
        size_bytes=size,
        kind=kind,
        encrypted=told,
        is_clean=told,
        finished_at=NOW if told else None,
        locked_until=None if told is None else NOW - (age or timedelta(0)) * (-1 if told else 1),
    ),
    st.integers(0, 12),
    st.sampled_from(BackupState),
    AGES,
    st.none() | st.integers(0, 2**40),
    st.sampled_from(BackupKind),
    st.none() | st.booleans(),
)
HISTORIES = st.lists(BACKUPS, max_size=12)


def example(rule: Rule) -> dict[str, Any]:
    """Return the options of the example in a rule's manual."""
    _, _, snippet = rule.manual.partition("Example::\n")
    document = yaml.safe_load(textwrap.dedent(snippet))
    assert list(document) == [rule.id]
    return dict(document[rule.id])


@ONCE
def test_the_example_in_the_manual_is_valid(rule: Rule) -> None:
    rule.options.model_validate(example(rule))


@ONCE
def test_the_manual_names_every_option_and_says_what_to_do(rule: Rule) -> None:
    for name in rule.options.model_fields.keys() - RuleOptions.model_fields.keys():
        assert f"* ``{name}``: " in rule.manual
    for words in ("Why:", "Fails when", "Unknown when", "What to do:"):
        assert words in " ".join(rule.manual.split()), words
    assert rule.advice.endswith(".")


@ONCE
def test_every_rule_has_a_test_of_its_name(rule: Rule) -> None:
    assert (Path(__file__).parent / f"test_{rule.id}.py").is_file()


@ONCE
@given(HISTORIES, st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_of_backups_matter(
    rule: Rule, backups: list[Backup], random: Any
) -> None:
    options = rule.options.model_validate(example(rule))
    shuffled = [*backups, *backups]
    random.shuffle(shuffled)
    first = rule.check(History.of(resource(), backups), options, moment())
    assert rule.check(History.of(resource(), shuffled), options, moment()) == first
    assert isinstance(first.outcome, Outcome)
    assert first.message


@EVERY_OPTION
def test_every_option_has_a_description_and_an_example(rule: str, option: str) -> None:
    field = RULES[rule].options.model_fields[option]
    assert field.description
    assert field.description.endswith(".")
    assert field.examples


@EVERY_OPTION
def test_every_example_is_valid_for_the_schema_and_for_the_program(rule: str, option: str) -> None:
    field = RULES[rule].options.model_fields[option]
    schema = RULES[rule].options.model_json_schema()
    checker = Draft202012Validator(schema["properties"][option] | {"$defs": schema.get("$defs")})
    adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    for value in field.examples or ():
        assert [error.message for error in checker.iter_errors(value)] == []
        adapter.validate_python(value)


def judged(rule: str, found: History) -> Verdict:
    """Ask a rule, with the options of its example, about a history."""
    options = RULES[rule].options.model_validate(example(RULES[rule]))
    return RULES[rule].check(found, options, moment())


@pytest.mark.parametrize(("rule", "outcome"), NOTHING_TO_MEASURE.items())
def test_nothing_to_measure(rule: str, outcome: Outcome) -> None:
    """Nothing to measure.

    With no usable backup and not new, `last_success_age`, `backup_count`, `backup_gap`,
    `retention` and `rpo` fail; `size_drift` and `minimum_size` are unknown; `error_state` is
    unknown when there is no backup at all.
    """
    assert judged(rule, history()).outcome is outcome
    if rule != "error_state":
        assert judged(rule, history(expired("1h"), failed("2h"))).outcome is outcome


@pytest.mark.parametrize("rule", sorted(NOTICE_MISSING))
def test_what_is_missing_is_said_in_the_same_words(rule: str) -> None:
    """No usable backup.

    "never backed up" when there is no backup at all, else "no usable backup left: n failed, n
    expired, n running".
    """
    verdict = judged(rule, history())
    assert (verdict.message, verdict.observed) == ("never backed up", "none")
    assert verdict.since is not None
    assert before("100d") <= verdict.since < NOW
    left = [failed("1h"), failed("2h"), expired("3h"), running("4h"), unclear("5h")]
    verdict = judged(rule, history(*left))
    counted = "2 failed, 1 expired, 1 running, 1 unknown"
    assert verdict.message == f"no usable backup left: {counted}"
    assert (verdict.observed, verdict.since) == ("none", None)
    assert verdict.expected == judged(rule, history()).expected != ""


@pytest.mark.parametrize("rule", sorted(NOTICE_MISSING))
@pytest.mark.parametrize("created", [None, "-6m", "1m"])
def test_never_backed_up_is_a_fault_since_an_instant_that_is_past(
    rule: str, created: str | None
) -> None:
    """`since` is told where the data can tell it, and never lies in the future."""
    made = before(created) if created else None
    verdict = judged(rule, history(of=resource(created_at=made)))
    assert (verdict.outcome, verdict.message) == (FAIL, "never backed up")
    counts_from_creation = rule in {"backup_count", "retention"} and created == "1m"
    assert verdict.since == (made if counts_from_creation else None)


@pytest.mark.parametrize(
    ("rule", "due_after"),
    [
        ("last_success_age", "26h"),
        ("backup_gap", "50h"),
        ("rpo", "26h"),
        ("backup_count", "0h"),
        ("retention", "0h"),
    ],
)
def test_a_first_backup_that_is_due_now_is_a_fault_since_now(rule: str, due_after: str) -> None:
    verdict = judged(rule, history(of=resource(created_at=before(due_after))))
    assert verdict.since == NOW


@ONCE
def test_the_rules_that_notice_a_missing_backup_are_known(rule: Rule) -> None:
    """`NOTICES_MISSING`: it fails when a resource has no usable backup."""
    assert rule.notices_missing is (rule.id in NOTICE_MISSING)
    verdict = judged(rule.id, history(of=resource(auto_backup=None)))
    assert (verdict.outcome is FAIL) is rule.notices_missing


def test_a_moment_is_not_that_of_a_new_resource_unless_it_says_so() -> None:
    assert Moment(NOW, SHANGHAI).first_backup_due is None


@ONCE
def test_only_two_rules_judge_what_is_new(rule: Rule) -> None:
    """New.

    Its rules pass with "new, first backup due by ...", except that `error_state` still judges
    what is there and `auto_backup` still asks.
    """
    assert rule.judges_new is (rule.id in {"error_state", "auto_backup"})


@pytest.mark.parametrize("rule", sorted(NOTICE_MISSING))
@pytest.mark.parametrize(("age", "unknown"), [("-5m", False), ("-5m0.000001s", True)])
def test_future(rule: str, age: str, *, unknown: bool) -> None:
    """Future.

    If the newest usable backup lies more than 5 minutes after now, `last_success_age`,
    `backup_gap`, `retention` and `rpo` are unknown: the clocks cannot be trusted.
    """
    found = history(succeeded(age), *[succeeded(f"{hours}h") for hours in range(1, 24 * 40, 24)])
    verdict = judged(rule, found)
    if unknown and rule in BY_TIMES:
        said = "the newest backup lies 5 min in the future: clocks disagree"
        assert verdict.outcome is UNKNOWN
        assert (verdict.message, verdict.observed) == (said, "in 5 min")
        assert verdict.expected == judged(rule, history()).expected
    else:
        assert verdict.outcome is PASS


@pytest.mark.parametrize("rule", sorted(NOTICE_MISSING))
def test_a_usable_backup_without_a_time_helps_no_rule_to_pass(rule: str) -> None:
    """Future.

    A usable backup without a time helps no rule to pass; where one exists, these rules answer
    unknown instead of fail.
    """
    untimed = succeeded(None)
    failing = history(succeeded("20d"), failed("60d"))
    assert judged(rule, failing).outcome is FAIL
    doubted = judged(rule, history(*failing.backups, untimed))
    assert doubted.outcome is (UNKNOWN if rule in BY_TIMES else FAIL)
    assert "without a time" in doubted.message
    passing = history(*[succeeded(f"{hours}h") for hours in range(1, 24 * 40, 24)])
    assert judged(rule, passing).outcome is PASS
    assert judged(rule, history(*passing.backups, untimed)).outcome is PASS


@pytest.mark.parametrize("rule", sorted(BY_TIMES))
def test_where_no_usable_backup_has_a_time_nothing_is_known(rule: str) -> None:
    verdict = judged(rule, history(succeeded(None), failed("1h")))
    said = "no usable backup has a time, so no age can be told"
    without = judged(rule, history())
    expected, limit = without.expected, without.limit
    assert verdict == Verdict(UNKNOWN, said, "no time", expected, limit=limit)


@ONCE
def test_every_rule_takes_a_severity_and_controls(rule: Rule) -> None:
    """Every rule also takes `severity`."""
    given = {"severity": "low", "controls": ["ISO/IEC 27001:2022 A.8.13", "x" * 100]}
    options = rule.options.model_validate(example(rule) | given)
    assert options.severity == "low"
    assert options.controls == ("ISO/IEC 27001:2022 A.8.13", "x" * 100)
    plain = rule.options.model_validate({k: v for k, v in example(rule).items() if k != "severity"})
    assert (plain.severity, plain.controls) == (None, None)


@ONCE
def test_options_that_are_not_known_are_refused_and_known_ones_stay_as_they_are(rule: Rule) -> None:
    given = example(rule) | {"colour": "red"}
    assert "Extra inputs are not permitted" in refusal(rule.options, given)
    options = rule.options.model_validate(example(rule))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(options, "severity", "low")  # noqa: B010 - a type checker refuses it as well


@pytest.mark.parametrize(
    ("controls", "sentence"),
    [
        ([""], "'' is not a label of a control; it must be 1 to 100 printable characters"),
        (
            ["x" * 101],
            f"'{'x' * 60}' is not a label of a control; it must be 1 to 100 printable characters",
        ),
        (["a\nb"], r"'a\nb' is not a label of a control; it must be 1 to 100 printable characters"),
        (["x"] * 21, "controls has 21 labels; at most 20 are allowed"),
        (
            "A.8.13",
            "controls: write a list of labels, such as [ISO/IEC 27001:2022 A.8.13]",
        ),
        ([8.13], "'8.13' is not a label of a control; it must be 1 to 100 printable characters"),
    ],
)
def test_what_is_no_label_of_a_control_is_refused(controls: object, sentence: str) -> None:
    assert refusal(RuleOptions, {"controls": controls}) == sentence


def test_up_to_20_controls_are_taken() -> None:
    assert len(RuleOptions.model_validate({"controls": ["x"] * 20}).controls or ()) == 20
    assert RuleOptions.model_validate({"controls": []}).controls == ()
    schema = RuleOptions.model_json_schema()["properties"]["controls"]["anyOf"][0]
    label = {"type": "string", "minLength": 1, "maxLength": 100}
    assert schema == {"type": "array", "items": label, "maxItems": 20}


@given(HISTORIES, st.integers(0, 3600 * 26))
def test_a_fresh_usable_backup_never_turns_a_pass_into_a_fail(
    backups: list[Backup], seconds: int
) -> None:
    options = AgeOptions.model_validate({"max": "26h"})
    added = Backup("fresh", "r", BackupState.SUCCEEDED, taken_at=NOW - timedelta(seconds=seconds))
    if age_check(history(*backups), options, moment()).outcome is Outcome.PASS:
        assert age_check(history(*backups, added), options, moment()).outcome is Outcome.PASS


@ONCE
@given(HISTORIES)
def test_a_backup_of_unknown_state_never_improves_an_outcome(
    rule: Rule, backups: list[Backup]
) -> None:
    options = rule.options.model_validate(example(rule))
    rank = [Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS]
    odd = Backup("odd", "r", BackupState.UNKNOWN, taken_at=NOW - timedelta(hours=1), size_bytes=9)
    without = rule.check(history(*backups), options, moment()).outcome
    with_it = rule.check(history(*backups, odd), options, moment()).outcome
    assert rank.index(with_it) <= rank.index(without)
