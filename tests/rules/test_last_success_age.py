from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.model import Backup, BackupKind, BackupState, Limit, Outcome, Schedule
from backup_auditor.rules.last_success_age import Options, check
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.builders import (
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
DAY = {"max": "26h"}


@pytest.mark.parametrize(
    ("backups", "outcome", "message"),
    [
        ([succeeded("2h")], PASS, "last success is 2 h old"),
        # exactly at the limit passes, one microsecond beyond fails
        ([succeeded("26h")], PASS, "last success is 26 h old"),
        ([succeeded("26h0.000001s")], FAIL, "last success is 26 h old"),
        ([succeeded("3d4h")], FAIL, "last success is 3 d 4 h old"),
        ([succeeded("2h"), succeeded("30h")], PASS, "last success is 2 h old"),
        ([failed("1h"), succeeded("2h")], PASS, "last success is 2 h old"),
        ([running("1h"), succeeded("30h")], FAIL, "last success is 30 h old"),
        ([expired("1h"), succeeded("30h")], FAIL, "last success is 30 h old"),
        ([unclear("1h"), succeeded("30h")], FAIL, "last success is 30 h old"),
        ([], FAIL, "never backed up"),
        (
            [failed("1h"), failed("2h"), expired("3h"), running("4h"), unclear("5h")],
            FAIL,
            "no usable backup left: 2 failed, 1 expired, 1 running, 1 unknown",
        ),
        ([succeeded("-5m")], PASS, "last success is 0 s old"),
        (
            [succeeded("-5m0.000001s")],
            UNKNOWN,
            "the newest backup lies 5 min in the future: clocks disagree",
        ),
        ([succeeded(None)], UNKNOWN, "no usable backup has a time, so no age can be told"),
        ([succeeded(None), succeeded("2h")], PASS, "last success is 2 h old"),
        (
            [succeeded(None), succeeded("30h")],
            UNKNOWN,
            "last success is 30 h old, but a backup without a time may be newer",
        ),
    ],
)
def test_the_age_of_the_newest_usable_backup_decides(
    backups: list[Backup], outcome: Outcome, message: str
) -> None:
    """`last_success_age` fails when.

    age of the newest usable backup `> max`. No usable backup: "never backed up" when there is no
    backup at all, else "no usable backup left: n failed, n expired, n running".
    """
    verdict = check(history(*backups), Options.model_validate(DAY), moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.expected == "at most 26 h"


def test_the_fault_began_when_the_newest_backup_became_too_old() -> None:
    verdict = check(history(succeeded("3d")), Options.model_validate(DAY), moment())
    assert verdict.since == before("46h")
    assert verdict.observed == "3 d"


def test_never_backed_up_is_a_fault_since_the_first_backup_was_due() -> None:
    found = history(of=resource(created_at=before("9d")))
    verdict = check(found, Options.model_validate(DAY), moment())
    assert verdict.since == before("7d22h")
    verdict = check(found, Options.model_validate({"schedule": "0 3 * * *"}), moment())
    assert (verdict.outcome, verdict.since) == (FAIL, before("9d"))
    assert verdict.expected == "newer than 2026-11-24 03:00 CST"


BOTH_KINDS = [succeeded("1h", kind="manual"), succeeded("30h", kind="automatic")]


@pytest.mark.parametrize(
    ("kinds", "backups", "outcome", "message"),
    [
        ([], BOTH_KINDS, PASS, "last success is 1 h old"),
        (["manual", "automatic"], BOTH_KINDS, PASS, "last success is 1 h old"),
        (
            ["manual"],
            BOTH_KINDS,
            PASS,
            "last success is 1 h old (only manual backups count)",
        ),
        (
            ["automatic"],
            BOTH_KINDS,
            FAIL,
            "last success is 30 h old (only automatic backups count)",
        ),
        (["manual"], BOTH_KINDS[:1], PASS, "last success is 1 h old"),
        (
            ["automatic"],
            BOTH_KINDS[:1],
            FAIL,
            "never backed up (only automatic backups count)",
        ),
        (
            ["manual", "automatic"],
            [failed("1h", kind="manual"), succeeded("2h", kind="unknown")],
            FAIL,
            "no usable backup left: 1 failed (only automatic and manual backups count)",
        ),
        (
            ["automatic"],
            [succeeded("30h", kind="automatic"), succeeded(None, kind="manual")],
            FAIL,
            "last success is 30 h old (only automatic backups count)",
        ),
        (
            ["automatic"],
            [succeeded("-1h", kind="manual"), succeeded("30h", kind="automatic")],
            FAIL,
            "last success is 30 h old (only automatic backups count)",
        ),
        (["automatic"], [], FAIL, "never backed up"),
    ],
)
def test_only_backups_of_the_chosen_kinds_count(
    kinds: list[str], backups: list[Backup], outcome: Outcome, message: str
) -> None:
    """`kinds` (any)."""
    options = Options.model_validate({"max": "26h", "kinds": kinds})
    verdict = check(history(*backups), options, moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)


# NOW is 2026-11-24 06:07 UTC, which is 14:07 in Shanghai.
@pytest.mark.parametrize(
    ("schedule", "age", "outcome"),
    [
        # the tick lies exactly `tolerance` before now and counts
        ("7 12 * * *", "2h", PASS),
        ("7 12 * * *", "2h0.000001s", FAIL),
        # today's tick is not due yet, yesterday's lies 25:59 h back
        ("8 12 * * *", "20h", PASS),
        ("8 12 * * *", "25h59m", PASS),
        ("8 12 * * *", "25h59m0.000001s", FAIL),
        ("0 3 * * *", "11h7m", PASS),
        ("0 3 * * *", "11h7m0.000001s", FAIL),
        ("0 3 * * 1", "35h7m", PASS),
        ("0 3 * * 1", "35h7m0.000001s", FAIL),
    ],
)
def test_a_schedule_counts_in_the_policys_time_zone(
    schedule: str, age: str, outcome: Outcome
) -> None:
    """`last_success_age` fails when.

    it is older than the last tick of `schedule` (cron, in `timezone`) that lies `tolerance` or more
    before now.
    """
    options = Options.model_validate({"schedule": schedule})
    verdict = check(history(succeeded(age)), options, moment(SHANGHAI))
    assert verdict.outcome is outcome


def taken(at: datetime) -> Backup:
    """Return a usable backup that was taken at an instant."""
    return Backup("b", "uredis-1", BackupState.SUCCEEDED, taken_at=at)


def instant(text: str) -> datetime:
    """Read a time of 2026 in UTC, such as ``03-29 01:00``."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


@pytest.mark.parametrize(
    ("zone", "schedule", "now", "tick"),
    [
        # 29 March, 01:00 UTC: 02:00 becomes 03:00. A tick in the skipped hour: at its end.
        (BERLIN, "30 2 * * *", "03-29 00:59:59", "03-28 01:30"),
        (BERLIN, "30 2 * * *", "03-29 01:00", "03-29 01:00"),
        (BERLIN, "30 2 * * *", "03-29 01:30", "03-29 01:00"),
        (BERLIN, "30 2 * * *", "03-30 00:29:59", "03-29 01:00"),
        (BERLIN, "30 2 * * *", "03-30 00:30", "03-30 00:30"),
        (BERLIN, "30 1 * * *", "03-29 12:00", "03-29 00:30"),
        (BERLIN, "0 3 * * *", "03-29 00:59", "03-28 02:00"),
        (BERLIN, "0 3 * * *", "03-29 01:00", "03-29 01:00"),
        # the same with a star: it does not happen
        (BERLIN, "*/30 2 * * *", "03-29 12:00", "03-28 01:30"),
        (BERLIN, "0 * * * *", "03-29 00:59", "03-29 00:00"),
        (BERLIN, "0 * * * *", "03-29 01:00", "03-29 01:00"),
        # 25 October, 01:00 UTC: 03:00 becomes 02:00. A tick in the repeated hour: the first time.
        (BERLIN, "30 2 * * *", "10-25 00:29:59", "10-24 00:30"),
        (BERLIN, "30 2 * * *", "10-25 00:30", "10-25 00:30"),
        (BERLIN, "30 2 * * *", "10-25 01:15", "10-25 00:30"),
        (BERLIN, "30 2 * * *", "10-25 01:45", "10-25 00:30"),
        (BERLIN, "30 2 * * *", "10-26 01:29:59", "10-25 00:30"),
        (BERLIN, "30 2 * * *", "10-26 01:30", "10-26 01:30"),
        (BERLIN, "0 3 * * *", "10-25 01:59", "10-24 01:00"),
        (BERLIN, "0 3 * * *", "10-25 02:00", "10-25 02:00"),
        # the same with a star: twice
        (BERLIN, "*/30 2 * * *", "10-25 00:59", "10-25 00:30"),
        (BERLIN, "*/30 2 * * *", "10-25 01:00", "10-25 01:00"),
        (BERLIN, "*/30 2 * * *", "10-25 01:29", "10-25 01:00"),
        (BERLIN, "*/30 2 * * *", "10-25 12:00", "10-25 01:30"),
        (BERLIN, "0 * * * *", "10-25 00:59", "10-25 00:00"),
        (BERLIN, "0 * * * *", "10-25 01:00", "10-25 01:00"),
        # 8 March, 07:00 UTC: 02:00 becomes 03:00; 1 November, 06:00 UTC: 02:00 becomes 01:00
        (NEW_YORK, "30 2 * * *", "03-08 06:59", "03-07 07:30"),
        (NEW_YORK, "30 2 * * *", "03-08 07:00", "03-08 07:00"),
        (NEW_YORK, "30 1 * * *", "11-01 05:30", "11-01 05:30"),
        (NEW_YORK, "30 1 * * *", "11-01 06:15", "11-01 05:30"),
        (NEW_YORK, "30 1 * * *", "11-02 06:29", "11-01 05:30"),
        (NEW_YORK, "30 1 * * *", "11-02 06:30", "11-02 06:30"),
        (NEW_YORK, "30 * * * *", "11-01 06:29", "11-01 05:30"),
        (NEW_YORK, "30 * * * *", "11-01 06:30", "11-01 06:30"),
        # no clock is ever changed
        ("Asia/Shanghai", "30 2 * * *", "03-29 18:29", "03-28 18:30"),
        ("Asia/Shanghai", "30 2 * * *", "10-25 18:30", "10-25 18:30"),
        ("UTC", "30 2 * * *", "03-29 02:30", "03-29 02:30"),
    ],
)
def test_ticks_are_right_while_clocks_are_changed(
    zone: str, schedule: str, now: str, tick: str
) -> None:
    """The last tick: a backup taken at it passes, and one a microsecond before it fails."""
    options = Options.model_validate({"schedule": schedule, "tolerance": "0h"})
    asked = moment(ZoneInfo(zone), now=instant(now))
    on_time = check(history(taken(instant(tick))), options, asked)
    assert (on_time.outcome, on_time.expected) == (PASS, f"newer than {asked.say(instant(tick))}")
    too_old = history(taken(instant(tick) - timedelta(microseconds=1)))
    late = check(too_old, options, asked)
    assert (late.outcome, late.since) == (FAIL, instant(tick))


@pytest.mark.parametrize(
    ("schedule", "now", "outcome"),
    [
        # due at 00:30 UTC; two hours later walls show 04:30 in spring and 03:30 in autumn
        ("30 1 * * *", "03-29 02:29:59", PASS),
        ("30 1 * * *", "03-29 02:30", FAIL),
        ("30 2 * * *", "10-25 02:29:59", PASS),
        ("30 2 * * *", "10-25 02:30", FAIL),
    ],
)
def test_tolerance_is_real_time(schedule: str, now: str, outcome: Outcome) -> None:
    """`tolerance` (2h)."""
    found = history(taken(instant(now) - timedelta(hours=3)))
    options = Options.model_validate({"schedule": schedule})
    assert options.tolerance == timedelta(hours=2)
    verdict = check(found, options, moment(ZoneInfo(BERLIN), now=instant(now)))
    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("schedule", "newest", "since"),
    [
        ("0 3 * * *", "11-20 02:00", "11-21 04:00"),
        ("0 3 * * *", "11-20 01:59:59", "11-20 04:00"),
        ("0 3 * * *", "11-20 02:00:01", "11-21 04:00"),
        # made between the two 02:30 of the repeated hour: the next tick is that of the next day
        ("30 2 * * *", "10-25 00:45", "10-26 03:30"),
        ("30 2 * * *", "10-25 01:15", "10-26 03:30"),
        ("30 2 * * *", "10-25 00:29", "10-25 02:30"),
        ("*/30 2 * * *", "10-25 00:45", "10-25 03:00"),
        ("*/30 2 * * *", "10-25 01:15", "10-25 03:30"),
        ("30 2 * * *", "03-29 00:59", "03-29 03:00"),
    ],
)
def test_the_fault_began_with_the_first_tick_that_was_missed(
    schedule: str, newest: str, since: str
) -> None:
    options = Options.model_validate({"schedule": schedule})
    verdict = check(history(taken(instant(newest))), options, moment(ZoneInfo(BERLIN)))
    assert (verdict.outcome, verdict.since) == (FAIL, instant(since))


def last_tick(minute: int, hour: int | None, until: datetime, zone: ZoneInfo) -> datetime:
    """Go back minute by minute, as a person with a calendar would."""
    at = until.replace(second=0, microsecond=0)
    while True:
        local = at.astimezone(zone)
        if hour is None and local.minute == minute:
            return at
        if hour is not None:
            wanted = local.replace(hour=hour, minute=minute, fold=0)
            real = wanted.astimezone(UTC).astimezone(zone)
            is_skipped = real.replace(tzinfo=None) != wanted.replace(tzinfo=None)
            earlier = (at - timedelta(minutes=1)).astimezone(zone)
            ends_skipped_hour = (
                local.utcoffset() != earlier.utcoffset() and earlier < wanted < local
            )
            if at == wanted.astimezone(UTC) and not is_skipped:
                return at
            if is_skipped and ends_skipped_hour:
                return at
        at -= timedelta(minutes=1)


@given(
    st.sampled_from([BERLIN, NEW_YORK, "Africa/Cairo", "America/Havana", "Asia/Shanghai"]),
    st.sampled_from(["03-08 06:00", "03-29 00:00", "04-23 22:00", "10-25 00:00", "10-29 21:00"]),
    st.integers(-3600 * 6, 3600 * 30),
    st.integers(0, 59),
    st.none() | st.integers(0, 23),
)
def test_the_last_tick_is_that_of_going_back_minute_by_minute(
    zone: str, day: str, seconds: int, minute: int, hour: int | None
) -> None:
    until = instant(day) + timedelta(seconds=seconds)
    tick = last_tick(minute, hour, until, ZoneInfo(zone))
    schedule = f"{minute} {'*' if hour is None else hour} * * *"
    options = Options.model_validate({"schedule": schedule, "tolerance": "0h"})
    asked = moment(ZoneInfo(zone), now=until)
    assert check(history(taken(tick)), options, asked).outcome is PASS
    late = check(history(taken(tick - timedelta(seconds=1))), options, asked)
    assert (late.outcome, late.since) == (FAIL, tick)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "last_success_age needs either max or schedule"),
        ({"max": "26h", "schedule": "0 3 * * *"}, "last_success_age needs either max or schedule"),
        ({"max": "26h", "tolerance": "1h"}, "tolerance is only used with schedule"),
        ({"max": "0h"}, "max must be longer than 0; write a span such as 26h"),
        ({"max": 26}, "26 is not a duration; write a number with a unit, such as 26h or 1d12h"),
        (
            {"max": "26h", "kinds": ["weekly"]},
            "Input should be 'automatic', 'manual' or 'unknown'",
        ),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    """`max` (required, or `schedule` + `tolerance` (2h)); `kinds` (any)."""
    assert refusal(Options, given) == sentence


@pytest.mark.parametrize(
    "given", [{"max": "26h", "schedule": None}, {"max": None, "schedule": "0 3 * * *"}]
)
def test_an_option_with_nothing_behind_it_is_refused(given: dict[str, object]) -> None:
    sentence = "nothing stands here; write a value, or leave the key out"
    assert refusal(Options, given) == sentence


@pytest.mark.parametrize(
    "text",
    [
        *("every day", "@daily", "0 3 * * * *", "0 3 * *", "0 0 30 2 *", "60 3 * * *", ""),
        # what is met by int(), and by never finding a tick
        *("9" * 5000 + " 3 * * *", "0 0 */5 2 1#5"),
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    hint = "write five cron fields, such as 0 3 * * *"
    assert refusal(Options, {"schedule": text}) == f"{text[:60]!r} is not a schedule; {hint}"


@given(st.lists(st.text("0123456789*/,-#LW", min_size=1, max_size=4), min_size=5, max_size=5))
def test_any_five_words_are_a_schedule_that_works_or_are_refused(words: list[str]) -> None:
    text = " ".join(words)
    try:
        options = Options.model_validate({"schedule": text})
    except ValidationError as error:
        assert f"{text!r} is not a schedule" in str(error)  # noqa: PT017 - either way is fine
    else:
        assert check(history(succeeded("9d")), options, moment()).outcome in {PASS, FAIL}


def test_a_pass_says_what_was_observed_and_expected() -> None:
    verdict = check(history(succeeded("2h")), Options.model_validate({"max": "26h"}), moment())
    assert (verdict.observed, verdict.expected) == ("2 h", "at most 26 h")


@pytest.mark.parametrize(
    ("options", "backups", "limit"),
    [
        (DAY, [succeeded("2h")], Limit(oldest=before("26h"))),
        (DAY, [succeeded("3d")], Limit(oldest=before("26h"))),
        (DAY, [], Limit(oldest=before("26h"))),
        # 2026-11-24 03:00 in Shanghai
        ({"schedule": "0 3 * * *"}, [], Limit(oldest=datetime(2026, 11, 23, 19, tzinfo=UTC))),
        (DAY | {"kinds": ["automatic"]}, [succeeded("2h")], Limit(oldest=before("26h"))),
        # one that does not count would lie within the limit
        (
            DAY | {"kinds": ["automatic"]},
            [succeeded("2h", kind=BackupKind.MANUAL), succeeded("3d")],
            None,
        ),
    ],
)
def test_the_limit_is_told_where_all_backups_count(
    options: dict[str, object], backups: list[Backup], limit: Limit | None
) -> None:
    verdict = check(history(*backups), Options.model_validate(options), moment())
    assert verdict.limit == limit


NOT_UNDERSTOOD = "the schedule that the source tells is not understood"
OWN = Options.model_validate({"schedule": "source"})


@pytest.mark.parametrize(
    ("cron", "zone", "age", "outcome"),
    [
        # NOW is 06:07 UTC. In the zone that the source tells, not in that of the policy.
        ("7 4 * * *", "UTC", "2h", PASS),
        ("7 4 * * *", "UTC", "2h0.000001s", FAIL),
        ("7 12 * * *", "Asia/Shanghai", "2h", PASS),
        ("7 12 * * *", "Asia/Shanghai", "2h0.000001s", FAIL),
        ("8 12 * * *", "Asia/Shanghai", "25h59m", PASS),
        ("0 3 * * 1", "America/New_York", "22h", PASS),
        ("0 3 * * 1", "America/New_York", "23h", FAIL),
    ],
)
def test_the_schedule_may_be_that_of_the_source_in_its_own_time_zone(
    cron: str, zone: str, age: str, outcome: Outcome
) -> None:
    found = history(succeeded(age), of=resource(schedule=Schedule(cron, zone)))
    verdict = check(found, OWN, moment(SHANGHAI))
    assert verdict.outcome is outcome
    written = Options.model_validate({"schedule": cron})
    assert replace(verdict, expected="") == replace(
        check(history(succeeded(age)), written, moment(ZoneInfo(zone))), expected=""
    )
    assert verdict.expected.endswith("CST")


def test_the_tolerance_counts_for_the_schedule_of_the_source_as_well() -> None:
    found = history(succeeded("25h"), of=resource(schedule=Schedule("7 4 * * *", "UTC")))
    assert check(found, OWN, moment()).outcome is FAIL
    patient = Options.model_validate({"schedule": "source", "tolerance": "3h"})
    assert check(found, patient, moment()).outcome is PASS


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (None, "the source does not tell when backups are due"),
        *(
            (
                Schedule(cron, zone),
                f"{NOT_UNDERSTOOD}: {cron[:60]!r} in {zone[:60]!r}",
            )
            for cron, zone in [
                ("", "UTC"),
                ("every day", "UTC"),
                ("cron(0 5 ? * * *)", "UTC"),
                ("0 0 30 2 *", "UTC"),
                ("0 3 * * * *", "UTC"),
                ("source", "UTC"),
                ("1," * 10_000 + "1 * * * *", "UTC"),
                ("0 3 * * *", ""),
                ("0 3 * * *", "Mars/Olympus"),
                ("0 3 * * *", "../../etc/passwd"),
                ("0 3 * * *", "Asia"),
                ("0 3 * * *", "x" * 10_000),
                ("0 3\n* * *\x1b", "\x00"),
            ]
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, Schedule) else None,
)
def test_without_a_schedule_that_is_understood_it_is_unknown(
    told: Schedule | None, message: str
) -> None:
    verdict = check(history(succeeded("2h"), of=resource(schedule=told)), OWN, moment())
    assert (verdict.outcome, verdict.message) == (UNKNOWN, message)
    assert (verdict.observed, verdict.limit) == ("not told", None)
    assert verdict.expected == "newer than the last backup that is due as the source tells"


@pytest.mark.parametrize("told", [None, Schedule("0 3 * * *", "UTC")])
def test_what_is_missing_fails_whatever_the_source_tells_of_schedules(
    told: Schedule | None,
) -> None:
    of = resource(schedule=told)
    assert check(history(of=of), OWN, moment()).message == "never backed up"
    left = check(history(failed("1h"), of=of), OWN, moment())
    assert (left.outcome, left.message) == (FAIL, "no usable backup left: 1 failed")
    assert check(history(succeeded("-1h"), of=of), OWN, moment()).outcome is UNKNOWN


@pytest.mark.parametrize("given", [{"schedule": "source", "max": "26h"}, {"schedule": "sources"}])
def test_source_is_one_word_and_a_limit_like_any_other(given: dict[str, object]) -> None:
    assert refusal(Options, given)
