from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from backup_auditor.record import Occasion
from backup_auditor.record.names import (
    receipt_key,
    record_day,
    record_key,
    set_name,
    slug,
)
from backup_auditor.store.keys import is_key
from hypothesis import given
from hypothesis import strategies as st

from tests.record.documents import DUE

RUN = Occasion("20261125T060700Z-abc", DUE)


@pytest.mark.parametrize(
    ("given_name", "address", "name"),
    [
        ("", "policies/default.yaml", "default"),
        ("", "/opt/default.yml", "default"),
        ("", "default.yaml", "default"),
        ("", "policies", "policies"),
        ("", "policies/", "policies"),
        ("", "C:\\policies\\eu_prod.yaml", "eu_prod"),
        ("", "s3://bucket/team/strict.yaml", "strict"),
        ("", "s3://bucket/team/", "team"),
        ("", "s3://bucket/", "bucket"),
        ("", "version: 1\npolicies: []\n", "inline"),
        ("", "", "inline"),
        ("", "/", "inline"),
        ("", "My Policy.yaml", "my-policy-a85a7530"),
        ("", "my policy.yaml", "my-policy-48ed55ad"),
        ("", "生产.yaml", "76ab7d3b"),
        ("", "a.b.yaml", "a-b-2e7336dc"),
        ("production", "policies/default.yaml", "production"),
        ("production", "version: 1\n", "production"),
    ],
)
def test_a_set_is_called_by_its_name_or_its_place(given_name: str, address: str, name: str) -> None:
    assert set_name(given_name, address) == name


def test_keys_name_the_set_the_day_in_utc_and_the_run() -> None:
    assert record_key("default", RUN) == (
        "audits/default/2026/11/25/20261125T060700Z-abc/record.json.xz"
    )
    assert receipt_key("default", RUN, "ops-mail") == (
        "audits/default/2026/11/25/20261125T060700Z-abc/receipts/ops-mail.json"
    )
    east = timezone(timedelta(hours=8))
    early = Occasion("x", datetime(2026, 11, 26, 7, 0, tzinfo=east))
    assert record_key("default", early).startswith("audits/default/2026/11/25/x/")


@pytest.mark.parametrize(
    "key",
    [
        "audits/default/2026/11/25/x/receipts/slack.json",
        "audits/default/2026/13/25/x/record.json.xz",
        "audits/default/2026/02/30/x/record.json.xz",
        "audits/default/2026/11/25/x/y/record.json.xz",
        "audits/other/2026/11/25/x/record.json.xz",
        "audits/default-2/2026/11/25/x/record.json.xz",
        "latest/default.json",
    ],
)
def test_what_is_no_record_of_the_set_has_no_day(key: str) -> None:
    assert record_day("default", key) is None


@given(st.text(max_size=120), st.text(max_size=120))
def test_names_from_anywhere_make_keys_that_a_store_takes_and_never_the_same(
    one: str, other: str
) -> None:
    keys = [
        receipt_key(set_name("", f"x/{text}z.yaml"), Occasion(f"r{text}", DUE), f"c{text}")
        for text in (one, other)
    ]
    assert all(is_key(key) for key in keys)
    assert (keys[0] == keys[1]) is (one == other)


@given(st.text(min_size=1, max_size=80))
def test_a_slug_stays_what_it_is(text: str) -> None:
    assert slug(slug(text)) == slug(text)


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)), st.text(max_size=20))
def test_the_day_of_a_record_can_be_read_from_its_key(day: date, run: str) -> None:
    due = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert record_day("default", record_key("default", Occasion(f"r{run}", due))) == day
