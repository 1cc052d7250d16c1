import base64
import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from backup_auditor.errors import UsageError
from backup_auditor.request import Request, is_web_request, parse_event
from hypothesis import given
from hypothesis import strategies as st

DUE = datetime(2026, 11, 24, 6, 7, tzinfo=UTC)


def web(body: object, *, encoded: bool = False) -> dict[str, Any]:
    """Return the request of a Function URL."""
    text = body if isinstance(body, str) else json.dumps(body)
    if encoded:
        text = base64.b64encode(text.encode()).decode()
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST"}},
        "body": text,
        "isBase64Encoded": encoded,
    }


def test_the_input_of_our_schedule_tells_when_the_audit_was_due() -> None:
    event = {"schedule": {"scheduled_time": "2026-11-24T06:07:00Z", "execution_id": "x"}}
    assert parse_event(event).instant == DUE


def test_a_classic_scheduled_event_is_taken_as_well() -> None:
    event = {"source": "aws.events", "time": "2026-11-24T06:07:00Z", "detail": {}}
    assert parse_event(event).instant == DUE


def test_a_scheduled_time_without_zone_is_utc() -> None:
    event = {"schedule": {"scheduled_time": "2026-11-24T06:07:00"}}
    assert parse_event(event).instant == DUE


@pytest.mark.parametrize("event", [None, {}])
def test_an_empty_event_is_a_plain_audit_with_delivery(event: object) -> None:
    request = parse_event(event)
    assert request == Request()
    assert request.deliver is True
    assert request.instant is None


@pytest.mark.parametrize("encoded", [False, True])
def test_a_web_request_carries_the_same_fields(encoded: bool) -> None:
    event = web({"select": {"name": "prod-*"}, "deliver": ["slack"]}, encoded=encoded)
    assert is_web_request(event)
    request = parse_event(event)
    assert request.select == {"name": "prod-*"}
    assert request.deliver == ["slack"]


def test_a_web_request_without_body_is_a_plain_audit() -> None:
    assert parse_event(web("")) == Request()


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ([], "the event is a list"),
        ("audit", "the event is a str"),
        ({"polcy": "x"}, "unknown field 'polcy'; allowed: schedule, select, policy"),
        ({"deliver": "yes"}, "field 'deliver"),
        ({"deliver": 1}, "field 'deliver"),
        ({"format": "xml"}, "'summary' or 'full'"),
        ({"policy": ""}, "field 'policy'"),
        ({"select": "name=x"}, "field 'select'"),
        ({"schedule": {"scheduled_time": "soon"}}, "scheduled_time"),
        (web("{"), "is not JSON"),
        (web("[1]"), "cannot be used"),
        (web("!", encoded=False) | {"isBase64Encoded": True}, "is not JSON"),
        ({"requestContext": {"http": {}}, "body": 7}, "is not JSON"),
    ],
)
def test_a_malformed_event_is_refused_with_a_sentence(event: object, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_event(event)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_event_is_parsed_or_refused(event: object) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(parse_event(event), Request)
