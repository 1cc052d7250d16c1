"""An inventory from a web address, over real sockets: what is asked, refused and tried again."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from backup_auditor.aws import clients
from backup_auditor.model import AuditVerdict, GapReason
from backup_auditor.outside import Outside
from backup_auditor.references import resolver
from backup_auditor.sources import load_sources
from backup_auditor.sources.json._reader import LONGEST
from pydantic import ValidationError

from tests.channels.answers import Answer
from tests.fakes import outside, stepping
from tests.sources.audited import Found, audited, collected
from tests.sources.inventories import RESOURCE, written
from tests.sources.web import Web, web

KIND = "json.http"
NEAR = {"allow_http": True, "allow_private": True}
GOOD = Answer(200, written(RESOURCE))
SECRET = "T0PSECRET"


@pytest.fixture
def end() -> Iterator[Web]:
    """Serve on loopback."""
    with web() as running:
        yield running


def found(end: Web, world: Outside | None = None, **options: Any) -> Found:
    """Return what the source gives."""
    return collected(KIND, {"url": f"{end.url}/a/b.json", **NEAR, **options}, world or outside())


def test_the_document_is_asked_with_get_and_read_like_a_file(end: Web) -> None:
    end.answers = [GOOD]
    seen = found(end)
    assert (set(seen.histories), seen.errors) == ({"shop"}, [])
    assert seen.histories["shop"].resource.account == end.url.removeprefix("http://") + "/a/b.json"
    ((path, headers),) = end.got
    assert path == "/a/b.json"
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("backup-auditor/")
    assert "content-type" not in headers


def test_headers_are_secrets_and_are_sent(end: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    end.answers = [Answer(500, SECRET.encode()), Answer(401, SECRET.encode())]
    world = outside({"AUTH": f"Bearer {SECRET}"})
    seen = found(end, world, headers={"Authorization": "env:AUTH"})
    assert [headers["authorization"] for _, headers in end.got] == [f"Bearer {SECRET}"] * 2
    assert seen.reasons == ["credentials"]
    assert SECRET not in caplog.text + str(seen)


def test_the_address_may_be_a_secret(end: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    end.answers = [GOOD]
    world = outside({"URL": f"{end.url}/x?signature={SECRET}"})
    seen = found(end, world, url="env:URL")
    assert seen.histories["shop"].resource.account == "env:URL"
    assert end.got[0][0] == f"/x?signature={SECRET}"
    end.answers = [Answer(404)]
    failed = found(end, world, url="env:URL")
    assert failed.reasons == ["not-found"]
    assert SECRET not in caplog.text + str(failed)


@pytest.mark.parametrize("options", [{"url": "env:URL"}, {"headers": {"X-Key": "env:KEY"}}])
def test_a_secret_that_is_nowhere_is_told_and_nothing_is_asked(
    options: dict[str, Any], end: Web
) -> None:
    seen = found(end, outside(resolve=resolver({}, clients({}))), **options)
    assert (seen.reasons, end.got) == (["credentials"], [])


@pytest.mark.parametrize(
    ("answer", "reason", "said", "asked"),
    [
        (Answer(301, headers={"Location": "/c"}), "provider-error", "301, a redirect, which", 1),
        (Answer(302, headers={"Location": "/c"}), "provider-error", "302, a redirect, which", 1),
        (Answer(204), "provider-error", "HTTP 204", 1),
        (Answer(206, GOOD.body), "provider-error", "HTTP 206", 1),
        (Answer(400), "provider-error", "HTTP 400", 1),
        (Answer(401), "credentials", "HTTP 401", 1),
        (Answer(403), "refused", "HTTP 403", 1),
        (Answer(404, GOOD.body), "not-found", "HTTP 404", 1),
        (Answer(410), "not-found", "HTTP 410", 1),
        (Answer(429), "throttled", "HTTP 429", 3),
        (Answer(500, GOOD.body), "provider-error", "HTTP 500", 3),
        (Answer(503), "provider-error", "HTTP 503", 3),
        (Answer(799), "provider-error", "HTTP 799", 3),
        (Answer(raw=b""), "unreachable", "no answer from 127.0.0.1 (ConnectionError)", 3),
        (Answer(raw=b"nonsense\r\n\r\n"), "unreachable", "no answer from 127.0.0.1", 3),
        (Answer(200, GOOD.body, {"Content-Length": "99999"}), "incomplete", "broke off", 3),
        (Answer(200, GOOD.body, {"Content-Encoding": "gzip"}), "incomplete", "broke off", 3),
        (Answer(200, b""), "malformed", "not JSON", 1),
        (Answer(200, b"<html>"), "malformed", "not JSON", 1),
        (Answer(200, GOOD.body[:-1]), "malformed", "not JSON", 1),
        (Answer(200, GOOD.body + b" " * LONGEST), "malformed", "longer than 8,388,608 bytes", 1),
        (
            Answer(200, gzip.compress(b" " * (LONGEST * 4)), {"Content-Encoding": "gzip"}),
            *("malformed", "longer than 8,388,608 bytes", 1),
        ),
    ],
)  # fmt: skip
def test_all_but_a_whole_document_is_a_gap(
    answer: Answer, reason: str, said: str, asked: int, end: Web
) -> None:
    end.answers = [answer]
    seen = found(end)
    assert (seen.histories, seen.unread, seen.reasons) == ({}, {}, [reason])
    assert said in seen.errors[0].detail
    assert len(end.got) == asked


@pytest.mark.parametrize("passing", [Answer(503), Answer(429), Answer(raw=b""), Answer(408)])
def test_what_passes_by_itself_is_tried_again(passing: Answer, end: Web) -> None:
    end.answers = [passing, passing, GOOD]
    assert set(found(end).histories) == {"shop"}


def test_the_server_says_how_long_to_wait(end: Web) -> None:
    end.answers = [Answer(429, headers={"Retry-After": "7"}), GOOD]
    pauses: list[float] = []
    assert found(end, outside(sleep=pauses.append)).histories
    assert pauses == [7.0]


def test_no_attempt_begins_when_the_time_is_nearly_up(end: Web) -> None:
    end.answers = [Answer(503), GOOD]
    assert found(end, outside(monotonic=stepping(0.0), deadline=5.0)).reasons == ["provider-error"]
    assert len(end.got) == 1
    assert found(end, outside(monotonic=stepping(6.0), deadline=5.0)).reasons == ["deadline"]
    assert len(end.got) == 1


def test_a_document_that_drips_is_cut_off(end: Web) -> None:
    end.answers = [GOOD]
    seen = found(end, outside(monotonic=count(0.0, 31.0).__next__))
    assert seen.reasons == ["incomplete"]


def test_a_packed_document_is_unpacked(end: Web) -> None:
    end.answers = [Answer(200, gzip.compress(GOOD.body), {"Content-Encoding": "gzip"})]
    assert set(found(end).histories) == {"shop"}


def looks_up(*addresses: str) -> Outside:
    """Return a world in which every host has these addresses."""
    return outside(lookup=lambda _host, _port: list(addresses))


@pytest.mark.parametrize(
    ("options", "world", "said"),
    [
        ({"url": "http://example.com/x"}, looks_up("93.184.216.34"), "must begin with https://"),
        ({"url": "https://169.254.169.254/x"}, outside(), "169.254.169.254 has an address that"),
        ({"url": "https://127.0.0.1/x"}, outside(), "127.0.0.1 has an address that is not public"),
        ({"url": "https://[::1]/x"}, outside(), "::1 has an address that is not public"),
        ({"url": "https://0x7f000001/x"}, outside(), "is a number, and no plain IP address"),
        ({"url": "https://db.example/x"}, looks_up("10.0.0.1"), "db.example has an address that"),
        ({"url": "https://db.example/x"}, looks_up("93.184.216.34", "::1"), "not public"),
        ({"url": "https://db.example/x"}, looks_up(), "no address is known for db.example"),
        ({"url": "env:U"}, outside({"U": f"https://me:{SECRET}@host/"}), "holds a password"),
        ({"url": "env:U"}, outside({"U": f"ftp://{SECRET}"}), "must begin with https://"),
        ({"url": "env:U"}, outside({"U": f"https://[{SECRET}"}), "is not a URL"),
        ({"url": "https://a.example/x", "headers": {"X": "env:H"}},
         outside({"H": f"a\n{SECRET}"}), "holds what HTTP does not allow"),
    ],
)  # fmt: skip
def test_where_it_must_not_be_asked_it_is_not(
    options: dict[str, Any], world: Outside, said: str
) -> None:
    seen = collected(KIND, options, world)
    assert seen.reasons == ["unreachable"]
    assert said in seen.errors[0].detail
    assert SECRET not in str(seen)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "https://me:pw@example.com/x"}, "without user, query and fragment"),
        ({"url": "https://example.com/x?token=1"}, "or where the address lies"),
        ({"url": "https://example.com/#x"}, "without user, query and fragment"),
        ({"url": "https://[::1/x"}, "write https://HOST/PATH"),
        ({"url": "ftp://example.com"}, "write https://HOST/PATH"),
        ({"url": 7}, "write https://HOST/PATH"),
        ({"headers": {"X": "plain"}}, "a secret does not belong in a policy"),
        ({"headers": {"Host": "env:X"}}, "headers that may be set"),
        ({"headers": {"a b": "env:X"}}, "headers that may be set"),
        ({"headers": {"X": "env:X", "x": "env:Y"}}, "each once"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        load_sources()[KIND].options.model_validate({"url": "https://a.example"} | options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "account"),
    [
        ({"url": "https://a.example:8443/x/y.json"}, "a.example:8443/x/y.json"),
        ({"url": "https://a.example/"}, "a.example"),
        ({"url": "ssm:/inventory/url"}, "ssm:/inventory/url"),
        ({"url": "https://a.example", "account": "dumps"}, "dumps"),
    ],
)
def test_the_account_is_the_place(options: dict[str, Any], account: str) -> None:
    kind = load_sources()[KIND]
    checked = kind.options.model_validate(options)
    (scope,) = kind.build(checked, outside()).scopes()
    assert (scope.account, checked.extent().accounts) == (account, (account,))


def test_an_audit_sees_what_is_there_and_what_is_not(end: Web) -> None:
    end.answers = [GOOD]
    text = f"[{{json.http: {{url: '{end.url}', allow_http: true, allow_private: true}}}}]"
    audit = audited(text, outside())
    assert [a.resource.id for r in audit.results for a in r.assessments] == ["shop"]
    end.answers = [Answer(500)]
    audit = audited(text, outside())
    assert audit.verdict is AuditVerdict.INCOMPLETE
    assert [gap.reason for gap in audit.gaps] == [GapReason.PROVIDER_ERROR]
