import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules import Moment
from backup_auditor.rules.last_success_age import Options, check
from pydantic import ValidationError

from tests.builders import (
    NOW,
    SHANGHAI,
    before,
    expired,
    failed,
    history,
    moment,
    running,
    succeeded,
    unclear,
)

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
DAY = Options.model_validate({"max": "26h"})


@pytest.mark.parametrize(
    ("backups", "outcome", "message"),
    [
        ([succeeded("2h")], PASS, "last success is 2 h old"),
        ([succeeded("26h")], PASS, "last success is 26 h old"),
        ([succeeded("26h1s")], FAIL, "last success is 26 h old"),
        ([succeeded("3d4h")], FAIL, "last success is 3 d 4 h old"),
        ([failed("1h"), succeeded("2h")], PASS, "last success is 2 h old"),
        ([running("1h"), succeeded("30h")], FAIL, "last success is 30 h old"),
        ([], FAIL, "never backed up"),
        (
            [failed("1h"), failed("2h"), expired("3h"), running("4h"), unclear("5h")],
            FAIL,
            "no usable backup left: 2 failed, 1 expired, 1 running, 1 unknown",
        ),
        ([succeeded("-5m")], PASS, "last success is 0 s old"),
        ([succeeded("-301s")], UNKNOWN, "the newest backup lies 5 min in the future"),
        ([succeeded(None)], UNKNOWN, "no usable backup has a time"),
        ([succeeded(None), succeeded("2h")], PASS, "last success is 2 h old"),
        ([succeeded(None), succeeded("30h")], UNKNOWN, "but a backup without a time may be newer"),
    ],
)
def test_the_age_of_the_newest_usable_backup_decides(
    backups: list[Backup], outcome: Outcome, message: str
) -> None:
    verdict = check(history(*backups), DAY, moment())
    assert verdict.outcome is outcome
    assert message in verdict.message


def test_the_fault_began_when_the_newest_backup_became_too_old() -> None:
    verdict = check(history(succeeded("3d")), DAY, moment())
    assert verdict.since == before("46h")
    assert (verdict.observed, verdict.expected) == ("3 d", "at most 26 h")


def test_never_backed_up_is_a_fault_since_the_first_backup_was_due() -> None:
    verdict = check(history(), DAY, moment())
    assert verdict.since == before("100d") + (NOW - before("26h"))


@pytest.mark.parametrize(
    ("kinds", "outcome"), [(["automatic"], FAIL), (["manual"], PASS), ([], PASS)]
)
def test_only_backups_of_the_chosen_kinds_count(kinds: list[str], outcome: Outcome) -> None:
    options = Options.model_validate({"max": "26h", "kinds": kinds})
    found = history(succeeded("1h", kind="manual"), succeeded("30h", kind="automatic"))
    assert check(found, options, moment()).outcome is outcome


# NOW is 2026-11-24 06:07 UTC, which is 14:07 in Shanghai.
@pytest.mark.parametrize(
    ("schedule", "age", "outcome"),
    [
        ("7 12 * * *", "2h", PASS),  # the tick lies exactly 2 h back and counts
        ("7 12 * * *", "2h1s", FAIL),
        ("8 12 * * *", "20h", PASS),  # today's tick is not due yet, yesterday's 25:59 h back counts
        ("8 12 * * *", "25h59m", PASS),
        ("8 12 * * *", "26h", FAIL),
        ("0 3 * * *", "11h", PASS),
        ("0 3 * * *", "12h", FAIL),
    ],
)
def test_a_schedule_counts_in_the_policys_time_zone(
    schedule: str, age: str, outcome: Outcome
) -> None:
    options = Options.model_validate({"schedule": schedule})
    verdict = check(history(succeeded(age)), options, Moment(NOW, SHANGHAI))
    assert verdict.outcome is outcome
    assert verdict.expected.startswith("newer than 2026-11-2")


def test_without_any_backup_a_schedule_fails_since_the_creation() -> None:
    options = Options.model_validate({"schedule": "0 3 * * *"})
    verdict = check(history(), options, moment())
    assert verdict.outcome is FAIL
    assert verdict.since == before("100d")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "either max or schedule"),
        ({"max": "26h", "schedule": "0 3 * * *"}, "either max or schedule"),
        ({"max": "26h", "tolerance": "1h"}, "only used with schedule"),
        ({"schedule": "every day"}, "write five cron fields"),
        ({"schedule": "0 3 * * * *"}, "write five cron fields"),
        ({"schedule": "0 0 30 2 *"}, "write five cron fields"),
        ({"max": 26}, "not a duration"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options.model_validate(given)
