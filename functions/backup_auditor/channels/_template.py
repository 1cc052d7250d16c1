"""JSON out of a template that a user has written, in a sandbox, and checked before it is sent.

Errors say where, and never show the text of the template: somebody may have put a secret into it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Never

from jinja2 import TemplateSyntaxError, Undefined, UndefinedError

from backup_auditor.errors import DeliveryError
from backup_auditor.report.bounds import Beyond, Clock
from backup_auditor.report.sandbox import Sandbox, gathered, line_of
from backup_auditor.report.words import printable

_FILE = "<template>"
_LONGEST = 10_000_000
_SECONDS = 10.0


def check(text: str) -> None:
    """Raise ValueError that says in which line the template is broken."""
    try:
        _environment(float).from_string(text)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of the template is not Jinja") from None
    except Exception:  # noqa: BLE001 - the compiler gives up in many ways
        raise ValueError("the template is not Jinja") from None


def rendered(text: str, document: Mapping[str, Any], monotonic: Callable[[], float]) -> bytes:
    """Return what the template makes of ``document``; raises DeliveryError unless it is JSON."""
    try:
        template = _environment(monotonic).from_string(text)
        made = gathered(template.generate(document), _LONGEST)
    except (UndefinedError, Beyond) as error:
        raise _failure(error, printable(str(error), 100)) from None
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


def _environment(monotonic: Callable[[], float]) -> Sandbox:
    made = Sandbox(Clock(monotonic, _SECONDS), {})
    made.filters["tojson"] = _tojson
    return made


def _tojson(value: object) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises, and says which name it is
    return json.dumps(value, ensure_ascii=False)


def _failure(error: BaseException, said: str) -> DeliveryError:
    _, line = line_of(error, {_FILE})
    place = f"body, line {line}" if line else "body"
    return DeliveryError(f"{place}: {said}", permanent=True)


def _refuse(name: str) -> Never:
    raise ValueError(name)
