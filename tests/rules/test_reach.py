"""How far back each rule asks for backups that are gone: for so long they are remembered."""

from datetime import timedelta
from typing import Any

import pytest
from backup_auditor.model import Reach
from backup_auditor.rules import load_rules

RULES = load_rules()


@pytest.mark.parametrize(
    ("rule", "options", "reach"),
    [
        ("backup_gap", {"max": "50h"}, Reach(timedelta(days=14, hours=50))),
        ("backup_gap", {"max": "2d", "within": "20d"}, Reach(timedelta(days=22))),
        ("rpo", {"target": "26h"}, Reach(timedelta(days=30, hours=26))),
        ("rpo", {"target": "1d", "within": "7d"}, Reach(timedelta(days=8))),
        ("size_drift", {}, Reach(sizes=14)),
        ("size_drift", {"baseline": 28}, Reach(sizes=56)),
        ("size_drift", {"frozen": 10}, Reach(sizes=20)),
        # They ask only for what can be restored.
        ("last_success_age", {"max": "90d"}, Reach()),
        ("retention", {"min": "90d"}, Reach()),
        ("backup_count", {"min": 9, "within": "90d"}, Reach()),
    ],
    ids=str,
)
def test_a_rule_asks_as_far_back_as_it_looks(
    rule: str, options: dict[str, Any], reach: Reach
) -> None:
    asked = RULES[rule]
    assert asked.reach(asked.options.model_validate(options)) == reach


def test_two_reaches_together_are_enough_for_both() -> None:
    assert Reach(timedelta(1), 5) | Reach(timedelta(2), 3) == Reach(timedelta(2), 5)
