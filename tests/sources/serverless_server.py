"""Serverless caches of ElastiCache, which moto has not got, in front of moto.

Speaks AWS's query protocol as the service does: a form is asked, XML answers.
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeServerlessCaches.html
"""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

_LISTS = {
    "DescribeServerlessCaches": "ServerlessCaches",
    "DescribeServerlessCacheSnapshots": "ServerlessCacheSnapshots",
}

rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
"""Name of the list -> its rows, to be filled; the server runs in this process."""


class ServerlessFirst:
    """Answers the two actions; all else goes to ``app``."""

    def __init__(self, app: Any) -> None:
        """``app`` is moto."""
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Serve one request (PEP 3333)."""
        if "/elasticache/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        (action,) = parse_qs(body.decode()).get("Action", [""])
        if action not in _LISTS:
            return self._app(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/xml")])
        listed = _xml(_LISTS[action], rows[_LISTS[action]])
        result = f"<{action}Result>{listed}</{action}Result>"
        return [f"<{action}Response>{result}</{action}Response>".encode()]


def _xml(name: str, value: object) -> str:
    if isinstance(value, list):
        inner = "".join(_xml("member", one) for one in value)
    elif isinstance(value, dict):
        inner = "".join(_xml(key, one) for key, one in value.items())
    else:
        inner = escape(value.isoformat() if isinstance(value, datetime) else str(value))
    return f"<{name}>{inner}</{name}>"
