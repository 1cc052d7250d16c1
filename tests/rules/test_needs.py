"""What rules need of a source: with it they can pass, and without it they never do."""

from __future__ import annotations

from typing import Any

import pytest
from backup_auditor.model import Fact, History, Outcome, Restorable, Schedule

from tests.builders import before, moment, resource, succeeded
from tests.rules.test_every_rule import RULES, example
from tests.sources.telling import told, without

ASKED: dict[str, dict[str, Any]] = {
    **{name: example(rule) for name, rule in RULES.items()},
    "last_success_age": {"schedule": "source"},
}
NEEDS = {
    "auto_backup": Fact.AUTO_BACKUP,
    "completed_cleanly": Fact.CLEANLINESS,
    "copy_elsewhere": Fact.COPIES,
    "duration": Fact.END,
    "encrypted": Fact.ENCRYPTION,
    "immutable": Fact.LOCK,
    "last_success_age": Fact.SCHEDULE,
    "minimum_size": Fact.SIZE,
    "size_drift": Fact.SIZE,
}


def everything(**where: Any) -> list[Any]:
    """Return the backups of forty days, which tell all that one can tell."""
    return [
        succeeded(
            f"{3 + 24 * day}h",
            id=f"b-{day}",
            finished_at=before(f"{3 + 24 * day}h") + (before("1h") - before("70m")),
            encrypted=True,
            is_clean=True,
            locked_until=before("-400d"),
            **where,
        )
        for day in range(40)
    ]


def of_everything() -> History:
    """Return a history in which nothing is wrong, and nothing is left out."""
    return History.of(
        resource(schedule=Schedule("0 3 * * *", "UTC")),
        everything(),
        copies=everything(account="elsewhere"),
        restorable=Restorable(before("7d"), before("5m")),
    )


def test_the_history_tells_everything() -> None:
    assert told([of_everything()]) == set(Fact)


@pytest.mark.parametrize("rule", RULES)
def test_it_says_what_it_needs(rule: str) -> None:
    options = RULES[rule].options.model_validate(ASKED[rule])
    assert options.needs() is NEEDS.get(rule)


def test_an_age_of_a_policy_needs_nothing() -> None:
    assert RULES["last_success_age"].options.model_validate({"max": "26h"}).needs() is None


@pytest.mark.parametrize(("rule", "fact"), NEEDS.items())
def test_without_what_it_needs_it_is_unknown(rule: str, fact: Fact) -> None:
    options = RULES[rule].options.model_validate(ASKED[rule])
    whole = of_everything()
    assert RULES[rule].check(whole, options, moment()).outcome is Outcome.PASS
    assert RULES[rule].check(without(fact, whole), options, moment()).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("fact", Fact)
@pytest.mark.parametrize("rule", RULES)
def test_what_it_does_not_need_it_can_do_without(rule: str, fact: Fact) -> None:
    options = RULES[rule].options.model_validate(ASKED[rule])
    if options.needs() is not fact:
        found = RULES[rule].check(without(fact, of_everything()), options, moment())
        assert found.outcome is Outcome.PASS
