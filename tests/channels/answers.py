"""What a far end may answer, good and bad, and what it means unless the channel knows better."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CANARY = "T0PSECRET"
"""Begins every secret of these tests; far ends repeat it, and nobody may tell it."""


class Meaning(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    PERMANENT = "permanent"
    PASSING = "passing"


DELIVERED, PERMANENT, PASSING = Meaning


@dataclass(frozen=True)
class Answer:
    """A status, a body and headers; or ``raw`` bytes; or no answer at all."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks_off: bool = False
    """The body cannot be read to its end."""
    raw: bytes | None = None
    """Sent instead of an answer; nothing but closing the connection when it is empty."""

    def __str__(self) -> str:
        """Say which answer it is."""
        if self.raw is not None:
            return f"raw {self.raw[:40]!r}"
        return f"{self.status} {self.body[:40]!r} ({len(self.body)} bytes) {dict(self.headers)}"

    @property
    def usual_meaning(self) -> Meaning:
        """What it means to a channel that does not recognise a success in it."""
        if self.raw is not None or self.status >= 500 or self.status in {408, 425, 429}:
            return PASSING
        return PASSING if self.breaks_off and 200 <= self.status < 300 else PERMANENT


HTML = b"<!doctype html><html><body><h1>Sign in</h1>T0PSECRETPATH ok</body></html>"
"""A page of something that stands before the target."""
_JSON = {"Content-Type": "application/json"}
_BODIES = (
    *(b"", b"ok", b"OK", b" ok\n", b"okay", b"null", b"true", b"0", b'"ok"', b"1", b"success"),
    *(
        b"[]",
        b"{}",
        b'[{"ok":true}]',
        b'{"ok":true}',
        b'{"ok":false}',
        b'{"ok":1}',
        b'{"ok":"true"}',
    ),
    *(b'{"code":0}', b'{"code":"0"}', b'{"code":false}', b'{"code":null}', b'{"code":0.0}'),
    *(b'{"errcode":0}', b'{"errcode":"0"}', b'{"errcode":false}', b'{"errcode":[]}'),
    *(b'{"status":"success"}', b'{"success":true}', b'{"error":null}', b'{"id":"1"}', b'{"id":1}'),
    *(b'{"name":"x"}', b'{"error":{"code":400,"message":"T0PSECRETKEY"}}', b'{"code":9499}'),
    *(b'{"errcode":310000,"errmsg":"T0PSECRETTOKEN"}', b'{"ok":', b"{'ok':true}", b'{"ok":NaN}'),
    *(b"\xff\xfe\x00o\x00k", b"\xef\xbb\xbf{}", b"\x00", b"[" * 50_000, b'{"a":' * 50_000, HTML),
    *(b"x" * 2_000_000, b"9" * 20_000, "好的".encode("gbk"), b"T0PSECRETPATH is not valid"),
)
_STATUSES = (
    *(201, 202, 203, 204, 205, 206, 207, 226, 300, 304, 305),
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417),
    *(418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 444, 451, 460, 494, 499),
    *(500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 520, 521, 522, 523, 524, 525),
    *(526, 527, 529, 530, 561, 598, 599, 999),
)
_WAITS = ("0", "1", "99999", "-1", "0.5", "soon", "Tue, 24 Nov 2026 06:08:00 GMT", "9" * 400)


def answers(here: str) -> Iterator[Answer]:
    """Yield answers; redirects lead to ``here``."""
    for body in _BODIES:
        yield Answer(200, body)
        yield Answer(400, body)
    for status in _STATUSES:
        yield Answer(status, b"" if status in {204, 205, 304} else b"T0PSECRETPATH: try again")
        yield Answer(status, b"" if status in {204, 205, 304} else b"ok")
        yield Answer(status, b"" if status in {204, 205, 304} else b"{}", _JSON)
    for status in (301, 302, 303, 307, 308):
        for place in (here, "/landing", "", "http://[", "file:///etc/passwd", "\x7f"):
            yield Answer(status, b"ok", {"Location": place})
    for wait in _WAITS:
        yield Answer(429, b"", {"Retry-After": wait})
        yield Answer(503, b"", {"Retry-After": wait})
    yield Answer(200, b"ok", {"Content-Encoding": "unheard-of"})
    for status in (200, 400, 503):
        yield Answer(status, gzip.compress(b"no"), {"Content-Encoding": "gzip"})
        yield Answer(status, b"no gzip", {"Content-Encoding": "gzip"}, breaks_off=True)
        yield Answer(status, b"short", {"Content-Length": "99"}, breaks_off=True)
    for raw in _RAW:
        yield Answer(raw=raw)


_RAW = (
    *(b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"HTTP/1.1 abc\r\n\r\n"),
    *(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200),
    *(b"HTTP/1.1 \r\n\r\n", b"<html>" + HTML),
)
