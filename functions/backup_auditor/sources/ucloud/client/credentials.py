"""The API keys: from the variables that the official tools use, or from a secret store."""

from __future__ import annotations

import json
from dataclasses import dataclass

from backup_auditor.errors import SecretError, SourceError
from backup_auditor.model import GapReason
from backup_auditor.outside import Outside
from backup_auditor.secret import Secret
from backup_auditor.sources.ucloud.client.rows import Row
from backup_auditor.speech import phrase

_MISSING = phrase(
    "no UCloud keys: set UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY, or UCLOUD_CREDENTIALS to a"
    " reference such as secretsmanager:NAME"
)
_NO_PAIR = phrase(
    "the secret of UCLOUD_CREDENTIALS must be JSON: {example}",
    example='{"public_key": "…", "private_key": "…"}',
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A pair of keys, and the token that temporary ones come with."""

    public_key: Secret
    private_key: Secret
    security_token: Secret | None = None


def load_credentials(outside: Outside) -> Credentials:
    """Return the keys; raises SourceError(CREDENTIALS) that says what to set.

    ``UCLOUD_CREDENTIALS`` refers to JSON with ``public_key``, ``private_key`` and, for temporary
    keys, ``security_token``.
    """
    reference = outside.environ.get("UCLOUD_CREDENTIALS")
    if reference:
        return _referred(reference, outside)
    environ = outside.environ
    return _complete(
        environ.get("UCLOUD_PUBLIC_KEY", ""),
        environ.get("UCLOUD_PRIVATE_KEY", ""),
        environ.get("UCLOUD_SECURITY_TOKEN", ""),
        _MISSING,
    )


def _referred(reference: str, outside: Outside) -> Credentials:
    try:
        row = Row(json.loads(outside.resolve(reference).reveal()))
    except SecretError as error:
        detail = phrase("UCLOUD_CREDENTIALS: {why}", why=error.detail)
        raise SourceError(GapReason.CREDENTIALS, detail) from error
    except ValueError:
        row = Row(None)
    return _complete(
        row.text("public_key", "PublicKey"),
        row.text("private_key", "PrivateKey"),
        row.text("security_token", "SecurityToken"),
        _NO_PAIR,
    )


def _complete(public_key: str, private_key: str, token: str, otherwise: str) -> Credentials:
    if not public_key.strip() or not private_key.strip():
        raise SourceError(GapReason.CREDENTIALS, otherwise)
    return Credentials(
        Secret(public_key.strip()),
        Secret(private_key.strip()),
        Secret(token.strip()) if token.strip() else None,
    )
