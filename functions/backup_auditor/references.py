"""Turning a reference into the secret that it names, when it is used and not before."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backup_auditor.aws import call
from backup_auditor.errors import AwsError, SecretError
from backup_auditor.policy.reference import ParsedReference, is_loopback_url, parse_reference
from backup_auditor.secret import Secret
from backup_auditor.speech import phrase

_LONGEST = 65_536


def resolver(environ: Mapping[str, str], aws: Callable[[str], Any]) -> Callable[[str], Secret]:
    """Return ``resolve(reference)``; it raises SecretError, which names the reference only.

    What was resolved once is kept, because a run may need the same secret many times.
    """
    known: dict[str, Secret] = {}
    lock = threading.Lock()

    def resolve(reference: str) -> Secret:
        with lock:
            if reference not in known:
                known[reference] = Secret(_resolve(reference, environ, aws))
            return known[reference]

    return resolve


def _resolve(reference: str, environ: Mapping[str, str], aws: Callable[[str], Any]) -> str:
    parsed = parse_reference(reference)
    if parsed is None:
        if is_loopback_url(reference):
            return reference
        raise SecretError(phrase("a secret is not given as env:, file:, ssm: or secretsmanager:"))
    if parsed.scheme == "env":
        text = environ.get(parsed.name, "")
    elif parsed.scheme == "file":
        text = _from_file(reference, parsed.name)
    else:
        text = _from_aws(reference, parsed, aws)
    if not text:
        raise SecretError(phrase("{reference} is not set or empty", reference=reference))
    return text


def _from_file(reference: str, name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            return file.read(_LONGEST).decode().removesuffix("\n")
    except (OSError, ValueError) as error:
        raise _unreadable(reference, type(error).__name__) from None


def _from_aws(reference: str, parsed: ParsedReference, aws: Callable[[str], Any]) -> str:
    try:
        if parsed.scheme == "ssm":
            answer = call(aws, "ssm", "get_parameter", Name=parsed.name, WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        answer = call(aws, "secretsmanager", "get_secret_value", SecretId=parsed.name)
    except AwsError as error:
        raise _unreadable(reference, error.code) from None
    text = str(answer.get("SecretString") or "")
    return _field(reference, text, parsed.key) if parsed.key else text


def _field(reference: str, text: str, key: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        said = phrase("{reference}: the secret is not JSON", reference=reference)
        raise SecretError(said) from None
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise SecretError(
            phrase(
                "{reference}: the secret has no text under {key}",
                reference=reference,
                key=repr(key),
            )
        )
    return value


def _unreadable(reference: str, why: str) -> SecretError:
    said = phrase("{reference} cannot be read ({why})", reference=reference, why=why)
    return SecretError(said)
