"""Every sentence of the design of the policy language and of the rules is held by a test.

``design.yaml`` names the sentences, which users rely on, and the tests. A test that is gone, or a
sentence with none, fails here.
"""

import ast
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

TESTS = Path(__file__).parent
PARTS = yaml.safe_load((TESTS / "design.yaml").read_text("utf-8"))
SENTENCES = [row for part in ("language", "rules") for row in PARTS[part]]


@lru_cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    names = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["sentence"][:60])
def test_a_sentence_of_the_design_is_held_by_tests_that_are_there(row: dict[str, Any]) -> None:
    assert row["tests"]
    for one in row["tests"]:
        file, _, name = one.partition("::")
        assert name in names_in(file), one
