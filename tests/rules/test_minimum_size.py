import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.minimum_size import Options, check

from tests.builders import before, failed, history, moment, succeeded


@pytest.mark.parametrize(
    ("backups", "outcome"),
    [
        ([succeeded("1h", 1024)], Outcome.PASS),
        ([succeeded("1h", 1023)], Outcome.FAIL),
        ([succeeded("1h", 18), succeeded("2h", 5000)], Outcome.FAIL),
        ([succeeded("1h", None)], Outcome.UNKNOWN),
        ([failed("1h")], Outcome.UNKNOWN),
        ([], Outcome.UNKNOWN),
        ([succeeded(None, 5000)], Outcome.UNKNOWN),
    ],
)
def test_the_size_of_the_newest_usable_backup_decides(
    backups: list[Backup], outcome: Outcome
) -> None:
    options = Options.model_validate({"min": "1KiB"})
    assert check(history(*backups), options, moment()).outcome is outcome


def test_a_failure_says_what_was_seen_and_expected_and_since_when() -> None:
    verdict = check(history(succeeded("1h", 18)), Options(min=1024), moment())
    assert (verdict.observed, verdict.expected) == ("18 B", "at least 1 KiB")
    assert verdict.since == before("1h")
