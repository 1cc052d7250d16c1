"""Write the JSON Schema of an inventory from its form: ``python -m tests.inventory_schema``."""

from __future__ import annotations

import json
from pathlib import Path

from backup_auditor.sources import json as package
from backup_auditor.sources.json._form import inventory_schema

SCHEMA = Path(package.__path__[0]) / "inventory.schema.json"
COMMAND = "python -m tests.inventory_schema"


def render() -> str:
    """Return the file as it ships."""
    return json.dumps(inventory_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(render(), encoding="utf-8")
    print(f"written: {SCHEMA.name}")
