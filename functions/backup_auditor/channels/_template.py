"""JSON out of a template that a user has written, in a sandbox, and checked before it is sent.

Errors say where, and never show the text of the template: somebody may have put a secret into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Never

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backup_auditor.errors import DeliveryError
from backup_auditor.report.words import printable

_FILE = "<template>"
_LONGEST = 10_000_000


class _Sandbox(ImmutableSandboxedEnvironment):
    """Multiplies numbers only: one small expression could fill the memory, even as it is read."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return ``left`` times ``right``."""
        if operator == "**" or not all(isinstance(one, int | float) for one in (left, right)):
            raise SecurityError
        return super().call_binop(context, operator, left, right)


def _tojson(value: object) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises, and says which name it is
    return json.dumps(value, ensure_ascii=False)


def _environment() -> _Sandbox:
    made = _Sandbox(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["tojson"] = _tojson
    return made


_ENVIRONMENT = _environment()


def parsed(text: str) -> Template:
    """Return the template; raises ValueError that says in which line it is broken."""
    try:
        return _ENVIRONMENT.from_string(text)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of the template is not Jinja") from None
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        raise ValueError("the template is not Jinja") from None  # it folds constants as it reads


def rendered(text: str, document: Mapping[str, Any]) -> bytes:
    """Return what the template makes of ``document``; raises DeliveryError unless it is JSON."""
    try:
        made = _bounded(parsed(text).generate(document))
    except DeliveryError:
        raise
    except UndefinedError as error:
        raise _failure(error, printable(error.message or "", 100)) from None
    except Exception as error:  # noqa: BLE001 - a template may do anything that Python can refuse
        raise _failure(error, type(error).__name__) from None
    try:
        json.loads(made, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno} of what it gives: {error.msg}"
        raise DeliveryError(f"body gives no JSON; {where}", permanent=True) from None
    except (ValueError, RecursionError):
        raise DeliveryError(
            "body gives numbers or depths that are no JSON", permanent=True
        ) from None
    return made.encode(errors="replace")


def _bounded(pieces: Iterable[str]) -> str:
    made, size = [], 0
    for piece in pieces:
        made.append(piece)
        size += len(piece)
        if size > _LONGEST:
            reason = f"body gives more than {_LONGEST:,} characters"
            raise DeliveryError(reason, permanent=True)
    return "".join(made)


def _failure(error: BaseException, said: str) -> DeliveryError:
    line, at = 0, error.__traceback__
    while at:
        line = at.tb_lineno if at.tb_frame.f_code.co_filename == _FILE else line
        at = at.tb_next
    return DeliveryError(f"body, line {line}: {said}", permanent=True)


def _refuse(name: str) -> Never:
    raise ValueError(name)
