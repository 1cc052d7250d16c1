"""One API call, with retries: the only place that talks to the network for UCloud.

A call is a signed POST form (UCloud API documentation). What is worth repeating is repeated with a
jittered back-off: network errors, HTTP 429 and 5xx, answers that cannot be read, and the RetCodes
that say "later". Everything else is final.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from backup_auditor import __version__
from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.outside import Outside
from backup_auditor.sources.ucloud.client import codes
from backup_auditor.sources.ucloud.client.credentials import Credentials
from backup_auditor.sources.ucloud.client.gate import Gate
from backup_auditor.sources.ucloud.client.rows import Row, printable
from backup_auditor.sources.ucloud.client.signing import Value, flatten, sign
from backup_auditor.speech import phrase

DEFAULT_URL = "https://api.ucloud.cn"

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 65.0  # the gateway itself answers 110 after 60
_LONGEST_BODY = 32 * 1024 * 1024
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": f"backup-auditor/{__version__}",
}
_OK, _TOO_MANY, _SERVER_ERROR = 200, 429, 500


class ApiError(SourceError):
    """An API call failed; the text names action, RetCode and request, and holds no secret."""

    def __init__(
        self, reason: GapReason, detail: str, *, ret_code: int | None = None, retry: bool = False
    ) -> None:
        """``retry`` says that the same call may succeed later."""
        self.ret_code = ret_code
        self.retry = retry
        super().__init__(reason, detail)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to try, and how long to wait: at most ``base`` x 2^n seconds, up to ``cap``."""

    attempts: int = 6
    base: float = 0.5
    cap: float = 8.0


USUAL_RETRIES = Retries()


class Client:
    """Calls actions; many threads share one client, its connections and its gate."""

    def __init__(
        self,
        credentials: Credentials,
        outside: Outside,
        *,
        base_url: str = DEFAULT_URL,
        concurrency: int = 10,
        retries: Retries = USUAL_RETRIES,
    ) -> None:
        """``concurrency`` is the most requests in flight. Raises SourceError for a wrong URL."""
        self._credentials = credentials
        self._outside = outside
        self._url = _checked(base_url)
        self._retries = retries
        self._gate = Gate(concurrency)
        self._random = random.Random()  # noqa: S311 - jitter, not a secret
        self._fatal: ApiError | None = None
        self._session = _session(self._url, concurrency)
        self.largest_page: dict[str, int] = {}
        """Most rows that one page of an action ever had: what the server's own limit must be."""

    def call(self, action: str, params: Mapping[str, Value]) -> Row:
        """Return the answer of ``action``; raises ApiError, or SourceError at the deadline."""
        body = self._signed({"Action": action, **params})
        attempt = 1
        while True:
            if self._fatal:
                raise self._fatal
            self._outside.check_deadline()
            try:
                return self._attempt(action, body)
            except ApiError as error:
                if error.reason is GapReason.CREDENTIALS:
                    self._fatal = error
                if not error.retry or attempt >= self._retries.attempts:
                    raise
            self._wait(attempt)
            attempt += 1

    def _signed(self, params: Mapping[str, Value]) -> bytes:
        keys = self._credentials
        flat = flatten(params)
        flat["PublicKey"] = keys.public_key.reveal()
        if keys.security_token:
            flat["SecurityToken"] = keys.security_token.reveal()
        flat["Signature"] = sign(flat, keys.private_key.reveal())
        return urlencode(flat).encode()

    def _attempt(self, action: str, body: bytes) -> Row:
        with self._gate.slot() as epoch:
            try:
                row = self._answer(action, *self._post(action, body))
            except ApiError as error:
                if error.reason is GapReason.THROTTLED:
                    self._gate.throttled(epoch)
                raise
        self._gate.succeeded()
        return row

    def _post(self, action: str, body: bytes) -> tuple[int, bytes, str]:
        left = self._outside.seconds_left()
        timeout = (max(0.1, min(_CONNECT_SECONDS, left)), max(0.1, min(_READ_SECONDS, left)))
        try:
            with self._session.post(
                self._url,
                data=body,
                headers=_HEADERS,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = answer.raw.read(_LONGEST_BODY + 1, decode_content=True)
                request_id = answer.headers.get("X-UCLOUD-REQUEST-UUID", "")
                return answer.status_code, content, printable(request_id)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # The text of these exceptions may hold the URL; their type says enough.
            detail = phrase(
                "{action}: no answer from {host} ({error})",
                action=action,
                host=urlsplit(self._url).hostname or "",
                error=type(error).__name__,
            )
            raise ApiError(GapReason.UNREACHABLE, detail, retry=True) from None

    def _answer(self, action: str, status: int, content: bytes, request_id: str) -> Row:
        if status != _OK:
            late = status == _TOO_MANY
            reason = GapReason.THROTTLED if late else GapReason.PROVIDER_ERROR
            detail = phrase("{action}: HTTP {status}", action=action, status=str(status))
            retry = late or status >= _SERVER_ERROR
            raise ApiError(reason, _of_request(detail, request_id), retry=retry)
        row = _parsed(content)
        code = row.integer("RetCode")
        if code is None:
            detail = phrase("{action}: the answer is not a document with a RetCode", action=action)
            raise ApiError(GapReason.MALFORMED, _of_request(detail, request_id), retry=True)
        if code != codes.OK:
            raise self._refusal(action, code, row.text("Message"), request_id)
        return row

    def _refusal(self, action: str, code: int, message: str, request_id: str) -> ApiError:
        said = self._scrubbed(printable(message))
        return ApiError(
            codes.reason_of(code, said),
            _refused(action, code, said or phrase("no message"), request_id),
            ret_code=code,
            retry=code in codes.RETRYABLE,
        )

    def _scrubbed(self, text: str) -> str:
        keys = self._credentials
        for secret in (keys.public_key, keys.private_key, keys.security_token):
            if secret:
                text = text.replace(secret.reveal(), "***")
        return text

    def _wait(self, attempt: int) -> None:
        longest = min(self._retries.cap, self._retries.base * 2 ** (attempt - 1))
        seconds = self._random.uniform(0, longest)
        self._outside.sleep(max(0.0, min(seconds, self._outside.seconds_left())))


def _of_request(detail: str, request_id: str) -> str:
    if not request_id:
        return detail
    return phrase("{what} (request {request})", what=detail, request=request_id)


def _refused(action: str, code: int, said: str, request_id: str) -> str:
    """Quote the provider's own words; the code and the request are what its support asks for."""
    if not request_id:
        return phrase(
            "{action}: {message} (RetCode {code})", action=action, message=said, code=str(code)
        )
    return phrase(
        "{action}: {message} (RetCode {code}, request {request})",
        action=action,
        message=said,
        code=str(code),
        request=request_id,
    )


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        detail = phrase("the UCloud base URL must be http(s)://host, without a user name")
        raise SourceError(GapReason.CREDENTIALS, detail)
    return base_url.rstrip("/") + "/"


def _session(url: str, concurrency: int) -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=concurrency, max_retries=0)
    session.mount(url[: url.index(":")] + "://", adapter)
    # requests would read proxies, certificates and .netrc anew for each call.
    settings = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies.update(settings["proxies"])
    session.verify = settings["verify"]
    session.trust_env = False
    return session


def _parsed(content: bytes) -> Row:
    if len(content) > _LONGEST_BODY:
        return Row(None)
    try:
        return Row(json.loads(content))
    except (ValueError, RecursionError):
        return Row(None)
