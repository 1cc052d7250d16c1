import pytest
from backup_auditor.model import History, Outcome
from backup_auditor.rules.auto_backup import Options, check

from tests.builders import moment, resource


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [(True, Outcome.PASS), (False, Outcome.FAIL), (None, Outcome.UNKNOWN)],
)
def test_what_the_source_says_decides(setting: bool | None, outcome: Outcome) -> None:
    found = History.of(resource(auto_backup=setting), [])
    assert check(found, Options(), moment()).outcome is outcome
