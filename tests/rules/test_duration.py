from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from backup_auditor.model import Backup, BackupKind, Outcome, Verdict
from backup_auditor.rules.duration import Options, check
from backup_auditor.values import parse_duration
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, expired, failed, history, moment, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
TOOK = "the newest backup took"
HOUR = timedelta(hours=1)


def took(age: str, span: str | timedelta | None, **fields: Any) -> Backup:
    """Return a usable backup that took so long; ``-1h`` is an end before the start."""
    if span is None:
        return succeeded(age, **fields)
    sign = -1 if str(span).startswith("-") else 1
    length = parse_duration(span.removeprefix("-")) if isinstance(span, str) else span
    return succeeded(age, finished_at=before(age) + sign * length, **fields)


def judged(spans: Sequence[str | timedelta | None], **options: Any) -> Verdict:
    """Judge daily backups that took so long, the newest first."""
    backups = [took(f"{day + 1}d", span) for day, span in enumerate(spans)]
    return check(history(*backups), Options.model_validate(options), moment())


@pytest.mark.parametrize(
    ("spans", "options", "outcome", "message", "expected"),
    [
        # exactly at the limit passes, one microsecond beyond fails
        (["4h"], {"max": "4h"}, PASS, f"{TOOK} 4 h", "at most 4 h"),
        (["4h0.000001s"], {"max": "4h"}, FAIL, f"{TOOK} 4 h", "at most 4 h"),
        (["0s"], {"max": "4h"}, PASS, f"{TOOK} 0 s", "at most 4 h"),
        # only the newest one is asked about
        (["3h", "9h"], {"max": "4h"}, PASS, f"{TOOK} 3 h", "at most 4 h"),
        (["2h", *["1h"] * 3], {"growth": "100%"}, PASS, f"{TOOK} 2 h", "at most 2 h"),
        (
            ["2h0.000001s", *["1h"] * 3],
            {"growth": "100%"},
            FAIL,
            f"{TOOK} 2 h, 100 % longer than the usual 1 h",
            "at most 2 h",
        ),
        (
            ["3h", *["1h"] * 3],
            {"growth": "50%"},
            FAIL,
            f"{TOOK} 3 h, 200 % longer than the usual 1 h",
            "at most 1 h 30 min",
        ),
        (["61m", *["1h"] * 3], {"growth": "0%"}, FAIL, None, "at most 1 h"),
        (["1m", *["1h"] * 3], {"growth": "0%"}, PASS, f"{TOOK} 1 min", "at most 1 h"),
        # the mean of the middle two of 1, 1, 3, 3 hours is 2
        (["4h", "3h", "1h", "3h", "1h"], {"growth": "100%"}, PASS, f"{TOOK} 4 h", "at most 4 h"),
        # only the last `baseline` count
        (["2h", *["1h"] * 3, *["9h"] * 9], {"growth": "50%", "baseline": 3}, FAIL, None, None),
        (["2h", *["1h"] * 3, *["9h"] * 9], {"growth": "50%"}, PASS, None, None),
        # fewer than `warm_up` say nothing yet
        (["9h", "1h", "1h"], {"growth": "50%"}, PASS, f"{TOOK} 9 h; warming up (2 of 3)", ""),
        (["9h", "1h", None, "0s", "-1h", "1h"], {"growth": "50%"}, PASS, None, ""),
        (["9h", "1h"], {"growth": "50%", "warm_up": 1}, FAIL, None, "at most 1 h 30 min"),
        # with both, either one is enough
        (["5h", *["4h"] * 3], {"max": "4h30m", "growth": "100%"}, FAIL, f"{TOOK} 5 h", None),
        (
            ["3h", *["1h"] * 3],
            {"max": "4h", "growth": "100%"},
            FAIL,
            f"{TOOK} 3 h, 200 % longer than the usual 1 h",
            "at most 2 h",
        ),
        (
            ["5h"],
            {"max": "4h", "growth": "100%"},
            FAIL,
            f"{TOOK} 5 h",
            "at most 4 h",
        ),
        (
            ["3h"],
            {"max": "4h", "growth": "100%"},
            PASS,
            f"{TOOK} 3 h; warming up (0 of 3)",
            "at most 4 h",
        ),
        (["3h", *["1h"] * 3], {"max": "4h", "growth": "900%"}, PASS, None, "at most 4 h"),
    ],
)
def test_how_long_the_newest_usable_backup_took_decides(
    spans: list[str | timedelta | None],
    options: dict[str, object],
    outcome: Outcome,
    message: str | None,
    expected: str | None,
) -> None:
    verdict = judged(spans, **options)
    assert verdict.outcome is outcome
    assert message is None or verdict.message == message
    assert expected is None or verdict.expected == expected


