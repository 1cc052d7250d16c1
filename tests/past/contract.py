"""Whether a report on a range of days keeps its JSON contract."""

import json
from pathlib import Path
from typing import Any

import backup_auditor.past
from jsonschema import Draft202012Validator

_FILE = Path(backup_auditor.past.__path__[0]) / "compliance.schema.json"
VALIDATOR = Draft202012Validator(
    json.loads(_FILE.read_text(encoding="utf-8")),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)


def deviations(document: dict[str, Any]) -> list[str]:
    """Return where ``document`` is not what the schema says."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]
