"""Whether a document keeps the JSON contract."""

import json
from pathlib import Path
from typing import Any

import backup_auditor.report
from jsonschema import Draft202012Validator

_FILE = Path(backup_auditor.report.__path__[0]) / "contract.schema.json"
VALIDATOR = Draft202012Validator(json.loads(_FILE.read_text(encoding="utf-8")))


def assert_valid(document: dict[str, Any]) -> None:
    """Fail with all deviations of ``document`` from the schema."""
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
