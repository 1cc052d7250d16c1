"""boto3 clients: imported and made when first used, once a process and service."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backup_auditor.errors import AwsError
from backup_auditor.secret import Secret

_CONNECT_SECONDS, _READ_SECONDS = 5, 20
_ATTEMPTS = 4
# The session that boto3 makes clients with is shared, and must not be used by two threads at once:
# https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html
_making = threading.Lock()

REFUSALS = frozenset(
    {
        *("AccessDeniedException", "AccessDenied", "UnrecognizedClientException"),
        *("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredTokenException"),
        *("NoCredentialsError", "NoRegionError", "ParamValidationError"),
    }
)
"""Codes of AwsError, of whatever service, that the same call cannot do away with."""


def clients(environ: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a function from service name to client; clients are shared between threads.

    ``AWS_ENDPOINT_URL`` and all other ``AWS_*`` variables mean what they mean to boto3.
    """
    made: dict[str, Any] = {}
    lock = threading.Lock()

    def client(service: str) -> Any:
        with lock:
            if service not in made:
                made[service] = _client(service, environ)
            return made[service]

    return client


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials: temporary ones of a role with their token, or a pair that somebody gave us."""

    id: str
    secret: Secret
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Where another server than AWS's speaks the same API, and how it wants to be asked."""

    url: str = ""
    """Empty: what the environment says, else AWS."""
    is_path_style: bool = False
    """S3 only: the bucket stands in the path and not in the host."""


_AWS = Server()


def clients_of(
    environ: Mapping[str, str],
    region: str,
    keys: Keys | None,
    connections: int,
    server: Server = _AWS,
) -> Callable[[str], Any]:
    """Return what ``clients`` does, for one region and with ``keys``, the usual ones by default.

    ``connections`` is how many requests a client has in flight at most.
    """
    given = {**_given(keys), **({"endpoint_url": server.url} if server.url else {})}
    options: dict[str, Any] = {"max_pool_connections": connections}
    if server.is_path_style:
        options["s3"] = {"addressing_style": "path"}
    made: dict[str, Any] = {}
    lock = threading.Lock()

    def client(service: str) -> Any:
        with lock:
            if service not in made:
                made[service] = _client(service, environ, region, given, options)
            return made[service]

    return client


def _given(keys: Keys | None) -> dict[str, str]:
    if keys is None:
        return {}
    token = {"aws_session_token": keys.token.reveal()} if keys.token else {}
    return {"aws_access_key_id": keys.id, "aws_secret_access_key": keys.secret.reveal(), **token}


def _client(
    service: str,
    environ: Mapping[str, str],
    region: str | None = None,
    given: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    import boto3  # noqa: PLC0415 - costs 200 ms, and most commands need none of it
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        retries={"mode": "standard", "total_max_attempts": _attempts(environ)},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        **(options or {}),
    )
    own = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    with _making:
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session(botocore_session=botocore_session())
        return boto3.client(service, region_name=region or own, config=config, **(given or {}))


def botocore_session() -> Any:
    """Return a session of botocore whose clients read instants fast.

    Reading them is over half of what botocore's reading of an answer costs, and they are nearly
    always of one form. botocore lets programs have their own reader of them; that of the AWS CLI
    is set in the same way.
    """
    import botocore.session  # noqa: PLC0415 - as for boto3

    session = botocore.session.get_session()
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=read_instant)
    return session


def is_listed(service: str, partition: str, region: str) -> bool:
    """Return whether botocore knows ``service`` to be in ``region``; it may be behind AWS."""
    import boto3  # noqa: PLC0415 - as above

    return region in boto3.Session().get_available_regions(service, partition)


def read_instant(value: Any) -> datetime:
    """Return the instant in what AWS answers: ISO 8601, seconds, or of RFC 822.

    Raises ValueError, as botocore's own reader does, which reads all but the most usual form.
    """
    if isinstance(value, str) and value[10:11] == "T" and value[-1] == "Z":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    from botocore.utils import parse_timestamp  # noqa: PLC0415 - as for boto3

    read: datetime = parse_timestamp(value)
    return read


def _attempts(environ: Mapping[str, str]) -> int:
    """Return how often a call is tried: ``AWS_MAX_ATTEMPTS`` from 1 to 20, else our own.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    told = environ.get("AWS_MAX_ATTEMPTS", "")
    return int(told) if re.fullmatch(r"[1-9]|1[0-9]|20", told, re.ASCII) else _ATTEMPTS


def read_body(answer: Any, most: int) -> bytes:
    """Read up to ``most`` bytes of what S3 answered; raises AwsError for an answer that broke off.

    botocore compares a checksum that S3 sent when it is asked for more and nothing is left.
    """
    data = bytearray()
    try:
        with closing(answer["Body"]) as body:  # its own ``with`` would give the unchecked stream
            while len(data) < most and (chunk := body.read(most - len(data))):
                data += chunk
            return bytes(data)
    except Exception as error:  # noqa: BLE001 - as in ``call``
        raise AwsError(type(error).__name__[:80]) from None


def call(aws: Callable[[str], Any], service: str, operation: str, **params: Any) -> Any:
    """Call one operation; raises AwsError with the error's code, never with its text.

    boto3 makes its exception classes at run time, and importing their bases would cost what the
    late import of boto3 saves. So errors are told apart by what they carry.
    """
    try:
        return getattr(aws(service), operation)(**params)
    except Exception as error:  # noqa: BLE001 - see above; the texts may name accounts and roles
        response: Any = getattr(error, "response", None)
        answered = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        raise AwsError(str(answered or type(error).__name__)[:80]) from None
