"""How boto3 is used: what reads the instants in its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from backup_auditor.aws import botocore_session, read_instant
from botocore.model import ShapeResolver
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

INSTANTS = st.integers(86_400, 7_000_000_000_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(INSTANTS, st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]))
def test_an_instant_in_utc_is_read_as_botocore_reads_it(told: datetime, digits: str) -> None:
    """As RDS, EC2 and STS write it: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html."""
    written = told.isoformat(timespec=digits).replace("+00:00", "Z")
    assert read_instant(written) == parse_timestamp(written)
    assert read_instant(written).utcoffset() == timedelta(0)


@given(INSTANTS, ZONES)
def test_an_instant_of_any_other_form_is_read_as_botocore_reads_it(
    told: datetime, zone: timezone
) -> None:
    there = told.replace(tzinfo=zone)
    for written in (
        there.isoformat(),
        format_datetime(there),
        told.replace(tzinfo=UTC).timestamp(),
    ):
        assert read_instant(written) == parse_timestamp(written)


@pytest.mark.parametrize("written", ["", "surprise", "T", "2026-13-01T00:00:00Z", "xxxx-xx-xxT..Z"])
def test_what_is_no_instant_is_refused_as_botocore_refuses_it(written: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        parse_timestamp(written)
    with pytest.raises(ValueError, match="Invalid timestamp"):
        read_instant(written)


def test_the_clients_read_instants_so() -> None:
    parser: Any = botocore_session().get_component("response_parser_factory").create_parser("query")
    body = b"<R><G><At>2026-11-24T04:00:00.25Z</At></G></R>"
    shape = _shape()
    found = parser.parse({"status_code": 200, "headers": {}, "body": body}, shape)
    assert found["At"].isoformat() == "2026-11-24T04:00:00.250000+00:00"
    assert found["At"].tzinfo is UTC  # botocore's own reader has a class of its own


def _shape() -> Any:
    shapes = {
        "R": {"type": "structure", "members": {"At": {"shape": "T"}}},
        "T": {"type": "timestamp"},
    }
    shape = ShapeResolver(shapes).get_shape_by_name("R")
    shape.serialization["resultWrapper"] = "G"
    return shape