@pytest.mark.parametrize(
    ("backups", "message", "observed"),
    [
        ([took("1d", None)], "the source does not say when the newest backup was finished", None),
        (
            [took("1d", None), took("2d", "1h")],
            "the source does not say when the newest backup was finished",
            None,
        ),
        (
            [took("1d", "-1s")],
            "the newest backup was finished before it was started: clocks disagree",
            None,
        ),
        ([], "there is no usable backup to look at", "none"),
        (
            [running("1d"), failed("2d"), expired("3d")],
            "there is no usable backup to look at",
            "none",
        ),
    ],
)
def test_what_is_not_told_is_unknown(
    backups: list[Backup], message: str, observed: str | None
) -> None:
    options = Options.model_validate({"max": "4h"})
    verdict = check(history(*backups), options, moment())
    assert (verdict.outcome, verdict.message) == (UNKNOWN, message)
    assert (verdict.observed, verdict.expected) == (observed or "not told", "at most 4 h")


def test_only_usable_backups_of_the_same_kind_count() -> None:
    manual = {"kind": BackupKind.MANUAL}
    others = [took(f"{day}d", "1m", **manual) for day in (2, 3, 4)]
    same = [took(f"{day}d", "1h") for day in (5, 6, 7)]
    options = Options.model_validate({"growth": "100%"})
    assert check(history(took("1d", "2h"), *others, *same), options, moment()).outcome is PASS
    found = history(took("1d", "2h", **manual), *others, *same)
    assert check(found, options, moment()).outcome is FAIL


def test_the_fault_began_when_the_limit_was_passed() -> None:
    assert judged(["5h"], max="4h").since == before("1d") + 4 * HOUR
    both = judged(["5h", *["1h"] * 3], max="4h", growth="100%")
    assert both.since == before("1d") + 2 * HOUR
    assert judged(["3h"], max="4h").since is None


@given(st.lists(st.integers(1, 1000), min_size=4, max_size=8), st.integers(0, 300))
def test_it_answers_as_the_textbook_does(minutes: list[int], growth: int) -> None:
    newest, *earlier = minutes
    ordered = sorted(earlier)
    doubled = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
    fails = newest * 200 > doubled * (100 + growth)
    verdict = judged([timedelta(minutes=m) for m in minutes], growth=f"{growth}%")
    assert verdict.outcome is (FAIL if fails else PASS)


def test_a_growth_without_bounds_is_no_limit() -> None:
    assert judged(["365d", *["300d"] * 3], growth="999999999%").outcome is PASS


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "duration needs max or growth, or both"),
        ({"max": "0h"}, "max must be longer than 0; write a span such as 26h"),
        ({"max": "4h", "baseline": 9}, "baseline is only used with growth"),
        ({"max": "4h", "warm_up": 9, "baseline": 9}, "baseline is only used with growth"),
        ({"max": "4h", "warm_up": 2}, "warm_up is only used with growth"),
        (
            {"growth": "50%", "warm_up": 8},
            "warm_up 8 can never end with baseline 7; lower it or raise baseline",
        ),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence


def test_the_defaults_are_those_of_size_drift() -> None:
    options = Options.model_validate({"growth": "50%"})
    assert (options.baseline, options.warm_up, options.max) == (7, 3, None)
