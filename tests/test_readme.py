"""What the README says about plug-ins and policies is what the code knows."""

import io
import re
from pathlib import Path

import pytest
import yaml
from backup_auditor import cli
from backup_auditor.cases.reader import read_cases
from backup_auditor.channels import load_channels
from backup_auditor.commands import Streams
from backup_auditor.commands._renderings import FORMATS
from backup_auditor.compose import kinds
from backup_auditor.policy.load import load
from backup_auditor.policy.model import HttpOptions
from backup_auditor.report.openmetrics import to_openmetrics
from backup_auditor.report.sample import sample_report
from backup_auditor.rules import RuleOptions, load_rules

from tests.builders import NOW

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def section(title: str) -> str:
    """Return the text under one heading."""
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """Return the tables of a section: first cell -> rest."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section(title), re.MULTILINE))


def test_the_rules_of_the_table_are_there_with_all_their_options() -> None:
    """A new rule is one file and its test; nothing forces it into the table."""
    rules = load_rules()
    table = rows("The rules")
    assert len(table) >= 5
    for name, cells in table.items():
        options = set(re.findall(r"`(\w+)`", cells))
        own = rules[name].options.model_fields.keys() - RuleOptions.model_fields.keys()
        assert options == own, name


def test_the_channels_of_the_table_are_there_with_all_their_options() -> None:
    channels = load_channels()
    table = rows("The channels")
    assert len(table) >= 4
    for name, cells in table.items():
        fields = channels[name].options.model_fields
        known = {info.alias or key for key, info in fields.items()}
        known -= HttpOptions.model_fields.keys()  # said once, below the table
        assert set(re.findall(r"`(\w+)`", cells.partition(":")[0])) == known, name


def test_the_channels_and_the_heartbeat_of_the_readme_are_sound() -> None:
    policy = re.findall(r"```yaml\n(.*?)```", section("The policy file"), re.DOTALL)[0]
    (example,) = re.findall(r"```yaml\n(.*?)```", section("The channels"), re.DOTALL)
    found = load(policy.partition("channels:")[0] + example, "README.md", kinds())
    assert [channel.name for channel in found.channels] == ["email", "team-shop", "oncall-mail"]
    assert found.heartbeat


def test_what_all_channels_take_is_said_below_the_table() -> None:
    for name in HttpOptions.model_fields:
        assert f"`{name}: " in section("The channels")


def test_the_formats_of_the_table_are_all_there_are() -> None:
    assert sorted(rows("The formats")) == sorted(FORMATS)


def test_the_alarms_of_the_readme_ask_for_metrics_that_exist() -> None:
    (alarms,) = re.findall(r"```yaml\n(.*?)```", section("The formats"), re.DOTALL)
    rules = yaml.safe_load(alarms)["groups"][0]["rules"]
    known = set(re.findall(r"^# TYPE (\w+)", to_openmetrics(sample_report(NOW)), re.MULTILINE))
    for rule in rules:
        asked = set(re.findall(r"backup_auditor_\w+", rule["expr"]))
        assert asked, rule
        assert asked <= known, rule


def test_the_policy_of_the_readme_is_sound() -> None:
    example, _ = re.findall(r"```yaml\n(.*?)```", section("The policy file"), re.DOTALL)
    loaded = load(example, "README.md", kinds())
    assert len(loaded.policies) == 2
    assert not loaded.warnings


def test_what_validate_says_of_three_mistakes_is_its_real_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = section("The policy file")
    _, broken = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"```console\n\$ backup-auditor (.*?)```", text, re.DOTALL)
    (tmp_path / "policy.yaml").write_text(broken, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    arguments, _, said = shown.partition("\n")
    out, err = io.StringIO(), io.StringIO()
    assert cli.command(arguments.split(), Streams(out, err, {})) == 2
    assert (out.getvalue(), err.getvalue()) == ("", said)


def test_the_cases_of_the_readme_are_sound() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", section("Testing a policy"), re.DOTALL)
    assert len(read_cases(example, "README.md", kinds()).cases) == 2


def test_every_file_that_the_readme_names_is_there() -> None:
    root = Path(__file__).parent.parent
    for name in re.findall(r"\]\(([^)#]+)\)", README):
        assert (root / name).exists(), name
