"""A proxy before moto that answers as AWS does on a bad day, and notes what it is asked.

A fault is a function from what was asked and the true answer to the answer that is given. It knows
the protocols of AWS apart (forms, JSON, REST), so that one fault fits every service.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import urllib3

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_PAGE = "page-"
# Tokens of ``paged``, that mean nothing to moto: in a form or query, and in a JSON document.
_OURS = re.compile(rf'&?\w+={_PAGE}\d+|,\s*"\w+":\s*"{_PAGE}\d+"|"\w+":\s*"{_PAGE}\d+"\s*,?')
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server", "keep-alive"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    service: str
    """As it is signed, such as ``rds`` (for DocumentDB and Neptune too)."""
    operation: str
    """``DescribeDBInstances``; ``GET /path`` where the protocol does not name it."""
    region: str
    key: str
    """Id of the access key."""
    params: Mapping[str, Any]
    """What it was asked with: of the form, the JSON document or the query."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Send only so many bytes of the body, and hang up."""

    @property
    def is_json(self) -> bool:
        """The body is a JSON document; else XML."""
        return self.body[:1] in {b"{", b"["}


Fault = Callable[[Asked, Answer], Answer]


class Proxy:
    """Forwards to AWS at ``upstream``; ``fault`` may change every answer."""

    def __init__(self, upstream: str) -> None:
        """``upstream`` is the address of moto."""
        self.upstream = upstream
        self.url = ""
        self.fault: Fault = sound
        self.truth: Fault = sound
        """What is wrong with moto, not with what it stands for; mended before any fault."""
        self.asked: list[Asked] = []
        self.known: dict[tuple[Any, ...], Answer] | None = None
        self.pool = urllib3.PoolManager(maxsize=20, retries=False)

    def reset(self) -> None:
        """Answer truly, and forget what was asked."""
        self.fault = sound
        self.asked.clear()
        self.known = None

    def freeze(self) -> None:
        """Ask moto nothing twice from here on: it takes its time."""
        self.known = {}


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Serve a proxy before ``upstream`` until the block ends."""
    made = Proxy(upstream)
    handler = type("Handler", (_Handler,), {"proxy": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        made.pool.clear()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = _asked(self.command, self.path, self.headers, body)
        self.proxy.asked.append(asked)
        key = (*astuple(asked)[:-1], str(asked.params))
        if self.proxy.known is None:
            answer = self._true(body)
        elif key in self.proxy.known:
            answer = self.proxy.known[key]
        else:
            answer = self.proxy.known[key] = self._true(body)
        self._send(self.proxy.fault(asked, answer))

    def _true(self, body: bytes) -> Answer:
        sent = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        got = self.proxy.pool.request(
            self.command,
            self.proxy.upstream + _OURS.sub("", self.path),
            body=_OURS.sub("", body.decode()).encode() if _PAGE.encode() in body else body,
            headers=sent,
            redirect=False,
            decode_content=False,
        )
        kept = {name: value for name, value in got.headers.items() if name.lower() not in _HOP}
        asked = _asked(self.command, self.path, self.headers, body)
        return self.proxy.truth(asked, Answer(got.status, got.data, kept))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _forward  # noqa: N815 - http.server's names

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: answer.cut])

    def log_message(self, *_: object) -> None:
        """Keep the log for what fails."""


def _asked(command: str, path: str, headers: Any, body: bytes) -> Asked:
    found = _SCOPE.search(headers.get("Authorization", ""))
    key, region, service = found.groups() if found else ("", "", "")
    parts = urlsplit(path)
    params: dict[str, Any] = dict(parse_qsl(parts.query))
    target = headers.get("X-Amz-Target", "")
    if target or "json" in headers.get("Content-Type", ""):
        params |= json.loads(body or b"{}")
    elif "form" in headers.get("Content-Type", ""):
        params |= dict(parse_qsl(body.decode()))
    name = target.rpartition(".")[2] or params.get("Action") or f"{command} {parts.path}"
    return Asked(service, name, region, key, params)


def sound(_asked: Asked, answer: Answer) -> Answer:
    """Answer truly."""
    return answer


def only(
    fault: Fault, *, service: str = "", operation: str = "", region: str = "", **params: str
) -> Fault:
    """Return ``fault`` for what is asked so alone; what is left out may be anything."""

    def changed(asked: Asked, answer: Answer) -> Answer:
        told = (
            service in {"", asked.service}
            and operation in {"", asked.operation}
            and region in {"", asked.region}
            and all(str(asked.params.get(name)) == value for name, value in params.items())
        )
        return fault(asked, answer) if told else answer

    return changed


def error(code: str, status: int = 400) -> Fault:
    """Return the fault that the service answers with an error."""

    def changed(asked: Asked, answer: Answer) -> Answer:
        if answer.is_json:
            body = json.dumps({"__type": code, "message": "no"})
            headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
            return Answer(status, body.encode(), headers)
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>"
        outer = {"ec2": f"<Response><Errors>{inner}</Errors></Response>", "s3": inner}
        body = outer.get(asked.service, f"<ErrorResponse>{inner}</ErrorResponse>")
        return Answer(status, body.encode(), {"Content-Type": "text/xml"})

    return changed


refused = error("AccessDenied", 403)
throttled = error("Throttling")
broken = error("InternalFailure", 500)


def garbage(_asked: Asked, answer: Answer) -> Answer:
    """Answer with a page for people, as a proxy on the way does."""
    return Answer(200, b"<html><body>Sign in to the network<br></html>", answer.headers)


def silent(_asked: Asked, answer: Answer) -> Answer:
    """Answer with nothing."""
    return Answer(200, b"", answer.headers)


def truncated(_asked: Asked, answer: Answer) -> Answer:
    """Answer with the first half of the document, as if it were all."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def hung_up(_asked: Asked, answer: Answer) -> Answer:
    """Hang up in the middle of the document."""
    return replace(answer, cut=len(answer.body) // 2)


FAILURES: Mapping[str, Fault] = {
    "refused": refused,
    "throttled": throttled,
    "broken": broken,
    "garbage": garbage,
    "silent": silent,
    "truncated": truncated,
    "hung-up": hung_up,
}
"""Faults that leave nothing to read of an answer."""


def fields_of(answer: Answer) -> list[str]:
    """Return the names of all fields of an answer and its rows, sorted.

    Without the name of a row itself, that XML has: a list that has lost all of its rows is a page
    that has, and one audit cannot see that.
    """
    if answer.is_json:
        return sorted(_keys(json.loads(answer.body)))
    root = ET.fromstring(answer.body)  # noqa: S314 - moto's own
    rows = {_bare(row.tag) for row in root.findall("./*/*/*")}
    return sorted({_bare(node.tag) for node in root.iter()} - rows)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def without(name: str) -> Fault:
    """Return the fault that the field ``name`` is missing wherever it stands."""

    def changed(_asked: Asked, answer: Answer) -> Answer:
        if answer.is_json:
            return _json(answer, _mapped(json.loads(answer.body), name, None))
        return _xml(answer, lambda parent, child: parent.remove(child), name)

    return changed


def edited(name: str, value: Any) -> Fault:
    """Return the fault that the field ``name`` holds ``value`` wherever it stands.

    A list of XML keeps its rows: it would be one that has lost them, see ``fields_of``.
    """

    def put(_parent: ET.Element, child: ET.Element) -> None:
        if len({one.tag for one in child}) != 1:
            child[:] = []
            child.text = str(value)

    def changed(_asked: Asked, answer: Answer) -> Answer:
        if answer.is_json:
            return _json(answer, _mapped(json.loads(answer.body), name, lambda: value))
        return _xml(answer, put, name)

    return changed


def _mapped(value: Any, name: str, made: Callable[[], Any] | None) -> Any:
    if isinstance(value, list):
        return [_mapped(one, name, made) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {k: _mapped(v, name, made) for k, v in value.items() if k != name}
    return kept | ({name: made()} if made and name in value else {})


def paged(rows: str, size: int, *, token: str = "Marker", empty: int = -1) -> Fault:
    """Return what cuts the list ``rows`` into pages of ``size``; page ``empty`` lost its rows."""

    def changed(asked: Asked, answer: Answer) -> Answer:
        page = int(str(asked.params.get(token) or "0").removeprefix(_PAGE))
        begin, end = page * size, (page + 1) * size

        def cut(all_: list[Any]) -> list[Any]:
            return [] if page == empty else all_[begin:end]

        if answer.is_json:
            told = json.loads(answer.body)
            if rows not in told:
                return answer
            more = {token: f"{_PAGE}{page + 1}"} if len(told[rows]) > end else {}
            return _json(answer, told | {rows: cut(told[rows])} | more)

        def cut_xml(parent: ET.Element, child: ET.Element) -> None:
            if len(child) > end:
                ET.SubElement(parent, child.tag.replace(rows, token)).text = f"{_PAGE}{page + 1}"
            child[:] = cut(list(child))

        return _xml(answer, cut_xml, rows)

    return changed


def _json(answer: Answer, document: Any) -> Answer:
    return replace(answer, body=json.dumps(document).encode())


def _xml(answer: Answer, change: Callable[[ET.Element, ET.Element], None], name: str) -> Answer:
    root = ET.fromstring(answer.body)  # noqa: S314 - moto's own
    for parent in list(root.iter()):
        for child in list(parent):
            if _bare(child.tag) == name:
                change(parent, child)
    return replace(answer, body=ET.tostring(root))


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def both(first: Fault, second: Fault) -> Fault:
    """Return ``second`` after ``first``."""
    return lambda asked, answer: second(asked, first(asked, answer))
