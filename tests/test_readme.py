"""What the README says about plug-ins and policies is what the code knows."""

import re
from pathlib import Path

from backup_auditor.channels import load_channels
from backup_auditor.compose import kinds
from backup_auditor.policy.load import load
from backup_auditor.rules import load_rules

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def section(title: str) -> str:
    """Return the text under one heading."""
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """Return the tables of a section: first cell -> rest."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section(title), re.MULTILINE))


def test_every_rule_is_in_the_table_with_its_options() -> None:
    rules = load_rules()
    table = rows("The rules")
    assert set(table) == set(rules)
    for name, rule in rules.items():
        options = set(re.findall(r"`(\w+)`", table[name]))
        assert options == set(rule.options.model_fields) - {"severity"}, name


def test_every_channel_is_in_the_table_with_its_options() -> None:
    channels = load_channels()
    table = rows("The channels")
    assert set(table) == set(channels)
    for name, channel in channels.items():
        fields = channel.options.model_fields
        known = {info.alias or key for key, info in fields.items()} - {"send"}
        assert set(re.findall(r"`(\w+)`", table[name].partition(":")[0])) == known, name


def test_the_policy_of_the_readme_is_sound() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", section("The policy file"), re.DOTALL)
    assert load(example, "README.md", kinds()).policies


def test_every_file_that_the_readme_names_is_there() -> None:
    root = Path(__file__).parent.parent
    for name in re.findall(r"\]\(([^)#]+)\)", README):
        assert (root / name).exists(), name
