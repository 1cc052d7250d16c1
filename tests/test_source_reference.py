"""The reference of the sources that people read is that of their manuals, options and actions."""

import re

import pytest
from backup_auditor.model import Fact
from backup_auditor.sources import load_sources, load_unverifiable

from tests.reference import COMMAND
from tests.source_reference import SOURCES, render

KINDS = load_sources()
TEXT = render(KINDS)


def section(id_: str) -> str:
    """Return what stands under the heading of a source."""
    assert TEXT.count(f"\n## {id_}\n") == 1
    return TEXT.partition(f"\n## {id_}\n")[2].partition("\n## ")[0]


def test_the_reference_is_up_to_date() -> None:
    is_same = SOURCES.read_text("utf-8") == TEXT
    assert is_same, f"policies/{SOURCES.name} is not what the sources say; run `{COMMAND}`"


@pytest.mark.parametrize("id_", KINDS)
def test_every_source_has_its_manual_and_its_permissions(id_: str) -> None:
    text = section(id_)
    first = KINDS[id_].manual.partition("\n")[0].replace("``", "`")
    assert text.strip().startswith(first)
    assert f"[`{id_}`](#" in TEXT.partition("\n## ")[0]
    named = text.partition("Permissions: ")[2]
    assert set(re.findall(r"`([^`]+)`", named)) == set(KINDS[id_].actions)


def test_every_option_of_a_source_stands_somewhere_in_a_table() -> None:
    for kind in KINDS.values():
        for name in kind.options.model_fields:
            assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize("id_", KINDS)
def test_what_a_source_tells_stands_in_a_table(id_: str) -> None:
    table = TEXT.partition("## What each source tells")[2].partition("\n## ")[0]
    (row,) = re.findall(rf"^\| `{re.escape(id_)}` \|(.*)\|$", table, re.MULTILINE)
    marks = [bool(cell.strip()) for cell in row.split("|")]
    assert {fact for fact, mark in zip(Fact, marks, strict=True) if mark} == KINDS[id_].tells


def test_the_rules_that_need_something_are_named() -> None:
    for rule in (
        "minimum_size",
        "auto_backup",
        "immutable",
        "last_success_age: {schedule: source}",
    ):
        assert f"`{rule}`" in TEXT.partition("## What each source tells")[2].partition("\n## ")[0]


def test_what_cannot_be_verified_is_said() -> None:
    assert load_unverifiable()
    for service in load_unverifiable():
        assert f"| `{service}` |" in TEXT
