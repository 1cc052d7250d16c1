"""When the next breach comes: by tables, and against a scan minute by minute."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.compose import kinds
from backup_auditor.foresight import NO_BREACH, Breach, breaches, next_breach
from backup_auditor.judge import checks_of
from backup_auditor.model import Backup, BackupKind, BackupState, History, Outcome, Verdict
from backup_auditor.policy.load import load
from backup_auditor.policy.model import Kinds, Policy
from backup_auditor.rules import Moment, Rule, RuleOptions, load_rules
from backup_auditor.values import Duration
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, before, failed, history, moment, resource, running, succeeded

RULES = load_rules()
KINDS = kinds()
INSTANT = timedelta(microseconds=1)
FAIL, UNKNOWN, PASS = Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS


def policy(rules: str, more: str = "", known: Kinds = KINDS) -> Policy:
    """Return a policy with these rules."""
    text = f"""
version: 1
timezone: Asia/Shanghai
sources: [ucloud.uredis]
policies:
  - name: everything
    match: {{}}
    {more}
    rules: {{{rules}}}
"""
    return load(text, "p.yaml", known).policies[0]


def foreseen(rules: str, *backups: Backup, more: str = "", **fields: object) -> Breach | None:
    """Return the next breach of a resource with ``backups``."""
    found = history(*backups, of=resource(**fields))  # type: ignore[arg-type]  # from a table
    return next_breach(found, policy(rules, more), RULES, moment())


@pytest.mark.parametrize(
    ("rules", "backups", "said"),
    [
        (
            "last_success_age: {max: 26h}",
            [succeeded("22h40m")],
            "breaches in 3 h 20 min, at 2026-11-24 17:27 CST",
        ),
        # 03:00 in Shanghai, and two hours of tolerance.
        (
            'last_success_age: {schedule: "0 3 * * *"}',
            [succeeded("2h")],
            "breaches in 14 h 53 min, at 2026-11-25 05:00 CST",
        ),
        (
            'last_success_age: {schedule: "30 1 1 * *", tolerance: 30m}',
            [succeeded("2h")],
            "breaches in 6 d 11 h, at 2026-12-01 02:00 CST",
        ),
        (
            'last_success_age: {schedule: "0 3 15 11 *", tolerance: 0s}',
            [succeeded("2h")],
            "breaches in 355 d 12 h, at 2027-11-15 03:00 CST",
        ),
        (
            "error_state: {stuck_after: 6h}",
            [running("5h"), succeeded("1d")],
            "breaches in 1 h, at 2026-11-24 15:07 CST",
        ),
        (
            "backup_count: {min: 2, within: 7d}",
            [succeeded("1d"), succeeded("5d"), succeeded("6d")],
            "breaches in 2 d, at 2026-11-26 14:07 CST",
        ),
        (
            "backup_gap: {max: 50h}",
            [succeeded("1d"), succeeded("2d")],
            "breaches in 26 h, at 2026-11-25 16:07 CST",
        ),
        (
            "retention: {max: 365d}",
            [succeeded("1d"), succeeded("300d")],
            "breaches in 65 d, at 2027-01-28 14:07 CST",
        ),
        # 99 % of 100 h are 99 h: with 26 h of cover left, 1 h may pass without.
        (
            "rpo: {target: 26h, within: 100h}",
            [succeeded(f"{hours}h") for hours in range(0, 240, 24)],
            "breaches in 27 h, at 2026-11-25 17:07 CST",
        ),
        ("backup_count: {min: 1}", [succeeded("1d")], NO_BREACH),
        (
            "size_drift: {}, minimum_size: {min: 1KiB}, auto_backup: {}",
            [succeeded("1d")],
            NO_BREACH,
        ),
        ("retention: {max: 365d}", [succeeded("-36d")], NO_BREACH),
        ("last_success_age: {max: 26h}", [succeeded("27h")], NO_BREACH),  # it fails already
    ],
)
def test_the_next_breach_is_said_with_its_time(
    rules: str, backups: list[Backup], said: str
) -> None:
    found = foreseen(rules, *backups)
    assert (found.say(moment()) if found else NO_BREACH) == said


@pytest.mark.parametrize(
    ("more", "created", "said"),
    [
        ("", "2h", "breaches in 24 h, at 2026-11-25 14:07 CST"),
        ("grace: 3d", "2h", "breaches in 2 d 22 h, at 2026-11-27 12:07 CST"),
    ],
)
def test_a_new_resource_breaches_at_the_end_of_its_grace(
    more: str, created: str, said: str
) -> None:
    rules = "last_success_age: {max: 26h}, size_drift: {}"
    found = foreseen(rules, more=more, created_at=before(created))
    assert found is not None
    assert found.say(moment()) == said
    assert (found.check.rule, found.check.message) == ("last_success_age", "never backed up")


def test_a_rule_that_will_be_unknown_is_a_breach_that_says_so() -> None:
    young = resource(created_at=before("2h"))
    found = breaches(history(of=young), policy("size_drift: {}"), RULES, moment())
    assert [(b.check.outcome, b.say(moment())) for b in found] == [
        (UNKNOWN, "becomes unknown in 22 h, at 2026-11-25 12:07 CST")
    ]


def test_the_earliest_breach_comes_first_and_rules_that_do_not_pass_have_none() -> None:
    rules = "error_state: {}, backup_gap: {max: 26h}, last_success_age: {max: 20h}"
    found = history(failed("1h"), succeeded("2h"), succeeded("3h"))
    both = breaches(found, policy(rules), RULES, moment())
    assert [breach.check.rule for breach in both] == ["last_success_age", "backup_gap"]
    assert next_breach(found, policy(rules), RULES, moment()) == both[0]


def test_the_clock_of_a_schedule_is_that_of_the_policy_also_when_it_is_changed() -> None:
    """Clocks go back at 2027-10-31 03:00 in Berlin: the tick of 02:30 comes once."""
    text = policy('last_success_age: {schedule: "30 2 31 10 *", tolerance: 0s}')
    at = Moment(NOW, ZoneInfo("Europe/Berlin"))
    found = next_breach(history(succeeded("2h")), text, RULES, at)
    assert found is not None
    assert found.say(at) == "breaches in 340 d 18 h, at 2027-10-31 02:30 CEST"


class Lapse(RuleOptions):
    """Options of a rule that fails for a minute only, so that no grid finds it."""

    after: Duration = timedelta(0)
    more: Duration = timedelta(0)


MINUTE = timedelta(minutes=1)
Times = Callable[[History], Iterable[datetime | None]]


def lapsing(times: Times, start: timedelta = timedelta(0)) -> dict[str, Rule]:
    """Return a rule that fails right after ``start + after + more`` from any of ``times``."""

    def check(found: History, options: Lapse, at: Moment) -> Verdict:
        begin = start + options.after + options.more
        ages = (at.now - time for time in times(found) if time)
        fails = any(begin < age < begin + MINUTE for age in ages)
        return Verdict(FAIL if fails else PASS, "lapsed")

    told: dict[str, Any] = {"advice": "", "manual": ""}
    rule = Rule("lapse", Lapse, check, judges_new=True, notices_missing=False, **told)
    return {"lapse": rule}


LAPSE = Kinds({"lapse": Lapse}, KINDS.sources, {})
YOUNG = resource(created_at=before("2h"))
ENDED = replace(succeeded("5d"), finished_at=before("4d"))
MANY = [succeeded(f"{hour}h", id=f"b{hour}") for hour in range(1, 3000)]


def taken(found: History) -> Iterable[datetime | None]:
    """Return when each backup was started."""
    return [backup.taken_at for backup in found.backups]


def oldest(found: History) -> Iterable[datetime | None]:
    """Return when the oldest backup was started."""
    return [found.backups[-1].taken_at]


def finished(found: History) -> Iterable[datetime | None]:
    """Return when each backup was finished."""
    return [backup.finished_at for backup in found.backups]


def created(found: History) -> Iterable[datetime | None]:
    """Return when the resource was made."""
    return [found.resource.created_at]


@pytest.mark.parametrize(
    ("found", "rule", "options", "at"),
    [
        (history(ENDED), lapsing(taken), "after: 370d", before("5d") + timedelta(days=370)),
        (
            history(ENDED),
            lapsing(taken),
            "after: 200d, more: 99d",
            before("5d") + timedelta(days=299),
        ),
        (history(ENDED), lapsing(finished), "after: 99d", before("4d") + timedelta(days=99)),
        (history(of=YOUNG), lapsing(created), "after: 99d", before("2h") + timedelta(days=99)),
        # Not an option, but the grace of the policy.
        (
            history(of=YOUNG),
            lapsing(created, timedelta(days=33)),
            "",
            before("2h") + timedelta(days=33),
        ),
        # What lies ahead is believed from five minutes before it on.
        (
            history(succeeded("-50d")),
            lapsing(taken, timedelta(minutes=-5)),
            "",
            before("-50d") - timedelta(minutes=5),
        ),
        (history(*MANY), lapsing(oldest), "after: 150d", before("2999h") + timedelta(days=150)),
    ],
)
def test_a_fault_that_lasts_a_minute_is_found_where_an_answer_may_change(
    found: History, rule: dict[str, Rule], options: str, at: datetime
) -> None:
    asked = policy(f"lapse: {{{options}}}", "grace: 33d", LAPSE)
    breach = next_breach(found, asked, rule, moment())
    assert breach is not None
    assert breach.at == at + INSTANT


WHOLE_MINUTES = st.integers(-20, 60 * 24 * 4).map(lambda minutes: timedelta(minutes=minutes))
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
    st.sampled_from(BackupState) | st.just(BackupState.SUCCEEDED),
    st.none() | WHOLE_MINUTES,
    st.none() | st.integers(0, 2**20),
    st.sampled_from(BackupKind),
)
SCANNED = [
    policy(rules, more)
    for rules, more in (
        ("last_success_age: {max: 26h, kinds: [automatic]}", ""),
        ('last_success_age: {schedule: "15 */7 * * *", tolerance: 45m}', "grace: 7h"),
        ("error_state: {tolerate: 1, stuck_after: 10h}", ""),
        ("backup_count: {min: 2, within: 2d}", ""),
        ("backup_gap: {max: 20h, within: 3d}", "grace: 5h"),
        ("retention: {min: 1d, max: 3d}", ""),
        ("rpo: {target: 20h, within: 2d, min: 90%}", ""),
        ("size_drift: {}", ""),
        ("minimum_size: {min: 1KiB}", ""),
    )
]
SCAN = range(1, 60 * 36)


@given(
    st.lists(BACKUPS, max_size=8),
    st.none() | WHOLE_MINUTES,
    st.sampled_from(SCANNED),
)
def test_the_next_breach_is_what_a_scan_finds(
    backups: list[Backup], age: timedelta | None, asked: Policy
) -> None:
    """Times and spans are whole minutes, and the scan asks at half past each of them."""
    found = history(*backups, of=resource(created_at=None if age is None else NOW - age))
    start = NOW + timedelta(seconds=30)

    def passes(instant: datetime) -> bool:
        (check,) = checks_of(found, asked, RULES, moment(now=instant))
        return check.outcome is PASS

    foretold = next_breach(found, asked, RULES, moment(now=start))
    if not passes(start):
        assert foretold is None
        return
    scan = (start + timedelta(minutes=minute) for minute in SCAN)
    first = next((instant for instant in scan if not passes(instant)), None)
    if first is None:
        assert foretold is None or foretold.at > start + timedelta(minutes=SCAN[-1])
    else:
        assert foretold is not None
        assert first - timedelta(minutes=1) < foretold.at <= first
    if foretold is not None:
        assert foretold.check.outcome is not PASS
        assert not passes(foretold.at)
        assert passes(foretold.at - INSTANT)


def test_a_long_history_is_thinned_and_not_misjudged() -> None:
    """What counts here is the newest manual backup, in the middle of thousands."""
    many = [succeeded(f"{number}h", id=f"b{number}") for number in range(1, 3000)]
    many[1500] = replace(many[1500], kind=BackupKind.MANUAL)
    rules = "last_success_age: {max: 1600h, kinds: [manual]}"
    found = foreseen(rules, *many)
    assert found is not None
    assert found.at == before("1501h") + timedelta(hours=1600) + INSTANT


def test_nothing_overflows_at_the_ends_of_time() -> None:
    ends = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    backups = [replace(failed("1h"), id=str(end), taken_at=end) for end in ends]
    assert foreseen("auto_backup: {}", *backups) is None
