"""What the name of a file tells, and what a pattern may say."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.sources.s3._pattern import compiled, match
from hypothesis import given
from hypothesis import strategies as st

ZONE = ZoneInfo("UTC")


def at(*fields: int) -> datetime:
    """Return an instant in UTC."""
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("pattern", "name", "resource", "taken"),
    [
        ("{resource}-{date}-{time}.dump", "shop-20261124-020000.dump", "shop", at(2026, 11, 24, 2)),
        ("{resource}-{date}-{time}.dump", "a-b-20261124-020000.dump", "a-b", at(2026, 11, 24, 2)),
        ("{resource}/{resource}-{date}.gz", "shop/shop-20261124.gz", "shop", at(2026, 11, 24)),
        ("{year}/{month}/{resource}-{day}", "2026/11/shop-24", "shop", at(2026, 11, 24)),
        ("{year}/{resource}-{date}", "2026/shop-20261124", "shop", at(2026, 11, 24)),
        ("{group}/{resource}/{hour}-{date}", "h/b/02-20261124", "h/b", at(2026, 11, 24, 2)),
        ("{resource}.{unix}.gz", "shop.1795500000.gz", "shop", at(2026, 11, 24, 6)),
        ("{resource}.latest", "shop.latest", "shop", None),
        ("*-{date}.dump", "anything-20261124.dump", "", at(2026, 11, 24)),
        ("*", "x", "", None),
        ("{resource}-*-{date}*", "shop-full-x-20261124.gz", "shop", at(2026, 11, 24)),
        ("{resource}{date}", "db120261124", "db1", at(2026, 11, 24)),
        ("{resource} (copy).[gz]", "店 (copy).[gz]", "店", None),
    ],
)  # fmt: skip
def test_a_name_tells_whose_backup_it_is_and_of_when(
    pattern: str, name: str, resource: str, taken: datetime | None
) -> None:
    found = match(pattern, name, ZONE)
    assert found is not None
    assert (found.resource, found.at) == (resource, taken)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{resource}-{date}.dump", "shop-2026112.dump"),
        ("{resource}-{date}.dump", "shop-20261324.dump"),
        ("{resource}-{date}.dump", "shop-20260230.dump"),
        ("{resource}-{date}.dump", "shop-00010101.dump"),
        ("{resource}-{date}.dump", "shop-99991231.dump"),
        ("{resource}-{date}-{time}", "shop-20261124-240000"),
        ("{resource}-{unix}", "shop-9999999999"),
        ("{resource}-{date}.dump", "shop-20261124.dump\n"),
        ("{resource}-{date}.dump", "shop-20261124.dump.sha256"),
        ("{resource}-{date}.dump", "shop-20261124xdump"),
        ("{resource}-{date}.dump", "-20261124.dump"),
        ("{resource}-{date}.dump", "a/shop-20261124.dump"),
        ("{resource}-{date}.dump", "sh\x07op-20261124.dump"),
        ("{resource}-{date}.dump", "shop-\uff12\uff10\uff12\uff161124.dump"),
        ("{resource}/{resource}-{date}", "shop/other-20261124"),
        ("{year}/{resource}-{date}", "2025/shop-20261124"),
        ("{resource}.x", "a" * 201 + ".x"),
        ("*", "a" * 1025),
        ("*", "a/b"),
    ],
)
def test_a_name_that_tells_something_else_matches_nothing(pattern: str, name: str) -> None:
    assert match(pattern, name, ZONE) is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "1 to 500"),
        ("a" * 501, "1 to 500"),
        ("a\nb", "printable"),
        ("{resourc}", "'{resourc}' is not a part of a pattern; allowed: "),
        ("{date:%Y}", "is not a part of a pattern"),
        ("{resource", "'{' is not a part of a pattern"),
        ("a}", "'}' is not a part of a pattern"),
        ("{}", "'{}' is not a part of a pattern"),
        ("**", "something must stand between * and *"),
        ("{resource}*", "something must stand between {resource} and *"),
        ("{group}{resource}", "something must stand between {group} and {resource}"),
        ("{group}", "{group} stands without {resource}"),
        ("{year}", "{year} stands without {month} and {day}"),
        ("{date}{second}", "{second} stands without {minute}"),
        ("{time}", "{hour} stands without {day}"),
        ("{unix}{date}", "{unix} and {year} cannot stand in one pattern"),
    ],
)
def test_a_wrong_pattern_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what matters
        compiled(pattern)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("zone", "name", "taken"),
    [
        ("Asia/Shanghai", "x-20261124-0600", at(2026, 11, 23, 22)),
        ("America/New_York", "x-20261101-0130", at(2026, 11, 1, 5, 30)),  # twice: the first
        ("America/New_York", "x-20260308-0230", at(2026, 3, 8, 7, 30)),  # never: as before
    ],
)
def test_times_are_those_of_the_zone(zone: str, name: str, taken: datetime) -> None:
    found = match("{resource}-{date}-{hour}{minute}", name, ZoneInfo(zone))
    assert found is not None
    assert found.at == taken


def test_a_day_alone_ends_where_the_next_begins() -> None:
    found = match("{resource}-{date}", "x-20260308", ZoneInfo("America/New_York"))
    assert found is not None
    assert (found.at, found.ends) == (at(2026, 3, 8, 5), at(2026, 3, 9, 4))  # 23 hours


_OPEN = ("*", "{resource}", "{group}")


@st.composite
def patterns_and_names(draw: st.DrawFn) -> tuple[str, str]:
    """Return a pattern of open parts and signs, and a name made after it."""
    pattern, name = "", ""
    for part in ("{group}", "{resource}", "*", "*")[: draw(st.integers(2, 4))]:
        sign = draw(st.sampled_from("-/.ab"))
        pattern += part + sign
        name += draw(st.text("-./ab", min_size=1, max_size=6)).replace("/", "-") + sign
    return pattern, name


@given(patterns_and_names())
def test_no_match_is_lost_for_speed(pair: tuple[str, str]) -> None:
    pattern, name = pair
    assert match(pattern, name, ZONE) is not None


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*-*-*-*-*-*-*-{resource}-*-*-*-{date}", "-" * 1015 + "20261124x"),
        ("{group}/{resource}/*/*/*/*/*/*/*/x", "a/" * 512),
        ("{group}a{resource}a*a*a*a*a*a*a*a*b", "a" * 1024),
    ],
)
def test_no_name_takes_long(pattern: str, name: str) -> None:
    """With second thoughts these would take longer than there is time."""
    assert match(pattern, name, ZONE) is None
