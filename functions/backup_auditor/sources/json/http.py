"""An inventory of your own from a web address, asked with GET.

The document is that of ``json.file``, read as strictly; ``inventory.schema.json`` in the folder of
this module describes it.

Example::

    json.http:
      url: https://backups.example.com/inventory.json
      headers: {Authorization: "secretsmanager:inventory#authorization"}

The address must be https, public and answer by itself: plain http needs ``allow_http``, a private
network ``allow_private``, and a redirect is not followed. An address that is itself a secret, such
as one that is signed, is given as a reference. Only status 200 with the whole body counts, within
30 seconds. 408, 425, 429, 5xx and no answer are tried again, three times in all.

The account of its resources is host and path of ``url``, or the reference as it is written, and
their region ``region``; ``account`` keeps fingerprints when the address changes. Two entries must
not have the same account and region.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import requests
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from backup_auditor.errors import DeliveryError, SecretError, SourceError
from backup_auditor.model import DeliveryOutcome, Fact, GapReason, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.extent import Extent
from backup_auditor.policy.fields import AllowHttp, AllowPrivate
from backup_auditor.policy.model import HttpOptions
from backup_auditor.policy.reference import REFERENCE_PATTERN, Reference, parse_reference
from backup_auditor.posting import exchange, prepared, read_within, retry_after
from backup_auditor.retrying import attempted
from backup_auditor.secret import Secret
from backup_auditor.sources import Source
from backup_auditor.sources.json._reader import LONGEST
from backup_auditor.sources.json._source import JsonOptions, JsonSource
from backup_auditor.speech import Phrase, phrase

ID = "json.http"
ACTIONS: tuple[str, ...] = ()
TELLS = tuple(Fact)
_PLAIN = r"[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\s\\]+(/[^?#@\s\\]*)?"
_HINT = (
    "write https://HOST/PATH without user, query and fragment, or where the address lies: env:NAME,"
    " file:PATH, ssm:/name or secretsmanager:name#json_key"
)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_OWN = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_REASONS: dict[int, GapReason] = {
    HTTPStatus.UNAUTHORIZED: GapReason.CREDENTIALS,
    HTTPStatus.FORBIDDEN: GapReason.REFUSED,
    HTTPStatus.NOT_FOUND: GapReason.NOT_FOUND,
    HTTPStatus.GONE: GapReason.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS: GapReason.THROTTLED,
}
_PASSING = frozenset({408, 425, 429})
_FAULT = phrase("a fault of this program")


def _address(value: object) -> str:
    # Not repeated in the error: it may be a secret.
    if isinstance(value, str) and (parse_reference(value) or _is_plain(value)):
        return value
    raise ValueError(_HINT)


def _is_plain(text: str) -> bool:
    try:
        return bool(re.fullmatch(_PLAIN, text) and urlsplit(text).hostname)
    except ValueError:
        return False


def _headers(value: dict[str, str]) -> dict[str, str]:
    names = {name.lower() for name in value}
    if not all(map(_HEADER.fullmatch, value)) or names & _OWN or len(names) < len(value):
        raise ValueError(f"headers that may be set are needed, each once; not {', '.join(_OWN)}")
    return value


Address = Annotated[
    str,
    BeforeValidator(_address),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"{REFERENCE_PATTERN}|^{_PLAIN}$",
            "errorMessage": _HINT,
        }
    ),
]
"""A web address, or where a secret one lies."""


class Options(JsonOptions):
    """What a policy file may say about this source."""

    url: Address = Field(
        description="Where the inventory is; a secret address as a reference.",
        examples=["https://backups.example.com/inventory.json", "env:INVENTORY_URL"],
    )
    headers: Annotated[dict[str, Reference], AfterValidator(_headers)] = Field(
        default={},
        description="Header -> where its value lies.",
        examples=[{"Authorization": "env:INVENTORY_AUTHORIZATION"}],
    )
    allow_http: AllowHttp = False
    allow_private: AllowPrivate = False

    @property
    def place(self) -> str:
        """The account of all resources of this entry."""
        if self.account or parse_reference(self.url):
            return self.account or self.url
        parts = urlsplit(self.url)
        return f"{parts.netloc}{parts.path}".rstrip("/")

    def extent(self) -> Extent:
        """Return the one place that is asked about."""
        return Extent(accounts=(self.place,), regions=(self.region,))


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    scope = Scope(ID, options.place, options.region)
    return JsonSource(scope, options.max_age, outside, _Getting(options, outside).fetch)


class _Getting:
    """One address, asked until it answers or that is of no use any more."""

    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside
        self._body = b""
        self._problem = SourceError(GapReason.INTERNAL, _FAULT)

    def fetch(self) -> bytes:
        """Return the body; raises SourceError."""
        options, outside = self._options, self._outside
        try:
            url = outside.resolve(options.url) if parse_reference(options.url) else None
            headers = {name: outside.resolve(ref) for name, ref in options.headers.items()}
        except SecretError as error:
            raise SourceError(GapReason.CREDENTIALS, error.detail) from error
        self._problem = SourceError(GapReason.INTERNAL, _FAULT)
        until = float("inf") if outside.deadline is None else outside.deadline

        def once() -> None:
            try:
                self._once(url or Secret(options.url), headers)
            except DeliveryError as error:
                if not isinstance(error, _AnsweredError):
                    why = phrase("the inventory cannot be had: {why}", why=error.reason)
                    self._problem = SourceError(GapReason.UNREACHABLE, why)
                raise

        receipt = attempted(ID, once, outside, until)
        if receipt.outcome is DeliveryOutcome.FAILED:
            raise self._problem
        return self._body

    def _once(self, url: Secret, headers: dict[str, Secret]) -> None:
        options = self._options
        reach = HttpOptions(allow_http=options.allow_http, allow_private=options.allow_private)
        revealed = {"Accept": "application/json", **{n: s.reveal() for n, s in headers.items()}}
        request = prepared("GET", url, revealed)
        exchange(request, self._take, reach, self._outside)

    def _take(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status != HTTPStatus.OK:
            wait = retry_after(answer, self._outside)
            is_passing = status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            reason = _REASONS.get(status, GapReason.PROVIDER_ERROR)
            self._fail(reason, _said(status), permanent=not is_passing, wait=wait)
        self._body, is_whole = read_within(answer, self._outside, LONGEST + 1)
        if not is_whole:
            cut = phrase("the answer with the inventory broke off")
            self._fail(GapReason.INCOMPLETE, cut, permanent=False)

    def _fail(
        self, reason: GapReason, detail: Phrase, *, permanent: bool, wait: float | None = None
    ) -> NoReturn:
        self._problem = SourceError(reason, detail)
        raise _AnsweredError(detail, permanent=permanent, retry_after=wait)


class _AnsweredError(DeliveryError):
    """There was an answer, and what it means has been noted."""


def _said(status: int) -> Phrase:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return phrase(
            "the inventory cannot be had: HTTP {status}, a redirect, which is not followed",
            status=str(status),
        )
    return phrase("the inventory cannot be had: HTTP {status}", status=str(status))
