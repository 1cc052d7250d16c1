import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.error_state import Options, check

from tests.builders import before, expired, failed, history, moment, running, succeeded, unclear

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("backups", "options", "outcome", "message"),
    [
        ([succeeded("2h")], {}, PASS, "has not failed"),
        ([failed("1h"), succeeded("2h")], {}, FAIL, "the last backup has failed"),
        ([failed("1h"), failed("2h"), succeeded("3h")], {}, FAIL, "the last 2 backups have failed"),
        ([failed("1h"), succeeded("2h")], {"tolerate": 1}, PASS, "has not failed"),
        ([failed("1h"), failed("2h")], {"tolerate": 1}, FAIL, "2 backups have failed"),
        ([succeeded("1h"), failed("2h")], {}, PASS, "has not failed"),
        ([failed(None), succeeded("1h")], {}, FAIL, "the last backup has failed"),
        ([running("24h")], {}, PASS, "has not failed"),
        ([running("24h1s")], {}, FAIL, "has been running for 24 h"),
        ([running("24h1s"), succeeded("25h")], {}, FAIL, "has been running"),
        ([succeeded("1h"), running("30h")], {}, PASS, "has not failed"),
        ([running("2h")], {"stuck_after": "1h"}, FAIL, "has been running for 2 h"),
        ([running(None)], {}, UNKNOWN, "not told since when"),
        ([unclear("1h", state_raw="Odd"), succeeded("2h")], {}, UNKNOWN, "'Odd'"),
        ([unclear(None), succeeded("2h")], {}, UNKNOWN, "'none'"),
        ([succeeded("1h"), unclear("2h")], {}, PASS, "has not failed"),
        ([unclear("1h"), failed("2h"), succeeded("3h")], {}, FAIL, "has failed"),
        ([expired("1h")], {}, PASS, "has not failed"),
        ([], {}, UNKNOWN, "no backup whose state"),
    ],
)
def test_what_is_newer_than_the_last_success_decides(
    backups: list[Backup], options: dict[str, object], outcome: Outcome, message: str
) -> None:
    verdict = check(history(*backups), Options.model_validate(options), moment())
    assert verdict.outcome is outcome
    assert message in verdict.message


def test_the_fault_began_with_the_first_failure_after_the_last_success() -> None:
    found = history(failed("1h"), failed("5h"), succeeded("9h"), failed("20h"))
    assert check(found, Options(), moment()).since == before("5h")


def test_a_stuck_backup_is_a_fault_since_it_was_due() -> None:
    assert check(history(running("30h")), Options(), moment()).since == before("6h")


def test_a_new_resource_without_backup_is_told_when_one_is_due() -> None:
    verdict = check(history(), Options(), moment(due=before("-3h")))
    assert verdict.outcome is PASS
    assert verdict.message == "new, first backup due by 2026-11-24 17:07 CST"


def test_a_new_resource_with_a_failed_backup_fails_all_the_same() -> None:
    verdict = check(history(failed("1h")), Options(), moment(due=before("-3h")))
    assert verdict.outcome is FAIL
