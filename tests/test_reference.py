"""The reference of the rules that people read is that of the manuals and options."""

import re
from pathlib import Path

import pytest
import yaml
from backup_auditor.rules import RuleOptions, load_rules

from tests.reference import COMMAND, POLICIES, REFERENCE, render

RULES = load_rules()
TEXT = render(RULES, POLICIES)


def section(rule: str, text: str = TEXT) -> str:
    """Return what stands under the heading of a rule."""
    assert text.count(f"\n## {rule}\n") == 1
    return text.partition(f"\n## {rule}\n")[2].partition("\n## ")[0]


def test_the_reference_is_up_to_date() -> None:
    is_same = REFERENCE.read_text("utf-8") == TEXT
    assert is_same, f"policies/{REFERENCE.name} is not what the rules say; run `{COMMAND}`"


def test_it_begins_with_the_three_words_that_every_rule_uses() -> None:
    head = TEXT.partition("\n## ")[0]
    for words in ("**New.**", "**Nothing to measure.**", "**Future.**"):
        assert words in head
    assert "`last_success_age`, `retention` and `rpo` fail." in " ".join(head.split())
    for option in RuleOptions.model_fields:
        assert f"| `{option}` |" in head


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_heading_its_prose_its_options_and_its_example(rule: str) -> None:
    text = section(rule)
    assert text.strip().startswith(RULES[rule].manual.partition("\n")[0])
    for words in ("Why:", "Fails when", "Unknown when", "What to do:"):
        assert words in " ".join(text.split())
    own = RULES[rule].options.model_fields.keys() - RuleOptions.model_fields.keys()
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == own
    (example,) = re.findall(r"```yaml\n(.*?)```\n", text, re.DOTALL)
    assert list(yaml.safe_load(example)) == [rule]
    assert "``" not in text.replace("```", "")
    assert "Options:" not in text


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("backup_count", "| `min` | whole number | required | Fewest usable backups. | `min: 3` |"),
        ("rpo", "| `within` | duration | 30d | How far to look back. | `within: 30d` |"),
        ("last_success_age", "`tolerance` | duration | 2h |"),
        ("last_success_age", "`schedule` | text | - |"),
        ("last_success_age", "`kinds` | list of `automatic`, `manual`, `unknown` | - |"),
        ("last_success_age", "| `kinds: [automatic]` |"),
        ("minimum_size", "`min` | size | required |"),
        ("rpo", "`min` | percentage | 99% |"),
        ("size_drift", "| `sensitivity` | number |"),
    ],
)
def test_an_option_is_a_row_with_type_default_meaning_and_example(rule: str, row: str) -> None:
    assert row in section(rule)


def test_a_page_about_a_rule_is_linked(tmp_path: Path) -> None:
    (tmp_path / "rpo.md").write_text("More.")
    text = render(RULES, tmp_path)
    assert section("rpo", text).endswith("\nMore about it: [rpo.md](rpo.md)\n")
    assert "More about it" not in section("retention", text)
