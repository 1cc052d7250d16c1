"""The schema of a policy file: what editors show of it, and that the file that ships is it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import cli
from backup_auditor.commands import Streams
from backup_auditor.compose import kinds
from backup_auditor.policy.json_schema import policy_schema
from backup_auditor.policy_file import CASES_SUFFIX
from jsonschema import Draft7Validator

COMMAND = "backup-auditor schema --output policies/policy.schema.json"
POLICIES = Path(__file__).parents[2] / "policies"
FILE = POLICIES / "policy.schema.json"
KINDS = kinds()
SCHEMA = policy_schema(KINDS)


def described(schema: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key that an editor can offer, with its schema; conditions offer none."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from described(item, f"{path}[{index}]")
    elif isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items():
            yield f"{path}.{name}", one
            yield from described(one, f"{path}.{name}")
        for key in ("items", "anyOf", "additionalProperties"):
            yield from described(schema.get(key), f"{path}.{key}")


ROOTS = {
    "$": SCHEMA,
    "match": SCHEMA["definitions"]["match"],
    "rules": SCHEMA["definitions"]["rules"],
}
KEYS = {path: one for name, root in ROOTS.items() for path, one in described(root, name)}


def resolved(schema: dict[str, Any]) -> Draft7Validator:
    """Return a validator of a part, which may refer to the whole."""
    return Draft7Validator({**schema, "definitions": SCHEMA["definitions"]})


def test_the_file_is_what_this_version_knows() -> None:
    is_same = json.loads(FILE.read_text("utf-8")) == SCHEMA
    assert is_same, f"policies/{FILE.name} is not what the code knows; run `{COMMAND}`"


def test_it_is_a_schema_of_draft_7_and_names_no_place_of_its_own() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft7Validator.META_SCHEMA["$schema"]
    assert "$id" not in json.dumps(SCHEMA)


def test_it_is_the_same_each_time() -> None:
    assert json.dumps(policy_schema(kinds())) == json.dumps(SCHEMA)


def test_every_plugin_and_every_key_is_in_it() -> None:
    for root, plugins in (
        ("rules", KINDS.rules),
        ("$.sources.items", KINDS.sources),
        ("$.channels.items", KINDS.channels),
    ):
        for name, options in plugins.items():
            assert f"{root}.{name}" in KEYS
            for option, info in options.model_fields.items():
                assert f"{root}.{name}.{info.alias or option}" in KEYS
    assert {"match.not", "$.policies.items.extends", "$.exemptions.items.until"} < KEYS.keys()


@pytest.mark.parametrize("path", KEYS)
def test_every_key_says_what_it_is_and_shows_an_example(path: str) -> None:
    assert len(KEYS[path].get("description", "")) > 5
    assert KEYS[path].get("examples")
    assert "title" not in KEYS[path]


@pytest.mark.parametrize("path", KEYS)
def test_examples_and_defaults_are_what_the_key_accepts(path: str) -> None:
    one = KEYS[path]
    for value in [*one["examples"], *([one["default"]] if "default" in one else [])]:
        errors = [error.message for error in resolved(one).iter_errors(value)]
        assert not errors, value


@pytest.mark.parametrize(
    ("path", "default"),
    [
        ("rules.error_state.stuck_after", "24h"),
        ("rules.size_drift.shrink", "50%"),
        ("rules.size_drift.floor", "0B"),
        ("rules.size_drift.baseline", 7),
        ("$.timezone", "UTC"),
        ("$.sources.items.ucloud.uredis.expect", {"min_resources": 1}),
    ],
)
def test_defaults_are_shown_as_people_write_them(path: str, default: object) -> None:
    assert KEYS[path]["default"] == default


def test_what_may_be_left_out_has_no_default_of_nothing() -> None:
    for path, one in KEYS.items():
        assert one.get("default", path) not in (None, [], {}), path


def test_an_option_that_cannot_stand_alone_has_no_default_that_editors_would_write() -> None:
    assert "default" not in KEYS["rules.last_success_age.tolerance"]
    assert KINDS.rules["last_success_age"].model_fields["tolerance"].default is not None


def test_a_rule_shows_the_example_of_its_manual() -> None:
    (example,) = KEYS["rules.size_drift"]["examples"]
    assert example == {"shrink": "50%", "growth": "200%", "floor": "10MiB"}


def test_a_name_that_stands_alone_is_offered_where_nothing_else_is_needed() -> None:
    entry = SCHEMA["properties"]["sources"]["items"]
    assert entry["type"] == ["object", "string"]
    assert SCHEMA["properties"]["channels"]["items"]["type"] == "object"


def test_policies_that_ship_name_the_schema_in_their_first_line() -> None:
    policies = sorted(p for p in POLICIES.glob("*.yaml") if not p.name.endswith(CASES_SUFFIX))
    assert policies
    for path in policies:
        first, _, _ = path.read_text("utf-8").partition("\n")
        assert first == f"# yaml-language-server: $schema={FILE.name}", path.name


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what went to stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    code = cli.command(["schema", *arguments], Streams(out, err, {}))
    return code, out.getvalue(), err.getvalue()


def test_the_command_prints_it_or_writes_it(tmp_path: Path) -> None:
    text = FILE.read_text("utf-8")
    assert run() == (0, text, "")
    file = tmp_path / "s.json"
    assert run("--output", str(file)) == (0, "", f"Written to {file}.\n")
    assert file.read_text("utf-8") == text


def test_a_folder_that_is_not_there_is_told_before_anything_is_written() -> None:
    code, out, err = run("--output", "nowhere/s.json")
    assert (code, out) == (2, "")
    assert "the folder nowhere cannot be written to" in err
