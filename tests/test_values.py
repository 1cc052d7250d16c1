from datetime import timedelta

import pytest
from backup_auditor.values import (
    parse_duration,
    parse_percentage,
    parse_size,
    say_duration,
    say_percentage,
    say_size,
    write_duration,
    write_percentage,
    write_size,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "hours"), [("90m", 1.5), ("26h", 26), ("7d", 168), ("2w", 336), ("1d12h", 36)]
)
def test_durations_and_their_sums_are_read(text: str, hours: float) -> None:
    assert parse_duration(text) == timedelta(hours=hours)
    assert parse_duration(timedelta(hours=hours)) == timedelta(hours=hours)


@pytest.mark.parametrize("value", [26, "26", "h", "1 h", "-1h", "", None, "1y", "99999w", "1h "])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_duration(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (18, 18),
        ("18", 18),
        ("10KiB", 10_240),
        ("1.5GB", 1_500_000_000),
        ("2 mib", 2 << 20),
        ("7B", 7),
    ],
)
def test_sizes_are_read(value: object, size: int) -> None:
    assert parse_size(value) == size


@pytest.mark.parametrize("value", [-1, True, "1XB", "KiB", None, 1.5])
def test_what_is_no_size_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(value)


@pytest.mark.parametrize(("text", "share"), [("50%", 0.5), ("99.5 %", 0.995)])
def test_percentages_are_read(text: object, share: float) -> None:
    assert parse_percentage(text) == share


@pytest.mark.parametrize("value", [50, 0.5, "50", "-1%", None])
def test_what_is_no_percentage_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a percentage"):
        parse_percentage(value)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (93_600, "26 h"),
        (95_400, "26 h 30 min"),
        (172_800, "2 d"),
        (273_600, "3 d 4 h"),
        (-3600, "1 h"),
    ],
)
def test_durations_are_said(seconds: int, said: str) -> None:
    assert say_duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (18, "18 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (2**30 - 1, "1 GiB")],
)
def test_sizes_are_said(size: int, said: str) -> None:
    assert say_size(size) == said


@given(st.integers(0, 2**60))
def test_a_size_is_said_in_few_characters(size: int) -> None:
    assert len(say_size(size)) <= 8


def test_percentages_are_said() -> None:
    assert (say_percentage(0.5), say_percentage(0.995)) == ("50 %", "99.5 %")


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=24), "24h"),
        (timedelta(hours=26), "26h"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=2), "2d"),
        (timedelta(days=30, hours=12, seconds=1.5), "30d12h1.5s"),
        (timedelta(0), "0s"),
    ],
)
def test_durations_are_written_as_people_write_them(span: timedelta, text: str) -> None:
    assert write_duration(span) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (18, "18B"),
        (1024, "1KiB"),
        (10 << 20, "10MiB"),
        (1_500_000_000, "1500MB"),
        (3 << 50, "3PiB"),
    ],
)
def test_sizes_are_written_with_the_unit_that_fits(size: int, text: str) -> None:
    assert write_size(size) == text


@pytest.mark.parametrize(("share", "text"), [(0.5, "50%"), (0.999, "99.9%"), (2.0, "200%")])
def test_percentages_are_written_with_their_sign(share: float, text: str) -> None:
    assert write_percentage(share) == text


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36_500)))
def test_a_duration_that_is_written_is_read_again(span: timedelta) -> None:
    assert parse_duration(write_duration(span)) == span


@given(st.integers(0, 2**53))
def test_a_size_that_is_written_is_read_again(size: int) -> None:
    assert parse_size(write_size(size)) == size


@given(st.integers(0, 999_999_999), st.integers(0, 999_999))
def test_a_percentage_that_is_written_is_read_again(whole: int, millionths: int) -> None:
    share = parse_percentage(f"{whole}.{millionths:06}%")
    assert parse_percentage(write_percentage(share)) == share
