"""One POST over real sockets: what is read, what is refused, what is told, and to whom it goes."""

import gzip
import logging
import threading
from collections.abc import Iterator

import pytest
from backup_auditor.errors import DeliveryError
from backup_auditor.policy.model import HttpOptions
from backup_auditor.posting import Post, Reply, as_json, failure, post, with_query
from backup_auditor.secret import Secret

from tests.channels.answers import Answer
from tests.channels.target import Target, target
from tests.fakes import outside

NEAR = HttpOptions(allow_http=True, allow_private=True)


@pytest.fixture
def end() -> Iterator[Target]:
    """Serve on loopback."""
    with target() as running:
        yield running


def sent(url: str, options: HttpOptions = NEAR, **headers: str) -> Reply:
    """Send a message to ``url``."""
    return post(Post(Secret(url), b"{}", headers, 5.0), options, outside())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Tue, 24 Nov 2026 06:07:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 06:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    header: str, seconds: float | None, end: Target
) -> None:
    end.answer = Answer(503, headers={"Retry-After": header})
    assert sent(end.url).retry_after == seconds


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://example.com/x", "must begin with https://, or allow_http be true"),
        ("https://", "is not a URL"),
        ("example.com", "is not a URL"),
        ("ftp://example.com", "must begin with https://"),
        ("https://user:pw@example.com/", "holds a password"),
        ("https://[::1", "is not a URL"),
        ("https://example.com:x/", "is not a URL"),
    ],
)
def test_a_wrong_address_is_refused_without_being_told(url: str, sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence) as caught:
        sent(url, HttpOptions())
    assert caught.value.permanent
    assert "example.com" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_target_that_is_not_there_is_named_by_host_only() -> None:
    with pytest.raises(DeliveryError) as caught:
        sent("http://127.0.0.1:9/T0PSECRET")
    assert caught.value.reason == "no answer from 127.0.0.1 (ConnectionError)"
    assert not caught.value.permanent
    assert caught.value.__context__ is None


@pytest.mark.parametrize("token", ["a\nb", "a\r\nX: y", "ключ"])
def test_a_header_that_cannot_be_sent_is_refused_without_being_told(
    token: str, end: Target
) -> None:
    with pytest.raises(DeliveryError, match="a header of the message") as caught:
        sent(end.url, Authorization=token)
    assert caught.value.permanent
    assert caught.value.__context__ is None
    assert not end.got


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(301, True), (400, True), (401, True), (404, True), (408, False), (429, False), (500, False)],
)
def test_the_status_decides_whether_trying_again_can_help(status: int, permanent: bool) -> None:
    assert failure(Reply(status, "")).permanent is permanent
    assert failure(Reply(status, ""), permanent=not permanent).permanent is not permanent


def test_a_success_that_is_none_is_permanent_unless_it_broke_off() -> None:
    assert failure(Reply(200, "no")).permanent
    assert not failure(Reply(200, "n", is_whole=False)).permanent


@pytest.mark.parametrize(
    ("body", "headers", "read"),
    [
        (b"\xef\xbb\xbfok", {}, "ok"),
        (b"\xff\xfe", {}, "\ufffd\ufffd"),
        (gzip.compress(b"packed"), {"Content-Encoding": "gzip"}, "packed"),
        (b"x" * 3_000_000, {}, "x" * (1 << 20)),
        (gzip.compress(b"x" * 30_000_000), {"Content-Encoding": "gzip"}, "x" * (1 << 20)),
    ],
    ids=["byte order mark", "no UTF-8", "packed", "long", "packed bomb"],
)
def test_a_body_is_read_within_a_bound(
    body: bytes, headers: dict[str, str], read: str, end: Target
) -> None:
    end.answer = Answer(200, body, headers)
    assert sent(end.url) == Reply(200, read)


@pytest.mark.parametrize(
    ("body", "headers"),
    [(b"no gzip", {"Content-Encoding": "gzip"}), (b"short", {"Content-Length": "99"})],
)
def test_a_body_that_breaks_off_leaves_its_status(
    body: bytes, headers: dict[str, str], end: Target
) -> None:
    end.answer = Answer(404, body, headers)
    reply = sent(end.url)
    assert (reply.status, reply.is_whole) == (404, False)


def test_a_body_is_not_read_beyond_its_bound(end: Target) -> None:
    """Else its reader would learn that it breaks off there."""
    end.answer = Answer(200, b"x" * 2_000_000, {"Content-Length": "99999999"})
    assert sent(end.url) == Reply(200, "x" * (1 << 20))


def test_a_body_that_never_ends_is_left_when_its_time_is_up(end: Target) -> None:
    end.answer = Answer(200, b"x" * 200_000)
    clock = iter([0.0, 29.0, 31.0])
    world = outside(monotonic=lambda: next(clock))
    assert not post(Post(Secret(end.url), b"{}"), NEAR, world).is_whole


@pytest.mark.parametrize(
    ("body", "document"),
    [
        ('{"code": 0}', {"code": 0}),
        ("[1]", {}),
        ("", {}),
        ("{", {}),
        ("[" * 100_000, {}),
        ("9" * 10_000, {}),
    ],
)
def test_a_body_is_a_document_only_when_it_is_a_json_object(
    body: str, document: dict[str, int]
) -> None:
    assert Reply(200, body).document() == document


def test_json_is_compact_and_in_utf_8() -> None:
    assert as_json({"a": ["备", "\ud800"]}) == '{"a":["备","?"]}'.encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, end: Target) -> None:
    end.answer = Answer(status, headers={"Location": end.url + "/landing"})
    assert "a redirect, which is not followed" in failure(sent(end.url)).reason
    assert len(end.got) == 1


def test_nothing_of_the_address_is_logged(end: Target, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sent(end.url + "/T0PSECRETPATH?key=T0PSECRETKEY", Authorization="Bearer T0PSECRETTOKEN")
    assert "T0PSECRET" not in caplog.text
    assert "T0PSECRET" not in repr(Post(Secret("T0PSECRET"), b"", {"A": "T0PSECRET"}))


def test_what_others_log_meanwhile_is_heard(end: Target, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    talk = logging.getLogger("urllib3.connectionpool").debug

    def clock() -> float:
        other = threading.Thread(target=talk, args=("another thread",))
        other.start()
        other.join()
        talk("this thread")
        return 0.0

    post(Post(Secret(end.url), b"{}"), NEAR, outside(monotonic=clock))
    talk("afterwards")
    assert set(caplog.messages) == {"another thread", "afterwards"}


def test_a_password_of_the_user_s_own_is_not_sent(
    end: Target, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A .netrc file would replace the token of a channel."""
    file = tmp_path_factory.mktemp("home") / "netrc"
    file.write_text("default login me password T0PSECRET\n")
    monkeypatch.setenv("NETRC", str(file))
    sent(end.url, Authorization="Bearer mine")
    assert end.got[0][1]["authorization"] == "Bearer mine"


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://a.example/x", "https://a.example/x?wait=true"),
        ("https://a.example/x?k=%2B1&wait=false#f", "https://a.example/x?k=%2B1&wait=true"),
        ("https://a.example/x?&t=", "https://a.example/x?t=&wait=true"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_a_query_is_added_and_leaves_the_rest_as_it_is(url: str, whole: str) -> None:
    assert with_query(Secret(url), wait="true").reveal() == whole
