"""What holds for every rule of the folder, also for those to come."""

import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from backup_auditor.model import Backup, BackupKind, BackupState, History, Outcome
from backup_auditor.rules import Rule, load_rules
from backup_auditor.rules.last_success_age import Options as AgeOptions
from backup_auditor.rules.last_success_age import check as age_check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, history, moment, resource

RULES = load_rules()
ONCE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())

AGES = st.none() | st.integers(-3600 * 8, 3600 * 24 * 40).map(lambda s: timedelta(seconds=s))
BACKUPS = st.builds(
    lambda number, state, age, size, kind: Backup(
        id=f"b{number}",
        resource_id="r",
        state=state,
        taken_at=None if age is None else NOW - age,
        size_bytes=size,
        kind=kind,
    ),
    st.integers(0, 12),
    st.sampled_from(BackupState),
    AGES,
    st.none() | st.integers(0, 2**40),
    st.sampled_from(BackupKind),
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
    for name, field in rule.options.model_fields.items():
        assert field.description, f"{rule.id}.{name} has no description"
        assert name == "severity" or f"``{name}``" in rule.manual
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
