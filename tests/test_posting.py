from datetime import UTC, datetime

import pytest
from backup_auditor.errors import DeliveryError
from backup_auditor.posting import Post, Reply, failure, post
from backup_auditor.secret import Secret

from tests.channels.target import target

NOW = datetime(2026, 11, 24, 6, 7, tzinfo=UTC)


def message(url: str) -> Post:
    """Return a message for ``url``."""
    return Post(Secret(url), b"{}", {}, 5.0, NOW)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Tue, 24 Nov 2026 06:07:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 06:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(header: str, seconds: float | None) -> None:
    with target() as end:
        end.status, end.headers = 503, {"Retry-After": header}
        assert post(message(end.url)).retry_after == seconds


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://example.com/x", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("ftp://example.com", "must begin with https://"),
        ("https://user:pw@example.com/", "holds a password"),
        ("https://[::1", "is not a URL"),
    ],
)
def test_a_wrong_address_is_refused_without_being_told(url: str, sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence) as caught:
        post(message(url))
    assert caught.value.permanent
    assert "example.com" not in str(caught.value)


def test_a_target_that_is_not_there_is_named_by_host_only() -> None:
    with pytest.raises(DeliveryError) as caught:
        post(message("http://127.0.0.1:9/T0PSECRET"))
    assert caught.value.reason == "no answer from 127.0.0.1 (ConnectionError)"
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(301, True), (400, True), (401, True), (404, True), (408, False), (429, False), (500, False)],
)
def test_the_status_decides_whether_trying_again_can_help(status: int, permanent: bool) -> None:
    assert failure(Reply(status, "", None)).permanent is permanent
