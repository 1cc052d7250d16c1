"""What a validator that is not ours says of all policy files: the good ones and the bad ones.

A bad file that it must accept, because a schema cannot see the mistake, has the line
``# schema: accepts``; one that it cannot even read, ``# schema: unreadable``.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from backup_auditor.policy_file import is_policy

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCHEMA = ROOT / "policies" / "policy.schema.json"
README = (ROOT / "README.md").read_text("utf-8")
SHIPPED = [path for path in (ROOT / "policies").glob("*.yaml") if is_policy(path.name)]
GOOD = sorted([*SHIPPED, *(HERE / "good").rglob("*.yaml")])
BAD = sorted((HERE / "bad").rglob("*.yaml"))


@dataclass(frozen=True)
class Answers:
    """What ``check-jsonschema`` said about many files."""

    wrong: dict[str, list[str]]
    unreadable: set[str]


def asked(files: list[Path]) -> Answers:
    """Ask it once about all of them."""
    program = [sys.executable, "-m", "check_jsonschema", "--output-format", "json"]
    command = [*program, "--schemafile", str(SCHEMA), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    told = json.loads(done.stdout)
    wrong: dict[str, list[str]] = {}
    for error in told["errors"]:
        wrong.setdefault(error["filename"], []).append(f"{error['path']}: {error['message']}")
    return Answers(wrong, {error["filename"] for error in told["parse_errors"]})


@pytest.fixture(scope="module")
def readme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the policy of the README as a file."""
    section = README.partition("## The policy file\n")[2]
    file = tmp_path_factory.mktemp("readme") / "readme.yaml"
    file.write_text(re.findall(r"```yaml\n(version:.*?)```", section, re.DOTALL)[0])
    return file


@pytest.fixture(scope="module")
def answers(readme: Path) -> Answers:
    """Ask about everything at once: a process takes longer than all files."""
    return asked([*GOOD, *BAD, readme])


def mark(path: Path) -> str:
    """Return what the file says a schema must make of it."""
    found = re.search(r"^# schema: (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "refuses"


def test_it_is_a_schema_for_a_validator_that_is_not_ours() -> None:
    program = [sys.executable, "-m", "check_jsonschema", "--check-metaschema", str(SCHEMA)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_good_file_is_accepted(path: Path, answers: Answers) -> None:
    assert answers.wrong.get(str(path)) is None
    assert str(path) not in answers.unreadable


def test_the_policy_of_the_readme_is_accepted(readme: Path, answers: Answers) -> None:
    assert answers.wrong.get(str(readme)) is None
    assert str(readme) not in answers.unreadable


@pytest.mark.parametrize("path", BAD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_bad_file_is_refused_as_far_as_a_schema_can_see(path: Path, answers: Answers) -> None:
    wrong, is_unreadable = answers.wrong.get(str(path)), str(path) in answers.unreadable
    match mark(path):
        case "accepts":
            assert not wrong
            assert not is_unreadable
        case "unreadable":
            assert is_unreadable
        case "refuses":
            assert wrong
        case other:
            pytest.fail(f"unknown mark {other!r}")
